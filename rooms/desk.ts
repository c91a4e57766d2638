import type { SampleRateHz } from '../media/index.js';
import { SharedMix } from './shared-mix.js';
import { frameSamplesAt } from './ticker.js';

/** The mixes of one room at one rate. */
export interface Desk {
  readonly rateHz: SampleRateHz;
  readonly shared: SharedMix;
  readonly sum: Int32Array;
  readonly own: Int16Array;
  readonly scratch: Int32Array;
}

export function deskAt(rateHz: SampleRateHz): Desk {
  const samples = frameSamplesAt(rateHz);
  const buffers = { sum: new Int32Array(samples), own: new Int16Array(samples), scratch: new Int32Array(samples) };
  return { rateHz, shared: new SharedMix(rateHz), ...buffers };
}
