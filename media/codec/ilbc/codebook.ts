import { SUBFRAME } from './mode.js';
import { EXPANSION_FILTER } from './tables.js';

/** Memory that the codebook of a whole sub-frame is cut from, and of the block that completes the start state. */
export const MEMORY = 147;
export const REST_MEMORY = 85;
/** Interpolated vectors at the end of each section, of delays 20 to 39: RFC 3951 §3.6.3.3. */
export const AUGMENTED = 20;
const BLENDED = 5;
/** Zeros around the memory: the expansion filter reaches three samples back and four ahead. */
const PAD = 4;
const FILTER_LEAD = 3;

/** Vectors of one section, base or expanded: one per delay, and the augmented ones where a whole sub-frame is coded. */
export function sectionSize(memory: number, width: number): number {
  return memory - width + 1 + (width === SUBFRAME ? AUGMENTED : 0);
}

/**
 * The adaptive codebook of one block (RFC 3951 §3.6.3): an index names `width` samples cut from the memory (base
 * section), cut from two places and blended (augmented), or either of these from the filtered memory (expanded).
 * The newest sample of the memory is its last. Index `i` of a section begins `width + i` samples before the end.
 */
export class Codebook {
  /** The memory with PAD zeros before it and behind. */
  readonly #base = new Float64Array(MEMORY + 2 * PAD);
  readonly #expanded = new Float64Array(MEMORY + 2 * PAD);
  #isExpanded = false;

  /** Empties the memory. */
  clear(): void {
    this.#base.fill(0);
    this.#isExpanded = false;
  }

  /** Puts `value` at `back` samples before the end of the memory; 1 is the newest. */
  put(back: number, value: number): void {
    this.#base[PAD + MEMORY - back] = value;
  }

  /** The section's samples, in which sample `back` before the end is at `end − back`. */
  source(isExpanded: boolean): Float64Array {
    if (isExpanded && !this.#isExpanded) this.#expand();
    return isExpanded ? this.#expanded : this.#base;
  }

  /** Index behind the newest sample, in what `source` returns. */
  get end(): number {
    return PAD + MEMORY;
  }

  /** Writes vector `index` of a memory of `memory` samples, `width` long, into `out`. */
  vector(index: number, memory: number, width: number, out: Float64Array): void {
    const size = sectionSize(memory, width);
    const isExpanded = index >= size;
    const source = this.source(isExpanded);
    const place = isExpanded ? index - size : index;
    const plain = memory - width + 1;
    if (place >= plain) this.blend(source, place - plain + AUGMENTED, out);
    else {
      const from = this.end - width - place;
      for (let i = 0; i < width; i += 1) out[i] = source[from + i]!;
    }
  }

  /**
   * The augmented vector of a delay of 20 to 39 samples: the last `delay` samples, repeated; the five before the seam
   * pass over to what is before the repeated part.
   */
  blend(source: Float64Array, delay: number, out: Float64Array): void {
    const once = this.end - delay;
    const twice = once - delay;
    for (let i = 0; i < delay - BLENDED; i += 1) out[i] = source[once + i]!;
    for (let i = 0; i < BLENDED; i += 1) {
      const at = delay - BLENDED + i;
      out[at] = (1 - i / BLENDED) * source[once + at]! + (i / BLENDED) * source[twice + at]!;
    }
    for (let i = delay; i < SUBFRAME; i += 1) out[i] = source[twice + i]!;
  }

  #expand(): void {
    const base = this.#base;
    for (let k = PAD; k < PAD + MEMORY; k += 1) {
      let sum = 0;
      for (let j = 0; j < EXPANSION_FILTER.length; j += 1) sum += base[k + j - FILTER_LEAD]! * EXPANSION_FILTER[j]!;
      this.#expanded[k] = sum;
    }
    this.#isExpanded = true;
  }
}
