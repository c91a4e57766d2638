import { allPole, dot, nearest } from './filters.js';
import { FILTER_SIZE, type IlbcMode, LPC_ORDER, STATE_SPAN, SUBFRAME } from './mode.js';
import { type PhaseSpreader, stateStep } from './start-state.js';
import { STATE_LEVELS, STATE_SCALES } from './tables.js';

const LONGEST_STATE = 58;
/** Samples at the outer edges of a candidate span that count only in part: 1/6 to 5/6. */
const TAPER = 5;
const QUIETEST_PEAK = 10;

/**
 * Where the start state is best placed: the two neighbouring sub-frames with the most energy, those in the middle of
 * the frame preferred. Returns `start` of RFC 3951 §3.5.1, from 1 on.
 * @param residual  one frame, its first sample at `at`
 */
export function placeStartState(mode: IlbcMode, residual: Float64Array, at: number): number {
  let best = 1;
  let most = -1;
  for (let start = 1; start < mode.subframes; start += 1) {
    const from = at + (start - 1) * SUBFRAME;
    let energy = dot(residual, from, residual, from, STATE_SPAN);
    for (let i = 0; i < TAPER; i += 1) {
      const missing = 1 - (i + 1) / (TAPER + 1);
      const front = residual[from + i]!;
      const back = residual[from + STATE_SPAN - 1 - i]!;
      energy -= missing * (front * front + back * back);
    }
    energy *= mode.placeWeights[start - 1]!;
    if (energy > most) {
      most = energy;
      best = start;
    }
  }
  return best;
}

/** Whether the span's first samples, rather than its last, are the start state: the part with more energy. §3.5.1. */
export function isStateFirst(mode: IlbcMode, residual: Float64Array, at: number, start: number): boolean {
  const { stateSamples } = mode;
  const first = at + (start - 1) * SUBFRAME;
  const later = first + STATE_SPAN - stateSamples;
  return dot(residual, first, residual, first, stateSamples) > dot(residual, later, residual, later, stateSamples);
}

/** Quantizes the start state, scale first, then sample by sample with the error weighted: RFC 3951 §3.5.2, §3.5.3. */
export class StateSearch {
  readonly #mode: IlbcMode;
  readonly #spreader: PhaseSpreader;
  /** The weighted target, and what the levels chosen so far give; LPC_ORDER zeros of memory before each. */
  readonly #target = new Float64Array(LPC_ORDER + LONGEST_STATE);
  readonly #coded = new Float64Array(LPC_ORDER + LONGEST_STATE);

  constructor(mode: IlbcMode, spreader: PhaseSpreader) {
    this.#mode = mode;
    this.#spreader = spreader;
  }

  /**
   * Writes scale and levels to `values`, which hold `start` and `stateFirst`.
   * @param residual  one frame, its first sample at `at`
   * @param filters   A(z) of each sub-frame
   * @param weights   A(z) of the weighting filter 1/A(z) of each sub-frame: §3.4
   */
  search(values: Int32Array, residual: Float64Array, at: number, filters: Float64Array, weights: Float64Array): void {
    const { layout, stateSamples } = this.#mode;
    const samples = this.#spreader.samples;
    const target = this.#target;
    const first = values[layout.start]! - 1;
    const isFirst = values[layout.stateFirst] === 1;
    const from = at + first * SUBFRAME + (isFirst ? 0 : STATE_SPAN - stateSamples);
    for (let i = 0; i < stateSamples; i += 1) samples[i] = residual[from + i]!;
    this.#spreader.spread(stateSamples, filters, first * FILTER_SIZE);
    let peak = QUIETEST_PEAK;
    for (let i = 0; i < stateSamples; i += 1) peak = Math.max(peak, Math.abs(samples[i]!));
    const scale = nearest(STATE_SCALES, Math.log10(peak));
    values[layout.scale] = scale;
    const step = stateStep(scale);
    for (let i = 0; i < stateSamples; i += 1) target[LPC_ORDER + i] = samples[i]! / step;

    const seam = isFirst ? SUBFRAME : stateSamples - SUBFRAME;
    this.#quantize(values, 0, seam, weights, first * FILTER_SIZE);
    this.#quantize(values, seam, stateSamples, weights, (first + 1) * FILTER_SIZE);
  }

  /** Samples `from` to `to`, which lie in one sub-frame: predict what the levels before leave behind, code the rest. */
  #quantize(values: Int32Array, from: number, to: number, weights: Float64Array, filter: number): void {
    const target = this.#target;
    const coded = this.#coded;
    allPole(target, LPC_ORDER + from, to - from, weights, filter);
    for (let i = from; i < to; i += 1) {
      const n = LPC_ORDER + i;
      coded[n] = 0;
      allPole(coded, n, 1, weights, filter);
      const level = nearest(STATE_LEVELS, target[n]! - coded[n]!);
      values[this.#mode.layout.state + i] = level;
      coded[n] = coded[n]! + STATE_LEVELS[level]!;
    }
  }
}
