import type { Clock } from '../../base/clock.js';
import { ApiRefusal } from './errors.js';

export interface RoomReaderLimits {
  /** Streams and waiting requests at once. */
  readonly readers: number;
  readonly heartbeatMs: number;
  readonly stallMs: number;
  readonly lingerMs: number;
}

export const defaultRoomReaderLimits: RoomReaderLimits = {
  readers: 800,
  heartbeatMs: 15_000,
  stallMs: 30_000,
  lingerMs: 10_000,
};

/**
 * Who reads events over HTTP now. Limit: `readers`, the newcomer is refused (429); counters `room_event_readers`,
 * `room_event_readers_dropped_total` (did not read) and `room_event_readers_refused_total`.
 */
export class RoomReaders {
  readonly counts = { room_event_readers_dropped_total: 0, room_event_readers_refused_total: 0 };
  readonly clock: Clock;
  readonly limits: RoomReaderLimits;
  readonly #open = new Set<() => void>();
  #isClosed = false;

  constructor(clock: Clock, limits: Partial<RoomReaderLimits> = {}) {
    this.clock = clock;
    this.limits = { ...defaultRoomReaderLimits, ...limits };
  }

  /** `end` is called when the gateway stops. Returns what is called when the reader is gone. Throws TOO_MANY_REQUESTS. */
  enter(end: () => void): () => void {
    if (this.#isClosed) throw new ApiRefusal('DRAINING');
    if (this.#open.size >= this.limits.readers) {
      this.counts.room_event_readers_refused_total += 1;
      throw new ApiRefusal('TOO_MANY_REQUESTS', 'too many readers of events');
    }
    const own = (): void => end();
    this.#open.add(own);
    return () => this.#open.delete(own);
  }

  /** Ends all of them: an open stream would hold the listener up. */
  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#open]) end();
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.counts, room_event_readers: this.#open.size };
  }
}
