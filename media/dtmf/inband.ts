import { columnsHz, keypad, rowsHz } from './keypad.js';
import { ToneBlocks, toneCount, windowBlocks } from './tone-blocks.js';

export interface InbandDetectorOptions {
  /** Of the samples; a multiple of 200, so 8000, 16000, 48000 … */
  readonly sampleRateHz: number;
  /** Once per digit, when its end is known. Must not throw. */
  onDigit(digit: string, durationMs: number): void;
}

/** One step of the detector. */
const BLOCK_MS = 5;
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
/** Of each tone, in samples: −42 dBm0. */
const MIN_AMPLITUDE = 180;
/** A block's energy over the mean of its window's, at the edges and inside. */
const MIN_EDGE = 0.25;
const MIN_INSIDE = 0.4;
/** Of both tones: a telephone makes less of the second harmonics, a voice more. */
const MAX_HARMONIC = 10 ** (-18 / 10);
/** A row's second harmonic so close to the column is hidden by it. */
const HIDDEN_HZ = 200;
/** A tone's amplitude over that of the digit: less is a pause. */
const MIN_PRESENCE = 0.4;

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
  #lowAmplitude = 0;
  #highAmplitude = 0;

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
    let at = offset;
    const end = offset + samples;
    while (at < end) {
      at += blocks.take(pcm, at, end - at);
      if (blocks.isComplete) {
        blocks.finish();
        this.#step();
      }
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
    const blocks = this.#blocks;
    const isThere =
      blocks.newestAmplitude(this.#key >> 2) > MIN_PRESENCE * this.#lowAmplitude &&
      blocks.newestAmplitude(4 + (this.#key & 3)) > MIN_PRESENCE * this.#highAmplitude;
    this.#onBlocks += 1;
    this.#absentBlocks = isThere ? 0 : this.#absentBlocks + 1;
    if (this.#absentBlocks >= PAUSE_BLOCKS) this.#report();
  }

  #report(): void {
    const digit = keypad[this.#key]!;
    const durationMs = (this.#onBlocks - this.#absentBlocks) * BLOCK_MS;
    this.#key = -1;
    this.#options.onDigit(digit, durationMs);
  }

  /** What the newest window says: the index of a key, or −1. */
  #decide(): number {
    const blocks = this.#blocks;
    if (!blocks.isSteady(MIN_EDGE, MIN_INSIDE)) return -1;
    const row = blocks.strongest(0, 4);
    const column = blocks.strongest(4, 8) - 4;
    const lowTurn = blocks.turnOf(row);
    const highTurn = blocks.turnOf(4 + column);
    if (Math.abs(deviationHz(lowTurn)) > MAX_DEVIATION * rowsHz[row]!) return -1;
    if (Math.abs(deviationHz(highTurn)) > MAX_DEVIATION * columnsHz[column]!) return -1;
    const low = blocks.powerOf(row, lowTurn);
    const high = blocks.powerOf(4 + column, highTurn);
    if (high > MAX_TWIST * low || high < MIN_TWIST * low) return -1;
    if (low + high < MIN_PURITY * blocks.meanPower) return -1;
    const lowAmplitude = Math.sqrt(2 * low);
    const highAmplitude = Math.sqrt(2 * high);
    if (lowAmplitude < MIN_AMPLITUDE || highAmplitude < MIN_AMPLITUDE) return -1;
    const most = MAX_HARMONIC * (low + high);
    if (blocks.powerOf(toneCount + 4 + column, 2 * highTurn) > most) return -1;
    const isHidden = Math.abs(2 * rowsHz[row]! - columnsHz[column]!) < HIDDEN_HZ;
    if (!isHidden && blocks.powerOf(toneCount + row, 2 * lowTurn) > most) return -1;
    this.#lowAmplitude = lowAmplitude;
    this.#highAmplitude = highAmplitude;
    return row * 4 + column;
  }
}

/** How far a tone is off its nominal frequency, by what its phase turns from block to block. */
function deviationHz(turn: number): number {
  return (turn * 1000) / (2 * Math.PI * BLOCK_MS);
}
