import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOpusHost } from '../../../../media/codec/opus/opus.js';
import { MOST_GAIN, quietGain } from '../../../../media/codec/opus/quiet-packet.js';
import { decodeAll, encodeAll, voiceAt } from '../../../support/opus-line.js';
import { createSeededRandom } from '../../../support/seeded-random.js';

const host = createOpusHost();
const gainOf = (payload: Uint8Array): number => quietGain(payload, 0, payload.length);
const levelDb = (pcm: Int16Array): number =>
  10 * Math.log10(pcm.reduce((sum, sample) => sum + sample ** 2, 0) / pcm.length / 32768 ** 2);

function noise(samples: number, amplitude: number): Int16Array {
  const random = createSeededRandom(5);
  return Int16Array.from({ length: samples }, () => Math.round((random.uint32() / 2 ** 31 - 1) * amplitude));
}

describe('RFC 6716 §4.2.7.4 the gains of a frame without voice', () => {
  test.each([
    [16000, 20, 24_000, 3],
    [16000, 10, 24_000, 6],
    [48000, 20, 32_000, 3],
    [8000, 20, 12_000, 5],
  ] as const)('tell the level of noise before it is decoded: %i Hz, %i ms, %i bit/s, to %i dB', (...settings) => {
    const [rateHz, frameMs, bitrate, mostDb] = settings;
    for (const amplitude of [12, 40, 120]) {
      const payloads = encodeAll(host.createEncoder(rateHz, { bitrate }), noise(rateHz * 2, amplitude), frameMs);
      const heard = decodeAll(host.createDecoder(16000), payloads, { frameMs });
      const samples = 16 * frameMs;
      let quiet = 0;
      const offsets: number[] = [];
      for (let i = 60; i < payloads.length; i += 1) {
        const gain = gainOf(payloads[i]!);
        if (gain < 0) continue;
        quiet += 1;
        offsets.push(levelDb(heard.subarray(i * samples, (i + 1) * samples)) - 1.37 * gain);
      }
      expect(quiet).toBeGreaterThan((payloads.length - 60) * 0.8);
      // White noise at any of these rates and levels stands in one relation to its gains.
      for (const offset of offsets) expect(Math.abs(offset - (rateHz === 8000 ? -97 : -95.5))).toBeLessThan(mostDb);
    }
  });
});

describe('RFC 6716 §4.2.3 what is not told to be quiet', () => {
  const quiet = encodeAll(host.createEncoder(16000), new Int16Array(16000))[40]!;

  test('a frame of digital silence is, and nothing where anything of it is not clear', () => {
    expect(gainOf(quiet)).toBeGreaterThanOrEqual(0);
    const withBits = (at: number, bits: number): Uint8Array => quiet.map((byte, i) => (i === at ? byte | bits : byte));
    expect(gainOf(withBits(1, 0x80)), 'voice').toBe(-1);
    expect(gainOf(withBits(1, 0x40)), 'a copy of the frame before').toBe(-1);
    expect(gainOf(withBits(0, 4)), 'stereo').toBe(-1);
    for (const code of [1, 2, 3]) expect(gainOf(withBits(0, code)), 'several frames').toBe(-1);
    const config = (number: number): Uint8Array => Uint8Array.from([number << 3, ...quiet.subarray(1)]);
    for (const long of [2, 3, 6, 7, 10, 11]) expect(gainOf(config(long)), '40 and 60 ms').toBe(-1);
    for (let celt = 16; celt < 32; celt += 1) expect(gainOf(config(celt)), 'CELT').toBe(-1);
    for (const short of [0, 1, 4, 5, 8, 9, 12, 13, 14, 15]) expect(gainOf(config(short))).toBeGreaterThanOrEqual(0);
    for (const length of [0, 1, 2]) expect(quietGain(quiet, 0, length), 'DTX').toBe(-1);
    expect(quietGain(quiet, 1, quiet.length), 'beyond the end').toBe(-1);
  });

  test('the packets of a voice are not, and those that bring a copy', () => {
    const voice = voiceAt(16000);
    const payloads = encodeAll(host.createEncoder(16000, { fec: true }), voice);
    const loud = payloads.filter((_, i) => levelDb(voice.subarray(i * 320, (i + 1) * 320)) > -25);
    expect(loud.length).toBeGreaterThan(30);
    expect(loud.filter((payload) => gainOf(payload) >= 0)).toEqual([]);
  });

  test('any bytes have a gain from −1 to 63', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 15 }), (payload, config) => {
        if (payload.length > 0) payload[0] = (config << 3) | (payload[0]! & 3);
        const gain = gainOf(payload);
        expect(gain).toBeGreaterThanOrEqual(-1);
        expect(gain).toBeLessThanOrEqual(MOST_GAIN);
      }),
    );
  });
});
