import { fault, type Parsed, parsed } from '../base/errors.js';
import { internMethod } from './methods.js';
import { Params } from './params.js';
import { DIGIT, detach, hostText, paramsText, quote, Scanner } from './parse/scanner.js';
import { detachParams, detachUri, parseUri, serializeUri, type Uri } from './uri.js';

/** RFC 3261 §20.42. `sentBy` without brackets, lower-case. `protocol` is the transport as written, upper-case. */
export interface Via {
  readonly protocol: string;
  readonly host: string;
  readonly port: number | undefined;
  /** `branch`, `received`, `rport`, `ttl`, `maddr`, … */
  readonly params: Params;
}

/** RFC 3261 §20.10: name-addr or addr-spec with header parameters (`tag`, `q`, `expires`, `lr` is the URI's). */
export interface NameAddr {
  readonly displayName: string | undefined;
  readonly uri: Uri;
  readonly params: Params;
}

/** RFC 3261 §20.16. */
export interface CSeq {
  readonly sequence: number;
  readonly method: string;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const GREATER = 0x3e;
const BACKSLASH = 0x5c;

const protocols = new Map(['UDP', 'TCP', 'TLS', 'WS', 'WSS', 'SCTP'].map((name) => [name, name]));

function readVia(scanner: Scanner): Via | null {
  scanner.skipLws();
  if (scanner.token() === '' || !scanner.takeSeparator(SLASH)) return null;
  if (scanner.token() === '' || !scanner.takeSeparator(SLASH)) return null;
  const written = scanner.token();
  const before = scanner.at;
  scanner.skipLws();
  if (written === '' || scanner.at === before) return null;
  const host = scanner.host();
  if (host === null) return null;
  let port: number | undefined;
  if (scanner.takeSeparator(COLON)) {
    const number = scanner.port();
    if (number === null) return null;
    port = number;
  }
  const params = new Params();
  if (!scanner.params(params)) return null;
  return { protocol: protocols.get(written) ?? written.toUpperCase(), host, port, params };
}

function readNameAddr(scanner: Scanner): NameAddr | null {
  scanner.skipLws();
  const { text } = scanner;
  let displayName: string | undefined;
  if (scanner.peek() === QUOTE) {
    const quoted = scanner.quotedString();
    if (quoted === null) return null;
    displayName = quoted;
    scanner.skipLws();
    if (scanner.peek() !== LESS) return null;
  }
  const start = scanner.at;
  let end = start;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === LESS || code === SEMICOLON || code === COMMA || code === QUOTE) break;
  }
  let spec: string;
  if (text.charCodeAt(end) === LESS) {
    const close = text.indexOf('>', end);
    if (close < 0) return null;
    // More liberal than RFC 3261 §25.1: any unquoted words without separators pass for a display name.
    const words = end === start ? '' : text.slice(start, end).trim();
    if (words !== '') displayName = words;
    spec = text.slice(end + 1, close);
    scanner.at = close + 1;
  } else {
    spec = text.slice(start, end).trimEnd();
    // RFC 3261 §20.10: a URI with `?` must stand in angle brackets.
    if (spec.indexOf('?') >= 0) return null;
    scanner.at = end;
  }
  const uri = parseUri(spec);
  if (!uri.ok) return null;
  const params = new Params();
  return scanner.params(params) ? { displayName, uri: uri.value, params } : null;
}

function readOne<T, F extends string>(text: string, name: F, read: (scanner: Scanner) => T | null): Parsed<T, F> {
  const scanner = new Scanner(text);
  const value = read(scanner);
  if (value === null) return fault(name, scanner.at);
  scanner.skipLws();
  return scanner.done ? parsed(value) : fault(name, scanner.at);
}

function readList<T, F extends string>(text: string, name: F, read: (scanner: Scanner) => T | null): Parsed<T[], F> {
  const scanner = new Scanner(text);
  const values: T[] = [];
  do {
    const value = read(scanner);
    if (value === null) return fault(name, scanner.at);
    values.push(value);
  } while (scanner.takeSeparator(COMMA));
  scanner.skipLws();
  return scanner.done ? parsed(values) : fault(name, scanner.at);
}

/** One Via value (RFC 3261 §20.42), white space allowed wherever the grammar has it. */
export function parseVia(text: string): Parsed<Via, 'bad-via'> {
  return readOne(text, 'bad-via', readVia);
}

/** A comma-separated list of Via values, at least one. */
export function parseViaList(text: string): Parsed<Via[], 'bad-via'> {
  return readList(text, 'bad-via', readVia);
}

/** One name-addr or addr-spec with its parameters (From, To, Refer-To, …). */
export function parseNameAddr(text: string): Parsed<NameAddr, 'bad-name-addr'> {
  return readOne(text, 'bad-name-addr', readNameAddr);
}

/** A comma-separated list of them, at least one (Contact without `*`, Route, Path, …). */
export function parseNameAddrList(text: string): Parsed<NameAddr[], 'bad-name-addr'> {
  return readList(text, 'bad-name-addr', readNameAddr);
}

/** RFC 3261 §20.16: below 2³¹, then the method. */
export function parseCSeq(text: string): Parsed<CSeq, 'bad-cseq'> {
  const scanner = new Scanner(text);
  scanner.skipLws();
  const digits = scanner.run(DIGIT);
  const sequence = digits === '' ? Number.NaN : Number(digits);
  const before = scanner.at;
  scanner.skipLws();
  if (!(sequence < 0x8000_0000) || scanner.at === before) return fault('bad-cseq', before);
  const method = internMethod(scanner.token());
  scanner.skipLws();
  return method !== '' && scanner.done ? parsed({ sequence, method }) : fault('bad-cseq', scanner.at);
}

export function serializeVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.protocol} ${hostText(via.host)}${port}${paramsText(via.params)}`;
}

/** Always in angle brackets, the display name always quoted: the form that no reader gets wrong. */
export function serializeNameAddr(value: NameAddr): string {
  const name = value.displayName === undefined ? '' : `${quote(value.displayName)} `;
  return `${name}<${serializeUri(value.uri)}>${paramsText(value.params)}`;
}

export function serializeCSeq(cseq: CSeq): string {
  return `${cseq.sequence} ${cseq.method}`;
}

/** A name-addr out of its parts. */
export function nameAddr(
  uri: Uri,
  params: Params | Readonly<Record<string, string | null>> = {},
  displayName?: string,
): NameAddr {
  return { displayName, uri, params: params instanceof Params ? params : Params.of(params) };
}

/** The `tag` of a From or To; undefined when absent or empty. */
export function tagOf(value: NameAddr): string | undefined {
  return value.params.get('tag') || undefined;
}

/** The same value with that tag. */
export function withTag(value: NameAddr, tag: string): NameAddr {
  return { displayName: value.displayName, uri: value.uri, params: value.params.clone().set('tag', tag) };
}

/** A value that shares no text with the message it was read from; for dialogs and bindings (see detach). */
export function detachNameAddr(value: NameAddr): NameAddr {
  return {
    displayName: value.displayName === undefined ? undefined : detach(value.displayName),
    uri: detachUri(value.uri),
    params: detachParams(value.params),
  };
}

/** The parts between the top-level commas, trimmed, empty ones dropped. Commas inside quotes and `<>` do not split. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  const push = (end: number): void => {
    const part = text.slice(start, end).trim();
    if (part !== '') parts.push(part);
  };
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE && !bracketed) quoted = true;
    else if (code === LESS) bracketed = true;
    else if (code === GREATER) bracketed = false;
    else if (code === COMMA && !bracketed) {
      push(at);
      start = at + 1;
    }
  }
  push(text.length);
  return parts;
}
