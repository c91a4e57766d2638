import type { Clock, Timer } from '../../base/clock.js';
import type { WebSocketConnection } from '../../base/web-socket.js';
import type { StreamSettings } from '../../contract/streams.js';
import type { StreamFormat } from './format.js';
import { connectedMessage, MessageWriter, type StreamNames } from './messages.js';

export interface OutboxOptions {
  readonly clock: Clock;
  readonly format: StreamFormat;
  readonly names: StreamNames;
  /** Of one millisecond of sound. */
  readonly bytesPerMs: number;
  /** What is no sound waits without end: the application does not read at all. */
  readonly onStuck: () => void;
}

/** Sound that waits here for a slow reader; the oldest is dropped beyond that. */
const MAX_WAITING_MS = 1000;
/** Sound that is given to the socket ahead of the reader, and the least for small encodings. */
const AHEAD_MS = 200;
const MIN_AHEAD_BYTES = 4096;
/** Text of a message around the sound, and base64: for the measure above. */
const JSON_BYTES = 160;
/** Bytes in the socket at which somebody does not read at all: sound is held back long before. */
const MAX_SOCKET_BYTES = 262_144;
const RETRY_MS = 20;

/**
 * What goes to the application of one stream, numbered as it is sent. Sound that a slow reader does not take waits for a second in
 * a ring of chunks made once; then the oldest is lost: counted, and seen as a gap of `chunk` and `timestamp` (with binary frames
 * as a `lost` message). Everything else is small and rare, goes at once, and ends the stream when not even that is read.
 */
export class StreamOutbox {
  sentChunks = 0;
  lostChunks = 0;
  readonly #clock: Clock;
  readonly #format: StreamFormat;
  readonly #onStuck: () => void;
  readonly #writer: MessageWriter;
  readonly #chunkBytes: number;
  readonly #aheadBytes: number;
  readonly #slots: number;
  readonly #sound: Buffer;
  readonly #lengths: Int32Array;
  /** Numbers and times of the chunks in the ring. */
  readonly #chunks: Float64Array;
  readonly #times: Float64Array;
  #first = 0;
  #waiting = 0;
  #connection: WebSocketConnection | null = null;
  #retry: Timer | null = null;
  #sequence = 0;
  /** Number of the newest chunk that was made, and of the newest that was sent. */
  #chunk = 0;
  #sent = 0;

  constructor({ clock, format, names, bytesPerMs, onStuck }: OutboxOptions) {
    this.#clock = clock;
    this.#format = format;
    this.#onStuck = onStuck;
    this.#writer = new MessageWriter(names);
    // Two samples more: 24 kHz is made of 16, and may be owed one.
    this.#chunkBytes = format.chunkMs * bytesPerMs + 4;
    const messages = Math.ceil(AHEAD_MS / format.chunkMs);
    this.#aheadBytes = Math.max(MIN_AHEAD_BYTES, messages * (this.#chunkBytes * 1.34 + JSON_BYTES));
    this.#slots = Math.ceil(MAX_WAITING_MS / format.chunkMs);
    this.#sound = Buffer.alloc(this.#slots * this.#chunkBytes);
    this.#lengths = new Int32Array(this.#slots);
    this.#chunks = new Float64Array(this.#slots);
    this.#times = new Float64Array(this.#slots);
  }

  /** Begins a connection: `connected`, then `start`. */
  open(connection: WebSocketConnection, settings: StreamSettings): void {
    this.#connection = connection;
    connection.send(Buffer.from(connectedMessage), true);
    this.#text(this.#writer.start(this.#next(), settings));
  }

  /** The connection is gone; sound that waited is lost. */
  close(): void {
    this.#connection = null;
    this.#retry?.cancel();
    this.#retry = null;
    this.lostChunks += this.#waiting;
    this.#waiting = 0;
  }

  /** One chunk. `lostChunks` are missing before it. */
  media(sound: Uint8Array, lostChunks: number, atMs: number): void {
    this.#chunk += lostChunks + 1;
    this.lostChunks += lostChunks;
    if (this.#connection === null || sound.length > this.#chunkBytes) {
      this.lostChunks += 1;
      return;
    }
    if (this.#waiting === this.#slots) this.#flush();
    if (this.#waiting === this.#slots) {
      this.#first = (this.#first + 1) % this.#slots;
      this.#waiting -= 1;
      this.lostChunks += 1;
    }
    const slot = (this.#first + this.#waiting) % this.#slots;
    this.#sound.set(sound, slot * this.#chunkBytes);
    this.#lengths[slot] = sound.length;
    this.#chunks[slot] = this.#chunk;
    this.#times[slot] = atMs;
    this.#waiting += 1;
    this.#flush();
  }

  mark(name: string): void {
    this.#text(this.#writer.mark(this.#next(), name));
  }

  dtmf(digit: string, memberId: string): void {
    this.#text(this.#writer.dtmf(this.#next(), digit, memberId));
  }

  stop(reason: string): void {
    this.#text(this.#writer.stop(this.#next(), reason));
  }

  #flush(): void {
    while (this.#waiting > 0 && this.#connection !== null && this.#connection.queuedBytes < this.#aheadBytes) {
      const slot = this.#first;
      this.#first = (this.#first + 1) % this.#slots;
      this.#waiting -= 1;
      this.#send(this.#connection, slot);
    }
    if (this.#waiting > 0 && this.#retry === null) this.#retry = this.#clock.setTimer(RETRY_MS, this.#again);
  }

  readonly #again = (): void => {
    this.#retry = null;
    this.#flush();
  };

  #send(connection: WebSocketConnection, slot: number): void {
    const from = slot * this.#chunkBytes;
    const to = from + this.#lengths[slot]!;
    const chunk = this.#chunks[slot]!;
    const atMs = this.#times[slot]!;
    const missing = chunk - this.#sent - 1;
    this.#sent = chunk;
    this.sentChunks += 1;
    if (this.#format.frames === 'json') {
      this.#text(this.#writer.media(this.#next(), chunk, atMs, this.#sound.toString('base64', from, to)));
      return;
    }
    if (missing > 0) this.#text(this.#writer.lost(this.#next(), missing, atMs));
    // A copy: the socket may still hold it when the slot is written again.
    connection.send(Buffer.from(this.#sound.subarray(from, to)), false);
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #text(text: string): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (connection.queuedBytes > MAX_SOCKET_BYTES) this.#onStuck();
    else connection.send(Buffer.from(text), true);
  }
}
