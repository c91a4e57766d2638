import { headerNameIn } from '../header-names.js';
import {
  type CSeq,
  type NameAddr,
  parseCSeq,
  parseNameAddr,
  parseNameAddrList,
  parseViaList,
  type Via,
} from '../header-values.js';
import { hasRawNul } from '../headers/writable.js';
import { SipHeaders } from '../message.js';
import { internMethod } from '../methods.js';
import { parseUri, type Uri } from '../uri.js';
import type { MessageFault, ParseLimits } from './message.js';
import { DIGIT, detach, type HeadScanner, isAllOf, TOKEN } from './scanner.js';

type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: Uri }
  | { readonly kind: 'response'; readonly statusCode: number; readonly reasonPhrase: string };

/** The header section of a message, read. `fault` is the first thing that is wrong with it; reading went on. */
export interface Head {
  /** The whole section, start line included. */
  readonly text: string;
  readonly start: StartLine | null;
  readonly via: Via[];
  from: NameAddr | undefined;
  to: NameAddr | undefined;
  callId: string | undefined;
  cseq: CSeq | undefined;
  maxForwards: number | undefined;
  readonly route: NameAddr[];
  readonly headers: SipHeaders;
  contentLength: number | undefined;
  fault: MessageFault | null;
  at: number;
}

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;

/** Keeps the first fault. */
export function note(head: Head, fault: MessageFault, at: number): void {
  if (head.fault !== null) return;
  head.fault = fault;
  head.at = at;
}

/** Reads the header section that `scanner` found, which starts at `start`. */
export function readHead(bytes: Buffer, start: number, scanner: HeadScanner, limits: ParseLimits): Head {
  const text = bytes.toString(scanner.ascii ? 'latin1' : 'utf8', start, scanner.headEnd);
  const lineEnd = text.indexOf('\n');
  const startText = text.slice(0, lineEnd < 0 ? text.length : lineEnd - (text.charCodeAt(lineEnd - 1) === CR ? 1 : 0));
  const startFault: { fault: MessageFault | null } = { fault: null };
  const head: Head = {
    text,
    start: readStartLine(startText, startFault, limits),
    via: [],
    from: undefined,
    to: undefined,
    callId: undefined,
    cseq: undefined,
    maxForwards: undefined,
    route: [],
    headers: new SipHeaders(),
    contentLength: undefined,
    fault: null,
    at: 0,
  };
  if (scanner.longestLineBytes > limits.maxLineBytes) note(head, 'line-too-long', 0);
  if (scanner.bareCr || hasRawNul(text)) note(head, 'bad-header', 0);
  if (startFault.fault !== null) note(head, startFault.fault, 0);
  if (lineEnd >= 0) readFields(head, text, lineEnd + 1, limits.maxHeaders);
  if (head.via.length > limits.maxHops || head.route.length > limits.maxHops) note(head, 'too-many-hops', 0);
  const { start: line, cseq } = head;
  if (line?.kind === 'request' && cseq !== undefined && cseq.method !== line.method) note(head, 'method-mismatch', 0);
  return head;
}

function readStartLine(line: string, problem: { fault: MessageFault | null }, limits: ParseLimits): StartLine | null {
  if (line.length >= 4 && line.slice(0, 4).toUpperCase() === 'SIP/') return readStatusLine(line, problem);
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const method = first < 0 ? line : line.slice(0, first);
  if (!isAllOf(method, TOKEN)) {
    problem.fault = 'bad-start-line';
    return null;
  }
  const version = second < 0 ? '' : line.slice(second + 1);
  const target = second < 0 ? '' : line.slice(first + 1, second);
  const uri = parseUri(target);
  if (version !== 'SIP/2.0' && version.toUpperCase() !== 'SIP/2.0') {
    problem.fault = /^SIP\/\d+\.\d+$/i.test(version) ? 'bad-version' : 'bad-start-line';
  } else if (target.length > limits.maxUriLength) problem.fault = 'uri-too-long';
  else if (!uri.ok || (uri.value.scheme !== 'tel' && uri.value.scheme !== 'other' && uri.value.headers !== '')) {
    // RFC 3261 §19.1.1 table 1: no headers in a Request-URI.
    problem.fault = target === '' ? 'bad-start-line' : 'bad-request-uri';
  }
  return {
    kind: 'request',
    method: internMethod(method),
    uri: uri.ok ? uri.value : { scheme: 'other', name: '', rest: target },
  };
}

function readStatusLine(line: string, problem: { fault: MessageFault | null }): StartLine | null {
  const match = /^SIP\/(\d+\.\d+) (\d+)(?: (.*))?$/is.exec(line);
  if (match?.[1] === '2.0' && /^[1-6]\d\d$/.test(match[2]!)) {
    return { kind: 'response', statusCode: Number(match[2]), reasonPhrase: match[3] ?? '' };
  }
  problem.fault = match !== null && match[1] !== '2.0' ? 'bad-version' : 'bad-start-line';
  return null;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function readFields(head: Head, text: string, start: number, maxHeaders: number): void {
  let count = 0;
  for (let at = start; at < text.length; ) {
    let lf = text.indexOf('\n', at);
    let folded = false;
    while (lf >= 0 && lf + 1 < text.length && isBlank(text.charCodeAt(lf + 1))) {
      folded = true;
      lf = text.indexOf('\n', lf + 1);
    }
    const next = lf < 0 ? text.length : lf + 1;
    count += 1;
    if (count > maxHeaders) {
      note(head, 'too-many-headers', at);
      return;
    }
    readField(head, text, at, lf < 0 ? text.length : lf, folded);
    at = next;
  }
}

/** One header field between `start` and the line end at `end` (exclusive, a CR before it included). */
function readField(head: Head, text: string, start: number, end: number, folded: boolean): void {
  const colon = text.indexOf(':', start);
  if (colon < 0 || colon >= end) {
    note(head, 'bad-header', start);
    return;
  }
  let nameEnd = colon;
  while (nameEnd > start && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd -= 1;
  let from = colon + 1;
  let to = end;
  while (from < to && text.charCodeAt(from) <= SPACE && isLineBlank(text.charCodeAt(from))) from += 1;
  while (to > from && text.charCodeAt(to - 1) <= SPACE && isLineBlank(text.charCodeAt(to - 1))) to -= 1;
  const raw = text.slice(from, to);
  const value = folded ? unfold(raw) : raw;
  const { name, key } = headerNameIn(text, start, nameEnd);
  const reader = readers.get(key);
  if (reader !== undefined) {
    const problem = reader(head, value, name);
    if (problem !== null) note(head, problem, start);
  } else if (isAllOf(name, TOKEN)) head.headers.appendRead(name, value, key);
  else note(head, 'bad-header', start);
}

/** RFC 3261 §7.3.1: each fold and the white space around it is one space. */
export function unfold(raw: string): string {
  return raw
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
}

function isLineBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF;
}

/** Takes a field's value into the head, or says what is wrong with it. */
type FieldReader = (head: Head, value: string, name: string) => MessageFault | null;

function address(field: 'from' | 'to'): FieldReader {
  const problem = field === 'from' ? 'bad-from' : 'bad-to';
  return (head, value) => {
    if (head[field] !== undefined) return 'duplicate-header';
    const read = parseNameAddr(value);
    if (!read.ok) return problem;
    head[field] = read.value;
    return null;
  };
}

function readVia(head: Head, value: string): MessageFault | null {
  const read = parseViaList(value);
  if (!read.ok) return 'bad-via';
  for (const via of read.value) head.via.push(via);
  return null;
}

function isVisible(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === 0x7f) return false;
  }
  return text !== '';
}

function readCallId(head: Head, value: string): MessageFault | null {
  if (head.callId !== undefined) return 'duplicate-header';
  // RFC 3261 §25.1 callid, loosely: visible characters.
  if (!isVisible(value)) return 'bad-call-id';
  head.callId = detach(value);
  return null;
}

function readCSeq(head: Head, value: string): MessageFault | null {
  if (head.cseq !== undefined) return 'duplicate-header';
  const read = parseCSeq(value);
  if (!read.ok) return 'bad-cseq';
  head.cseq = read.value;
  return null;
}

function readMaxForwards(head: Head, value: string, name: string): MessageFault | null {
  if (head.start?.kind === 'response') return keepAsText(head, value, name);
  if (head.maxForwards !== undefined) return 'duplicate-header';
  const hops = isAllOf(value, DIGIT) ? Number(value) : Number.NaN;
  if (!(hops <= 255)) return 'bad-max-forwards';
  head.maxForwards = hops;
  return null;
}

function readRoute(head: Head, value: string, name: string): MessageFault | null {
  if (head.start?.kind === 'response') return keepAsText(head, value, name);
  const read = parseNameAddrList(value);
  if (!read.ok) return 'bad-route';
  for (const hop of read.value) head.route.push(hop);
  return null;
}

function readContentLength(head: Head, value: string): MessageFault | null {
  if (head.contentLength !== undefined) return 'duplicate-header';
  const length = isAllOf(value, DIGIT) ? Number(value) : Number.NaN;
  if (!(length <= 0xffff_ffff)) return 'bad-content-length';
  head.contentLength = length;
  return null;
}

function keepAsText(head: Head, value: string, name: string): null {
  head.headers.appendRead(name, value);
  return null;
}

const readers = new Map<string, FieldReader>([
  ['via', readVia],
  ['from', address('from')],
  ['to', address('to')],
  ['call-id', readCallId],
  ['cseq', readCSeq],
  ['max-forwards', readMaxForwards],
  ['route', readRoute],
  ['content-length', readContentLength],
]);
