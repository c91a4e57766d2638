import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDtxPacket, packetFrameSamples, packetHasFec, packetSamples } from '../../../../media/codec/opus/packet.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const samplesOf = (payload: Uint8Array): number => packetSamples(payload, 0, payload.length, 48000);

describe('RFC 6716 §3.1 the first byte', () => {
  test('tells the frame size of each of the 32 configurations', () => {
    const ms = Array.from({ length: 32 }, (_, config) => samplesOf(bytes(config << 3)) / 48);
    expect(ms).toEqual([
      ...[10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60],
      ...[10, 20, 10, 20],
      ...[2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20],
    ]);
  });

  test('tells the frames of codes 0 to 2, at every rate', () => {
    for (const [code, frames] of [
      [0, 1],
      [1, 2],
      [2, 2],
    ] as const) {
      const payload = bytes((9 << 3) | code, 0, 0);
      for (const rateHz of [8000, 12000, 16000, 24000, 48000]) {
        expect(packetSamples(payload, 0, 3, rateHz)).toBe((frames * rateHz) / 50);
        expect(packetFrameSamples(payload, 0, rateHz)).toBe(rateHz / 50);
      }
    }
  });
});

describe('RFC 6716 §3.2 what is no packet', () => {
  test('no byte, no frame count, a count of 0, and more than 120 ms have no samples', () => {
    expect(samplesOf(bytes())).toBe(0);
    expect(samplesOf(bytes((9 << 3) | 3))).toBe(0);
    expect(samplesOf(bytes((9 << 3) | 3, 0))).toBe(0);
    expect(samplesOf(bytes((9 << 3) | 3, 6, 0))).toBe(5760);
    expect(samplesOf(bytes((9 << 3) | 3, 7, 0))).toBe(0);
    expect(samplesOf(bytes((16 << 3) | 3, 48, 0))).toBe(5760);
  });

  test('a place outside the bytes given is none', () => {
    expect(packetSamples(bytes(72, 1, 2), -1, 2, 48000)).toBe(0);
    expect(packetSamples(bytes(72, 1, 2), 2, 2, 48000)).toBe(0);
    expect(packetHasFec(bytes(72, 0xff), 1, 9)).toBe(false);
  });

  test('any bytes are read without a throw, and never are more than 120 ms', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(8000, 16000, 48000), (payload, rateHz) => {
        expect(packetSamples(payload, 0, payload.length, rateHz)).toBeLessThanOrEqual((rateHz * 120) / 1000);
        expect(packetHasFec(payload, 0, payload.length)).toBeTypeOf('boolean');
      }),
    );
  });
});

describe('RFC 6716 §4.2.3 the copy of the frame before', () => {
  const wideband20 = 9 << 3;
  const wideband60 = 11 << 3;
  const hasFec = (...values: number[]): boolean => packetHasFec(bytes(...values), 0, values.length);

  test('is told by the bit behind the VAD bits: one of these in 20 ms, three in 60', () => {
    expect([hasFec(wideband20, 0b0100_0000, 1), hasFec(wideband20, 0b1011_1111, 1)]).toEqual([true, false]);
    expect([hasFec(wideband60, 0b0001_0000, 1), hasFec(wideband60, 0b1110_1111, 1)]).toEqual([true, false]);
  });

  test('is told by the side channel of stereo too', () => {
    expect([hasFec(wideband20 | 4, 0b0001_0000, 1), hasFec(wideband20 | 4, 0b1010_1111, 1)]).toEqual([true, false]);
  });

  test('is looked for in the first frame, wherever codes 1, 2 and 3 put it', () => {
    expect(hasFec(wideband20 | 1, 0x40, 0x00)).toBe(true);
    expect(hasFec(wideband20 | 2, 1, 0x40, 0x00)).toBe(true);
    expect(hasFec(wideband20 | 2, 252, 0, ...Array<number>(252).fill(0x40), 0)).toBe(true);
    expect(hasFec(wideband20 | 3, 2, 0x40, 0x00)).toBe(true);
    expect(hasFec(wideband20 | 3, 0x42, 1, 0x40, 0x00, 0)).toBe(true);
    expect(hasFec(wideband20 | 3, 0x82, 1, 0x40, 0x00)).toBe(true);
    expect(hasFec(wideband20 | 3, 0xc3, 0, 1, 1, 0x40, 0x00, 0x00)).toBe(true);
  });

  test('is not in CELT, in empty frames and behind the end', () => {
    expect(hasFec(31 << 3, 0xff, 0xff)).toBe(false);
    expect(hasFec(wideband20)).toBe(false);
    expect(hasFec(wideband20 | 2, 0, 0x40)).toBe(false);
    expect(hasFec(wideband20 | 3, 0x82, 0, 0x40)).toBe(false);
    expect(hasFec(wideband20 | 3, 0x42, 255, 255)).toBe(false);
  });
});

test('RFC 7587 §3.1.3 one or two bytes say that nothing follows for a while', () => {
  expect([0, 1, 2, 3].map(isDtxPacket)).toEqual([false, true, true, false]);
});
