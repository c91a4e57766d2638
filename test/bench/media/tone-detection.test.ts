import { describe, expect, test } from 'vitest';
import { burstOnsets, dropoutShare, toneAmplitude } from '../../../bench/media/tone-detection.js';

const rateHz = 8000;

function tones(seconds: number, ...parts: readonly (readonly [hz: number, amplitude: number])[]): Int16Array {
  return Int16Array.from({ length: seconds * rateHz }, (_, i) =>
    Math.round(parts.reduce((sum, [hz, amplitude]) => sum + amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz), 0)),
  );
}

describe('the amplitude of a tone', () => {
  const pcm = tones(1, [805, 4000], [825, 1000]);

  test('is that of the tone alone, also beside one that is 20 Hz away', () => {
    expect(toneAmplitude({ pcm, rateHz }, 805, 100, 3200)).toBeCloseTo(4000, -2);
    expect(toneAmplitude({ pcm, rateHz }, 825, 100, 3200)).toBeCloseTo(1000, -2);
    expect(toneAmplitude({ pcm, rateHz }, 785, 100, 3200)).toBeLessThan(20);
  });

  test('is 0 where the window does not fit into the sound', () => {
    expect(toneAmplitude({ pcm, rateHz }, 805, 7000, 3200)).toBe(0);
    expect(toneAmplitude({ pcm, rateHz }, 805, -1, 3200)).toBe(0);
  });
});

describe('bursts', () => {
  test('begin where their first sample is, within a millisecond, whatever else is heard', () => {
    const pcm = tones(3, [405, 4000], [1405, 4000]);
    const burst = tones(1, [2405, 4000]);
    for (const onset of [4321, 14_000]) for (let i = 0; i < 2880; i += 1) pcm[onset + i]! += burst[i]!;
    const onsets = burstOnsets({ pcm, rateHz }, 2405, 4000);
    expect(onsets).toHaveLength(2);
    expect(Math.abs(onsets[0]! - 4321)).toBeLessThanOrEqual(8);
    expect(Math.abs(onsets[1]! - 14_000)).toBeLessThanOrEqual(8);
  });

  test('that begin before the sound are no onset', () => {
    expect(burstOnsets({ pcm: tones(1, [2405, 4000]), rateHz }, 2405, 4000)).toEqual([]);
  });
});

describe('dropouts', () => {
  test('are none in a steady tone, and the share of holes in one with holes', () => {
    const pcm = tones(2, [605, 4000], [1605, 4000]);
    expect(dropoutShare({ pcm, rateHz }, 605)).toBe(0);
    for (const from of [3000, 9000]) pcm.fill(0, from, from + 480);
    // Two holes of 60 ms; windows of 20 ms that are nearly all in one.
    const share = dropoutShare({ pcm, rateHz }, 605);
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.08);
  });

  test('are everything where the tone never was', () => {
    expect(dropoutShare({ pcm: new Int16Array(8000), rateHz }, 605)).toBe(1);
  });
});
