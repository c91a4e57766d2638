import type { CSeq, NameAddr, Via } from './header-values.js';
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

/** The lower-case long name under which a header field is found: `m`, `Contact` and `CONTACT` give `contact`. */
export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return lower.length === 1 ? (longNames[lower] ?? lower) : lower;
}

/**
 * The header fields that a message does not keep typed, in their order, values unfolded and trimmed but unparsed.
 * Repeated fields stay apart; sip/header-values.ts and sip/headers.ts read them.
 */
export class SipHeaders {
  readonly #fields: Field[] = [];

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

  append(name: string, value: string): this {
    this.#fields.push({ name, key: headerKey(name), value });
    return this;
  }

  /** Replaces every field of that name by one. */
  set(name: string, value: string): this {
    this.delete(name);
    return this.append(name, value);
  }

  delete(name: string): void {
    const key = headerKey(name);
    for (let i = this.#fields.length - 1; i >= 0; i -= 1) if (this.#fields[i]!.key === key) this.#fields.splice(i, 1);
  }

  *[Symbol.iterator](): IterableIterator<{ readonly name: string; readonly key: string; readonly value: string }> {
    yield* this.#fields;
  }

  clone(): SipHeaders {
    const copy = new SipHeaders();
    for (const field of this.#fields) copy.append(field.name, field.value);
    return copy;
  }
}
