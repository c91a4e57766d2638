import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ComfortNoise, comfortNoiseMaxBytes, describeNoise } from '../../../media/codec/comfort-noise.js';
import { spectralDistanceDb } from '../../support/fidelity.js';

/** A second and more of the noise of a payload, without its first 100 ms. */
function noiseOf(payload: readonly number[], samples = 16_000, seed = 1): Int16Array {
  const noise = new ComfortNoise(seed);
  expect(noise.set(Uint8Array.from([99, ...payload]), 1, payload.length)).toBe(true);
  noise.begin();
  const out = new Int16Array(samples);
  noise.generate(out, 0, samples);
  return out;
}

const levelDb = (pcm: Int16Array): number =>
  10 * Math.log10(pcm.reduce((sum, sample) => sum + sample ** 2, 0) / pcm.length / 32768 ** 2);

/** Normalised autocorrelation. */
function alike(pcm: Int16Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < pcm.length; i += 1) sum += pcm[i]! * pcm[i - lag]!;
  return sum / pcm.reduce((energy, sample) => energy + sample ** 2, 0);
}

function describeAll(pcm: Int16Array, order: number): number[] {
  const payload = new Uint8Array(20);
  return [...payload.subarray(2, 2 + describeNoise(pcm, 0, pcm.length, order, payload, 2))];
}

/** N of a reflection coefficient. */
const coded = (k: number): number => 127 + Math.round((k * 32768) / 258);

describe('RFC 3389 §3 from payload to noise', () => {
  test.each([20, 35, 50, 65, 78])(
    'RFC 3389 §3.1 level %i is so many dB below full scale, whatever the spectrum',
    (level) => {
      for (const spectrum of [[], [coded(-0.9)], [coded(0.7)], [coded(-0.95), coded(0.8), coded(-0.3)]]) {
        expect(Math.abs(levelDb(noiseOf([level, ...spectrum])) + level)).toBeLessThan(1);
      }
    },
  );

  test('RFC 3389 §3.1 the highest bit is no part of the level', () => {
    expect(noiseOf([0x80 | 40])).toEqual(noiseOf([40]));
  });

  test('a level of 127 is silence', () => {
    expect(new Set(noiseOf([127, 60, 190]))).toEqual(new Set([0]));
  });

  test('RFC 3389 §3.2 without coefficients the noise is white; the first one colours it', () => {
    const white = noiseOf([40]);
    for (const lag of [1, 2, 3, 10]) expect(Math.abs(alike(white, lag))).toBeLessThan(0.05);
    expect(alike(noiseOf([40, coded(-0.9)]), 1)).toBeCloseTo(0.9, 1);
    expect(alike(noiseOf([40, coded(0.6)]), 1)).toBeCloseTo(-0.6, 1);
  });

  test('RFC 3389 §3.2 N = 255 stands for nothing and is taken as 0', () => {
    expect(noiseOf([40, 255, 100])).toEqual(noiseOf([40, 127, 100]));
  });

  test('RFC 3389 §3 coefficients beyond the order that is used are left out', () => {
    const twelve = [100, 140, 120, 127, 130, 110, 125, 128, 126, 127, 129, 124];
    expect(comfortNoiseMaxBytes).toBe(13);
    expect(noiseOf([40, ...twelve, 30, 200])).toEqual(noiseOf([40, ...twelve]));
  });

  test('the same seed makes the same noise, another one other noise', () => {
    expect(noiseOf([40], 800, 5)).toEqual(noiseOf([40], 800, 5));
    expect(noiseOf([40], 800, 5)).not.toEqual(noiseOf([40], 800, 6));
  });

  test('an empty payload is refused', () => {
    const noise = new ComfortNoise(1);
    expect(noise.set(new Uint8Array(4), 2, 0)).toBe(false);
    const out = new Int16Array(160).fill(5);
    noise.generate(out, 0, 160);
    expect(new Set(out)).toEqual(new Set([0]));
  });

  test('a new level is reached in 100 ms without a step, and so is silence', () => {
    const noise = new ComfortNoise(3);
    const out = new Int16Array(1600);
    noise.set(Uint8Array.of(60), 0, 1);
    noise.begin();
    noise.generate(out, 0, 800);
    noise.set(Uint8Array.of(30), 0, 1);
    noise.generate(out, 800, 800);
    expect(levelDb(out.subarray(800, 840))).toBeLessThan(-40);
    expect(levelDb(out.subarray(1400))).toBeGreaterThan(-33);
    noise.fade();
    noise.generate(out, 0, 1600);
    expect(levelDb(out.subarray(0, 40))).toBeGreaterThan(-35);
    expect(levelDb(out.subarray(1200))).toBeLessThan(-65);
  });

  test('no payload makes it throw, grow without end, or leave the range of Int16', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), (payload) => {
        const out = noiseOf([...payload], 4000);
        expect(Math.abs(levelDb(out.subarray(2000)))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('RFC 3389 §3 from noise to payload', () => {
  test.each([
    ['white', []],
    ['of a car', [coded(-0.93), coded(0.5)]],
    ['of a fan', [coded(-0.7), coded(0.6), coded(-0.4), coded(0.3), coded(-0.1)]],
  ])(
    'noise %s is described so that it sounds the same: within 1 dB, and as near in spectrum as two noises are',
    (_name, spectrum) => {
      const original = noiseOf([45, ...spectrum], 16_000);
      const payload = describeAll(original.subarray(0, 480), 10);
      expect(payload.length).toBe(11);
      expect(Math.abs(payload[0]! - 45)).toBeLessThanOrEqual(1);
      const again = noiseOf(describeAll(original.subarray(0, 2880), 10), 16_000, 9);
      const reach = { sampleRateHz: 8000, highestHz: 3400 };
      const chance = spectralDistanceDb(original, noiseOf([45, ...spectrum], 16_000, 77), reach);
      // Two noises of the same description differ by chance, window by window.
      expect(spectralDistanceDb(original, again, reach)).toBeLessThan(chance + 1);
    },
  );

  test('the coefficients of a payload come back', () => {
    const spectrum = [coded(-0.8), coded(0.5), coded(-0.2)];
    const [, ...found] = describeAll(noiseOf([30, ...spectrum], 2880), 3);
    for (const [i, n] of found.entries()) expect(Math.abs(n - spectrum[i]!)).toBeLessThan(8);
  });

  test('silence, a tone and full scale are described within the limits', () => {
    expect(describeAll(new Int16Array(160), 4)).toEqual([127, 127, 127, 127, 127]);
    const tone = Int16Array.from({ length: 480 }, (_, i) => 20_000 * Math.sin(i * 0.3));
    for (const n of describeAll(tone, 12).slice(1)) expect(n).toBeLessThanOrEqual(254);
    expect(describeAll(new Int16Array(160).fill(-32768), 0)).toEqual([0]);
  });
});
