const FULL_SCALE = 32_767;
/** How long the gain stays down after the last peak that needed it: longer than the pauses between the words of several. */
const HOLD_FRAMES = 75;
/** 3 dB a second in steps of one 20 ms frame: slow enough that a steady talker is not heard to pump. */
const RELEASE_PER_FRAME = 10 ** (0.06 / 20);
/** A peak within this factor of the present gain's limit keeps the gain where it is. */
const STILL_NEEDED = 1.06;

/**
 * Brings a sum of voices back into Int16: one slow gain that goes down within milliseconds and comes back at 3 dB/s,
 * so that words are turned down, not clipped. Sums that fit pass unchanged, bit for bit.
 * One limiter follows one output; samples of the first millisecond of a sudden peak are clipped.
 */
export class Limiter {
  /** Linear gain at the end of the last frame. */
  gain = 1;
  #holdFrames = 0;
  #shortestRamp = 1;
  #longestRamp = 5;

  /** @param frameSamples  samples of one 20 ms frame */
  constructor(frameSamples: number) {
    this.retune(frameSamples);
  }

  /** Frames have that many samples from now on. */
  retune(frameSamples: number): void {
    this.#shortestRamp = Math.max(1, Math.round(frameSamples / 20));
    this.#longestRamp = this.#shortestRamp * 5;
  }

  /** Goes on where the other stands, so that a listener who changes from one mix to the other hears no step. */
  follow(other: Limiter): void {
    this.gain = other.gain;
    this.#holdFrames = other.#holdFrames;
  }

  /** Forgets what was loud. */
  reset(): void {
    this.gain = 1;
    this.#holdFrames = 0;
  }

  /** A frame of silence passed. */
  rest(): void {
    this.gain = this.#nextGain(0);
  }

  /** Both would give a listener the same loudness, within 0.1 dB. */
  agreesWith(other: Limiter): boolean {
    return Math.abs(this.gain - other.gain) <= 0.01 * other.gain;
  }

  /**
   * Writes `sum − own` (own null: `sum`) into `out`, limited.
   * O(samples), two passes only while the gain is not 1; no allocation.
   */
  apply(sum: Int32Array, own: Int16Array | null, out: Int16Array): void {
    const peak = own === null ? copy(sum, out) : subtract(sum, own, out);
    if (peak > FULL_SCALE || this.gain !== 1) this.#scale(sum, own, out, peak);
  }

  #scale(sum: Int32Array, own: Int16Array | null, out: Int16Array, peak: number): void {
    const samples = out.length;
    const from = this.gain;
    const to = this.#nextGain(peak);
    const ramp = to < from ? this.#rampDown(sum, own, samples) : samples;
    const step = (to - from) / ramp;
    for (let i = 0; i < samples; i += 1) {
      const gain = i < ramp ? from + step * (i + 1) : to;
      const value = (own === null ? sum[i]! : sum[i]! - own[i]!) * gain;
      out[i] = value > FULL_SCALE ? FULL_SCALE : value < -FULL_SCALE ? -FULL_SCALE : Math.round(value);
    }
    this.gain = to;
  }

  /** Samples until the first that the present gain would let clip, within 1 to 5 ms. */
  #rampDown(sum: Int32Array, own: Int16Array | null, samples: number): number {
    const limit = FULL_SCALE / this.gain;
    let at = 0;
    while (at < samples && Math.abs(own === null ? sum[at]! : sum[at]! - own[at]!) <= limit) at += 1;
    return Math.min(this.#longestRamp, Math.max(this.#shortestRamp, at));
  }

  #nextGain(peak: number): number {
    const needed = peak > FULL_SCALE ? FULL_SCALE / peak : 1;
    if (needed < this.gain * STILL_NEEDED && needed < 1) {
      this.#holdFrames = HOLD_FRAMES;
      return Math.min(this.gain, needed);
    }
    if (this.#holdFrames > 0) {
      this.#holdFrames -= 1;
      return this.gain;
    }
    return Math.min(1, needed, this.gain * RELEASE_PER_FRAME);
  }
}

/** Writes the sum, wrapped where it does not fit; returns its peak. Both loops are apart because this one branch costs. */
function copy(sum: Int32Array, out: Int16Array): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < out.length; i += 1) {
    const value = sum[i]!;
    out[i] = value;
    if (value > high) high = value;
    if (value < low) low = value;
  }
  return Math.max(high, -low);
}

function subtract(sum: Int32Array, own: Int16Array, out: Int16Array): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < out.length; i += 1) {
    const value = sum[i]! - own[i]!;
    out[i] = value;
    if (value > high) high = value;
    if (value < low) low = value;
  }
  return Math.max(high, -low);
}
