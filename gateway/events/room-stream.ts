import type { Clock, Timer } from '../../base/clock.js';
import type { RoomEventBody, RoomLevelsBody } from '../../contract/room-events.js';
import type { RoomEvents } from '../rooms/log.js';

export interface RoomStreamOptions {
  readonly clock: Clock;
  readonly log: RoomEvents;
  /** What comes after this event is sent. */
  readonly after: number;
  /** What of an event this reader may see; null: all of it may be seen by everybody. */
  readonly maySee: ((event: RoomEventBody) => boolean) | null;
  /** Begins to tell of levels; null: they were not asked for. Returns what ends that. */
  readonly watchLevels: ((tell: (levels: RoomLevelsBody) => void) => () => void) | null;
  readonly heartbeatMs: number;
  /** A reader for whom something waits so long has stopped reading. */
  readonly stallMs: number;
  /** After room_ended the stream stays open so long, for recordings that are told of late. */
  readonly lingerMs: number;
  /** Once, whatever ends it; `dropped`: it did not read. */
  readonly onClosed: (why: 'ended' | 'left' | 'dropped') => void;
}

/** Events written at once. */
const PER_CHUNK = 100;

const encoder = new TextEncoder();

/**
 * One room's log as a stream of server-sent events (HTML §9.2). It holds no events itself: it takes from the log when the connection
 * has room, so that a slow reader costs nothing; one that falls out of the log, or does not read for `stallMs`, is dropped: it may come again. Of
 * levels only the newest waits.
 */
export class RoomStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: RoomStreamOptions;
  readonly #unwatch: (() => void)[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #seq: number;
  #isFirst = true;
  #levels: RoomLevelsBody | null = null;
  /** The connection has room and nothing was there for it. */
  #wanting: (() => void) | null = null;
  #heartbeat: Timer | null = null;
  #stall: Timer | null = null;
  #linger: Timer | null = null;
  #hasLingered = false;
  #isClosed = false;

  constructor(options: RoomStreamOptions) {
    this.#options = options;
    this.#seq = options.after;
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
    this.#unwatch.push(options.log.watch(() => this.#news()));
    if (options.watchLevels !== null) {
      this.#unwatch.push(
        options.watchLevels((levels) => {
          this.#levels = levels;
          if (this.#wanting !== null) this.#write();
        }),
      );
    }
  }

  /** Ends the stream in order: the gateway stops. */
  close(): void {
    if (this.#isClosed) return;
    this.#end('ended');
    this.#controller?.close();
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

  #news(): void {
    if (this.#isClosed) return;
    if (this.#wanting !== null) this.#write();
    else this.#stall ??= this.#options.clock.setTimer(this.#options.stallMs, () => this.#drop());
  }

  #write(): void {
    const { log } = this.#options;
    const { events, missed } = log.after(this.#seq, PER_CHUNK);
    if (missed > 0 && !this.#isFirst) {
      this.#drop();
      return;
    }
    let text = this.#isFirst ? 'retry: 2000\n\n' : '';
    if (missed > 0) text += `event: missed\ndata: ${JSON.stringify({ missed })}\n\n`;
    this.#isFirst = false;
    for (const event of events) {
      this.#seq = event.seq;
      if (this.#options.maySee?.(event) === false) continue;
      text += `id: ${log.startedMs}-${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    }
    if (this.#levels !== null) text += `event: levels\ndata: ${JSON.stringify(this.#levels)}\n\n`;
    this.#levels = null;
    if (text !== '') this.#send(text);
    else if (log.isForgotten || (log.isOver && this.#hasLingered)) this.#finish();
    else if (log.isOver) this.#lingerOn();
  }

  #send(text: string): void {
    const resolve = this.#wanting;
    this.#wanting = null;
    this.#heartbeat?.cancel();
    this.#controller?.enqueue(encoder.encode(text));
    resolve?.();
  }

  #lingerOn(): void {
    this.#linger ??= this.#options.clock.setTimer(this.#options.lingerMs, () => {
      this.#hasLingered = true;
      if (this.#wanting !== null) this.#write();
    });
  }

  /** All of it was sent: a reader that comes again is told that there is no more (204). */
  #finish(): void {
    this.#send('event: end\ndata: {}\n\n');
    this.close();
  }

  #drop(): void {
    if (this.#isClosed) return;
    this.#end('dropped');
    this.#controller?.close();
  }

  #end(why: 'ended' | 'left' | 'dropped'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of [this.#heartbeat, this.#stall, this.#linger]) timer?.cancel();
    for (const unwatch of this.#unwatch) unwatch();
    const resolve = this.#wanting;
    this.#wanting = null;
    this.#options.onClosed(why);
    resolve?.();
  }
}
