import { describe, expect, test } from 'vitest';
import { glitchesAbove, periodicResidualDb, pureToneHz } from '../../../bench/media/periodic-residual.js';
import { delayGrowthMs, floorOf } from '../../../bench/media/soak-verdict.js';
import { codecs } from '../../../media/index.js';

function tone(rateHz: number, amplitude = 4000): Int16Array {
  return Int16Array.from({ length: rateHz }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * pureToneHz * i) / rateHz)),
  );
}

function worst(pcm: Int16Array, rateHz: number): number {
  return Math.max(...periodicResidualDb({ pcm, rateHz }, pureToneHz));
}

describe('what is left of a pure tone', () => {
  test.each([8000, 16_000, 48_000])('is nothing at %d Hz', (rateHz) => {
    expect(worst(tone(rateHz), rateHz)).toBeLessThan(-100);
  });

  test('shows a lost sample, a repeated one, and a step of 1 % in level', () => {
    const steady = tone(8000);
    const shorter = Int16Array.from(steady, (_, i) => steady[i < 4013 ? i : i + 1] ?? 0).subarray(0, 7900);
    const longer = Int16Array.from(steady, (_, i) => steady[i < 4013 ? i : i - 1] ?? 0);
    const louder = Int16Array.from(steady, (sample, i) => (i < 4017 ? sample : Math.round(sample * 1.01)));
    for (const pcm of [shorter, longer]) expect(worst(pcm, 8000)).toBeGreaterThan(-20);
    expect(worst(louder, 8000)).toBeGreaterThan(-50);
  });

  test('is counted once for windows in a row', () => {
    expect(glitchesAbove([-90, -40, -30, -90, -45, -90], -50)).toBe(2);
    expect(glitchesAbove([-90, -60], -50)).toBe(0);
  });

  test('of a codec alone: G.711 gives the tone back as it is, G.722 nearly', () => {
    expect(floorOf(codecs.pcmu, 20)).toBeLessThan(-100);
    expect(floorOf(codecs.pcma, 20)).toBeLessThan(-100);
    expect(floorOf(codecs.g722, 20)).toBeGreaterThan(-60);
    expect(floorOf(codecs.g722, 20)).toBeLessThan(-35);
  });
});

test('delay grows by the difference of the medians of the last and the first tenth', () => {
  expect(delayGrowthMs([...new Array<number>(50).fill(30), ...new Array<number>(50).fill(42)])).toBe(12);
  expect(delayGrowthMs(new Array<number>(100).fill(30))).toBe(0);
});
