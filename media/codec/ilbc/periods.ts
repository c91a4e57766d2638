import { dot } from './filters.js';
import { HALF_BAND_FILTER } from './tables.js';

const BLOCK = 80;
/** Shortest and longest period, in samples of the halved rate: RFC 3951 §4.6.1. */
const SHORTEST = 10;
const LONGEST = 59;
/** Samples before the new blocks that are looked at, and the blocks of one frame at most. */
const HISTORY = 120;
const MOST_BLOCKS = 3;
/** Samples at the end of a joint over which a limit on its energy is taken back. */
const RELEASE = 10;
const LONGEST_JOINT = 80;

/** How alike `samples` of two signals are: squared correlation in parts of the second one's energy, 0 if opposed. */
function likeness(signal: Float64Array, at: number, otherAt: number, samples: number): number {
  const product = dot(signal, at, signal, otherAt, samples);
  return product > 0 ? (product * product) / dot(signal, otherAt, signal, otherAt, samples) : 0;
}

/** Pitch periods of the excitation for the enhancer, and the joint between what was made up and a frame that came. */
export class PeriodFinder {
  readonly #halved = new Float64Array((HISTORY + MOST_BLOCKS * BLOCK) / 2);
  readonly #predicted = new Float64Array(LONGEST_JOINT);

  /**
   * Finds the period of each of the last `blocks` blocks of `memory`, by correlation at half the rate, and writes them
   * to the end of `periods`, in samples.
   */
  find(memory: Float64Array, blocks: number, periods: Float64Array): void {
    const halved = this.#halved;
    const from = memory.length - blocks * BLOCK - HISTORY;
    const count = (HISTORY + blocks * BLOCK) / 2;
    for (let i = 0; i < count; i += 1) {
      let sum = 0;
      for (let k = 0; k < HALF_BAND_FILTER.length; k += 1) {
        const at = from + 2 * i + 3 - k;
        if (at < memory.length) sum += HALF_BAND_FILTER[k]! * memory[at]!;
      }
      halved[i] = sum;
    }
    for (let block = 0; block < blocks; block += 1) {
      const at = (HISTORY + block * BLOCK) / 2;
      let best = SHORTEST;
      let most = likeness(halved, at, at - SHORTEST, BLOCK / 2);
      for (let lag = SHORTEST + 1; lag <= LONGEST; lag += 1) {
        const alike = likeness(halved, at, at - lag, BLOCK / 2);
        if (alike > most) {
          most = alike;
          best = lag;
        }
      }
      periods[periods.length - blocks + block] = 2 * best;
    }
  }

  /**
   * Blends the last `overlap` samples before the newest frame, which were made up, with the frame continued backwards
   * by its pitch, so that the two meet in phase: RFC 3951 §4.5.3.
   * @param period  the estimated pitch period at the start of the frame
   * @returns the period that fits best
   */
  join(memory: Float64Array, frameSamples: number, overlap: number, period: number): number {
    const predicted = this.#predicted;
    const frame = memory.length - frameSamples;
    let best = period - 1;
    let most = likeness(memory, frame, frame + best, overlap);
    for (let lag = period; lag <= period + 1; lag += 1) {
      const alike = likeness(memory, frame, frame + lag, overlap);
      if (alike > most) {
        most = alike;
        best = lag;
      }
    }
    // `back` counts from the frame's start into the past; what is a period later is in the frame, or made up as well.
    for (let back = 1; back <= overlap; back += 1) {
      predicted[overlap - back] = memory[frame + best - back]!;
    }
    this.#limit(memory, frame, overlap);
    for (let back = 1; back <= overlap; back += 1) {
      const share = back / (overlap + 1);
      const at = frame - back;
      memory[at] = share * memory[at]! + (1 - share) * predicted[overlap - back]!;
    }
    return best;
  }

  /** Keeps what is predicted from being more than twice as loud as what it is blended with. */
  #limit(memory: Float64Array, frame: number, overlap: number): void {
    const predicted = this.#predicted;
    const before = dot(memory, frame - overlap, memory, frame - overlap, overlap);
    const after = dot(predicted, 0, predicted, 0, overlap);
    if (!(after > 4 * before)) return;
    const factor = 2 * Math.sqrt(before / after);
    for (let i = 0; i < overlap; i += 1) {
      const released = Math.max(0, i - (overlap - RELEASE)) / RELEASE;
      predicted[i] = predicted[i]! * (factor + (1 - factor) * released);
    }
  }
}
