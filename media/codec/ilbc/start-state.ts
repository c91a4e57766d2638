import { allPole, allZero } from './filters.js';
import { FILTER_SIZE, type IlbcMode, LPC_ORDER } from './mode.js';
import { STATE_LEVELS, STATE_SCALES } from './tables.js';

const LONGEST_STATE = 58;
/** What the largest sample is brought to before its levels are chosen. */
const NORMAL_PEAK = 4.5;

/** The amplitude that a level of 1 stands for, by the index of the scale: RFC 3951 §4.2. */
const stepOfScale = STATE_SCALES.map((exponent) => 10 ** exponent / NORMAL_PEAK);

/** The size of one level's unit for the scale index. */
export function stateStep(scale: number): number {
  return stepOfScale[scale]!;
}

/**
 * Spreads the energy of a start state evenly, or gathers it again when the state runs backwards: circular convolution
 * with the all-pass filter z⁻¹⁰·A(z⁻¹)/A(z) (RFC 3951 §3.5.2). One object's buffers serve one coder.
 */
export class PhaseSpreader {
  /** Samples in and out are the first of `samples`. */
  readonly samples = new Float64Array(LONGEST_STATE);
  /** Ten samples of zero memory, the state, and as many zeros again. */
  readonly #input = new Float64Array(LPC_ORDER + 2 * LONGEST_STATE);
  readonly #output = new Float64Array(LPC_ORDER + 2 * LONGEST_STATE);
  readonly #reversed = new Float64Array(FILTER_SIZE);

  /** Works in place on the first `length` of `samples`; A(z) is at `from` of `filters`. */
  spread(length: number, filters: Float64Array, from: number): void {
    const input = this.#input;
    const output = this.#output;
    const samples = this.samples;
    for (let k = 0; k < FILTER_SIZE; k += 1) this.#reversed[k] = filters[from + LPC_ORDER - k]!;
    for (let i = 0; i < length; i += 1) {
      input[LPC_ORDER + i] = samples[i]!;
      input[LPC_ORDER + length + i] = 0;
    }
    allZero(input, LPC_ORDER, 2 * length, this.#reversed, 0, output, LPC_ORDER);
    allPole(output, LPC_ORDER, 2 * length, filters, from);
    for (let i = 0; i < length; i += 1) samples[i] = output[LPC_ORDER + i]! + output[LPC_ORDER + length + i]!;
  }
}

/** Decodes the start state: levels times scale, time-reversed, through the all-pass, time-reversed again. RFC 3951 §4.2. */
export function decodeStartState(
  mode: IlbcMode,
  values: Int32Array,
  filters: Float64Array,
  from: number,
  spreader: PhaseSpreader,
  out: Float64Array,
  at: number,
): void {
  const { layout, stateSamples } = mode;
  const step = stateStep(values[layout.scale]!);
  const samples = spreader.samples;
  for (let i = 0; i < stateSamples; i += 1) {
    samples[stateSamples - 1 - i] = step * STATE_LEVELS[values[layout.state + i]!]!;
  }
  spreader.spread(stateSamples, filters, from);
  for (let i = 0; i < stateSamples; i += 1) out[at + i] = samples[stateSamples - 1 - i]!;
}
