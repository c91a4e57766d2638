import type { Encoder } from '../codec.js';
import { writeFrame } from './bits.js';
import { CodebookSearch } from './codebook-search.js';
import { Excitation } from './excitation.js';
import { allZero, HighPass } from './filters.js';
import { LpcAnalysis } from './lpc.js';
import { dequantizeLsf, interpolateFilters, stabilizeLsf, widen } from './lsf.js';
import { quantizeLsf } from './lsf-roots.js';
import { FILTER_SIZE, type IlbcMode, LPC_ORDER, SUBFRAME } from './mode.js';
import { PhaseSpreader } from './start-state.js';
import { isStateFirst, placeStartState, StateSearch } from './state-search.js';
import { INPUT_HIGH_PASS } from './tables.js';
import { MEAN_LSF, SPLIT_WIDTHS } from './tables-lsf.js';

const SPLITS = SPLIT_WIDTHS.length;
/** Of the weighting filter 1/A(z/0.4222): RFC 3951 §3.4. */
const WEIGHTING_CHIRP = 0.4222;

/**
 * iLBC encoder: RFC 3951 §3. Frames do not depend on each other but for the filters' memory, the 60 or 80 samples
 * before and the LSFs that are interpolated from. O(frame), no allocation.
 */
export class IlbcEncoder implements Encoder {
  readonly mode: IlbcMode;
  readonly #highPass = new HighPass(INPUT_HIGH_PASS);
  readonly #analysis: LpcAnalysis;
  /** LPC_ORDER samples of the frame before, then this frame, high-passed. */
  readonly #speech: Float64Array;
  readonly #residual: Float64Array;
  readonly #lsf: Float64Array;
  readonly #quantizedLsf: Float64Array;
  /** The last LSF set of the frame before, as measured and as quantized. */
  readonly #lsfBefore = Float64Array.from(MEAN_LSF);
  readonly #quantizedBefore = Float64Array.from(MEAN_LSF);
  readonly #filters: Float64Array;
  readonly #weights: Float64Array;
  readonly #values: Int32Array;
  readonly #stateSearch: StateSearch;
  readonly #codebookSearch = new CodebookSearch();
  readonly #excitation: Excitation;

  constructor(mode: IlbcMode) {
    this.mode = mode;
    this.#analysis = new LpcAnalysis(mode);
    this.#speech = new Float64Array(LPC_ORDER + mode.frameSamples);
    this.#residual = new Float64Array(mode.frameSamples);
    this.#lsf = new Float64Array(mode.lsfSets * LPC_ORDER);
    this.#quantizedLsf = new Float64Array(mode.lsfSets * LPC_ORDER);
    this.#filters = new Float64Array(mode.subframes * FILTER_SIZE);
    this.#weights = new Float64Array(mode.subframes * FILTER_SIZE);
    this.#values = new Int32Array(mode.layout.count);
    this.#stateSearch = new StateSearch(mode, new PhaseSpreader());
    this.#excitation = new Excitation(mode);
  }

  /** Encodes the whole frames in `samples`, one after the other (RFC 3952 §3.2); what is left over is not taken. */
  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    const { frameSamples, payloadBytes } = this.mode;
    let written = 0;
    for (let at = 0; at + frameSamples <= samples; at += frameSamples) {
      this.#encodeFrame(pcm, offset + at, out, outOffset + written);
      written += payloadBytes;
    }
    return written;
  }

  /** Goes on from where `other`, of the same mode, is now: the same speech gives the same bits. Throws for another mode. */
  copyFrom(other: IlbcEncoder): void {
    if (other.mode !== this.mode) throw new RangeError('iLBC encoders of different frame lengths');
    this.#highPass.copyFrom(other.#highPass);
    this.#analysis.copyFrom(other.#analysis);
    this.#speech.set(other.#speech);
    this.#lsfBefore.set(other.#lsfBefore);
    this.#quantizedBefore.set(other.#quantizedBefore);
  }

  #encodeFrame(pcm: Int16Array, at: number, out: Uint8Array, outAt: number): void {
    const { frameSamples, subframes, layout } = this.mode;
    const speech = this.#speech;
    const residual = this.#residual;
    const values = this.#values;
    speech.copyWithin(0, frameSamples);
    for (let i = 0; i < frameSamples; i += 1) speech[LPC_ORDER + i] = this.#highPass.next(pcm[at + i]!);
    this.#findFilters();
    for (let i = 0; i < subframes; i += 1) {
      const from = i * SUBFRAME;
      allZero(speech, LPC_ORDER + from, SUBFRAME, this.#filters, i * FILTER_SIZE, residual, from);
    }
    const start = placeStartState(this.mode, residual, 0);
    values[layout.start] = start;
    values[layout.stateFirst] = isStateFirst(this.mode, residual, 0, start) ? 1 : 0;
    this.#stateSearch.search(values, residual, 0, this.#filters, this.#weights);
    this.#codebookSearch.begin(values, residual, 0, this.#weights);
    this.#excitation.run(values, this.#filters, this.#codebookSearch);
    writeFrame(layout, values, out, outAt);
  }

  /** LPC analysis, quantization and interpolation: RFC 3951 §3.2; the weighting filters are of the LSFs as measured. */
  #findFilters(): void {
    const { lsfSets, subframes, layout } = this.mode;
    const lsf = this.#lsf;
    const quantized = this.#quantizedLsf;
    this.#analysis.analyze(this.#speech, LPC_ORDER, lsf);
    for (let set = 0; set < lsfSets; set += 1) {
      const indices = layout.lsf + set * SPLITS;
      quantizeLsf(lsf, set * LPC_ORDER, this.#values, indices);
      dequantizeLsf(this.#values, indices, quantized, set * LPC_ORDER);
    }
    stabilizeLsf(quantized, lsfSets);
    interpolateFilters(this.mode, this.#quantizedBefore, quantized, this.#filters);
    interpolateFilters(this.mode, this.#lsfBefore, lsf, this.#weights);
    widen(this.#weights, subframes, WEIGHTING_CHIRP);
    const lastSet = (lsfSets - 1) * LPC_ORDER;
    for (let i = 0; i < LPC_ORDER; i += 1) {
      this.#lsfBefore[i] = lsf[lastSet + i]!;
      this.#quantizedBefore[i] = quantized[lastSet + i]!;
    }
  }
}
