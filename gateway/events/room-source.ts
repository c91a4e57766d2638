import type { Clock, Timer } from '../../base/clock.js';
import type { RoomEventBody, RoomFeedMessage, RoomLevelsBody } from '../../contract/room-events.js';
import type { RoomEvents } from '../rooms/log.js';
import type { Attention } from './attention.js';
import type { FeedSource } from './feed.js';

export interface RoomSourceOptions {
  readonly clock: Clock;
  readonly log: RoomEvents;
  readonly attention: Pick<Attention, 'hold'>;
  /** What comes after this event is told. */
  readonly after: number;
  /** What of an event this reader may see; null: all of it may be seen by everybody. */
  readonly maySee: ((event: RoomEventBody) => boolean) | null;
  /** Begins to tell of levels; null: they were not asked for. Returns what ends that. */
  readonly watchLevels: ((tell: (levels: RoomLevelsBody) => void) => () => void) | null;
  /** After room_ended it stays open so long, for recordings that are told of late. */
  readonly lingerMs: number;
}

/** Events taken at once. */
const AT_ONCE = 100;

/**
 * One room's log, from one event on. It holds no events itself, so that a slow reader costs nothing; a reader that falls out of the
 * log has lost. Of levels only the newest waits.
 */
export class RoomSource implements FeedSource {
  state: 'open' | 'lost' | 'over' = 'open';
  readonly #options: RoomSourceOptions;
  readonly #undo: (() => void)[];
  #seq: number;
  #isFirst = true;
  #levels: RoomLevelsBody | null = null;
  #linger: Timer | null = null;
  #onNews: () => void = () => undefined;

  constructor(options: RoomSourceOptions) {
    const { log, attention, after, watchLevels } = options;
    this.#options = options;
    // A number of another room of that name: what happens from now on is told all the same.
    this.#seq = Math.min(after, log.lastSeq);
    this.#undo = [attention.hold(log.roomId), log.watch(() => this.#onNews())];
    if (watchLevels === null) return;
    this.#undo.push(
      watchLevels((levels) => {
        this.#levels = levels;
        this.#onNews();
      }),
    );
  }

  listen(onNews: () => void): void {
    this.#onNews = onNews;
  }

  take(): readonly RoomFeedMessage[] {
    const { log, maySee } = this.#options;
    const told: RoomFeedMessage[] = this.#isFirst ? [this.#opened()] : [];
    for (;;) {
      const { events, missed } = log.after(this.#seq, AT_ONCE);
      if (missed > 0 && !this.#isFirst) {
        this.state = 'lost';
        return [];
      }
      if (missed > 0) told.push({ type: 'missed', missed });
      this.#isFirst = false;
      this.#seq = events.at(-1)?.seq ?? this.#seq;
      told.push(...(maySee === null ? events : events.filter(maySee)));
      if (told.length > 0 || events.length === 0) break;
    }
    if (this.#levels !== null) told.push({ type: 'levels', ...this.#levels });
    this.#levels = null;
    if (told.length === 0 && log.isForgotten) this.state = 'over';
    else if (told.length === 0 && log.isOver) this.#lingerOn();
    return told;
  }

  close(): void {
    this.#linger?.cancel();
    for (const undo of this.#undo.splice(0)) undo();
  }

  #opened(): RoomFeedMessage {
    const { roomId, startedMs, lastSeq } = this.#options.log;
    return { type: 'opened', room_id: roomId, started_ms: startedMs, last_seq: lastSeq };
  }

  #lingerOn(): void {
    const { clock, lingerMs } = this.#options;
    this.#linger ??= clock.setTimer(lingerMs, () => {
      this.state = 'over';
      this.#onNews();
    });
  }
}
