export interface GateLimits {
  /** Hooks in flight for one key (a user, or a trunk's address). */
  readonly perKey: number;
  /** Hooks in flight in all. */
  readonly total: number;
  /** Hooks waiting for a place, for one key and in all; the newcomer is refused beyond. */
  readonly waitingPerKey: number;
  readonly waiting: number;
}

/** Waiting for one key: what a trunk of 50 calls a second sends in the 5 s in which any of them can be answered. */
export const defaultGateLimits: GateLimits = { perKey: 8, total: 512, waitingPerKey: 256, waiting: 4096 };

/** Gives the place back; a second call does nothing. */
export type Release = () => void;

interface Waiter {
  readonly key: string;
  admit(release: Release): void;
}

/**
 * Places for hooks in flight. Waiters are served in order, past those whose own key is full, so that one user's
 * stuck hooks hold nobody else up. Limits: GateLimits; over them the newcomer is refused and `refused` counts it.
 */
export class Gate {
  refused = 0;
  #inFlight = 0;
  readonly #limits: GateLimits;
  readonly #held = new Map<string, number>();
  readonly #waitingOf = new Map<string, number>();
  readonly #waiters = new Set<Waiter>();

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** Resolves with a place, or null when the waiting room is full or the signal aborted first. */
  acquire(key: string, signal: AbortSignal): Promise<Release | null> {
    if (signal.aborted) return Promise.resolve(null);
    if (this.#hasPlace(key)) return Promise.resolve(this.#take(key));
    const waitingOfKey = this.#waitingOf.get(key) ?? 0;
    if (this.#waiters.size >= this.#limits.waiting || waitingOfKey >= this.#limits.waitingPerKey) {
      this.refused += 1;
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#leave(waiter);
        resolve(null);
      };
      const waiter: Waiter = {
        key,
        admit: (release) => {
          signal.removeEventListener('abort', leave);
          resolve(release);
        },
      };
      this.#waiters.add(waiter);
      this.#waitingOf.set(key, waitingOfKey + 1);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #hasPlace(key: string): boolean {
    return this.#inFlight < this.#limits.total && (this.#held.get(key) ?? 0) < this.#limits.perKey;
  }

  #take(key: string): Release {
    this.#inFlight += 1;
    this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#inFlight -= 1;
      decrement(this.#held, key);
      this.#admitNext();
    };
  }

  #admitNext(): void {
    for (const waiter of this.#waiters) {
      if (!this.#hasPlace(waiter.key)) continue;
      this.#leave(waiter);
      waiter.admit(this.#take(waiter.key));
      return;
    }
  }

  #leave(waiter: Waiter): void {
    if (this.#waiters.delete(waiter)) decrement(this.#waitingOf, waiter.key);
  }
}

function decrement(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
