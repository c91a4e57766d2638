import type { SampleRateHz } from './codec/resample.js';

/**
 * Is told of both directions of one leg on each beat: first `heard`, then `told`. On the beat before the rate changes each is followed
 * by the same sound at the rate that comes, so that nothing is heard of the change. Frames are only lent; it must not throw.
 */
export interface SoundTap {
  /** What came from the peer, at that rate; null = nothing to hear. */
  heard(nowMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void;
  heardNext(frame: Int16Array | null, rateHz: SampleRateHz): void;
  /** What goes to the peer; null = silence. */
  told(nowMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void;
  toldNext(frame: Int16Array | null, rateHz: SampleRateHz): void;
}
