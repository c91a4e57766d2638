import { Limiter } from './limiter.js';

/** Of a frame of 20 ms: 5 ms, in which a gate opens or closes. */
const QUICK_SHARE = 4;

/**
 * A gain that changes without a click: over 5 ms where something begins or ends, else over the whole frame. What it
 * would lift above full scale is limited, not clipped. One for each way of a member that is not just passed through.
 */
export class GainStage {
  #gain: number;
  #from: number;
  /** Holds down what is lifted; made with the first gain above 1. */
  #limiter: Limiter | null = null;

  constructor(gain: number) {
    this.#gain = gain;
    this.#from = gain;
  }

  /** Linear, at the end of the last beat. */
  get gain(): number {
    return this.#gain;
  }

  /** A beat begins, at whose end the gain is `gain`. */
  aim(gain: number): void {
    this.#from = this.#gain;
    this.#gain = gain;
  }

  /** Nothing passes on this beat. */
  get isShut(): boolean {
    return this.#from === 0 && this.#gain === 0;
  }

  /** Everything passes as it is, on this beat. */
  get isPlain(): boolean {
    return this.#from === 1 && this.#gain === 1 && (this.#limiter === null || this.#limiter.gain === 1);
  }

  /**
   * Changes the frame in place.
   * @param scratch  as long as the frame
   * O(samples), no allocation but the first time the gain is above 1.
   */
  apply(frame: Int16Array, scratch: Int32Array): void {
    if (this.isPlain) return;
    if (this.#from <= 1 && this.#gain <= 1 && this.#limiter === null) {
      this.#lower(frame);
      return;
    }
    this.#limiter ??= new Limiter(frame.length);
    this.#limiter.retune(frame.length);
    this.#lift(frame, scratch, this.#limiter);
  }

  /** The same frame of the same beat at another rate, for the resamplers alone: `limiter` follows that of this stage. */
  applyNext(frame: Int16Array, scratch: Int32Array, limiter: Limiter): void {
    if (this.isPlain) return;
    if (this.#limiter === null) {
      this.#lower(frame);
      return;
    }
    limiter.follow(this.#limiter);
    this.#lift(frame, scratch, limiter);
  }

  #lower(frame: Int16Array): void {
    const ramp = this.#rampOf(frame.length);
    const from = this.#from;
    const step = (this.#gain - from) / ramp;
    for (let i = 0; i < ramp; i += 1) frame[i] = Math.round(frame[i]! * (from + step * (i + 1)));
    const gain = this.#gain;
    if (gain === 1) return;
    for (let i = ramp; i < frame.length; i += 1) frame[i] = Math.round(frame[i]! * gain);
  }

  #lift(frame: Int16Array, scratch: Int32Array, limiter: Limiter): void {
    const ramp = this.#rampOf(frame.length);
    const from = this.#from;
    const step = (this.#gain - from) / ramp;
    for (let i = 0; i < frame.length; i += 1) {
      scratch[i] = Math.round(frame[i]! * (i < ramp ? from + step * (i + 1) : this.#gain));
    }
    limiter.apply(scratch, null, frame);
  }

  #rampOf(samples: number): number {
    return this.#from === 0 || this.#gain === 0 ? samples / QUICK_SHARE : samples;
  }
}
