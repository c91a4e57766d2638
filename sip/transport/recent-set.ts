import type { Clock } from '../../base/clock.js';

/** Names remembered for a while; over `limit` the oldest is forgotten. Needs no timer: age is judged when asked. */
export class RecentSet {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #limit: number;
  /** Name → when it was added; in order of time. */
  readonly #addedMs = new Map<string, number>();

  constructor(clock: Clock, keepMs: number, limit: number) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#limit = limit;
  }

  add(name: string): void {
    this.#addedMs.delete(name);
    this.#addedMs.set(name, this.#clock.nowMs());
    if (this.#addedMs.size <= this.#limit) return;
    for (const oldest of this.#addedMs.keys()) {
      this.#addedMs.delete(oldest);
      return;
    }
  }

  has(name: string): boolean {
    const addedMs = this.#addedMs.get(name);
    if (addedMs === undefined) return false;
    if (this.#clock.nowMs() - addedMs < this.#keepMs) return true;
    this.#addedMs.delete(name);
    return false;
  }
}
