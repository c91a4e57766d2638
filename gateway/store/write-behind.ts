import type { Clock, Timer } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { StoreCounters, StoreTable } from './store.js';

/** One row as it is to be: `json` null removes it. Plain data, crosses to the store's thread. */
export interface Change {
  readonly table: StoreTable;
  readonly key: string;
  readonly json: string | null;
}

export interface WriteBehindOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Writes all of them in one transaction, or none and rejects. */
  readonly write: (changes: readonly Change[]) => Promise<void>;
  /** Time that changes are collected before they are written; 100 unless told. */
  readonly intervalMs?: number;
  /** Wait after a failed transaction; 1000 unless told. */
  readonly retryMs?: number;
  /** Keys queued at most; 100 000 unless told. */
  readonly limit?: number;
}

interface Pending {
  readonly table: StoreTable;
  readonly key: string;
  /** undefined removes the row. */
  readonly value: unknown;
}

/**
 * Collects changes by key and writes them in one transaction per interval; only the newest change of a key is
 * written. One transaction is in progress at a time.
 * Limit: `limit` keys. When it is reached the change queued longest is dropped for the newest one (`dropped`).
 */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  readonly #counters = { coalesced: 0, written: 0, transactions: 0, failures: 0, dropped: 0 };
  #pending = new Map<string, Pending>();
  #timer: Timer | null = null;
  #writing: Promise<Error | null> | null = null;
  #isFailing = false;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  get counters(): StoreCounters {
    return this.#counters;
  }

  get size(): number {
    return this.#pending.size;
  }

  put(table: StoreTable, key: string, value: unknown): void {
    this.#queue({ table, key, value });
  }

  delete(table: StoreTable, key: string): void {
    this.#queue({ table, key, value: undefined });
  }

  /** Writes until nothing is queued; rejects with what the first failing transaction said. */
  async flush(): Promise<void> {
    while (this.#writing !== null || this.#pending.size > 0) {
      const failure = await (this.#writing ?? this.#start());
      if (failure !== null) throw failure;
    }
  }

  /** Stops the timer; what is queued is not written any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #queue(change: Pending): void {
    const id = `${change.table}\n${change.key}`;
    if (this.#pending.delete(id)) this.#counters.coalesced += 1;
    this.#makeRoom();
    this.#pending.set(id, change);
    if (this.#timer === null && this.#writing === null) this.#arm(this.#options.intervalMs ?? 100);
  }

  #makeRoom(): void {
    const limit = this.#options.limit ?? 100_000;
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size < limit) return;
      this.#pending.delete(oldest);
      if (this.#counters.dropped === 0) this.#options.log.warn('store.overflow', { limit });
      this.#counters.dropped += 1;
    }
  }

  #arm(delayMs: number): void {
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = null;
      void this.#start();
    });
  }

  #start(): Promise<Error | null> {
    this.stop();
    const batch = this.#pending;
    this.#pending = new Map();
    this.#writing = this.#write(batch);
    return this.#writing;
  }

  async #write(batch: Map<string, Pending>): Promise<Error | null> {
    let failure: Error | null = null;
    try {
      await this.#options.write([...batch.values()].map(toChange));
      this.#counters.transactions += 1;
      this.#counters.written += batch.size;
      if (this.#isFailing) this.#options.log.info('store.recovered', { changes: batch.size });
      this.#isFailing = false;
    } catch (thrown) {
      failure = thrown instanceof Error ? thrown : new Error(messageOf(thrown));
      this.#failed(batch, failure);
    }
    this.#writing = null;
    const { intervalMs = 100, retryMs = 1000 } = this.#options;
    if (this.#pending.size > 0) this.#arm(failure === null ? intervalMs : retryMs);
    return failure;
  }

  /** The batch goes back in front of what came meanwhile, except where that is newer. */
  #failed(batch: Map<string, Pending>, failure: Error): void {
    const newer = this.#pending;
    this.#counters.failures += 1;
    if (!this.#isFailing) this.#options.log.error('store.failed', { error: failure, changes: batch.size });
    this.#isFailing = true;
    this.#pending = new Map([...batch].filter(([id]) => !newer.has(id)));
    for (const [id, change] of newer) {
      this.#makeRoom();
      this.#pending.set(id, change);
    }
  }
}

function toChange({ table, key, value }: Pending): Change {
  return { table, key, json: value === undefined ? null : JSON.stringify(value) };
}
