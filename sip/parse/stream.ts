import type { SipMessage, SipRequest } from '../message.js';
import { type Head, note, readHead } from './head.js';
import { defaultParseLimits, finishMessage, type MessageFault, type ParseLimits } from './message.js';
import type { RequestRemains } from './remains.js';
import { HeadScanner } from './scanner.js';

/** What a stream gave. After a fatal fault the frame is lost and the connection has to be closed. */
export type FramerEvent =
  | { readonly type: 'message'; readonly message: SipMessage }
  /** RFC 5626 §3.5.1 ping, CRLF CRLF: answer with one CRLF. */
  | { readonly type: 'keep-alive-request' }
  /** A lone CRLF: the answer to our ping, or slack between messages (RFC 3261 §7.5). */
  | { readonly type: 'keep-alive-response' }
  | {
      readonly type: 'fault';
      readonly fault: MessageFault;
      readonly fatal: boolean;
      readonly partial?: SipRequest;
      readonly remains?: RequestRemains;
    };

const CR = 0x0d;
const LF = 0x0a;

/** Faults after which the end of the message cannot be known, or the peer does not speak SIP. */
const fatalFaults: ReadonlySet<MessageFault> = new Set<MessageFault>([
  'bad-start-line',
  'bad-content-length',
  'missing-content-length',
  'too-large',
  'too-many-headers',
  'line-too-long',
]);

/**
 * Cuts a byte stream into messages by Content-Length: RFC 3261 §18.3, RFC 5626 §3.5.1.
 * Never throws. Holds at most one incomplete message, `limits.maxBytes` at most: more is a fatal `too-large`; after a
 * fatal fault everything is ignored. A ping whose two CRLFs come in two chunks exactly between them is taken for two
 * answers. Messages that lie whole in one chunk are read in place; each byte is scanned once.
 */
export class StreamFramer {
  readonly #limits: ParseLimits;
  /** The bytes not used up: `#buffer` from `#start` to `#end`. */
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Whether #buffer is ours to write into, or the last chunk. */
  #owned = false;
  #scanner: HeadScanner | null = null;
  #head: Head | null = null;
  #dead = false;

  constructor(limits: ParseLimits = defaultParseLimits) {
    this.#limits = limits;
  }

  /** Whether a message has begun and not ended: the connection must not stay so for long. */
  get incomplete(): boolean {
    return this.#end > this.#start;
  }

  /** What the chunk completed, in order. The chunk is not kept. */
  push(chunk: Buffer): FramerEvent[] {
    const events: FramerEvent[] = [];
    if (this.#dead || chunk.length === 0) return events;
    this.#append(chunk);
    while (!this.#dead && this.#step(events));
    if (this.#dead) this.#drop();
    else this.#keepRest();
    return events;
  }

  /** One message or keep-alive; false when more bytes are needed. */
  #step(events: FramerEvent[]): boolean {
    if (this.#start === this.#end) return false;
    if (this.#scanner === null) {
      const first = this.#buffer[this.#start];
      if (first === CR || first === LF) return this.#keepAlive(events);
      this.#scanner = new HeadScanner(this.#start);
    }
    if (this.#head === null && !this.#readHead(events)) return false;
    return this.#head !== null && this.#readBody(this.#head, this.#scanner, events);
  }

  #keepAlive(events: FramerEvent[]): boolean {
    const buffer = this.#buffer;
    const left = this.#end - this.#start;
    const at = this.#start;
    if (buffer[at] === LF) {
      this.#start += 1;
      return true;
    }
    if (left === 1) return false;
    if (buffer[at + 1] !== LF) return this.#fail(events, 'bad-start-line');
    if (left === 3 && buffer[at + 2] === CR) return false;
    const double = left >= 4 && buffer[at + 2] === CR && buffer[at + 3] === LF;
    events.push({ type: double ? 'keep-alive-request' : 'keep-alive-response' });
    this.#start += double ? 4 : 2;
    return true;
  }

  #readHead(events: FramerEvent[]): boolean {
    const scanner = this.#scanner!;
    const { maxBytes, maxLineBytes } = this.#limits;
    const isWhole = scanner.scan(this.#buffer, this.#end);
    // Told of a whole head too: whether a peer gets an answer must not depend on how its bytes were cut.
    if (scanner.longestLineBytes > maxLineBytes) return this.#fail(events, 'line-too-long');
    const bytesSoFar = (isWhole ? scanner.bodyStart : this.#end) - this.#start;
    if (bytesSoFar > maxBytes) return this.#fail(events, 'too-large');
    if (!isWhole) return false;
    const head = readHead(this.#buffer, this.#start, scanner, this.#limits);
    const bytes = scanner.bodyStart - this.#start + (head.contentLength ?? 0);
    if (head.contentLength === undefined) note(head, 'missing-content-length', 0);
    if (bytes > maxBytes) head.fault = 'too-large';
    this.#head = head;
    return true;
  }

  #readBody(head: Head, scanner: HeadScanner, events: FramerEvent[]): boolean {
    const length = head.contentLength ?? 0;
    const fatal = head.contentLength === undefined || (head.fault !== null && fatalFaults.has(head.fault));
    const end = scanner.bodyStart + (fatal ? 0 : length);
    if (end > this.#end) return false;
    const result = finishMessage(head, this.#buffer.subarray(scanner.bodyStart, end));
    if (result.ok) events.push({ type: 'message', message: result.value });
    else {
      const { ok: _, at: __, ...rest } = result;
      events.push({ type: 'fault', fatal, ...rest });
    }
    this.#dead = fatal;
    this.#start = end;
    this.#scanner = null;
    this.#head = null;
    return true;
  }

  #fail(events: FramerEvent[], fault: MessageFault): false {
    events.push({ type: 'fault', fault, fatal: true });
    this.#dead = true;
    return false;
  }

  #append(chunk: Buffer): void {
    const held = this.#end - this.#start;
    if (held === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#end + chunk.length > this.#buffer.length) {
      // Offsets of a begun scan count from the start of the buffer: the held bytes keep their place.
      const wider = Buffer.allocUnsafeSlow(Math.max(1024, (this.#end + chunk.length) * 2));
      this.#buffer.copy(wider, this.#start, this.#start, this.#end);
      this.#buffer = wider;
      this.#owned = true;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Copies what is left of a chunk to the front of a buffer of our own. */
  #keepRest(): void {
    const held = this.#end - this.#start;
    if (this.#owned && this.#start === 0 && held > 0) return;
    if (held === 0) {
      this.#drop();
      return;
    }
    const rest = Buffer.allocUnsafeSlow(Math.max(1024, held * 2));
    this.#buffer.copy(rest, 0, this.#start, this.#end);
    this.#scanner?.rebase(this.#start);
    this.#buffer = rest;
    this.#owned = true;
    this.#start = 0;
    this.#end = held;
  }

  #drop(): void {
    this.#buffer = Buffer.alloc(0);
    this.#start = 0;
    this.#end = 0;
    this.#owned = false;
  }
}
