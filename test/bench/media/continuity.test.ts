import { describe, expect, test } from 'vitest';
import { gapsBetween, lineFaults, toneBreaks } from '../../../bench/media/continuity.js';
import type { CapturedPacket } from '../../../bench/media/wire-files.js';

const packet = (sequence: number, timestamp: number, atMs = 0): CapturedPacket => ({
  ...{ sequence, timestamp, atMs },
  payload: new Uint8Array(160),
});

describe('a line of packets', () => {
  test('is whole where both numbers go on by one packet, also where they wrap', () => {
    const packets = [packet(65_534, 2 ** 32 - 200), packet(65_535, 2 ** 32 - 40), packet(0, 120), packet(1, 280)];
    expect(lineFaults(packets, 160)).toEqual({ missing: 0, outOfOrder: 0, skippedFrames: 0 });
  });

  test('shows what is missing, what comes twice or late, and time that is left out', () => {
    expect(lineFaults([packet(1, 160), packet(4, 640)], 160)).toEqual({ missing: 2, outOfOrder: 0, skippedFrames: 0 });
    expect(lineFaults([packet(1, 160), packet(1, 160), packet(0, 0)], 160).outOfOrder).toBe(2);
    expect(lineFaults([packet(1, 160), packet(2, 640)], 160).skippedFrames).toBe(2);
    expect(lineFaults([packet(1, 160), packet(2, 160)], 160).skippedFrames).toBe(1);
  });

  test('has gaps, also those that reach into the time asked for', () => {
    const packets = [0, 20, 75, 95, 195].map((atMs, i) => packet(i, i * 160, atMs));
    expect(gapsBetween(packets, 0, 1000)).toEqual([20, 55, 20, 100]);
    expect(gapsBetween(packets, 30, 90)).toEqual([55, 20]);
    expect(gapsBetween([packet(1, 1)], 0, 1000)).toEqual([]);
  });
});

describe('a tone', () => {
  const hz = 812.5;
  const rateHz = 8000;
  const tone = (others: (i: number) => number = () => 0): Int16Array =>
    Int16Array.from({ length: rateHz }, (_, i) =>
      Math.round(4000 * Math.sin((2 * Math.PI * hz * i) / rateHz) + others(i)),
    );
  const breaks = (pcm: Int16Array): number[] => toneBreaks({ pcm, rateHz }, hz, 4000);
  const without = (pcm: Int16Array, from: number, count: number): Int16Array =>
    Int16Array.from([...pcm.subarray(0, from), ...pcm.subarray(from + count)]);

  test('that goes on is not broken, whatever else begins and ends', () => {
    expect(breaks(tone())).toEqual([]);
    const other = (i: number): number =>
      i > 3000 && i < 5000 ? 5000 * Math.sin((2 * Math.PI * 1600 * i) / rateHz) : 0;
    expect(breaks(tone(other))).toEqual([]);
  });

  test.each([160, 320, 480, 80, 45])('that lacks %d samples is broken there, once', (count) => {
    const found = breaks(without(tone(), 4000, count));
    expect(found).toHaveLength(1);
    expect(Math.abs(found[0]! - 4000)).toBeLessThan(320);
  });

  test('is broken where 20 ms are said twice, and where 5 ms are silent', () => {
    const steady = tone();
    const twice = Int16Array.from([...steady.subarray(0, 4000), ...steady.subarray(3840)]);
    expect(breaks(twice)).toHaveLength(1);
    expect(breaks(tone().fill(0, 4013, 4053))).toHaveLength(1);
    expect(breaks(new Int16Array(800))).toHaveLength(1);
  });
});
