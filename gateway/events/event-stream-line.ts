import type { Clock, Timer } from '../../base/clock.js';
import type { RoomFeedMessage } from '../../contract/room-events.js';
import type { Feed, FeedEnd, FeedLine } from './feed.js';

const encoder = new TextEncoder();

export interface EventStreamLineOptions {
  readonly clock: Clock;
  /** A comment after so long without an event. */
  readonly heartbeatMs: number;
  /** Of the room that is told of, for the ids to go on from; null: of all, which have none. */
  readonly startedMs: number | null;
}

/**
 * Server-sent events (HTML §9.2): `event` is the type of a message, `data` the message, `id` of an event `startedMs-seq`. It has room while
 * the connection asks for a chunk, so that none is made before somebody reads it.
 */
export class EventStreamLine implements FeedLine {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: EventStreamLineOptions;
  #feed: Pick<Feed, 'ready' | 'end'> | null = null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The connection has room and nothing was there for it. */
  #wanting: (() => void) | null = null;
  #heartbeat: Timer | null = null;

  constructor(options: EventStreamLineOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          this.#controller = null;
          this.#feed?.end('left');
        },
      },
      { highWaterMark: 0 },
    );
  }

  hasRoom(): boolean {
    return this.#wanting !== null;
  }

  open(feed: Pick<Feed, 'ready' | 'end'>): void {
    this.#feed = feed;
  }

  send(messages: readonly RoomFeedMessage[]): void {
    this.#write(messages.map((message) => this.#text(message)).join(''));
  }

  close(_end: FeedEnd): void {
    this.#heartbeat?.cancel();
    const resolve = this.#wanting;
    this.#wanting = null;
    this.#controller?.close();
    this.#controller = null;
    resolve?.();
  }

  #pull(): Promise<void> {
    const { clock, heartbeatMs } = this.#options;
    return new Promise((resolve) => {
      this.#wanting = resolve;
      this.#heartbeat = clock.setTimer(heartbeatMs, () => this.#write(': still here\n\n'));
      this.#feed?.ready();
    });
  }

  #write(text: string): void {
    const resolve = this.#wanting;
    this.#wanting = null;
    this.#heartbeat?.cancel();
    this.#controller?.enqueue(encoder.encode(text));
    resolve?.();
  }

  #text(message: RoomFeedMessage): string {
    if (message.type === 'opened') return 'retry: 2000\n\n';
    const { startedMs } = this.#options;
    const id = 'seq' in message && startedMs !== null ? `id: ${startedMs}-${message.seq}\n` : '';
    return `${id}event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`;
  }
}
