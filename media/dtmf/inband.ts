import { columnsHz, keypad, rowsHz } from './keypad.js';
import { at, blockMs, ToneBlocks, windowBlocks } from './tone-blocks.js';

export interface InbandDetectorOptions {
  /** Of the samples; a multiple of 200, so 8000, 16000, 48000 … */
  readonly sampleRateHz: number;
  /** Once per digit, when its end is known. Must not throw. */
  onDigit(digit: string, durationMs: number): void;
}

/** Windows in a row that have to say the same digit: then it was there for 30 to 35 ms at least. */
const MIN_WINDOWS = 2;
/** A pause is one from so many blocks without the digit on: 20 ms are bridged, 40 ms never are. */
const PAUSE_BLOCKS = 6;

/** ITU-T Q.24 asks for −8 … +4 dB of the high tone over the low one; the rest is for what a window measures wrong. */
const MAX_TWIST = 10 ** (5.2 / 10);
const MIN_TWIST = 10 ** (-9.8 / 10);
/** ITU-T Q.24: within 1.5 % is a digit, beyond 3.5 % is none. */
const MAX_DEVIATION = 0.025;
/** The part of the energy that the two tones have; what talks has more beside them. */
const MIN_PURITY = 0.88;
/** Mean power of each tone, in squared samples: −42 dBm0. */
const MIN_POWER = 180 ** 2 / 2;
/** A block's energy over the mean of its window's, at the edges and inside. */
const MIN_EDGE = 0.25;
const MIN_INSIDE = 0.4;
/** Of both tones: a telephone makes less of the second harmonics, a voice more. */
const MAX_HARMONIC = 10 ** (-18 / 10);
/** A row's second harmonic so close to the column is hidden by it. */
const HIDDEN_HZ = 200;
/** A tone's power over that of the digit: less is a pause. */
const MIN_PRESENCE = 0.16;

/**
 * Finds digits in sound: ITU-T Q.23 and Q.24, by the Goertzel algorithm. Blocks of 5 ms are looked at six at a time; a
 * digit needs the two tones alone, steady, each within 1.5 % (refused from 3.5 %), with −8 … +4 dB of the high
 * over the low one and without second harmonics, for 40 ms; less than 25 ms is none. A pause shorter than 25 ms belongs to the digit,
 * one of 40 ms ends it. Where nothing was received the caller pushes silence. Hot path, no allocation.
 */
export class InbandDetector {
  readonly #options: InbandDetectorOptions;
  readonly #blocks: ToneBlocks;
  /** What the last windows said: a key of the keypad, or −1. */
  #candidate = -1;
  #candidateWindows = 0;
  /** The digit that is on, or −1. */
  #key = -1;
  #onBlocks = 0;
  #absentBlocks = 0;

  constructor(options: InbandDetectorOptions) {
    this.#options = options;
    this.#blocks = new ToneBlocks(options.sampleRateHz);
  }

  /** The digit that is on; null for none. */
  get active(): string | null {
    return this.#key < 0 ? null : keypad[this.#key]!;
  }

  /** The next `samples` of the sound, in pieces of any length. */
  push(pcm: Int16Array, offset: number, samples: number): void {
    const blocks = this.#blocks;
    const end = offset + samples;
    for (let from = offset; from < end; ) {
      from += blocks.take(pcm, from, end - from);
      if (!blocks.isComplete) return;
      blocks.finish();
      this.#step();
    }
  }

  /** The sound ends, or another begins: a digit that is on is reported. */
  reset(): void {
    if (this.#key >= 0) this.#report();
    this.#candidate = -1;
    this.#candidateWindows = 0;
    this.#blocks.clear();
  }

  #step(): void {
    const key = this.#decide();
    this.#candidateWindows = key >= 0 && key === this.#candidate ? this.#candidateWindows + 1 : 1;
    this.#candidate = key;
    if (this.#key >= 0) this.#follow();
    if (key < 0 || key === this.#key || this.#candidateWindows < MIN_WINDOWS) return;
    if (this.#key >= 0) this.#report();
    this.#key = key;
    this.#onBlocks = windowBlocks + MIN_WINDOWS - 1;
    this.#absentBlocks = 0;
  }

  /** The digit that is on: is it still, in the newest block? */
  #follow(): void {
    const isThere = this.#blocks.isPresent(this.#key >> 2, this.#key & 3, MIN_PRESENCE);
    this.#onBlocks += 1;
    this.#absentBlocks = isThere ? 0 : this.#absentBlocks + 1;
    if (this.#absentBlocks >= PAUSE_BLOCKS) this.#report();
  }

  #report(): void {
    const digit = keypad[this.#key]!;
    const durationMs = (this.#onBlocks - this.#absentBlocks) * blockMs;
    this.#key = -1;
    this.#options.onDigit(digit, durationMs);
  }

  /** What the newest window says: the index of a key, or −1. */
  #decide(): number {
    const blocks = this.#blocks;
    if (!blocks.isSteady(MIN_EDGE, MIN_INSIDE)) return -1;
    const row = blocks.strongestRow();
    const column = blocks.strongestColumn();
    const { measured } = blocks;
    blocks.measureTones(row, column);
    if (Math.abs(measured[at.lowOffHz]!) > MAX_DEVIATION * rowsHz[row]!) return -1;
    if (Math.abs(measured[at.highOffHz]!) > MAX_DEVIATION * columnsHz[column]!) return -1;
    const low = measured[at.low]!;
    const high = measured[at.high]!;
    if (high > MAX_TWIST * low || high < MIN_TWIST * low) return -1;
    if (low + high < MIN_PURITY * measured[at.power]!) return -1;
    if (low < MIN_POWER || high < MIN_POWER) return -1;
    const key = row * 4 + column;
    if (key !== this.#key && this.#hasHarmonics(row, column)) return -1;
    blocks.remember();
    return key;
  }

  #hasHarmonics(row: number, column: number): boolean {
    const { measured } = this.#blocks;
    this.#blocks.measureHarmonics(row, column);
    const most = MAX_HARMONIC * (measured[at.low]! + measured[at.high]!);
    if (measured[at.highHarmonic]! > most) return true;
    const isHidden = Math.abs(2 * rowsHz[row]! - columnsHz[column]!) < HIDDEN_HZ;
    return !isHidden && measured[at.lowHarmonic]! > most;
  }
}
