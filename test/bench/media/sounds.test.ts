import { expect, test } from 'vitest';
import { encoded } from '../../../bench/media/sounds.js';
import { codecNames, codecs } from '../../../media/index.js';

test.each(codecNames)('%s: each packet of a loop has the length that an answer to our offer agrees on', (name) => {
  const codec = codecs[name];
  const { frames, framesPerLoop } = encoded({ hz: 405 }, codec, 20);
  const fmtp = codec.ownFmtp(null);
  const decoder = codec.createDecoder(codec.agree(fmtp, fmtp));
  const out = new Int16Array(codec.sampleRateHz);
  expect(framesPerLoop).toBe(60);
  for (const frame of frames) {
    expect(decoder.decode(frame, 0, frame.length, out, 0)).toBe(codec.sampleRateHz / 50);
  }
});
