import { columnsHz, rowsHz } from './keypad.js';

/** Rows and columns, in that order; behind them their second harmonics. */
const tonesHz = [...rowsHz, ...columnsHz];
export const toneCount = tonesHz.length;
const frequenciesHz = [...tonesHz, ...tonesHz.map((hz) => 2 * hz)];
const COUNT = frequenciesHz.length;

/** A block is 1/200 s, so that each frequency, in whole Hz, has come round after 200 blocks at the latest. */
const BLOCKS_PER_SECOND = 200;
/** Blocks of one decision: 30 ms. */
export const windowBlocks = 6;
/** Blocks whose sums are compared for their phase: 20 ms each, 10 ms apart. */
const SUM_BLOCKS = 4;
const SUM_DISTANCE = windowBlocks - SUM_BLOCKS;

/** Of the blocks of a window, from the oldest: the tones of the other group leak in less than with equal ones. */
const weights = Float64Array.of(0.4, 0.8, 1, 1, 0.8, 0.4);
const weightSum = weights.reduce((sum, weight) => sum + weight);

const cosines = Float64Array.from({ length: BLOCKS_PER_SECOND }, (_, i) => Math.cos((2 * Math.PI * i) / 200));
const sines = Float64Array.from({ length: BLOCKS_PER_SECOND }, (_, i) => Math.sin((2 * Math.PI * i) / 200));

/**
 * The frequencies of DTMF and their second harmonics in blocks of 5 ms, each as a complex number whose phase counts
 * from one and the same moment: so blocks add up to longer windows, and a phase that turns from one to the next tells how
 * far a tone is off its frequency. Goertzel's algorithm. Holds the last 6 blocks. Hot path, no allocation.
 */
export class ToneBlocks {
  readonly #blockSamples: number;
  /** 2 cos ω, and cos ω and sin ω. */
  readonly #coefficient = new Float64Array(COUNT);
  readonly #cos = new Float64Array(COUNT);
  readonly #sin = new Float64Array(COUNT);
  /** Goertzel's two values of each frequency. */
  readonly #last = new Float64Array(COUNT);
  readonly #before = new Float64Array(COUNT);
  /** By slot and frequency. */
  readonly #re = new Float64Array(windowBlocks * COUNT);
  readonly #im = new Float64Array(windowBlocks * COUNT);
  readonly #energy = new Float64Array(windowBlocks);
  #taken = 0;
  #sum = 0;
  #squares = 0;
  /** Blocks so far, modulo 200. */
  #number = 0;
  /** Of the newest block. */
  #slot = 0;

  constructor(sampleRateHz: number) {
    if (sampleRateHz < 8000 || sampleRateHz % BLOCKS_PER_SECOND !== 0)
      throw new RangeError(`no DTMF at ${sampleRateHz} Hz`);
    this.#blockSamples = sampleRateHz / BLOCKS_PER_SECOND;
    for (const [i, hz] of frequenciesHz.entries()) {
      const step = (2 * Math.PI * hz) / sampleRateHz;
      this.#cos[i] = Math.cos(step);
      this.#sin[i] = Math.sin(step);
      this.#coefficient[i] = 2 * Math.cos(step);
    }
  }

  /** Takes samples up to the end of the block; returns how many. */
  take(pcm: Int16Array, offset: number, samples: number): number {
    const count = Math.min(samples, this.#blockSamples - this.#taken);
    const end = offset + count;
    for (let at = offset; at < end; at += 1) {
      const sample = pcm[at]!;
      this.#sum += sample;
      this.#squares += sample * sample;
    }
    for (let i = 0; i < COUNT; i += 1) {
      const coefficient = this.#coefficient[i]!;
      let last = this.#last[i]!;
      let before = this.#before[i]!;
      for (let at = offset; at < end; at += 1) {
        const next = pcm[at]! + coefficient * last - before;
        before = last;
        last = next;
      }
      this.#last[i] = last;
      this.#before[i] = before;
    }
    this.#taken += count;
    return count;
  }

  get isComplete(): boolean {
    return this.#taken === this.#blockSamples;
  }

  /** Ends a complete block: it is the newest one then. */
  finish(): void {
    this.#slot = (this.#slot + 1) % windowBlocks;
    const from = this.#slot * COUNT;
    for (let i = 0; i < COUNT; i += 1) {
      const last = this.#last[i]!;
      const before = this.#before[i]!;
      const re = last - this.#cos[i]! * before;
      const im = this.#sin[i]! * before;
      const turn = (frequenciesHz[i]! * this.#number) % BLOCKS_PER_SECOND;
      this.#re[from + i] = re * cosines[turn]! + im * sines[turn]!;
      this.#im[from + i] = im * cosines[turn]! - re * sines[turn]!;
      this.#last[i] = 0;
      this.#before[i] = 0;
    }
    // Without a constant part, which some analogue gateways add.
    this.#energy[this.#slot] = this.#squares - (this.#sum * this.#sum) / this.#blockSamples;
    this.#number = (this.#number + 1) % BLOCKS_PER_SECOND;
    this.#taken = 0;
    this.#sum = 0;
    this.#squares = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#re.fill(0);
    this.#im.fill(0);
    this.#energy.fill(0);
    this.#last.fill(0);
    this.#before.fill(0);
    this.#taken = 0;
    this.#sum = 0;
    this.#squares = 0;
  }

  /** Of the window, per sample, weighted as the tones' powers are. */
  get meanPower(): number {
    let energy = 0;
    for (let k = 0; k < windowBlocks; k += 1) energy += weights[k]! * this.#energy[this.#slotOf(k)]!;
    return energy / (weightSum * this.#blockSamples);
  }

  /** Whether each block's energy is at least that part of the mean, with a part of its own for the first and last. */
  isSteady(atEdges: number, inside: number): boolean {
    const mean = this.meanPower * this.#blockSamples;
    if (mean < 1) return false;
    for (let i = 0; i < windowBlocks; i += 1) {
      const least = i === 0 || i === windowBlocks - 1 ? atEdges : inside;
      if (this.#energy[this.#slotOf(i)]! < least * mean) return false;
    }
    return true;
  }

  /** Which of the frequencies `from` … `to` is the strongest in the 20 ms in the middle. */
  strongest(from: number, to: number): number {
    let best = from;
    let most = -1;
    for (let i = from; i < to; i += 1) {
      let re = 0;
      let im = 0;
      for (let k = 1; k <= SUM_BLOCKS; k += 1) {
        const at = this.#slotOf(k) * COUNT + i;
        re += this.#re[at]!;
        im += this.#im[at]!;
      }
      const power = re * re + im * im;
      if (power <= most) continue;
      most = power;
      best = i;
    }
    return best;
  }

  /** By how much a frequency's phase turns from block to block, in radians. */
  turnOf(tone: number): number {
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
    return Math.atan2(im1 * re0 - re1 * im0, re1 * re0 + im1 * im0) / SUM_DISTANCE;
  }

  /** Mean power of a frequency in the window, as one that turns so much from block to block. */
  powerOf(tone: number, turn: number): number {
    let re = 0;
    let im = 0;
    for (let k = 0; k < windowBlocks; k += 1) {
      const at = this.#slotOf(k) * COUNT + tone;
      const cos = weights[k]! * Math.cos(k * turn);
      const sin = weights[k]! * Math.sin(k * turn);
      re += this.#re[at]! * cos + this.#im[at]! * sin;
      im += this.#im[at]! * cos - this.#re[at]! * sin;
    }
    // A tone that turns is weaker already in the sum over a block.
    const half = turn / 2;
    const samples = weightSum * this.#blockSamples * (half === 0 ? 1 : Math.sin(half) / half);
    return (2 * (re * re + im * im)) / (samples * samples);
  }

  /** Amplitude of a frequency in the newest block alone, which tells neighbours hardly apart. */
  newestAmplitude(tone: number): number {
    const at = this.#slot * COUNT + tone;
    return (2 * Math.hypot(this.#re[at]!, this.#im[at]!)) / this.#blockSamples;
  }

  /** Of the window's blocks, the oldest being 0. */
  #slotOf(block: number): number {
    return (this.#slot + 1 + block) % windowBlocks;
  }
}
