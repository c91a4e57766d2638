import type { Clock } from '../../base/clock.js';
import { subscriberOf } from '../../base/ip-ranges.js';

export interface SourceLimits {
  /** Requests a source may send per second, and the burst it may save up. */
  readonly perSecond: number;
  /** Questions to the application that a source may have open at once. */
  readonly pending: number;
  /** Sources remembered; over it the one silent for longest is forgotten, counted in `forgotten`. */
  readonly maxSources: number;
}

interface Source {
  tokens: number;
  refilledMs: number;
  pending: number;
}

/**
 * Keeps one source from using up what is there for all: a token bucket and a count of open questions per IPv4 address
 * and IPv6 /64. A forgotten source starts anew, so the limit binds the few that are busy, not the many that are quiet.
 */
export class SourceLimiter {
  /** Requests refused. */
  refused = 0;
  forgotten = 0;
  readonly #clock: Clock;
  readonly #limits: SourceLimits;
  /** In order of last use. */
  readonly #sources = new Map<string, Source>();

  constructor(clock: Clock, limits: SourceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** True when the source may send one more request of that cost now. */
  take(address: string, cost = 1): boolean {
    const source = this.#touch(address);
    const nowMs = this.#clock.nowMs();
    const refill = ((nowMs - source.refilledMs) / 1000) * this.#limits.perSecond;
    source.tokens = Math.min(this.#limits.perSecond, source.tokens + refill);
    source.refilledMs = nowMs;
    if (source.tokens < cost) {
      this.refused += 1;
      return false;
    }
    source.tokens -= cost;
    return true;
  }

  /** True when one more question may be open; end it with `settle`. */
  ask(address: string): boolean {
    const source = this.#touch(address);
    if (source.pending >= this.#limits.pending) {
      this.refused += 1;
      return false;
    }
    source.pending += 1;
    return true;
  }

  settle(address: string): void {
    const source = this.#sources.get(subscriberOf(address));
    if (source !== undefined && source.pending > 0) source.pending -= 1;
  }

  get size(): number {
    return this.#sources.size;
  }

  #touch(address: string): Source {
    const key = subscriberOf(address);
    const known = this.#sources.get(key);
    if (known !== undefined) {
      this.#sources.delete(key);
      this.#sources.set(key, known);
      return known;
    }
    if (this.#sources.size >= this.#limits.maxSources) this.#forgetOldest();
    const source: Source = { tokens: this.#limits.perSecond, refilledMs: this.#clock.nowMs(), pending: 0 };
    this.#sources.set(key, source);
    return source;
  }

  #forgetOldest(): void {
    for (const key of this.#sources.keys()) {
      this.#sources.delete(key);
      this.forgotten += 1;
      return;
    }
  }
}
