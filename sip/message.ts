import { headerKey } from './header-names.js';
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

/** What was read out of the fields, and what before it: two or three for a message, so a chain is cheaper than a map. */
interface Reading {
  readonly question: string;
  readonly value: unknown;
  readonly next: Reading | null;
}

/**
 * The header fields that a message does not keep typed, in their order, values unfolded and trimmed but unparsed.
 * Repeated fields stay apart; sip/header-values.ts and sip/headers.ts read them.
 */
export class SipHeaders {
  /** Name as it will be written, key, value; three entries a field, which is a third of the objects. */
  #fields: string[] = [];
  /** What sip/headers.ts has read out of the fields, by what was asked; forgotten when a field changes. */
  #read: Reading | null = null;

  get size(): number {
    return this.#fields.length / 3;
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    const key = headerKey(name);
    const fields = this.#fields;
    for (let at = 1; at < fields.length; at += 3) if (fields[at] === key) return fields[at + 1];
    return undefined;
  }

  /** Every value of that name, one per header line, in order. */
  all(name: string): string[] {
    const key = headerKey(name);
    const fields = this.#fields;
    const values: string[] = [];
    for (let at = 1; at < fields.length; at += 3) if (fields[at] === key) values.push(fields[at + 1]!);
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
    this.#fields.push(name, key, value);
    this.#read = null;
    return this;
  }

  /** Every field of `other`, which were checked when they came there. */
  appendAll(other: SipHeaders): this {
    for (const text of other.#fields) this.#fields.push(text);
    this.#read = null;
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
    this.#read = null;
    for (let at = this.#fields.length - 3; at >= 0; at -= 3) {
      if (this.#fields[at + 1] === key) this.#fields.splice(at, 3);
    }
  }

  *[Symbol.iterator](): IterableIterator<{ readonly name: string; readonly key: string; readonly value: string }> {
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at += 3) {
      yield { name: fields[at]!, key: fields[at + 1]!, value: fields[at + 2]! };
    }
  }

  /** The fields as they are written, a line each; without Content-Length, which follows from the body. */
  lines(): string {
    const fields = this.#fields;
    let text = '';
    for (let at = 0; at < fields.length; at += 3) {
      if (fields[at + 1] !== 'content-length') text += `${oneLine(fields[at]!)}: ${oneLine(fields[at + 2]!)}\r\n`;
    }
    return text;
  }

  /** `read()` of this state of the fields: computed once per question. The value is shared: read-only. */
  cached<T>(question: string, read: () => T): T {
    for (let known = this.#read; known !== null; known = known.next) {
      if (known.question === question) return known.value as T;
    }
    const value = read();
    this.#read = { question, value, next: this.#read };
    return value;
  }

  clone(): SipHeaders {
    const copy = new SipHeaders();
    copy.#fields = this.#fields.slice();
    return copy;
  }
}

/** A line break, which no value of a message holds, would become a space. */
export function oneLine(value: string): string {
  return value.includes('\n') || value.includes('\r') ? value.replace(/[\r\n]+/g, ' ') : value;
}
