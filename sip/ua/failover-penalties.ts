import type { Clock } from '../../base/clock.js';
import type { Target } from '../transport/transport.js';

interface Penalty {
  failures: number;
  untilMs: number;
}

export interface PenaltyOptions {
  /** The first wait; each further failure in a row doubles it. 30,000 unless told. */
  readonly firstMs?: number | undefined;
  /** The longest wait, also where a Retry-After asks for more. 300,000 unless told. */
  readonly maxMs?: number | undefined;
  /** Servers remembered; the one that failed longest ago is forgotten, counted `forgotten`. 1024 unless told. */
  readonly maxTargets?: number | undefined;
}

/**
 * Servers that failed lately: tried after those that did not, as RFC 3263 §4.3 leaves to the client. One answer clears
 * a server's name.
 */
export class PenaltyList {
  readonly counters = { failed: 0, cleared: 0, forgotten: 0 };
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #maxTargets: number;
  /** In order of the last failure. */
  readonly #penalties = new Map<string, Penalty>();

  constructor(clock: Clock, options: PenaltyOptions = {}) {
    this.#clock = clock;
    this.#firstMs = options.firstMs ?? 30_000;
    this.#maxMs = options.maxMs ?? 300_000;
    this.#maxTargets = options.maxTargets ?? 1024;
  }

  get size(): number {
    return this.#penalties.size;
  }

  /** `retryAfterMs`: what the server itself asked for. */
  failed(target: Target, retryAfterMs = 0): void {
    const key = keyOf(target);
    const failures = (this.#penalties.get(key)?.failures ?? 0) + 1;
    const backoffMs = this.#firstMs * 2 ** Math.min(failures - 1, 20);
    const waitMs = Math.min(this.#maxMs, Math.max(backoffMs, retryAfterMs));
    this.counters.failed += 1;
    this.#penalties.delete(key);
    this.#penalties.set(key, { failures, untilMs: this.#clock.nowMs() + waitMs });
    if (this.#penalties.size <= this.#maxTargets) return;
    for (const oldest of this.#penalties.keys()) {
      this.#penalties.delete(oldest);
      this.counters.forgotten += 1;
      return;
    }
  }

  succeeded(target: Target): void {
    if (this.#penalties.size > 0 && this.#penalties.delete(keyOf(target))) this.counters.cleared += 1;
  }

  /** The same targets: those without a penalty in their order, then the others, the soonest free first. */
  order(targets: readonly Target[]): readonly Target[] {
    if (this.#penalties.size === 0) return targets;
    return targets
      .map((target) => ({ target, leftMs: this.#leftMs(target) }))
      .sort((a, b) => a.leftMs - b.leftMs)
      .map(({ target }) => target);
  }

  #leftMs(target: Target): number {
    const penalty = this.#penalties.get(keyOf(target));
    return penalty === undefined ? 0 : Math.max(0, penalty.untilMs - this.#clock.nowMs());
  }
}

function keyOf({ kind, address, port }: Target): string {
  return `${kind} ${address} ${port}`;
}
