import type { Clock } from '../../base/clock.js';

/** At most `perSecond` events a second, as many at once after a quiet second. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #allowance: number;
  #countedMs: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#allowance = perSecond;
    this.#countedMs = clock.nowMs();
  }

  /** Whether one more is within the limit. */
  take(): boolean {
    const nowMs = this.#clock.nowMs();
    const earned = ((nowMs - this.#countedMs) / 1000) * this.#perSecond;
    this.#allowance = Math.min(this.#perSecond, this.#allowance + earned);
    this.#countedMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }
}
