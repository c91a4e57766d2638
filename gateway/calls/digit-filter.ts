import type { DtmfSource } from '../../media/index.js';

/** How a digit came: as telephone-event, as tones in the sound, or by SIP INFO. */
export type DigitSource = DtmfSource | 'info';

export interface Digit {
  /** `0`-`9`, `*`, `#`, `A`-`D`. */
  readonly digit: string;
  /** Null where the peer did not say. */
  readonly durationMs: number | null;
  readonly source: DigitSource;
}

/**
 * Beside the length of the digit: one source tells a key when it goes down, another when it has come up, and sound comes
 * through a jitter buffer.
 */
const WINDOW_MS = 500;
const REMEMBERED = 16;
/** The fastest dialler makes ten; what a peer sends beyond is dropped, or it would fill the hooks' queue. */
const MOST_PER_S = 20;

interface Told extends Digit {
  readonly atMs: number;
  /** The other sources that told the same key. */
  readonly others: Set<DigitSource>;
}

/**
 * Makes one event of a key that a phone tells in several ways at once. The rule: a digit is the same key as an earlier
 * one when it is equal, comes from another source, within 500 ms and the longer of the two durations, and that source has
 * not told that key before. So a key pressed twice is told twice, by however many sources. Remembers 16 digits; takes 20 in a
 * second, and counts what it drops.
 */
export class DigitFilter {
  /** Digits beyond 20 in a second. */
  dropped = 0;
  readonly #told: Told[] = [];
  #secondMs = Number.NEGATIVE_INFINITY;
  #inSecond = 0;

  /** Whether the digit is news. */
  accept(digit: Digit, nowMs: number): boolean {
    const same = this.#told.find((told) => isSame(told, digit, nowMs));
    if (same !== undefined) {
      same.others.add(digit.source);
      return false;
    }
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#inSecond = 0;
    }
    if (this.#inSecond >= MOST_PER_S) {
      this.dropped += 1;
      return false;
    }
    this.#inSecond += 1;
    this.#told.push({ ...digit, atMs: nowMs, others: new Set() });
    if (this.#told.length > REMEMBERED) this.#told.shift();
    return true;
  }
}

function isSame(told: Told, { digit, durationMs, source }: Digit, nowMs: number): boolean {
  const longestMs = Math.max(told.durationMs ?? 0, durationMs ?? 0);
  if (told.digit !== digit || told.source === source || told.others.has(source)) return false;
  return nowMs - told.atMs <= WINDOW_MS + longestMs;
}
