import type { Clock } from '../../base/clock.js';
import { Feed, type FeedLine, type FeedSource } from '../events/feed.js';
import { ApiRefusal } from './errors.js';

export interface RoomReaderLimits {
  /** Feeds and waiting requests at once. */
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
 * Who reads events over HTTP and WebSocket now. Limit: `readers`, the newcomer is refused (429); counters `room_event_readers`,
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

  /** Why one more cannot read now; null: it can. One that is told so is counted. */
  refusal(): ApiRefusal | null {
    if (this.#isClosed) return new ApiRefusal('DRAINING');
    if (this.#open.size < this.limits.readers) return null;
    this.counts.room_event_readers_refused_total += 1;
    return new ApiRefusal('TOO_MANY_REQUESTS', 'too many readers of events');
  }

  /** `end` is called when the gateway stops. Returns what is called when the reader is gone. Throws what `refusal` gives. */
  enter(end: () => void): () => void {
    const refusal = this.refusal();
    if (refusal !== null) throw refusal;
    return this.#add(end);
  }

  /**
   * Begins a feed: whoever opened it has asked for `refusal`.
   * @param onDropped  it did not read, so that its line may be full
   */
  tell(source: FeedSource, line: FeedLine, onDropped: () => void = () => undefined): void {
    const leave = this.#add(() => feed.end('stopping'));
    const feed: Feed = new Feed({
      ...{ clock: this.clock, source, line, stallMs: this.limits.stallMs },
      onEnded: (end) => {
        leave();
        if (end !== 'dropped') return;
        this.counts.room_event_readers_dropped_total += 1;
        onDropped();
      },
    });
  }

  /** Ends all of them: an open feed would hold the listener up. */
  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#open]) end();
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.counts, room_event_readers: this.#open.size };
  }

  #add(end: () => void): () => void {
    const own = (): void => end();
    this.#open.add(own);
    return () => this.#open.delete(own);
  }
}
