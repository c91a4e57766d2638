import type { Clock, Timer } from '../../base/clock.js';
import type { RoomFeedMessage } from '../../contract/room-events.js';

/** Where a feed takes what it tells. */
export interface FeedSource {
  /** `lost`: what the reader has not had is gone. `over`: all was taken, and nothing will be added. */
  readonly state: 'open' | 'lost' | 'over';
  /** Called whenever there is something to take, or the state is another one. Once. */
  listen(onNews: () => void): void;
  /** What comes next, in order; none: nothing yet. Not all of it at once: more may be there. */
  take(): readonly RoomFeedMessage[];
  close(): void;
}

/** What carries a feed to its reader. */
export interface FeedLine {
  /** The reader has taken what it was given before, or almost. Where it has not, `ready` of the feed is called once it has. */
  hasRoom(): boolean;
  open(feed: Pick<Feed, 'ready' | 'end'>): void;
  /** Of at least one. Only while it has room. */
  send(messages: readonly RoomFeedMessage[]): void;
  /** Tells the reader why, as far as that can be done. */
  close(end: FeedEnd): void;
}

/** `over`: the room is; `stopping`: the gateway is; `left`: the reader went; `refused`: it said something; `dropped`: it does not read. */
export type FeedEnd = 'over' | 'stopping' | 'left' | 'refused' | 'dropped';

export interface FeedOptions {
  readonly clock: Clock;
  readonly source: FeedSource;
  readonly line: FeedLine;
  /** A reader for whom something waits so long has stopped reading. */
  readonly stallMs: number;
  /** Once, whatever ends it. */
  readonly onEnded: (end: FeedEnd) => void;
}

/**
 * One reader of events, whatever source they are of and whatever line it is told by. It takes from the source when the line has
 * room, so that nothing piles up in between; a reader for whom something waits longer than `stallMs`, or whose source has lost
 * what it had not read, is dropped: it may come again.
 */
export class Feed {
  readonly #options: FeedOptions;
  #stall: Timer | null = null;
  #isOver = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { source, line } = options;
    source.listen(() => this.#news());
    line.open(this);
    this.#news();
  }

  /** The line has room again. */
  ready(): void {
    this.#stall?.cancel();
    this.#stall = null;
    if (!this.#isOver) this.#write();
  }

  /** May be called twice. */
  end(why: FeedEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { source, line, onEnded } = this.#options;
    this.#stall?.cancel();
    source.close();
    line.close(why);
    onEnded(why);
  }

  #news(): void {
    if (this.#isOver) return;
    const { clock, source, line, stallMs } = this.#options;
    if (source.state === 'lost') this.end('dropped');
    else if (line.hasRoom()) this.#write();
    else this.#stall ??= clock.setTimer(stallMs, () => this.end('dropped'));
  }

  #write(): void {
    const { source, line } = this.#options;
    while (line.hasRoom() && !this.#isOver) {
      const messages = source.take();
      if (source.state === 'lost') this.end('dropped');
      else if (messages.length > 0) line.send(messages);
      else if (source.state === 'open') return;
      else {
        line.send([{ type: 'end' }]);
        this.end('over');
      }
    }
  }
}
