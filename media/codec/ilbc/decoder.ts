import type { Decoder } from '../codec.js';
import { readFrame } from './bits.js';
import { Enhancer } from './enhancer.js';
import { Excitation, isPossible } from './excitation.js';
import { allPole, HighPass } from './filters.js';
import { LossConcealer } from './loss.js';
import { dequantizeLsf, interpolateFilters, stabilizeLsf } from './lsf.js';
import { FILTER_SIZE, type IlbcMode, LONGEST_FRAME, LPC_ORDER, SUBFRAME } from './mode.js';
import { OUTPUT_HIGH_PASS } from './tables.js';
import { MEAN_LSF, SPLIT_WIDTHS } from './tables-lsf.js';

const SPLITS = SPLIT_WIDTHS.length;
/** Beyond this the sound is no speech any more but a filter that damaged bits made unstable. */
const LIMIT = 1e6;
/** Samples over which made-up sound that was not given out yet passes into the next frame. */
const BLEND = 40;

/**
 * iLBC decoder: RFC 3951 §4, with enhancer and packet-loss concealment. Takes several frames in one payload (RFC 3952
 * §3.2); what is left over behind the last whole frame is ignored. A frame marked empty or with impossible parameters
 * is concealed. Comes 5 ms (20 ms frames) or 10 ms (30 ms) late, because the enhancer looks ahead.
 * O(frame), no allocation; no bytes make it throw.
 */
export class IlbcDecoder implements Decoder {
  readonly #mode: IlbcMode;
  /** Sub-frames by which the sound comes later than its frame. */
  readonly #delaySubframes: number;
  readonly #values: Int32Array;
  readonly #lsf: Float64Array;
  /** The last LSF set of the frame before. */
  readonly #lsfBefore = Float64Array.from(MEAN_LSF);
  readonly #filters: Float64Array;
  /** Of the frame before, whose last sub-frames the enhancer still owes. */
  readonly #filtersBefore: Float64Array;
  readonly #excitation: Excitation;
  readonly #concealer: LossConcealer;
  readonly #enhancer: Enhancer;
  readonly #concealed = new Float64Array(LONGEST_FRAME);
  readonly #enhanced = new Float64Array(LONGEST_FRAME);
  /** LPC_ORDER samples of the frame before, then this frame. */
  readonly #speech = new Float64Array(LPC_ORDER + LONGEST_FRAME);
  readonly #highPass = new HighPass(OUTPUT_HIGH_PASS);
  #isAfterLoss = false;
  /** A made-up frame of which the last `#sparedSamples` were not asked for yet. */
  readonly #spared = new Int16Array(LONGEST_FRAME);
  #sparedSamples = 0;

  /** @param isEnhanced  false leaves the enhancer's smoothing and delay out; the sound is a little rougher */
  constructor(mode: IlbcMode, isEnhanced = true) {
    this.#mode = mode;
    this.#delaySubframes = isEnhanced ? mode.enhancerDelaySubframes : 0;
    this.#values = new Int32Array(mode.layout.count);
    this.#lsf = new Float64Array(mode.lsfSets * LPC_ORDER);
    this.#filters = new Float64Array(mode.subframes * FILTER_SIZE);
    this.#filtersBefore = new Float64Array(mode.subframes * FILTER_SIZE);
    for (let i = 0; i < mode.subframes; i += 1) this.#filtersBefore[i * FILTER_SIZE] = 1;
    this.#excitation = new Excitation(mode);
    this.#concealer = new LossConcealer(mode);
    this.#enhancer = new Enhancer(mode);
  }

  /** Returns the samples of the whole frames in the payload that `out` has room for; 0 for less than a frame. */
  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    const { payloadBytes, frameSamples } = this.#mode;
    let written = 0;
    for (let at = 0; at + payloadBytes <= length; at += payloadBytes) {
      if (outOffset + written + frameSamples > out.length) break;
      this.#decodeFrame(payload, offset + at, out, outOffset + written);
      if (this.#sparedSamples > 0) this.#blendSpared(out, outOffset + written);
      written += frameSamples;
    }
    return written;
  }

  /** Frames are made up whole; what of the last one is not asked for now is given out first next time. */
  conceal(out: Int16Array, offset: number, samples: number): number {
    const { frameSamples } = this.#mode;
    for (let i = 0; i < samples; i += 1) {
      if (this.#sparedSamples === 0) {
        this.#loseFrame(this.#spared, 0);
        this.#sparedSamples = frameSamples;
      }
      out[offset + i] = this.#spared[frameSamples - this.#sparedSamples]!;
      this.#sparedSamples -= 1;
    }
    return samples;
  }

  #decodeFrame(payload: Uint8Array, at: number, out: Int16Array, outAt: number): void {
    const { layout, lsfSets, subframes } = this.#mode;
    const values = this.#values;
    if (!readFrame(layout, payload, at, values) || !isPossible(this.#mode, values)) {
      this.#loseFrame(out, outAt);
      return;
    }
    for (let set = 0; set < lsfSets; set += 1) {
      dequantizeLsf(values, layout.lsf + set * SPLITS, this.#lsf, set * LPC_ORDER);
    }
    stabilizeLsf(this.#lsf, lsfSets);
    interpolateFilters(this.#mode, this.#lsfBefore, this.#lsf, this.#filters);
    const lastSet = (lsfSets - 1) * LPC_ORDER;
    for (let i = 0; i < LPC_ORDER; i += 1) this.#lsfBefore[i] = this.#lsf[lastSet + i]!;
    this.#excitation.run(values, this.#filters, null);
    this.#concealer.heard(this.#excitation.samples, this.#filters, (subframes - 1) * FILTER_SIZE);
    this.#render(this.#excitation.samples, out, outAt);
    this.#isAfterLoss = false;
  }

  #loseFrame(out: Int16Array, outAt: number): void {
    const { filter } = this.#concealer;
    this.#concealer.conceal(this.#enhancer.period, this.#concealed);
    for (let i = 0; i < this.#filters.length; i += 1) this.#filters[i] = filter[i % FILTER_SIZE]!;
    this.#render(this.#concealed, out, outAt);
    this.#isAfterLoss = true;
  }

  /** Enhancement, synthesis and high-pass: RFC 3951 §4.6 to §4.8. */
  #render(excitation: Float64Array, out: Int16Array, outAt: number): void {
    const { subframes, frameSamples } = this.#mode;
    const speech = this.#speech;
    const delay = this.#delaySubframes;
    this.#enhancer.enhance(excitation, this.#isAfterLoss, this.#enhanced);
    const played = delay > 0 ? this.#enhanced : excitation;
    for (let i = 0; i < frameSamples; i += 1) speech[LPC_ORDER + i] = played[i]!;
    for (let i = 0; i < subframes; i += 1) {
      const isLate = i < delay;
      const filters = isLate ? this.#filtersBefore : this.#filters;
      const from = isLate ? subframes - delay + i : i - delay;
      allPole(speech, LPC_ORDER + i * SUBFRAME, SUBFRAME, filters, from * FILTER_SIZE);
    }
    this.#filtersBefore.set(this.#filters);
    for (let i = 0; i < frameSamples; i += 1) {
      const raw = speech[LPC_ORDER + i]!;
      // In this order, no number becomes a number too.
      const sample = raw < LIMIT ? Math.max(-LIMIT, raw) : LIMIT;
      out[outAt + i] = Math.max(-32768, Math.min(32767, Math.round(this.#highPass.next(sample))));
    }
    for (let i = 0; i < LPC_ORDER; i += 1) {
      const sample = speech[frameSamples + i]!;
      // An unstable filter's memory would never come back to speech.
      speech[i] = Math.abs(sample) < LIMIT ? sample : 0;
    }
  }

  /** A frame came before all of what was made up was needed: passes from that into the frame without a step. */
  #blendSpared(out: Int16Array, outAt: number): void {
    const from = this.#mode.frameSamples - this.#sparedSamples;
    const count = Math.min(BLEND, this.#sparedSamples);
    for (let i = 0; i < count; i += 1) {
      const share = (i + 1) / (count + 1);
      out[outAt + i] = Math.round(share * out[outAt + i]! + (1 - share) * this.#spared[from + i]!);
    }
    this.#sparedSamples = 0;
  }
}
