import { FILTER_SIZE, type IlbcMode, LPC_ORDER } from './mode.js';
import { LSF_CODEBOOK, SPLIT_VECTORS, SPLIT_WIDTHS } from './tables-lsf.js';

/** Distance that neighbours keep, in radians per sample: 50 Hz. */
const MARGIN = 0.039;
const LOWEST = 0.01;
const HIGHEST = 3.14;
/** Where the LSFs are spread out when the outermost make no sense: 176 and 3992 Hz. */
const SPREAD_FROM = 0.022 * 2 * Math.PI;
const SPREAD_TO = 0.499 * 2 * Math.PI;
const HALF_ORDER = LPC_ORDER / 2;
const SPLITS = SPLIT_VECTORS.length;

const mixed = new Float64Array(LPC_ORDER);
const sum = new Float64Array(HALF_ORDER + 1);
const difference = new Float64Array(HALF_ORDER + 1);

/** Looks up one LSF set of three indices at `from` of `values`, into `out` at `at`: RFC 3951 §4.1. */
export function dequantizeLsf(values: Int32Array, from: number, out: Float64Array, at: number): void {
  let codebook = 0;
  let to = at;
  for (let split = 0; split < SPLITS; split += 1) {
    const width = SPLIT_WIDTHS[split]!;
    const vector = codebook + values[from + split]! * width;
    for (let i = 0; i < width; i += 1) out[to + i] = LSF_CODEBOOK[vector + i]!;
    to += width;
    codebook += SPLIT_VECTORS[split]! * width;
  }
}

/**
 * Moves the LSFs of `sets` sets apart where quantization brought them too near or out of order: RFC 3951 §3.2.5. Both
 * ends do exactly this (appendix A.40): two rounds, the last LSF of a set bounded through its neighbour alone.
 */
export function stabilizeLsf(lsf: Float64Array, sets: number): void {
  for (let round = 0; round < 2; round += 1) {
    for (let set = 0; set < sets; set += 1) {
      for (let i = set * LPC_ORDER; i < (set + 1) * LPC_ORDER - 1; i += 1) {
        const gap = lsf[i + 1]! - lsf[i]!;
        if (gap < 0) lsf[i + 1] = lsf[i]! + MARGIN / 2;
        else if (gap < MARGIN) {
          lsf[i] = lsf[i]! - MARGIN / 2;
          lsf[i + 1] = lsf[i + 1]! + MARGIN / 2;
        }
        lsf[i] = Math.min(HIGHEST, Math.max(LOWEST, lsf[i]!));
      }
    }
  }
}

/**
 * The filters A(z) of all sub-frames, of LSFs interpolated between `before`, the last set of the frame before, and the
 * one or two sets of this frame: RFC 3951 §3.2.6 and §3.2.7.
 * @param out  FILTER_SIZE coefficients per sub-frame
 */
export function interpolateFilters(mode: IlbcMode, before: Float64Array, lsf: Float64Array, out: Float64Array): void {
  const { subframes, earlierShare, lsfSets } = mode;
  for (let i = 0; i < subframes; i += 1) {
    const isBetweenFrames = lsfSets === 1 || i === 0;
    const earlier = isBetweenFrames ? before : lsf;
    const laterAt = isBetweenFrames ? 0 : LPC_ORDER;
    const share = earlierShare[i]!;
    for (let k = 0; k < LPC_ORDER; k += 1) mixed[k] = share * earlier[k]! + (1 - share) * lsf[laterAt + k]!;
    lsfToFilter(mixed, out, i * FILTER_SIZE);
  }
}

/** A(z) of ten LSFs into `out` at `at`; LSFs that no stable filter has are spread out first, in place. */
export function lsfToFilter(lsf: Float64Array, out: Float64Array, at: number): void {
  if (!(lsf[0]! > 0 && lsf[LPC_ORDER - 1]! < Math.PI)) spread(lsf);
  multiplyOut(lsf, 0, sum);
  multiplyOut(lsf, 1, difference);
  out[at] = 1;
  for (let i = 1; i <= HALF_ORDER; i += 1) {
    const symmetric = sum[i]! + sum[i - 1]!;
    const antisymmetric = difference[i]! - difference[i - 1]!;
    out[at + i] = (symmetric + antisymmetric) / 2;
    out[at + FILTER_SIZE - i] = (symmetric - antisymmetric) / 2;
  }
}

function spread(lsf: Float64Array): void {
  const last = LPC_ORDER - 1;
  const from = lsf[0]! > 0 ? lsf[0]! : SPREAD_FROM;
  const to = lsf[last]! < Math.PI ? lsf[last]! : SPREAD_TO;
  for (let i = 0; i <= last; i += 1) lsf[i] = from + ((to - from) * i) / last;
}

/** First half of the product of 1 − 2·cos(ω)·z⁻¹ + z⁻² over every second LSF from `first` on; the other half mirrors it. */
function multiplyOut(lsf: Float64Array, first: number, out: Float64Array): void {
  out[0] = 1;
  out[1] = -2 * Math.cos(lsf[first]!);
  for (let i = 2; i <= HALF_ORDER; i += 1) {
    const middle = -2 * Math.cos(lsf[first + 2 * (i - 1)]!);
    out[i] = middle * out[i - 1]! + 2 * out[i - 2]!;
    for (let j = i - 1; j > 1; j -= 1) out[j] = out[j]! + middle * out[j - 1]! + out[j - 2]!;
    out[1] = out[1]! + middle;
  }
}

/** Multiplies coefficient `k` of each filter by chirpᵏ, which widens its peaks: RFC 3951 §3.2.2 and §3.4. */
export function widen(filters: Float64Array, count: number, chirp: number): void {
  for (let filter = 0; filter < count; filter += 1) {
    let factor = 1;
    for (let k = 0; k < FILTER_SIZE; k += 1) {
      filters[filter * FILTER_SIZE + k] = filters[filter * FILTER_SIZE + k]! * factor;
      factor *= chirp;
    }
  }
}
