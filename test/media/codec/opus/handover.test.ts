import { describe, expect, test } from 'vitest';
import { opus } from '../../../../media/codec/opus/codec.js';
import { createOpusHost } from '../../../../media/codec/opus/opus.js';
import { bestDelay } from '../../../support/fidelity.js';
import { decodeAll, encodeAll, toneAt, voiceAt } from '../../../support/opus-line.js';

const host = createOpusHost();
const FRAME = 320;
const FRAMES = 320;

const encode = (pcm: Int16Array): Uint8Array[] => encodeAll(host.createEncoder(16000), pcm);
const decode = (payloads: readonly Uint8Array[]): Int16Array => decodeAll(host.createDecoder(16000), payloads);

const twice = (pcm: Int16Array): Int16Array => {
  const all = new Int16Array(FRAMES * FRAME);
  for (let at = 0; at < all.length; at += pcm.length) all.set(pcm.subarray(0, all.length - at), at);
  return all;
};
const sum = (one: Int16Array, other: Int16Array): Int16Array => one.map((sample, i) => sample + other[i]!);

/** The loudest 20 ms of a difference, as a mean square. */
function worst(one: Int16Array, other: Int16Array, from: number, to: number): number {
  let most = 0;
  for (let frame = from; frame < to; frame += 1) {
    let power = 0;
    for (let i = frame * FRAME; i < (frame + 1) * FRAME; i += 1) power += (one[i]! - other[i]!) ** 2 / FRAME;
    most = Math.max(most, power);
  }
  return most;
}

describe('design §4 a decoder that goes from the encoder of its own to that of all', () => {
  test.each([
    ['two voices', twice(voiceAt(16000, 3)), twice(voiceAt(16000, 4)), 0],
    ['two tones', twice(toneAt(16000, 440).map((v) => v / 2)), twice(toneAt(16000, 1445).map((v) => v / 2)), 0],
    ['a voice and nothing', twice(voiceAt(16000, 3)), new Int16Array(FRAMES * FRAME), 0],
    // A tone alone is coded so well that the rest of a difference stands out of it, after seconds no less.
    ['a tone and nothing', twice(toneAt(16000, 440)), new Int16Array(FRAMES * FRAME), 5],
  ] as const)('%s: 300 ms of the same sound later it hears less of it than of the codec', (_, mine, others, mostDb) => {
    const all = sum(mine, others);
    const shared = encode(all);
    const heard = decode(shared);
    // What the codec itself adds, against what went in.
    const delay = bestDelay(all, heard, 200);
    const coding = worst(all.subarray(0, all.length - delay), heard.subarray(delay), 60, FRAMES - 10);
    const merge = opus.mergeBeats!;
    let most = 0;
    let tooEarly = 0;
    for (let end = 60; end < 150; end += 6) {
      // Speaks until then and hears the others, then hears what all hear.
      const own = encode(all.map((sample, i) => (i < end * FRAME ? others[i]! : sample)));
      const changed = (at: number): Int16Array => decode([...own.slice(0, at), ...shared.slice(at, end + merge + 40)]);
      most = Math.max(most, worst(changed(end + merge), heard, end + merge, end + merge + 40));
      tooEarly = Math.max(tooEarly, worst(changed(end), heard, end, end + 5));
    }
    expect(10 * Math.log10(most / coding)).toBeLessThan(mostDb);
    // The measure tells a bad edge from a good one.
    expect(tooEarly).toBeGreaterThan(most);
  });
});
