import type { Clock, Timer } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { RoomEventBody } from '../../contract/room-events.js';
import type { RoomEventSource } from '../rooms/log.js';
import type { Attention } from './attention.js';

export interface FeedStreamOptions {
  readonly clock: Clock;
  readonly source: RoomEventSource;
  readonly attention: Pick<Attention, 'hold'>;
  /** Rooms that are there already: who speaks in them is told too. */
  readonly rooms: readonly RoomId[];
  /** Events that wait for the reader; one more and it is dropped. */
  readonly most: number;
  readonly heartbeatMs: number;
  /** A reader for whom something waits so long has stopped reading. */
  readonly stallMs: number;
  /** Once, whatever ends it; `dropped`: it did not read. */
  readonly onClosed: (why: 'ended' | 'left' | 'dropped') => void;
}

const encoder = new TextEncoder();

/** The events of all rooms from now on, as server-sent events (HTML §9.2). What a slow reader has not read waits, up to `most`. */
export class FeedStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: FeedStreamOptions;
  readonly #unfollow: () => void;
  readonly #held = new Map<string, () => void>();
  #waiting: RoomEventBody[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The connection has room and nothing was there for it. */
  #wanting: (() => void) | null = null;
  #hello = 'retry: 2000\n\n';
  #heartbeat: Timer | null = null;
  #stall: Timer | null = null;
  #isClosed = false;

  constructor(options: FeedStreamOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#end('left'),
      },
      // No chunk is made before somebody reads it.
      { highWaterMark: 0 },
    );
    for (const roomId of options.rooms) this.#hold(roomId);
    this.#unfollow = options.source.follow((event) => this.#take(event));
  }

  /** Ends the stream in order: the gateway stops. */
  close(): void {
    this.#finish('ended');
  }

  #take(event: RoomEventBody): void {
    if (event.type === 'room_ended') this.#held.delete(event.room_id);
    if (event.type === 'member_joined') this.#hold(event.room_id as RoomId);
    if (this.#waiting.length >= this.#options.most) {
      this.#finish('dropped');
      return;
    }
    this.#waiting.push(event);
    if (this.#wanting !== null) this.#write();
    else this.#stall ??= this.#options.clock.setTimer(this.#options.stallMs, () => this.#finish('dropped'));
  }

  #hold(roomId: RoomId): void {
    if (!this.#held.has(roomId)) this.#held.set(roomId, this.#options.attention.hold(roomId));
  }

  #pull(): Promise<void> {
    this.#stall?.cancel();
    this.#stall = null;
    return new Promise((resolve) => {
      this.#wanting = resolve;
      this.#heartbeat = this.#options.clock.setTimer(this.#options.heartbeatMs, () => this.#send(': still here\n\n'));
      this.#write();
    });
  }

  #write(): void {
    const events = this.#waiting;
    this.#waiting = [];
    const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
    const whole = this.#hello + text;
    this.#hello = '';
    if (whole !== '') this.#send(whole);
  }

  #send(text: string): void {
    const resolve = this.#wanting;
    this.#wanting = null;
    this.#heartbeat?.cancel();
    this.#controller?.enqueue(encoder.encode(text));
    resolve?.();
  }

  #finish(why: 'ended' | 'dropped'): void {
    if (this.#isClosed) return;
    this.#end(why);
    this.#controller?.close();
  }

  #end(why: 'ended' | 'left' | 'dropped'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#heartbeat?.cancel();
    this.#stall?.cancel();
    this.#unfollow();
    for (const release of this.#held.values()) release();
    this.#waiting = [];
    const resolve = this.#wanting;
    this.#wanting = null;
    this.#options.onClosed(why);
    resolve?.();
  }
}
