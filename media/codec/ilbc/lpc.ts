import { filterToLsf } from './lsf-roots.js';
import { FILTER_SIZE, type IlbcMode, LPC_ORDER } from './mode.js';
import { ASYMMETRIC_WINDOW, HALF_HANNING_WINDOW, LAG_WINDOW } from './tables-windows.js';

const WINDOW = ASYMMETRIC_WINDOW.length;
/** Samples that the symmetric window is ahead of the other. */
const LOOK_BACK = 60;
const BUFFER = LOOK_BACK + WINDOW;
/** Widens the peaks of the synthesis filter: RFC 3951 §3.2.2, with the value of appendix A.9. */
const CHIRP = 0.9025;
/** Energy below which there is no filter to be found. */
const NO_ENERGY = 2.3e-16;

/** The LPC analysis of RFC 3951 §3.2.1 to §3.2.3: speech → LSFs, one or two sets per frame. No allocation. */
export class LpcAnalysis {
  readonly #mode: IlbcMode;
  /** The newest 300 samples of speech. */
  readonly #speech = new Float64Array(BUFFER);
  readonly #windowed = new Float64Array(WINDOW);
  readonly #correlations = new Float64Array(FILTER_SIZE);
  readonly #filter = new Float64Array(FILTER_SIZE);

  constructor(mode: IlbcMode) {
    this.#mode = mode;
  }

  /** @param lsf  the LSFs of the frame, in radians per sample, LPC_ORDER per set */
  analyze(frame: Float64Array, frameAt: number, lsf: Float64Array): void {
    const { frameSamples, lsfSets } = this.#mode;
    const speech = this.#speech;
    const windowed = this.#windowed;
    speech.copyWithin(0, frameSamples);
    for (let i = 0; i < frameSamples; i += 1) speech[BUFFER - frameSamples + i] = frame[frameAt + i]!;
    if (lsfSets === 2) {
      for (let i = 0; i < WINDOW / 2; i += 1) {
        windowed[i] = speech[i]! * HALF_HANNING_WINDOW[i]!;
        windowed[WINDOW - 1 - i] = speech[WINDOW - 1 - i]! * HALF_HANNING_WINDOW[i]!;
      }
      this.#findLsf(lsf, 0);
    }
    for (let i = 0; i < WINDOW; i += 1) windowed[i] = speech[LOOK_BACK + i]! * ASYMMETRIC_WINDOW[i]!;
    this.#findLsf(lsf, (lsfSets - 1) * LPC_ORDER);
  }

  copyFrom(other: LpcAnalysis): void {
    this.#speech.set(other.#speech);
  }

  #findLsf(lsf: Float64Array, at: number): void {
    const windowed = this.#windowed;
    for (let lag = 0; lag <= LPC_ORDER; lag += 1) {
      let sum = 0;
      for (let i = lag; i < WINDOW; i += 1) sum += windowed[i]! * windowed[i - lag]!;
      this.#correlations[lag] = sum * LAG_WINDOW[lag]!;
    }
    solve(this.#correlations, this.#filter);
    let factor = 1;
    for (let k = 0; k <= LPC_ORDER; k += 1) {
      this.#filter[k] = this.#filter[k]! * factor;
      factor *= CHIRP;
    }
    filterToLsf(this.#filter, lsf, at);
  }
}

/** Levinson-Durbin: the filter A(z) that predicts a signal of these autocorrelations best; 1 for silence. */
function solve(correlations: Float64Array, filter: Float64Array): void {
  filter.fill(0);
  filter[0] = 1;
  let error = correlations[0]!;
  if (error < NO_ENERGY) return;
  for (let order = 1; order <= LPC_ORDER; order += 1) {
    let sum = 0;
    for (let i = 0; i < order; i += 1) sum += filter[i]! * correlations[order - i]!;
    const reflection = -sum / error;
    for (let i = 1; i <= order >> 1; i += 1) {
      const front = filter[i]!;
      const back = filter[order - i]!;
      filter[i] = front + reflection * back;
      filter[order - i] = back + reflection * front;
    }
    filter[order] = reflection;
    error += reflection * sum;
  }
}
