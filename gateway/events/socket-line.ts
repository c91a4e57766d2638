import type { Clock, Timer } from '../../base/clock.js';
import type { WebSocketConnection, WebSocketHandlers } from '../../base/web-socket.js';
import type { RoomFeedMessage } from '../../contract/room-events.js';
import type { Feed, FeedEnd, FeedLine } from './feed.js';

export interface SocketLineOptions {
  readonly clock: Clock;
  readonly connection: WebSocketConnection;
  /** A ping so often; who has not answered the one before does not read. */
  readonly pingMs: number;
}

/** Bytes in the socket at which nothing more is given to it: the rest waits at the source, which has a limit. */
const AHEAD_BYTES = 65_536;
/** How often a full socket is looked at. */
const RETRY_MS = 50;

/** Status and reason of the close frame (RFC 6455 §7.4.1); who has left is told nothing. */
const closings: Readonly<Record<Exclude<FeedEnd, 'left'>, readonly [statusCode: number, reason: string]>> = {
  over: [1000, 'the room is over'],
  stopping: [1001, 'the gateway is shutting down'],
  refused: [1003, 'nothing is read here'],
  dropped: [1008, 'too slow'],
};

/** A WebSocket: each message is a text frame of its JSON. Readers say nothing; who does is closed with 1003. */
export class SocketLine implements FeedLine, WebSocketHandlers {
  readonly #options: SocketLineOptions;
  #feed: Pick<Feed, 'ready' | 'end'> | null = null;
  #ping: Timer | null = null;
  #retry: Timer | null = null;
  #isAnswered = true;

  constructor(options: SocketLineOptions) {
    this.#options = options;
  }

  hasRoom(): boolean {
    if (this.#retry !== null) return false;
    if (this.#options.connection.queuedBytes < AHEAD_BYTES) return true;
    this.#wait();
    return false;
  }

  open(feed: Pick<Feed, 'ready' | 'end'>): void {
    this.#feed = feed;
    this.#armPing();
  }

  send(messages: readonly RoomFeedMessage[]): void {
    const { connection } = this.#options;
    for (const message of messages) connection.send(Buffer.from(JSON.stringify(message)), true);
  }

  close(end: FeedEnd): void {
    this.#ping?.cancel();
    this.#retry?.cancel();
    if (end === 'left') return;
    const [statusCode, reason] = closings[end];
    this.#options.connection.end(statusCode, reason);
  }

  onMessage(): void {
    this.#feed?.end('refused');
  }

  onPong(): void {
    this.#isAnswered = true;
  }

  onClose(): void {
    this.#feed?.end('left');
  }

  #wait(): void {
    const { clock, connection } = this.#options;
    this.#retry = clock.setTimer(RETRY_MS, () => {
      this.#retry = null;
      if (connection.queuedBytes < AHEAD_BYTES) this.#feed?.ready();
      else this.#wait();
    });
  }

  #armPing(): void {
    const { clock, connection, pingMs } = this.#options;
    const ping = (): void => {
      if (!this.#isAnswered) {
        this.#feed?.end('dropped');
        return;
      }
      this.#isAnswered = false;
      connection.ping();
      this.#ping = clock.setTimer(pingMs, ping, { liveness: true });
    };
    this.#ping = clock.setTimer(pingMs, ping, { liveness: true });
  }
}
