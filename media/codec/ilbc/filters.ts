import { LPC_ORDER } from './mode.js';

/** Below this a filter's memory is taken for silence: it would decay into numbers that are slow to reckon with. */
const SILENCE = 1e-30;

/**
 * Filters `samples` of `buffer` from `at` in place by 1/A(z), where A is at `from` of `filters`, its leading 1 first.
 * The LPC_ORDER samples before `at` are the filter's memory.
 */
export function allPole(buffer: Float64Array, at: number, samples: number, filters: Float64Array, from: number): void {
  for (let n = at; n < at + samples; n += 1) {
    let sum = buffer[n]!;
    for (let k = 1; k <= LPC_ORDER; k += 1) sum -= filters[from + k]! * buffer[n - k]!;
    buffer[n] = sum;
  }
}

/**
 * Filters `samples` of `input` from `at` by the all-zero filter A(z) at `from` of `filters` into `out` at `outAt`.
 * The LPC_ORDER samples of `input` before `at` are the filter's memory.
 */
export function allZero(
  input: Float64Array,
  at: number,
  samples: number,
  filters: Float64Array,
  from: number,
  out: Float64Array,
  outAt: number,
): void {
  for (let n = 0; n < samples; n += 1) {
    let sum = 0;
    for (let k = 0; k <= LPC_ORDER; k += 1) sum += filters[from + k]! * input[at + n - k]!;
    out[outAt + n] = sum;
  }
}

/** High-pass of the second order; coefficients b0, b1, b2, a1, a2. RFC 3951 §3.1 and §4.8. */
export class HighPass {
  readonly #coefficients: Float64Array;
  /** The last two inputs, newest first, then the last two outputs. */
  readonly #memory = new Float64Array(4);

  constructor(coefficients: Float64Array) {
    this.#coefficients = coefficients;
  }

  /** The next output for the next input. */
  next(input: number): number {
    const c = this.#coefficients;
    const m = this.#memory;
    const output = c[0]! * input + c[1]! * m[0]! + c[2]! * m[1]! - c[3]! * m[2]! - c[4]! * m[3]!;
    m[1] = m[0]!;
    m[0] = input;
    m[3] = m[2]!;
    m[2] = Math.abs(output) < SILENCE ? 0 : output;
    return output;
  }

  copyFrom(other: HighPass): void {
    this.#memory.set(other.#memory);
  }
}

/** Sum of the products of `samples` of two signals. */
export function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, samples: number): number {
  let sum = 0;
  for (let i = 0; i < samples; i += 1) sum += a[aAt + i]! * b[bAt + i]!;
  return sum;
}

/** Index of the nearest of the ascending `levels`; between two, the lower one. */
export function nearest(levels: Float64Array, value: number): number {
  let index = 0;
  while (index < levels.length - 1 && value > (levels[index]! + levels[index + 1]!) / 2) index += 1;
  return index;
}
