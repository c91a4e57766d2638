import { expect, test } from 'vitest';
import { InbandDetector } from '../../media/dtmf/inband.js';
import type { CodecName } from '../../media/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { levelOf } from '../support/voice.js';

/** A phone that knows no telephone-event: its numbers stay in the m-line, with no meaning. */
const plain = (sdp: string): string => sdp.replace(/a=(?:rtpmap:\d+ telephone-event|fmtp:101).*\r\n/g, '');

function digitsIn(pcm: Int16Array): string {
  let heard = '';
  const onDigit = (digit: string): void => {
    heard += digit;
  };
  const detector = new InbandDetector({ sampleRateHz: 8000, onDigit });
  detector.push(pcm, 0, pcm.length);
  detector.reset();
  return heard;
}

async function room(codec: CodecName, inbandDtmf: 'auto' | 'off') {
  const stage = new MediaStage();
  const talker = await stage.phone(440);
  const options = { codecs: [codec], edit: plain, inbandDtmf };
  const [listener, other] = [await stage.phone(0, options), await stage.phone(0, options)];
  for (const { leg } of [talker, listener, other]) leg.join(roomId('r'), { echo: false });
  await stage.clock.advance(500);
  for (const { voice } of [listener, other]) voice.takeHeard();
  return { stage, listener, other };
}

function lastOf(pcm: Int16Array): number {
  return levelOf(pcm.subarray(-2400), 440);
}

test.each(['pcmu', 'g722', 'opus', 'ilbc'] as const)(
  'ITU-T Q.23 digits to a phone without telephone-event are tones, for it alone: %s',
  async (codec) => {
    const { stage, listener, other } = await room(codec, 'auto');
    const packets = stage.tap(listener);
    listener.leg.dtmf('15#', 100);
    await stage.clock.advance(1200);
    const heard = listener.voice.takeHeard();
    const told = other.voice.takeHeard();
    expect(digitsIn(heard)).toBe('15#');
    expect(digitsIn(told)).toBe('');
    for (const pcm of [heard, told]) expect(lastOf(pcm)).toBeGreaterThan(-16);
    // One line of packets, whatever is in them.
    const sequences = packets.map(([sequence]) => sequence);
    expect(sequences.every((sequence, i) => i === 0 || ((sequence - sequences[i - 1]!) & 0xffff) === 1)).toBe(true);
    await stage.clock.advance(12_000);
    const after: StagePhone[] = [listener, other];
    for (const { voice } of after) expect(lastOf(voice.takeHeard())).toBeGreaterThan(-16);
  },
);

test('nothing is sent where tones are off', async () => {
  const { stage, listener } = await room('pcmu', 'off');
  listener.leg.dtmf('15#', 100);
  await stage.clock.advance(1200);
  const heard = listener.voice.takeHeard();
  expect(digitsIn(heard)).toBe('');
  expect(levelOf(heard, 440)).toBeGreaterThan(-16);
});
