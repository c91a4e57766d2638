import { dot } from './filters.js';
import { FILTER_SIZE, type IlbcMode, LONGEST_FRAME } from './mode.js';

/** Samples of the last excitation by which its period and its voicing are judged. */
const COMPARED = 60;
/** Samples to both sides of the pitch period given that are tried. */
const SLOP = 3;
/** Noise is taken from 50 to 119 samples back. */
const NOISE_FROM = 50;
const NOISE_SPAN = 70;
const FIRST_SEED = 777;
/** Excitation of a lower level than this (per sample) is made of noise alone. */
const QUIET = 30;
const FIRST_PERIOD = 120;

/** Level of the made-up excitation by the samples lost before, in steps of 40 ms: silence from 160 ms on. */
const LEVEL_STEP = 320;
const levels = Float64Array.of(1, 0.9, 0.7, 0.5, 0);
/** Within a frame the level falls by this much each 80 samples. */
const FALL = 0.05;
const FALL_SAMPLES = 80;

/**
 * Excitation for lost frames (RFC 3951 §4.5): the last pitch period over and over, mixed with noise made of the last
 * excitation, the less voiced that was the more; it fades while the loss lasts and is silent after 160 ms. The RFC
 * leaves this free and its example never gets below 0.9; ours fades so that a dead line is not heard as a buzz.
 */
export class LossConcealer {
  /** The last filter A(z), for all sub-frames of a lost frame. */
  readonly filter = new Float64Array(FILTER_SIZE);
  readonly #frameSamples: number;
  /** The last frame's excitation, made up or not. */
  readonly #last = new Float64Array(LONGEST_FRAME);
  readonly #noise = new Float64Array(LONGEST_FRAME);
  #period = FIRST_PERIOD;
  /** 0 for noise to 1 for a voice, of the last good frame. */
  #voicing = 0;
  #lostFrames = 0;
  #seed = FIRST_SEED;

  constructor(mode: IlbcMode) {
    this.#frameSamples = mode.frameSamples;
    this.filter[0] = 1;
  }

  /** A frame came: `excitation`, and the filter of its last sub-frame at `from` of `filters`. */
  heard(excitation: Float64Array, filters: Float64Array, from: number): void {
    this.#lostFrames = 0;
    for (let i = 0; i < this.#frameSamples; i += 1) this.#last[i] = excitation[i]!;
    for (let k = 0; k < FILTER_SIZE; k += 1) this.filter[k] = filters[from + k]!;
  }

  /**
   * Makes up the excitation of one frame in `out`.
   * @param period  the pitch period in samples at the end of what was heard, at most 120
   */
  conceal(period: number, out: Float64Array): void {
    if (this.#lostFrames === 0) this.#judge(period);
    this.#lostFrames += 1;
    const step = Math.floor((this.#lostFrames * this.#frameSamples - 1) / LEVEL_STEP);
    const level = levels[Math.min(levels.length - 1, step)]!;
    this.#make(level, out);
    const frameSamples = this.#frameSamples;
    if (Math.sqrt(dot(out, 0, out, 0, frameSamples) / frameSamples) < QUIET) {
      for (let i = 0; i < frameSamples; i += 1) out[i] = level * this.#noise[i]!;
    }
    for (let i = 0; i < frameSamples; i += 1) this.#last[i] = out[i]!;
  }

  #make(level: number, out: Float64Array): void {
    const frameSamples = this.#frameSamples;
    const last = this.#last;
    const noise = this.#noise;
    const strength = Math.sqrt(this.#voicing);
    const voiced = Math.min(1, Math.max(0, (strength - 0.4) / 0.3));
    // Two short periods at a time: the same one over and over is heard as a buzz.
    const period = this.#period < 80 ? 2 * this.#period : this.#period;
    for (let i = 0; i < frameSamples; i += 1) {
      this.#seed = (Math.imul(this.#seed, 69069) + 1) & 0x7fffffff;
      const noiseAt = i - NOISE_FROM - (this.#seed % NOISE_SPAN);
      noise[i] = noiseAt < 0 ? last[frameSamples + noiseAt]! : noise[noiseAt]!;
      const pitchAt = i - period;
      const pitch = pitchAt < 0 ? last[frameSamples + pitchAt]! : out[pitchAt]!;
      const fallen = level * (1 - FALL * Math.floor(i / FALL_SAMPLES));
      out[i] = fallen * (voiced * pitch + (1 - voiced) * noise[i]!);
    }
  }

  /** Finds the period around the given one at which the last excitation repeats best, and how well it does. */
  #judge(period: number): void {
    const last = this.#last;
    const end = this.#frameSamples;
    let most = -1;
    for (let lag = period - SLOP; lag <= period + SLOP; lag += 1) {
      const compared = Math.min(COMPARED, end - lag);
      const from = end - compared;
      const product = dot(last, from, last, from - lag, compared);
      const energy = dot(last, from - lag, last, from - lag, compared);
      const alike = energy > 0 ? (product * product) / energy : 0;
      if (alike <= most) continue;
      const own = dot(last, from, last, from, compared);
      most = alike;
      this.#period = lag;
      this.#voicing = energy > 0 && own > 0 ? Math.abs(product) / Math.sqrt(energy * own) : 0;
    }
  }
}
