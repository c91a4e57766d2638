import { LPC_ORDER } from './mode.js';
import { LSF_CODEBOOK, SPLIT_VECTORS, SPLIT_WIDTHS } from './tables-lsf.js';

const HALF_ORDER = LPC_ORDER / 2;
/** Places in half a turn of the unit circle at which the polynomials are looked at, and how far the coarse ones are apart. */
const STEP = 0.00079375;
const COARSE = 8;
/** The first coarse place at or above half the sampling rate. */
const HIGHEST = Math.ceil(0.5 / STEP / COARSE) * COARSE;
const cosines = Float64Array.from({ length: HIGHEST + 1 }, (_, place) => Math.cos(2 * Math.PI * STEP * place));

/** Cosine series of A(z)±z⁻¹¹·A(z⁻¹), each without its trivial root, highest cosine first. */
const symmetric = new Float64Array(HALF_ORDER + 1);
const antisymmetric = new Float64Array(HALF_ORDER + 1);
/** Value of either series at the last place looked at; infinite, with the sign expected, where none was. */
const last = new Float64Array(2);
/** What `evaluate` found: returned, the number would be allocated. */
const value = new Float64Array(1);

/**
 * LSFs of the filter A(z), in ascending order, into `lsf` at `at`: the roots of two polynomials lie in turn on the unit
 * circle, so each is looked for from where the one before was found. RFC 3951 §3.2.3 leaves the method free; the grid
 * is that of appendix A.26, so that the same speech gives the same bits. At most 90 + 30 evaluations; no allocation.
 */
export function filterToLsf(filter: Float64Array, lsf: Float64Array, at: number): void {
  symmetric[0] = 1;
  antisymmetric[0] = 1;
  for (let i = 1; i <= HALF_ORDER; i += 1) {
    const front = filter[i]!;
    const back = filter[LPC_ORDER + 1 - i]!;
    symmetric[i] = front + back - symmetric[i - 1]!;
    antisymmetric[i] = front - back + antisymmetric[i - 1]!;
  }
  last[0] = Number.POSITIVE_INFINITY;
  last[1] = Number.POSITIVE_INFINITY;
  let place = 0;
  for (let i = 0; i < LPC_ORDER; i += 1) {
    const which = i & 1;
    const series = which === 0 ? symmetric : antisymmetric;
    evaluate(series, place);
    while (value[0]! * last[which]! > 0 && place < HIGHEST) {
      last[which] = value[0]!;
      place += COARSE;
      evaluate(series, place);
    }
    lsf[at + i] = 2 * Math.PI * STEP * narrow(series, place, which);
  }
}

/** Halves the interval below the coarse place `from` until its ends are neighbours; returns the one nearer to the root. */
function narrow(series: Float64Array, from: number, which: number): number {
  let high = from;
  let highValue = value[0]!;
  let lowValue = last[which]!;
  let width = COARSE;
  while (width > 1) {
    width >>= 1;
    const middle = high - width;
    evaluate(series, Math.abs(middle));
    if (value[0]! * lowValue > 0) lowValue = value[0]!;
    else {
      high = middle;
      highValue = value[0]!;
    }
  }
  last[which] = lowValue >= 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Math.abs(highValue) >= Math.abs(lowValue) ? high - width : high;
}

/** The cosine series at a place, by Clenshaw's recursion. */
function evaluate(series: Float64Array, place: number): void {
  const cosine = cosines[place]!;
  let one = series[0]!;
  let two = 0;
  for (let i = 1; i < HALF_ORDER; i += 1) {
    const next = 2 * cosine * one - two + series[i]!;
    two = one;
    one = next;
  }
  value[0] = cosine * one - two + series[HALF_ORDER]! / 2;
}

/** Chooses the nearest vector of each split for the LSF set at `at`; indices to `values` at `to`. RFC 3951 §3.2.4. */
export function quantizeLsf(lsf: Float64Array, at: number, values: Int32Array, to: number): void {
  let codebook = 0;
  let first = at;
  for (let split = 0; split < SPLIT_WIDTHS.length; split += 1) {
    const width = SPLIT_WIDTHS[split]!;
    let least = Number.POSITIVE_INFINITY;
    for (let vector = 0; vector < SPLIT_VECTORS[split]!; vector += 1) {
      let distance = 0;
      for (let i = 0; i < width; i += 1) {
        const error = lsf[first + i]! - LSF_CODEBOOK[codebook + i]!;
        distance += error * error;
      }
      if (distance < least) {
        least = distance;
        values[to + split] = vector;
      }
      codebook += width;
    }
    first += width;
  }
}
