import { dot } from './filters.js';
import { type IlbcMode, SUBFRAME } from './mode.js';
import { PeriodFinder } from './periods.js';
import { QUARTER_FILTERS } from './tables.js';

/** The enhancer works in blocks of this many samples, on a memory of eight of them: RFC 3951 §4.6. */
export const ENHANCER_BLOCK = 80;
export const ENHANCER_BLOCKS = 8;
export const ENHANCER_MEMORY = ENHANCER_BLOCK * ENHANCER_BLOCKS;

/** Sequences before and after the block, one pitch period apart each. */
const REACH = 3;
const SEQUENCES = 2 * REACH + 1;
/** Samples to both sides of an estimated place that are compared. */
const SLOP = 2;
const OVERHANG = 2;
const UPSAMPLING = 4;
const HALF_TAPS = 3;
const TAPS = 2 * HALF_TAPS + 1;
/** Part of the block's energy that enhancing may change: §4.6.4. */
const MOST_CHANGE = 0.05;
const FIRST_PERIOD = 40;

/** Share of each sequence in the smoothed one; the block itself has none. */
const weights = Float64Array.from({ length: SEQUENCES }, (_, i) =>
  i === REACH ? 0 : 0.5 * (1 - Math.cos((2 * Math.PI * (i + 1)) / (SEQUENCES + 1))),
);

/**
 * Smooths the excitation along its pitch: each block of 80 samples is replaced by a blend of itself with up to six
 * sequences that lie whole pitch periods before and after it (RFC 3951 §4.6). The output is one sub-frame (20 ms
 * frames) or two (30 ms) late. One per decoder; no allocation.
 */
export class Enhancer {
  /** Unenhanced excitation, the newest last. */
  readonly #memory = new Float64Array(ENHANCER_MEMORY);
  /** Pitch period of each block of the memory, in samples. */
  readonly #periods = new Float64Array(ENHANCER_BLOCKS).fill(FIRST_PERIOD);
  readonly #mode: IlbcMode;
  readonly #finder = new PeriodFinder();
  readonly #sequence = new Float64Array(ENHANCER_BLOCK);
  readonly #smoothed = new Float64Array(ENHANCER_BLOCK);
  readonly #correlations = new Float64Array(2 * SLOP + 1);
  /** Place of the sequence found last, in samples; it may be between two. */
  #place = 0;

  constructor(mode: IlbcMode) {
    this.#mode = mode;
  }

  /** The newest pitch period, in samples. */
  get period(): number {
    return this.#periods[ENHANCER_BLOCKS - 1]!;
  }

  /**
   * Takes a frame of excitation and gives out the enhanced one.
   * @param isAfterLoss  the frame before was made up: its end is matched with this one's start first
   */
  enhance(frame: Float64Array, isAfterLoss: boolean, out: Float64Array): void {
    const { frameSamples, enhancerDelaySubframes } = this.#mode;
    const memory = this.#memory;
    const periods = this.#periods;
    const newBlocks = frameSamples / ENHANCER_BLOCK;
    const firstNew = ENHANCER_BLOCKS - newBlocks;
    memory.copyWithin(0, frameSamples);
    for (let i = 0; i < frameSamples; i += 1) memory[ENHANCER_MEMORY - frameSamples + i] = frame[i]!;
    periods.copyWithin(0, newBlocks);
    this.#finder.find(memory, newBlocks, periods);
    if (isAfterLoss) {
      const overlap = enhancerDelaySubframes * SUBFRAME;
      periods[firstNew - 1] = this.#finder.join(memory, frameSamples, overlap, periods[firstNew]!);
    }
    const firstAt = ENHANCER_MEMORY - frameSamples - enhancerDelaySubframes * SUBFRAME;
    for (let block = 0; block < newBlocks; block += 1) {
      this.#enhanceBlock(firstAt + block * ENHANCER_BLOCK, out, block * ENHANCER_BLOCK);
    }
  }

  /** §4.6.2 and §4.6.3 for the block that begins at `center` of the memory. */
  #enhanceBlock(center: number, out: Float64Array, outAt: number): void {
    const periods = this.#periods;
    this.#smoothed.fill(0);
    let block = nearestBlock(center + (ENHANCER_BLOCK - 1) / 2);
    this.#place = center;
    for (let i = REACH - 1; i >= 0; i -= 1) {
      const period = periods[block]!;
      const place = this.#place - period;
      block = nearestBlock(place + ENHANCER_BLOCK / 2 - period);
      this.#place = place;
      if (place >= OVERHANG) this.#add(center, i);
    }
    this.#place = center;
    for (let i = REACH + 1; i < SEQUENCES; i += 1) {
      const period = periods[this.#blockBefore(this.#place + ENHANCER_BLOCK / 2)]!;
      this.#place += period;
      if (this.#place + ENHANCER_BLOCK + OVERHANG < ENHANCER_MEMORY) this.#add(center, i);
    }
    this.#mix(center, out, outAt);
  }

  /** The block whose middle is nearest to one of its own periods after `at`. */
  #blockBefore(at: number): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let block = 0; block < ENHANCER_BLOCKS; block += 1) {
      const distance = Math.abs(middleOf(block) - this.#periods[block]! - at);
      if (distance < least) {
        least = distance;
        best = block;
      }
    }
    return best;
  }

  /**
   * Finds the sequence near `place` that looks most like the block at `center`, to a quarter of a sample, and adds it
   * to the smoothed one as number `index` of seven. Moves `place` to where it was found.
   */
  #add(center: number, index: number): void {
    const memory = this.#memory;
    const weight = weights[index]!;
    const estimate = Math.trunc(this.#place - 0.5);
    const first = Math.max(0, estimate - SLOP);
    const last = Math.min(ENHANCER_MEMORY - ENHANCER_BLOCK - 1, estimate + SLOP);
    const count = last - first + 1;
    for (let i = 0; i < count; i += 1) {
      this.#correlations[i] = dot(memory, first + i, memory, center, ENHANCER_BLOCK);
    }
    const quarters = this.#bestQuarter(count);
    // The sample behind the place that was found: the next estimate counts from there.
    this.#place = first + quarters / UPSAMPLING + 1;
    const whole = Math.ceil(quarters / UPSAMPLING);
    this.#read(first + whole, QUARTER_FILTERS[whole * UPSAMPLING - quarters]!);
    for (let i = 0; i < ENHANCER_BLOCK; i += 1) {
      this.#smoothed[i] = this.#smoothed[i]! + weight * this.#sequence[i]!;
    }
  }

  /** Where the first `count` correlations, read between as well, are largest; in quarters. */
  #bestQuarter(count: number): number {
    const correlations = this.#correlations;
    // A filter longer than the row is cut on both sides.
    const half = TAPS > count ? count >> 1 : HALF_TAPS;
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let quarter = 0; quarter < count * UPSAMPLING; quarter += 1) {
      const taps = QUARTER_FILTERS[quarter % UPSAMPLING]!;
      const middle = Math.floor(quarter / UPSAMPLING);
      let sum = 0;
      for (let k = -half; k <= half; k += 1) {
        const at = middle - k;
        if (at >= 0 && at < count) sum += taps[HALF_TAPS + k]! * correlations[at]!;
      }
      if (sum > most) {
        most = sum;
        best = quarter;
      }
    }
    return best;
  }

  /** Reads a sequence around `at` of the memory by one of the quarter filters; outside of the memory is silence. */
  #read(at: number, taps: Float64Array): void {
    const memory = this.#memory;
    for (let i = 0; i < ENHANCER_BLOCK; i += 1) {
      let sum = 0;
      for (let k = 0; k < TAPS; k += 1) {
        const from = at - HALF_TAPS + i + k;
        if (from >= 0 && from < ENHANCER_MEMORY) sum += memory[from]! * taps[k]!;
      }
      this.#sequence[i] = sum;
    }
  }

  /** The smoothed sequence in place of the block where they are near enough, else a mix of both: §4.6.4, §4.6.5. */
  #mix(center: number, out: Float64Array, outAt: number): void {
    const memory = this.#memory;
    const smoothed = this.#smoothed;
    const own = dot(memory, center, memory, center, ENHANCER_BLOCK);
    const found = dot(smoothed, 0, smoothed, 0, ENHANCER_BLOCK);
    const other = Math.max(1, found);
    const common = dot(smoothed, 0, memory, center, ENHANCER_BLOCK);
    let smoothShare = Math.sqrt(own / other);
    let ownShare = 0;
    const change = own - 2 * smoothShare * common + smoothShare * smoothShare * found;
    if (change > MOST_CHANGE * own) {
      const energy = Math.max(1, own);
      const difference = (other * energy - common * common) / (energy * energy);
      // Hardly any difference between the periods: there is nothing to smooth.
      const isSame = difference <= 0.0001;
      smoothShare = isSame ? 0 : Math.sqrt((MOST_CHANGE - (MOST_CHANGE * MOST_CHANGE) / 4) / difference);
      ownShare = isSame ? 1 : 1 - MOST_CHANGE / 2 - (smoothShare * common) / energy;
    }
    for (let i = 0; i < ENHANCER_BLOCK; i += 1) {
      out[outAt + i] = smoothShare * smoothed[i]! + ownShare * memory[center + i]!;
    }
  }
}

function middleOf(block: number): number {
  return block * ENHANCER_BLOCK + ENHANCER_BLOCK / 2;
}

/** The block whose middle is nearest to `at`; between two, the earlier one. */
function nearestBlock(at: number): number {
  const block = Math.ceil((at - ENHANCER_BLOCK) / ENHANCER_BLOCK);
  return Math.max(0, Math.min(ENHANCER_BLOCKS - 1, block));
}
