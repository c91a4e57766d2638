import type { Params } from '../params.js';

/** Character classes of RFC 3261 §25.1, as bits so that one table serves all of them. */
export const TOKEN = 1;
/** `hostname` and IPv4; `_` is not in the grammar but in use. */
export const HOST = 2;
/** `user` of a SIP URI, unescaped; `#` is not in the grammar but dialled unescaped by phones. */
export const USER = 4;
/** `password` of a SIP URI. */
export const PASSWORD = 8;
/** `paramchar` of a URI. */
export const URI_PARAM = 16;
export const DIGIT = 32;
/** What an unquoted header parameter may hold here: wider than token and host, because peers put base64 into tags. */
export const VALUE = 64;
/** `hname` and `hvalue` of a URI's headers, escapes included. */
export const URI_HEADER = 128;

const classes = new Uint8Array(128);

function add(characters: string, bits: number): void {
  for (const character of characters) classes[character.charCodeAt(0)]! |= bits;
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const digits = '0123456789';
add(letters + digits, TOKEN | HOST | USER | PASSWORD | URI_PARAM | VALUE | URI_HEADER);
add(digits, DIGIT);
add("-.!%*_+`'~", TOKEN);
add('-._', HOST);
add("-_.!~*'()", USER | PASSWORD | URI_PARAM | URI_HEADER);
add('&=+$,;?/#', USER);
add('&=+$,', PASSWORD);
add('[]/:&+$', URI_PARAM);
add('[]/?:+$&=%', URI_HEADER);
add("-.!%*_+`'~[]:/=@?(){}#$&^|", VALUE);

const NON_ASCII = USER | URI_PARAM | VALUE;

/** Whether the character belongs to one of the classes. Non-ASCII passes where peers send raw UTF-8. */
export function isOf(code: number, mask: number): boolean {
  return code < 128 ? (classes[code]! & mask) !== 0 : (mask & NON_ASCII) !== 0 && code >= 0xa0;
}

/** Whether the whole text is of that class, and not empty. */
export function isAllOf(text: string, mask: number): boolean {
  for (let i = 0; i < text.length; i += 1) if (!isOf(text.charCodeAt(i), mask)) return false;
  return text.length > 0;
}

const QUOTE = 0x22;
export const QUOTE_CODE = QUOTE;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const LEFT_BRACKET = 0x5b;

function isLws(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/** Parameters of one value or URI. More are a fault: looking for doubled ones would cost the square of their number. */
export const MAX_PARAMS = 64;

/** A cursor over one header value. Readers return null, or '' for a token, where the text is not what they read. */
export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The code of the next character, or −1 at the end. */
  peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  skipLws(): void {
    while (this.at < this.text.length && isLws(this.text.charCodeAt(this.at))) this.at += 1;
  }

  /** Steps over the character if it is next. */
  take(code: number): boolean {
    if (this.peek() !== code) return false;
    this.at += 1;
    return true;
  }

  /** The same, with white space allowed on both sides (RFC 3261 §25.1 SEMI, COMMA, EQUAL, SLASH, COLON). */
  takeSeparator(code: number): boolean {
    this.skipLws();
    if (!this.take(code)) return false;
    this.skipLws();
    return true;
  }

  /** The longest run of that class; '' when there is none. */
  run(mask: number): string {
    const start = this.at;
    const text = this.text;
    let at = start;
    while (at < text.length && isOf(text.charCodeAt(at), mask)) at += 1;
    this.at = at;
    return text.slice(start, at);
  }

  token(): string {
    return this.run(TOKEN);
  }

  /** RFC 3261 §25.1 quoted-string, without the quotes and escapes; null when it does not end. */
  quotedString(): string | null {
    if (!this.take(QUOTE)) return null;
    const start = this.at;
    let escaped = false;
    for (let at = start; at < this.text.length; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === BACKSLASH) {
        escaped = true;
        at += 1;
      } else if (code === QUOTE) {
        this.at = at + 1;
        const raw = this.text.slice(start, at);
        return escaped ? raw.replace(/\\([\s\S])/g, '$1') : raw;
      }
    }
    return null;
  }

  /** `host`: lower-case, an IPv6 reference without its brackets; null when there is none. */
  host(): string | null {
    if (this.peek() !== LEFT_BRACKET) {
      const name = this.run(HOST);
      return name === '' ? null : name.toLowerCase();
    }
    const close = this.text.indexOf(']', this.at);
    if (close < 0) return null;
    const address = this.text.slice(this.at + 1, close).toLowerCase();
    if (!isIpv6(address)) return null;
    this.at = close + 1;
    return address;
  }

  /** 1 to 5 digits up to 65535; null otherwise. */
  port(): number | null {
    return portOf(this.run(DIGIT));
  }

  /** `*( SEMI generic-param )`, appended to `params`; false when malformed, doubled or too many. */
  params(params: Params): boolean {
    while (this.takeSeparator(SEMICOLON)) {
      const name = this.token();
      if (name === '' || params.size === MAX_PARAMS || params.has(name)) return false;
      if (!this.takeSeparator(EQUALS)) {
        params.set(name, null);
        continue;
      }
      const value = this.peek() === QUOTE ? this.quotedString() : this.run(VALUE);
      if (value === null || (value === '' && this.text.charCodeAt(this.at - 1) !== QUOTE)) return false;
      params.set(name, value);
    }
    return true;
  }
}

/** The port that the digits name, or null. */
export function portOf(text: string): number | null {
  if (text === '' || text.length > 5) return null;
  const port = Number(text);
  return port <= 65535 ? port : null;
}

/** An IPv6 address without brackets, loosely: the sockets judge the rest. */
export function isIpv6(text: string): boolean {
  return text.length <= 45 && /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(text);
}

/** A host as it stands in a URI or a Via: IPv6 in brackets. */
export function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** RFC 3261 §25.1 quoted-string. A line break, which no quoted-string can hold, becomes a space. */
export function quote(text: string): string {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === QUOTE || code === BACKSLASH || code === 0x7f) return `"${escapeQuoted(text)}"`;
  }
  return `"${text}"`;
}

function escapeQuoted(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/["\\\p{Cc}]/gu, '\\$&');
}

// A tag or a branch is a token by grammar: quoting what a careless peer put there would break its matching.
const neverQuoted = new Set(['tag', 'branch', 'received', 'maddr', 'rport', 'ttl', 'expires', 'q']);

/** `;name=value …` of a header value. Feature parameters (RFC 3840 §9, `+sip.instance`) are always quoted. */
export function paramsText(params: Params): string {
  let text = '';
  for (let node = params.first; node !== null; node = node.next) {
    const { name, value } = node;
    if (value === null) text += `;${name}`;
    else text += `;${name}=${paramValueText(name, value)}`;
  }
  return text;
}

function paramValueText(name: string, value: string): string {
  if (name.startsWith('+')) return quote(value);
  if (isAllOf(value, TOKEN)) return value;
  if (isIpv6(value)) return value;
  return neverQuoted.has(name.toLowerCase()) && isAllOf(value, VALUE) ? value : quote(value);
}

/** V8 copies substrings below this length and keeps a reference into the parent above it. */
const SLICED_FROM = 13;
const scratch = Buffer.allocUnsafeSlow(1024);

/**
 * A copy of the text that shares nothing with the message it was cut from. Whatever outlives its message (dialog ids,
 * bindings, caches) goes through here: a kept substring keeps the text of the whole message alive.
 */
export function detach(text: string): string {
  if (text.length < SLICED_FROM) return text;
  if (text.length <= scratch.length) {
    const copy = scratch.toString('latin1', 0, scratch.write(text, 'latin1'));
    if (copy === text) return copy;
  }
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/**
 * Finds the empty line that ends the header section, and what has to be known before it is decoded.
 * Resumable: `scan` may be called again with more bytes of the same message.
 */
export class HeadScanner {
  /** Where the empty line starts; −1 while it has not been seen. */
  headEnd = -1;
  /** The first byte after the empty line. */
  bodyStart = -1;
  ascii = true;
  /** A CR that no LF follows: legal nowhere, and a way to smuggle header fields past us. */
  bareCr = false;
  longestLineBytes = 0;
  #at: number;
  #lineStart: number;

  constructor(start: number) {
    this.#at = start;
    this.#lineStart = start;
  }

  /** Reads `data` up to `end`; true once the empty line was found. One pass, no allocation. */
  scan(data: Uint8Array, end: number): boolean {
    let at = this.#at;
    let seen = 0;
    for (; at < end; at += 1) {
      const byte = data[at]!;
      seen |= byte;
      if (byte === 0x0d) {
        if (at + 1 === end) break;
        if (data[at + 1] !== 0x0a) this.bareCr = true;
      } else if (byte === 0x0a && this.#endLine(data, at)) {
        at += 1;
        break;
      }
    }
    this.#at = at;
    if (seen >= 0x80) this.ascii = false;
    if (this.headEnd < 0) this.longestLineBytes = Math.max(this.longestLineBytes, at - this.#lineStart);
    return this.headEnd >= 0;
  }

  /** The bytes moved to the front by that much. */
  rebase(bytes: number): void {
    this.#at -= bytes;
    this.#lineStart -= bytes;
    if (this.headEnd >= 0) {
      this.headEnd -= bytes;
      this.bodyStart -= bytes;
    }
  }

  #endLine(data: Uint8Array, lf: number): boolean {
    const start = this.#lineStart;
    const bytes = lf - start;
    if (bytes === 0 || (bytes === 1 && data[start] === 0x0d)) {
      this.headEnd = start;
      this.bodyStart = lf + 1;
      return true;
    }
    if (bytes > this.longestLineBytes) this.longestLineBytes = bytes;
    this.#lineStart = lf + 1;
    return false;
  }
}
