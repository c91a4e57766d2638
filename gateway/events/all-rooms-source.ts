import type { RoomId } from '../../base/ids.js';
import type { RoomEventBody, RoomFeedMessage } from '../../contract/room-events.js';
import type { RoomEventSource } from '../rooms/log.js';
import type { Attention } from './attention.js';
import type { FeedSource } from './feed.js';

export interface AllRoomsSourceOptions {
  readonly source: RoomEventSource;
  readonly attention: Pick<Attention, 'hold'>;
  /** Rooms that are there already: who speaks in them is told too. */
  readonly rooms: readonly RoomId[];
}

/** Events that wait for one reader; one more and it has lost. */
const MOST_WAITING = 1000;
/** Events taken at once. */
const AT_ONCE = 100;

/** The events of all rooms from now on. What a slow reader has not had waits, up to MOST_WAITING. */
export class AllRoomsSource implements FeedSource {
  state: 'open' | 'lost' = 'open';
  readonly #attention: AllRoomsSourceOptions['attention'];
  readonly #unfollow: () => void;
  readonly #held = new Map<string, () => void>();
  #waiting: RoomEventBody[] = [];
  #isFirst = true;
  #onNews: () => void = () => undefined;

  constructor({ source, attention, rooms }: AllRoomsSourceOptions) {
    this.#attention = attention;
    for (const roomId of rooms) this.#hold(roomId);
    this.#unfollow = source.follow((event) => this.#add(event));
  }

  listen(onNews: () => void): void {
    this.#onNews = onNews;
  }

  take(): readonly RoomFeedMessage[] {
    const events = this.#waiting.splice(0, AT_ONCE);
    if (!this.#isFirst) return events;
    this.#isFirst = false;
    return [{ type: 'opened' }, ...events];
  }

  close(): void {
    this.#unfollow();
    for (const release of this.#held.values()) release();
    this.#held.clear();
    this.#waiting = [];
  }

  #add(event: RoomEventBody): void {
    if (event.type === 'room_ended') this.#held.delete(event.room_id);
    if (event.type === 'member_joined') this.#hold(event.room_id as RoomId);
    if (this.#waiting.length >= MOST_WAITING) this.state = 'lost';
    else this.#waiting.push(event);
    this.#onNews();
  }

  #hold(roomId: RoomId): void {
    if (!this.#held.has(roomId)) this.#held.set(roomId, this.#attention.hold(roomId));
  }
}
