import type { SampleRateHz } from './codec/resample.js';

/** Is told of both directions of one leg on each beat: first `heard`, then `told`. Frames are only lent; it must not throw. */
export interface SoundTap {
  /** What came from the peer, at that rate; null = nothing to hear. */
  heard(nowMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void;
  /** What goes to the peer; null = silence. */
  told(nowMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void;
  /** The same beat at the rate of the beats that come, which go on from it. */
  primeHeard(frame: Int16Array | null, rateHz: SampleRateHz): void;
  primeTold(frame: Int16Array | null, rateHz: SampleRateHz): void;
}
