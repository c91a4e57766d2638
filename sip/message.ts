import type { CSeq, NameAddr, Via } from './header-values.js';
import { checkedValue, checkName } from './headers/writable.js';
import type { Uri } from './uri.js';

/** The headers that are parsed with the message and kept typed; `headers` holds every other one. */
interface SipMessageCommon {
  /** Topmost first (RFC 3261 §18.1.1). Empty only in a request that the transaction layer has not sent yet. */
  via: Via[];
  from: NameAddr;
  to: NameAddr;
  callId: string;
  cseq: CSeq;
  readonly headers: SipHeaders;
  /** Opaque to sip/. Empty, never absent. */
  body: Buffer;
}

/** RFC 3261 §7.1. */
export interface SipRequest extends SipMessageCommon {
  readonly kind: 'request';
  method: string;
  uri: Uri;
  maxForwards: number | undefined;
  /** The Route header fields, topmost first. */
  route: NameAddr[];
}

/** RFC 3261 §7.2. */
export interface SipResponse extends SipMessageCommon {
  readonly kind: 'response';
  statusCode: number;
  reasonPhrase: string;
}

export type SipMessage = SipRequest | SipResponse;

interface Field {
  /** As it will be written. */
  name: string;
  readonly key: string;
  value: string;
}

/** Compact forms: RFC 3261 §7.3.3 and the registrations since. */
const longNames: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** Usual spellings, so that the common header line needs one look-up. */
const usualNames = [
  ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Contact', 'Route', 'Record-Route', 'Content-Type'],
  ...['Content-Length', 'User-Agent', 'Server', 'Allow', 'Supported', 'Require', 'Expires', 'Accept', 'Authorization'],
  ...['Proxy-Authorization', 'WWW-Authenticate', 'Proxy-Authenticate', 'Event', 'Subscription-State', 'Allow-Events'],
  ...['Session-Expires', 'Min-SE', 'Reason', 'Date', 'Subject', 'Path', 'P-Asserted-Identity', 'Remote-Party-ID'],
];
const knownKeys = new Map<string, string>(usualNames.map((name) => [name, name.toLowerCase()]));
for (const [compact, long] of Object.entries(longNames)) knownKeys.set(compact, long);

/** The lower-case long name under which a header field is found: `m`, `Contact` and `CONTACT` give `contact`. */
export function headerKey(name: string): string {
  const known = knownKeys.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return lower.length === 1 ? (longNames[lower] ?? lower) : lower;
}

/**
 * The header fields that a message does not keep typed, in their order, values unfolded and trimmed but unparsed.
 * Repeated fields stay apart; sip/header-values.ts and sip/headers.ts read them.
 */
export class SipHeaders {
  readonly #fields: Field[] = [];
  /** What sip/headers.ts has read out of the fields, by what was asked; forgotten when a field changes. */
  #read: Map<string, unknown> | undefined;

  get size(): number {
    return this.#fields.length;
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    return this.#fields.find((field) => field.key === key)?.value;
  }

  /** Every value of that name, one per header line, in order. */
  all(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) if (field.key === key) values.push(field.value);
    return values;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /**
   * Throws an UnwritableError for a name or value that would not read back: line breaks, a NUL, a field that the
   * message keeps typed. White space around the value is dropped.
   */
  append(name: string, value: string): this {
    const key = headerKey(name);
    checkName(name, key);
    return this.appendRead(name, checkedValue(name, value), key);
  }

  /** A field as it stood in a message, so that it needs no check. `key` is headerKey(name). */
  appendRead(name: string, value: string, key = headerKey(name)): this {
    this.#fields.push({ name, key, value });
    this.#read = undefined;
    return this;
  }

  /** Replaces every field of that name by one. Throws as `append` does, and then nothing has changed. */
  set(name: string, value: string): this {
    const key = headerKey(name);
    checkName(name, key);
    const checked = checkedValue(name, value);
    this.delete(name);
    return this.appendRead(name, checked, key);
  }

  delete(name: string): void {
    const key = headerKey(name);
    this.#read = undefined;
    for (let i = this.#fields.length - 1; i >= 0; i -= 1) if (this.#fields[i]!.key === key) this.#fields.splice(i, 1);
  }

  *[Symbol.iterator](): IterableIterator<{ readonly name: string; readonly key: string; readonly value: string }> {
    yield* this.#fields;
  }

  /** `read()` of this state of the fields: computed once per question. The value is shared: read-only. */
  cached<T>(question: string, read: () => T): T {
    this.#read ??= new Map();
    const known = this.#read.get(question);
    if (known !== undefined) return known as T;
    const value = read();
    this.#read.set(question, value);
    return value;
  }

  clone(): SipHeaders {
    const copy = new SipHeaders();
    for (const field of this.#fields) copy.appendRead(field.name, field.value, field.key);
    return copy;
  }
}
