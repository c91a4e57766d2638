import type { Clock } from '../../base/clock.js';

interface Entry<T> {
  readonly value: T;
  readonly untilMs: number;
}

/** Values that last for a while; over `limit` the one that was used longest ago is dropped, counted `evicted`. */
export class DnsCache<T> {
  evicted = 0;
  readonly #clock: Clock;
  readonly #limit: number;
  /** In order of use. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.untilMs <= this.#clock.nowMs()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, ttlMs: number): void {
    this.#entries.delete(key);
    if (ttlMs <= 0) return;
    this.#entries.set(key, { value, untilMs: this.#clock.nowMs() + ttlMs });
    if (this.#entries.size <= this.#limit) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      this.evicted += 1;
      return;
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}
