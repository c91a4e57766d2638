import { columnsHz, rowsHz } from './keypad.js';

const tonesHz = [...rowsHz, ...columnsHz];
const COUNT = tonesHz.length;
const GROUP = rowsHz.length;

/** A block is 1/200 s, so that each frequency, in whole Hz, has come round after 200 blocks at the latest. */
const BLOCKS_PER_SECOND = 200;
export const blockMs = 1000 / BLOCKS_PER_SECOND;
/** Blocks of one decision: 30 ms. */
export const windowBlocks = 6;
/** Blocks whose sums are compared for their phase: 20 ms each, 10 ms apart. */
const SUM_BLOCKS = 4;
const SUM_DISTANCE = windowBlocks - SUM_BLOCKS;
/** Mean square below which a block holds no tone that is looked for: a quarter of the weakest pair. */
const SILENCE = 8000;

/** Of the blocks of a window, from the oldest: the tones of the other group leak in less than with equal ones. */
const weights = Float64Array.of(0.4, 0.8, 1, 1, 0.8, 0.4);
const weightSum = weights.reduce((sum, weight) => sum + weight);

const cosines = Float64Array.from({ length: BLOCKS_PER_SECOND }, (_, i) => Math.cos((2 * Math.PI * i) / 200));
const sines = Float64Array.from({ length: BLOCKS_PER_SECOND }, (_, i) => Math.sin((2 * Math.PI * i) / 200));

/** Where `measured` holds what; in an array, because a number that a method returns may be allocated. */
export const at = {
  /** Mean power per sample of everything in the window. */
  power: 0,
  /** Mean power of the two tones. */
  low: 1,
  high: 2,
  /** How far they are off their frequencies, in Hz. */
  lowOffHz: 3,
  highOffHz: 4,
  /** Mean power at twice the frequency of each. */
  lowHarmonic: 5,
  highHarmonic: 6,
} as const;

/**
 * The eight frequencies of DTMF in blocks of 5 ms, each as a complex number whose phase counts from one and the same
 * moment: so blocks add up to longer windows, and a phase that turns from one to the next tells how far a tone is
 * off its frequency. Goertzel's algorithm. Holds the last 6 blocks, samples too. Hot path, no allocation.
 */
export class ToneBlocks {
  /** What the last measurement found, by `at`. */
  readonly measured = new Float64Array(7);
  readonly #sampleRateHz: number;
  readonly #blockSamples: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #samples: Float64Array;
  readonly #energy = new Float64Array(windowBlocks);
  /** By slot and frequency. */
  readonly #re = new Float64Array(windowBlocks * COUNT);
  readonly #im = new Float64Array(windowBlocks * COUNT);
  /** The powers of the tones that `remember` has kept. */
  readonly #reference = new Float64Array(2);
  #taken = 0;
  /** Blocks so far, modulo 200. */
  #number = 0;
  /** Of the newest block, and while it is filled of the one to come. */
  #slot = 0;

  constructor(sampleRateHz: number) {
    if (sampleRateHz < 8000 || sampleRateHz % BLOCKS_PER_SECOND !== 0)
      throw new RangeError(`no DTMF at ${sampleRateHz} Hz`);
    this.#sampleRateHz = sampleRateHz;
    this.#blockSamples = sampleRateHz / BLOCKS_PER_SECOND;
    this.#samples = new Float64Array(windowBlocks * this.#blockSamples);
    this.#cos = Float64Array.from(tonesHz, (hz) => Math.cos((2 * Math.PI * hz) / sampleRateHz));
    this.#sin = Float64Array.from(tonesHz, (hz) => Math.sin((2 * Math.PI * hz) / sampleRateHz));
  }

  /** Takes samples up to the end of the block; returns how many. */
  take(pcm: Int16Array, offset: number, samples: number): number {
    const count = Math.min(samples, this.#blockSamples - this.#taken);
    const into = this.#slot * this.#blockSamples + this.#taken;
    for (let i = 0; i < count; i += 1) this.#samples[into + i] = pcm[offset + i]!;
    this.#taken += count;
    return count;
  }

  get isComplete(): boolean {
    return this.#taken === this.#blockSamples;
  }

  /** Works out a complete block, the newest one then. */
  finish(): void {
    const length = this.#blockSamples;
    const from = this.#slot * length;
    let sum = 0;
    let squares = 0;
    for (let i = from; i < from + length; i += 1) {
      sum += this.#samples[i]!;
      squares += this.#samples[i]! * this.#samples[i]!;
    }
    // Without a constant part, which some analogue gateways add.
    const energy = squares - (sum * sum) / length;
    this.#energy[this.#slot] = energy;
    const isSilent = energy < SILENCE * length;
    for (let first = 0; first < COUNT; first += GROUP) {
      if (isSilent) this.#clearGroup(first);
      else this.#transformGroup(from, first);
    }
    this.#number = (this.#number + 1) % BLOCKS_PER_SECOND;
    this.#slot = (this.#slot + 1) % windowBlocks;
    this.#taken = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#energy.fill(0);
    this.#re.fill(0);
    this.#im.fill(0);
    this.#taken = 0;
  }

  /**
   * Whether each block's energy is at least that part of the mean, with a part of its own for the first and last.
   * Measures the power of everything.
   */
  isSteady(atEdges: number, inside: number): boolean {
    let weighted = 0;
    let energy = 0;
    for (let k = 0; k < windowBlocks; k += 1) {
      const block = this.#energy[this.#slotOf(k)]!;
      energy += block;
      weighted += weights[k]! * block;
    }
    this.measured[at.power] = weighted / (weightSum * this.#blockSamples);
    const mean = energy / windowBlocks;
    if (mean < SILENCE * this.#blockSamples) return false;
    for (let k = 0; k < windowBlocks; k += 1) {
      const least = k === 0 || k === windowBlocks - 1 ? atEdges : inside;
      if (this.#energy[this.#slotOf(k)]! < least * mean) return false;
    }
    return true;
  }

  /** The strongest row, in the 20 ms in the middle. */
  strongestRow(): number {
    return this.#strongest(0);
  }

  strongestColumn(): number {
    return this.#strongest(GROUP) - GROUP;
  }

  /** Measures power and deviation of a row and a column. */
  measureTones(row: number, column: number): void {
    this.#measureTone(row, at.low, at.lowOffHz);
    this.#measureTone(GROUP + column, at.high, at.highOffHz);
  }

  /** Measures at twice the frequencies that `measureTones` found. */
  measureHarmonics(row: number, column: number): void {
    this.#measureHarmonic(2 * (rowsHz[row]! + this.measured[at.lowOffHz]!), at.lowHarmonic);
    this.#measureHarmonic(2 * (columnsHz[column]! + this.measured[at.highOffHz]!), at.highHarmonic);
  }

  /** Keeps what was measured of the two tones for `isPresent`. */
  remember(): void {
    this.#reference[0] = this.measured[at.low]!;
    this.#reference[1] = this.measured[at.high]!;
  }

  /** Whether both tones have in the newest block at least that part of the power that was remembered. */
  isPresent(row: number, column: number, part: number): boolean {
    const newest = this.#slotOf(windowBlocks - 1) * COUNT;
    return (
      this.#powerAt(newest + row) > part * this.#reference[0]! &&
      this.#powerAt(newest + GROUP + column) > part * this.#reference[1]!
    );
  }

  #powerAt(index: number): number {
    const re = this.#re[index]!;
    const im = this.#im[index]!;
    return (2 * (re * re + im * im)) / (this.#blockSamples * this.#blockSamples);
  }

  /** Of the window's blocks, the oldest being 0. */
  #slotOf(block: number): number {
    return (this.#slot + block) % windowBlocks;
  }

  #clearGroup(first: number): void {
    const into = this.#slot * COUNT;
    for (let i = first; i < first + GROUP; i += 1) {
      this.#re[into + i] = 0;
      this.#im[into + i] = 0;
    }
  }

  /** Four frequencies in one loop: they do not wait for each other, which a loop for each one would. */
  #transformGroup(from: number, first: number): void {
    const samples = this.#samples;
    const c0 = 2 * this.#cos[first]!;
    const c1 = 2 * this.#cos[first + 1]!;
    const c2 = 2 * this.#cos[first + 2]!;
    const c3 = 2 * this.#cos[first + 3]!;
    let a0 = 0;
    let a1 = 0;
    let a2 = 0;
    let a3 = 0;
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    for (let i = from; i < from + this.#blockSamples; i += 1) {
      const sample = samples[i]!;
      const n0 = sample + c0 * a0 - b0;
      const n1 = sample + c1 * a1 - b1;
      const n2 = sample + c2 * a2 - b2;
      const n3 = sample + c3 * a3 - b3;
      b0 = a0;
      b1 = a1;
      b2 = a2;
      b3 = a3;
      a0 = n0;
      a1 = n1;
      a2 = n2;
      a3 = n3;
    }
    const into = this.#slot * COUNT + first;
    this.#re[into] = a0;
    this.#re[into + 1] = a1;
    this.#re[into + 2] = a2;
    this.#re[into + 3] = a3;
    this.#im[into] = b0;
    this.#im[into + 1] = b1;
    this.#im[into + 2] = b2;
    this.#im[into + 3] = b3;
    for (let tone = first; tone < first + GROUP; tone += 1) this.#turnBack(tone);
  }

  /** Makes Goertzel's last two values a complex number, turned back to the moment that all phases count from. */
  #turnBack(tone: number): void {
    const into = this.#slot * COUNT + tone;
    const last = this.#re[into]!;
    const before = this.#im[into]!;
    const re = last - this.#cos[tone]! * before;
    const im = this.#sin[tone]! * before;
    const turn = (tonesHz[tone]! * this.#number) % BLOCKS_PER_SECOND;
    this.#re[into] = re * cosines[turn]! + im * sines[turn]!;
    this.#im[into] = im * cosines[turn]! - re * sines[turn]!;
  }

  #strongest(first: number): number {
    let best = first;
    let most = -1;
    for (let tone = first; tone < first + GROUP; tone += 1) {
      let re = 0;
      let im = 0;
      for (let k = 1; k <= SUM_BLOCKS; k += 1) {
        const index = this.#slotOf(k) * COUNT + tone;
        re += this.#re[index]!;
        im += this.#im[index]!;
      }
      const power = re * re + im * im;
      if (power <= most) continue;
      most = power;
      best = tone;
    }
    return best;
  }

  /** The deviation by how much the phase turns from block to block, and the power as of a tone that turns so. */
  #measureTone(tone: number, powerAt: number, offHzAt: number): void {
    let re0 = 0;
    let im0 = 0;
    let re1 = 0;
    let im1 = 0;
    for (let k = 0; k < SUM_BLOCKS; k += 1) {
      const early = this.#slotOf(k) * COUNT + tone;
      const late = this.#slotOf(k + SUM_DISTANCE) * COUNT + tone;
      re0 += this.#re[early]!;
      im0 += this.#im[early]!;
      re1 += this.#re[late]!;
      im1 += this.#im[late]!;
    }
    const turn = Math.atan2(im1 * re0 - re1 * im0, re1 * re0 + im1 * im0) / SUM_DISTANCE;
    let re = 0;
    let im = 0;
    for (let k = 0; k < windowBlocks; k += 1) {
      const index = this.#slotOf(k) * COUNT + tone;
      const cos = weights[k]! * Math.cos(k * turn);
      const sin = weights[k]! * Math.sin(k * turn);
      re += this.#re[index]! * cos + this.#im[index]! * sin;
      im += this.#im[index]! * cos - this.#re[index]! * sin;
    }
    // A tone that turns is weaker already in the sum over a block.
    const half = turn / 2;
    const samples = weightSum * this.#blockSamples * (half === 0 ? 1 : Math.sin(half) / half);
    this.measured[powerAt] = (2 * (re * re + im * im)) / (samples * samples);
    this.measured[offHzAt] = (turn * BLOCKS_PER_SECOND) / (2 * Math.PI);
  }

  /** From the samples, as it is asked for seldom. */
  #measureHarmonic(hz: number, powerAt: number): void {
    const step = (2 * Math.PI * hz) / this.#sampleRateHz;
    const coefficient = 2 * Math.cos(step);
    let last = 0;
    let before = 0;
    for (let k = 0; k < windowBlocks; k += 1) {
      const from = this.#slotOf(k) * this.#blockSamples;
      for (let i = from; i < from + this.#blockSamples; i += 1) {
        const next = weights[k]! * this.#samples[i]! + coefficient * last - before;
        before = last;
        last = next;
      }
    }
    const samples = weightSum * this.#blockSamples;
    const square = last * last + before * before - coefficient * last * before;
    this.measured[powerAt] = (2 * square) / (samples * samples);
  }
}
