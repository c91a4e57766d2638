import type { Clock } from '../../base/clock.js';

/** A whole minute of sound at once, in messages of 20 ms, is what a bot may send that thinks before it speaks. */
const BURST = 20_000;
const PER_SECOND = 2000;
const BYTES_PER_UNIT = 1024;

/** What a message costs: one, and one more for each KiB. */
export function workOf(bytes: number): number {
  return 1 + Math.floor(bytes / BYTES_PER_UNIT);
}

/** How much one application may send. */
export class FloodGuard {
  readonly #clock: Clock;
  #left = BURST;
  #atMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#atMs = clock.nowMs();
  }

  /** False: it is too much. */
  take(bytes: number): boolean {
    const nowMs = this.#clock.nowMs();
    this.#left = Math.min(BURST, this.#left + ((nowMs - this.#atMs) * PER_SECOND) / 1000);
    this.#atMs = nowMs;
    this.#left -= workOf(bytes);
    return this.#left >= 0;
  }
}
