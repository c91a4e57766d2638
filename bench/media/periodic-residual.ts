import type { Sound16 } from './tone-detection.js';

/** Whose period is a whole number of samples at every rate: 10 at 8 kHz, 20 at 16, 60 at 48. */
export const pureToneHz = 800;
const BLOCK_MS = 100;
const WINDOW_MS = 5;

/**
 * What is left of a steady tone once everything periodic is taken away, in dB below the tone, for one 5 ms window after
 * the other. Fits, by least squares, all harmonics at once in blocks of 100 ms: the mean of each place in the period. So
 * a codec's own error on the tone, which is periodic too, does not hide a glitch.
 */
export function periodicResidualDb({ pcm, rateHz }: Sound16, hz: number): number[] {
  const period = Math.round(rateHz / hz);
  const block = Math.floor((BLOCK_MS * rateHz) / 1000 / period) * period;
  const window = (WINDOW_MS * rateHz) / 1000;
  const shape = new Float64Array(period);
  const residual: number[] = [];
  for (let from = 0; from + block <= pcm.length; from += block) {
    const power = meanPeriod(pcm, from, block, shape);
    for (let at = from; at + window <= from + block; at += window) {
      let left = 0;
      for (let i = at; i < at + window; i += 1) left += (pcm[i]! - shape[(i - from) % period]!) ** 2;
      residual.push(10 * Math.log10(Math.max(left / window, 1e-9) / Math.max(power, 1e-3)));
    }
  }
  return residual;
}

/** Mean of each place in the period; returns the power of what it describes. */
function meanPeriod(pcm: Int16Array, from: number, block: number, shape: Float64Array): number {
  shape.fill(0);
  for (let i = 0; i < block; i += 1) shape[i % shape.length]! += pcm[from + i]!;
  let power = 0;
  for (let i = 0; i < shape.length; i += 1) {
    shape[i]! /= block / shape.length;
    power += shape[i]! ** 2;
  }
  return power / shape.length;
}

/** Runs of windows above the limit: one defect that lasts several windows counts once. */
export function glitchesAbove(residualDb: readonly number[], limitDb: number): number {
  let count = 0;
  for (let i = 0; i < residualDb.length; i += 1) {
    if (residualDb[i]! > limitDb && !(i > 0 && residualDb[i - 1]! > limitDb)) count += 1;
  }
  return count;
}
