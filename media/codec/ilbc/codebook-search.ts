import { AUGMENTED, Codebook, MEMORY, sectionSize } from './codebook.js';
import { type Block, type BlockSearch, LEAST_GAIN_SCALE, loadMemory, shapeToWire } from './excitation.js';
import { allPole, dot, nearest } from './filters.js';
import { FILTER_SIZE, LPC_ORDER, STAGES, SUBFRAME } from './mode.js';
import { STAGE_GAINS } from './tables.js';

/** Gains at or beyond this are not taken: RFC 3951 §3.6.4.1. */
const MOST_GAIN = 1.3;
/** Vectors of the expanded section that are tried around the best one of the base section. */
const NEIGHBOURS = 34;
const LONGEST_DELAY = 39;
const MOST_SHAPES = 256;
/** Delays that each stage tries in the base section, by block; those of the later ones are as those of the last row. */
const ranges: readonly (readonly number[])[] = [
  [58, 58, 58],
  [108, 44, 44],
  [108, 108, 108],
];

/**
 * Finds the three shapes and gains of a block (RFC 3951 §3.6.4): at each stage the vector that takes most energy from
 * the weighted target, the whole base section first, then the expanded section around what was found there.
 * About 35,000 multiplications per stage at most; no allocation.
 */
export class CodebookSearch implements BlockSearch {
  readonly #codebook = new Codebook();
  /** Filter memory, codebook memory and target, weighted in one go. */
  readonly #weighted = new Float64Array(LPC_ORDER + MEMORY + SUBFRAME);
  readonly #target = new Float64Array(SUBFRAME);
  readonly #coded = new Float64Array(SUBFRAME);
  readonly #vector = new Float64Array(SUBFRAME);
  /** Energy of each vector, reckoned when it is tried first in a block; −1 before. */
  readonly #energies = new Float64Array(MOST_SHAPES);
  #values: Int32Array = new Int32Array(0);
  #residual: Float64Array = new Float64Array(0);
  #residualAt = 0;
  #weights: Float64Array = new Float64Array(0);
  #stage = 0;
  #memory = 0;
  #width = 0;
  #bestShape = 0;
  #bestGain = 0;
  #bestMeasure = 0;

  /** The frame that the blocks to come are from: its residual begins at `at`. Results go to `values`. */
  begin(values: Int32Array, residual: Float64Array, at: number, weights: Float64Array): void {
    this.#values = values;
    this.#residual = residual;
    this.#residualAt = at;
    this.#weights = weights;
  }

  search(block: Block, decoded: Float64Array): void {
    const { number, width, memory, shapes, gains } = block;
    this.#memory = memory;
    this.#width = width;
    this.#weigh(block, decoded);
    this.#energies.fill(-1);
    this.#coded.fill(0);
    const target = this.#target;
    const targetEnergy = dot(target, 0, target, 0, width);
    let gain = 1;
    let firstGain = 0;
    for (let stage = 0; stage < STAGES; stage += 1) {
      this.#stage = stage;
      this.#findShape(ranges[Math.min(number, ranges.length - 1)]![stage]!);
      const index = this.#chooseGain(gain);
      gain = Math.max(LEAST_GAIN_SCALE, Math.abs(gain)) * STAGE_GAINS[stage]![index]!;
      if (stage === 0) firstGain = gain;
      this.#values[gains + stage] = index;
      this.#values[shapes + stage] = shapeToWire(number, stage, this.#bestShape);
      this.#codebook.vector(this.#bestShape, memory, width, this.#vector);
      for (let i = 0; i < width; i += 1) {
        target[i] = target[i]! - gain * this.#vector[i]!;
        this.#coded[i] = this.#coded[i]! + gain * this.#vector[i]!;
      }
    }
    this.#values[gains] = this.#raise(this.#values[gains]!, firstGain, targetEnergy);
  }

  /** Memory and target through the weighting filter of the target's sub-frame: RFC 3951 §3.6.2. */
  #weigh(block: Block, decoded: Float64Array): void {
    const { at, direction, width, memory } = block;
    const weighted = this.#weighted;
    const codebook = this.#codebook;
    loadMemory(block, decoded, codebook);
    const source = codebook.source(false);
    for (let back = MEMORY; back >= 1; back -= 1) {
      weighted[LPC_ORDER + MEMORY - back] = back <= memory ? source[codebook.end - back]! : 0;
    }
    for (let i = 0; i < width; i += 1) {
      weighted[LPC_ORDER + MEMORY + i] = this.#residual[this.#residualAt + at + direction * i]!;
    }
    const filter = Math.floor(at / SUBFRAME) * FILTER_SIZE;
    allPole(weighted, LPC_ORDER, MEMORY + width, this.#weights, filter);
    for (let back = 1; back <= memory; back += 1) codebook.put(back, weighted[LPC_ORDER + MEMORY - back]!);
    for (let i = 0; i < width; i += 1) this.#target[i] = weighted[LPC_ORDER + MEMORY + i]!;
  }

  /** Sets `bestShape` and `bestGain` for the stage; the first vector with no gain where none qualifies. */
  #findShape(range: number): void {
    const size = sectionSize(this.#memory, this.#width);
    const isAugmented = this.#width === SUBFRAME;
    this.#bestShape = 0;
    this.#bestGain = 0;
    this.#bestMeasure = Number.NEGATIVE_INFINITY;
    this.#tryCuts(0, 0, range);
    if (isAugmented) this.#tryBlends(0, size, AUGMENTED, LONGEST_DELAY);
    this.#tryNeighbours(size, range, isAugmented);
  }

  /** The expanded section around the best shape so far; the augmented vectors have the shortest delays of all. */
  #tryNeighbours(size: number, range: number, isAugmented: boolean): void {
    let from = this.#bestShape - NEIGHBOURS / 2;
    let to = from + NEIGHBOURS;
    const augmentedFrom = size - AUGMENTED;
    if (!isAugmented) {
      if (from < 0) {
        to -= from;
        from = 0;
      }
      if (to > range) {
        from -= to - range;
        to = range;
      }
      this.#tryCuts(size, from, to);
    } else if (from < 0) {
      this.#tryCuts(size, 0, to);
      this.#tryBlends(size, size, 2 * AUGMENTED + from, LONGEST_DELAY);
    } else if (this.#bestShape < augmentedFrom) {
      if (to > range) {
        from -= to - range;
        to = range;
      }
      this.#tryCuts(size, from, to);
    } else {
      const delay = Math.max(AUGMENTED, AUGMENTED + from - augmentedFrom);
      this.#tryCuts(size, 0, NEIGHBOURS - (LONGEST_DELAY - delay + 1));
      this.#tryBlends(size, size, delay, LONGEST_DELAY);
    }
  }

  /** Tries the vectors `from` to `to` (excluded) that are cut in one piece, of the section that begins at `section`. */
  #tryCuts(section: number, from: number, to: number): void {
    const source = this.#codebook.source(section > 0);
    const target = this.#target;
    const width = this.#width;
    const end = this.#codebook.end - width;
    const energies = this.#energies;
    for (let i = from; i < to; i += 1) {
      const at = end - i;
      let product = 0;
      for (let j = 0; j < width; j += 1) product += target[j]! * source[at + j]!;
      if (energies[section + i]! < 0) energies[section + i] = this.#cutEnergy(source, section, i, at);
      this.#judge(section + i, product);
    }
  }

  /** From the energy of the neighbour, which differs by one sample at each end, where that is known. */
  #cutEnergy(source: Float64Array, section: number, i: number, at: number): number {
    const width = this.#width;
    const neighbour = i > 0 ? this.#energies[section + i - 1]! : -1;
    if (neighbour < 0) return dot(source, at, source, at, width);
    const joins = source[at]!;
    const leaves = source[at + width]!;
    return Math.max(0, neighbour + joins * joins - leaves * leaves);
  }

  /** Tries the augmented vectors of the delays `from` to `to`. */
  #tryBlends(section: number, size: number, from: number, to: number): void {
    const source = this.#codebook.source(section > 0);
    const vector = this.#vector;
    for (let delay = from; delay <= to; delay += 1) {
      const shape = section + size - 2 * AUGMENTED + delay;
      this.#codebook.blend(source, delay, vector);
      if (this.#energies[shape]! < 0) this.#energies[shape] = dot(vector, 0, vector, 0, SUBFRAME);
      this.#judge(shape, dot(this.#target, 0, vector, 0, SUBFRAME));
    }
  }

  /** RFC 3951 §3.6.4.1: the first stage takes positive gains alone. */
  #judge(shape: number, product: number): void {
    if (this.#stage === 0 && product <= 0) return;
    const energy = this.#energies[shape]!;
    const gain = energy > 0 ? product / energy : 0;
    const measure = gain * product;
    if (measure <= this.#bestMeasure || Math.abs(gain) >= MOST_GAIN) return;
    this.#bestShape = shape;
    this.#bestGain = gain;
    this.#bestMeasure = measure;
  }

  /** Index of the level nearest to the best gain: RFC 3951 §3.6.4.2. */
  #chooseGain(gainBefore: number): number {
    const scale = Math.max(LEAST_GAIN_SCALE, Math.abs(gainBefore));
    return nearest(STAGE_GAINS[this.#stage]!, this.#bestGain / scale);
  }

  /** The first stage's gain index, raised as far as the coded block stays below the target's energy: RFC 3951 §3.7. */
  #raise(index: number, firstGain: number, targetEnergy: number): number {
    const levels = STAGE_GAINS[0]!;
    const codedEnergy = dot(this.#coded, 0, this.#coded, 0, this.#width);
    let raised = index;
    for (let i = index; i < levels.length; i += 1) {
      const isBelow = codedEnergy * levels[i]! * levels[i]! < targetEnergy * firstGain * firstGain;
      if (isBelow && levels[raised]! < 2 * firstGain) raised = i;
    }
    return raised;
  }
}
