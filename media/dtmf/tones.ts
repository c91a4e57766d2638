import { Tone, toneEdgeMs } from '../tone.js';
import { columnsHz, keypad, rowsHz } from './keypad.js';

export interface DtmfTonesOptions {
  readonly sampleRateHz: number;
  /** Peak of the low tone in dB below full scale; −11 unless told, which is −8 dBm0. */
  readonly lowLevelDb?: number;
  /** Of the high tone; −9 unless told: lines take more of it (ITU-T Q.23 lets it be the stronger one). */
  readonly highLevelDb?: number;
}

const LOW_LEVEL_DB = -11;
const HIGH_LEVEL_DB = -9;
/** Shortest digit and pause that receivers must see: ITU-T Q.24. */
const MIN_DIGIT_MS = 40;
const MIN_PAUSE_MS = 40;
const PAUSE_MS = 60;
const MAX_MS = 30_000;
const MAX_WAITING = 128;

interface WaitingDigit {
  readonly key: number;
  readonly durationMs: number;
  readonly pauseMs: number;
}

/**
 * Digits as sound: ITU-T Q.23, for peers that know no telephone-event. Tones rise and fall within 5 ms, so they do not
 * click; half of each edge is outside of the digit's duration, so a receiver measures what was asked for.
 * At most 128 digits wait; those after them are dropped and counted. Allocates once per digit, nothing per frame.
 */
export class DtmfTones {
  /** Characters that are no digit, and digits for which the queue had no room. */
  dropped = 0;
  readonly #options: DtmfTonesOptions;
  #sampleRateHz: number;
  #waiting: WaitingDigit[] = [];
  #tone: Tone | null = null;
  /** Of the digit and the pause behind it. */
  #samplesLeft = 0;

  constructor(options: DtmfTonesOptions) {
    this.#options = options;
    this.#sampleRateHz = options.sampleRateHz;
  }

  /**
   * Queues digits (`0`-`9`, `*`, `#`, `A`-`D`, in either case); returns how many were taken.
   * @param durationMs of each digit, held to 40 … 30 000
   * @param pauseMs    behind each digit, held to 40 … 30 000; 60 unless told
   */
  send(text: string, durationMs: number, pauseMs = PAUSE_MS): number {
    let taken = 0;
    for (const digit of text.toUpperCase()) {
      const key = keypad.indexOf(digit);
      if (key < 0 || this.#waiting.length >= MAX_WAITING) {
        this.dropped += 1;
        continue;
      }
      this.#waiting.push({
        key,
        durationMs: Math.min(MAX_MS, Math.max(MIN_DIGIT_MS, durationMs)),
        pauseMs: Math.min(MAX_MS, Math.max(MIN_PAUSE_MS, pauseMs)),
      });
      taken += 1;
    }
    return taken;
  }

  /** The frames that follow have another rate. A digit that is on is cut off; those that wait are not. */
  retune(sampleRateHz: number): void {
    if (sampleRateHz === this.#sampleRateHz) return;
    this.#sampleRateHz = sampleRateHz;
    this.#samplesLeft = 0;
  }

  /** Digits wait or one is being sent. */
  get active(): boolean {
    return this.#samplesLeft > 0 || this.#waiting.length > 0;
  }

  /**
   * Once per frame: true when the frame was written, digits and the pauses behind them, which are silent; false, and
   * nothing written, when there is nothing to send.
   */
  write(out: Int16Array, offset: number, samples: number): boolean {
    if (!this.active) return false;
    let at = offset;
    const end = offset + samples;
    while (at < end) {
      if (this.#samplesLeft === 0 && !this.#start()) {
        out.fill(0, at, end);
        break;
      }
      const count = Math.min(this.#samplesLeft, end - at);
      this.#tone!.write(out, at, count);
      this.#samplesLeft -= count;
      at += count;
    }
    return true;
  }

  #start(): boolean {
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    const { lowLevelDb = LOW_LEVEL_DB, highLevelDb = HIGH_LEVEL_DB } = this.#options;
    const sampleRateHz = this.#sampleRateHz;
    const cadenceMs = [next.durationMs + toneEdgeMs, next.pauseMs - toneEdgeMs];
    this.#tone = new Tone({
      frequenciesHz: [rowsHz[next.key >> 2]!, columnsHz[next.key & 3]!],
      levelsDb: [lowLevelDb, highLevelDb],
      sampleRateHz,
      cadenceMs,
    });
    for (const ms of cadenceMs) this.#samplesLeft += Math.round((ms * sampleRateHz) / 1000);
    return true;
  }
}
