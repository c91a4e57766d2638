import { z } from 'zod';
import type { Clock, Timer } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';

/** The part of the store that deliveries need; keys sort in the order of queueing. */
export interface DeliveryStore {
  load(table: 'hooks'): Promise<readonly { readonly key: string; readonly value: unknown }[]>;
  put(table: 'hooks', key: string, value: unknown): void;
  delete(table: 'hooks', key: string): void;
}

const deliveryRecord = z.object({
  kind: z.enum(['register', 'unregister', 'event', 'room']),
  /** Deliveries of one lane go out one after the other. */
  lane: z.string(),
  /** Null: the route of that kind below the present `hook_url`. */
  url: z.string().nullable(),
  /** The JSON body as text. */
  body: z.string(),
  /** Tries that failed. */
  tries: z.number().int(),
});
export type Delivery = z.output<typeof deliveryRecord>;

export interface DeliveryLimits {
  /** Deliveries in flight; the rest of the hook places stays with auth and invite. */
  readonly running: number;
  /** Deliveries queued in all; the newcomer is refused beyond. */
  readonly queued: number;
  /** Deliveries queued in one lane; the oldest waiting one makes room, so that the last word of a call stays. */
  readonly perLane: number;
  readonly tries: number;
  /** Pause after the first failed try; doubles with each. */
  readonly backoffMs: number;
}

export const defaultDeliveryLimits: DeliveryLimits = {
  running: 128,
  queued: 10_000,
  perLane: 256,
  tries: 5,
  backoffMs: 1000,
};

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: DeliveryStore;
  readonly limits: DeliveryLimits;
  /** One try; null when it was taken, else why not. Never rejects. */
  attempt(delivery: Delivery): Promise<string | null>;
}

interface Queued {
  readonly key: string;
  delivery: Delivery;
}

interface Lane {
  readonly name: string;
  /** The head is the one in flight or in its pause. */
  readonly entries: Queued[];
  pause: Timer | null;
}

/**
 * Hooks that are told rather than asked: kept in order per lane, repeated, and held in the store until they were
 * taken or given up, so that they outlive the process. A crash between the answer and the write repeats one.
 * Limits: DeliveryLimits; counters `hooks_dropped_total` (given up or no room) and `hooks_retried_total`.
 */
export class DeliveryQueue {
  readonly counts = { hooks_delivered_total: 0, hooks_retried_total: 0, hooks_dropped_total: 0 };
  readonly #options: DeliveryOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<Lane>();
  readonly #idle = new Set<() => void>();
  #sequence = 0;
  #size = 0;
  #running = 0;
  #closed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Deliveries neither taken nor given up. */
  get size(): number {
    return this.#size;
  }

  /** Queues what an earlier process left behind, before anything new. */
  async start(): Promise<void> {
    const rows = [...(await this.#options.store.load('hooks'))].sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { key, value } of rows) {
      const read = deliveryRecord.safeParse(value);
      this.#sequence = Math.max(this.#sequence, Number(key) || 0);
      if (read.success) this.#enqueue({ key, delivery: read.data });
      else this.#options.store.delete('hooks', key);
    }
  }

  push(delivery: Omit<Delivery, 'tries'>): void {
    if (this.#closed || this.#isRepeated(delivery)) return;
    if (this.#size >= this.#options.limits.queued) {
      this.#drop({ key: '', delivery: { ...delivery, tries: 0 } }, 'queue full');
      return;
    }
    // Microseconds since the epoch, or one more than the last: rises within a process and over restarts.
    this.#sequence = Math.max(this.#sequence + 1, this.#options.clock.epochMs() * 1000);
    const queued = { key: String(this.#sequence).padStart(17, '0'), delivery: { ...delivery, tries: 0 } };
    this.#options.store.put('hooks', queued.key, queued.delivery);
    this.#enqueue(queued);
  }

  /** Resolves when nothing is left. */
  whenIdle(): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /** Stops trying; what is queued stays in the store. */
  close(): void {
    this.#closed = true;
    for (const lane of this.#lanes.values()) lane.pause?.cancel();
  }

  /** A restart repeats the register hook of every binding; one that is still on its way says the same. */
  #isRepeated(delivery: Omit<Delivery, 'tries'>): boolean {
    const last = this.#lanes.get(delivery.lane)?.entries.at(-1)?.delivery;
    return last?.kind === delivery.kind && last.body === delivery.body;
  }

  #enqueue(queued: Queued): void {
    const name = queued.delivery.lane;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { name, entries: [], pause: null };
      this.#lanes.set(name, lane);
      this.#ready.add(lane);
    }
    if (lane.entries.length >= this.#options.limits.perLane) {
      const oldest = lane.entries.splice(1, 1)[0];
      if (oldest !== undefined) this.#forget(oldest);
      if (oldest !== undefined) this.#drop(oldest, 'too many for one user, call or room');
    }
    lane.entries.push(queued);
    this.#size += 1;
    this.#pump();
  }

  #pump(): void {
    for (const lane of this.#ready) {
      if (this.#closed || this.#running >= this.#options.limits.running) return;
      this.#ready.delete(lane);
      void this.#run(lane);
    }
  }

  async #run(lane: Lane): Promise<void> {
    const head = lane.entries[0]!;
    this.#running += 1;
    const failure = await this.#options.attempt(head.delivery);
    this.#running -= 1;
    if (failure === null) {
      this.counts.hooks_delivered_total += 1;
      this.#finish(lane, head);
    } else if (!this.#closed) {
      this.#failed(lane, head, failure);
    }
    this.#pump();
  }

  #failed(lane: Lane, head: Queued, failure: string): void {
    const { limits, clock, store, log } = this.#options;
    const tries = head.delivery.tries + 1;
    head.delivery = { ...head.delivery, tries };
    if (tries >= limits.tries) {
      this.#drop(head, failure);
      this.#finish(lane, head);
      return;
    }
    store.put('hooks', head.key, head.delivery);
    this.counts.hooks_retried_total += 1;
    log.warn('hook.retry', { kind: head.delivery.kind, tries, reason: failure });
    lane.pause = clock.setTimer(limits.backoffMs * 2 ** (tries - 1), () => {
      lane.pause = null;
      this.#ready.add(lane);
      this.#pump();
    });
  }

  #finish(lane: Lane, head: Queued): void {
    lane.entries.shift();
    if (lane.entries.length > 0) this.#ready.add(lane);
    else this.#lanes.delete(lane.name);
    this.#forget(head);
  }

  #forget(queued: Queued): void {
    this.#options.store.delete('hooks', queued.key);
    this.#size -= 1;
    if (this.#size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  #drop(queued: Queued, reason: string): void {
    this.counts.hooks_dropped_total += 1;
    this.#options.log.error('hook.dropped', {
      kind: queued.delivery.kind,
      tries: queued.delivery.tries,
      body: queued.delivery.body,
      reason,
    });
  }
}
