import { createHash } from 'node:crypto';
import { fault, type Parsed, parsed } from '../../base/errors.js';
import { headerKey } from '../header-names.js';
import { type ContentDisposition, dispositionOf } from '../headers/content-disposition.js';
import { type MediaType, parseMediaType, serializeMediaType } from '../headers/media-type.js';
import { SipHeaders } from '../message.js';
import { Params } from '../params.js';
import { isAllOf, TOKEN } from '../parse/scanner.js';

/** One part of a body: RFC 2046 §5.1, RFC 5621 §3. */
export interface BodyPart {
  /** Content-Type, Content-Disposition, Content-ID, … as they stand in the part; their names are not checked. */
  readonly headers: SipHeaders;
  readonly contentType: MediaType;
  /** `session` for application/sdp and `render` for the rest where the part does not say (RFC 3261 §20.11). */
  readonly disposition: Pick<ContentDisposition, 'type' | 'handling'>;
  /** A slice of the message's body, not a copy: whoever keeps it keeps the body. */
  readonly body: Buffer;
  /** Head and body as they stand between the delimiters: what a multipart/signed signs (RFC 1847 §2.1). A slice too. */
  readonly raw: Buffer;
  /** The parts of a multipart inside; empty for everything else. */
  readonly parts: readonly BodyPart[];
}

export type MultipartFault = 'bad-boundary' | 'bad-part-header' | 'bad-content-type' | 'unterminated' | 'over-limit';

/** What a peer may make us read; more is the fault `over-limit`. */
export interface MultipartLimits {
  /** Parts of one body, nested ones included. */
  readonly maxParts: number;
  /** Multiparts inside each other. */
  readonly maxDepth: number;
  /** The header section of one part. */
  readonly maxHeaderBytes: number;
}

export const defaultMultipartLimits: MultipartLimits = { maxParts: 32, maxDepth: 4, maxHeaderBytes: 4096 };

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;

/** True for every multipart subtype; an unknown one is read as multipart/mixed (RFC 2046 §5.1.7). */
export function isMultipart({ type }: MediaType): boolean {
  return type.startsWith('multipart/');
}

/**
 * Reads a multipart body without copying it: RFC 2046 §5.1.1. Preamble and epilogue are skipped, a bare LF ends a line
 * too, transport padding after a delimiter is allowed. Never throws.
 */
export function parseMultipart(
  body: Buffer,
  contentType: MediaType,
  limits: MultipartLimits = defaultMultipartLimits,
): Parsed<BodyPart[], MultipartFault> {
  return readParts(body, contentType, { limits, left: limits.maxParts }, 1);
}

interface Budget {
  readonly limits: MultipartLimits;
  left: number;
}

function readParts(body: Buffer, type: MediaType, budget: Budget, depth: number): Parsed<BodyPart[], MultipartFault> {
  if (depth > budget.limits.maxDepth) return fault('over-limit');
  const boundary = type.params.get('boundary');
  if (typeof boundary !== 'string' || !isBoundary(boundary)) return fault('bad-boundary');
  const parts: BodyPart[] = [];
  let delimiter = findDelimiter(body, boundary, 0);
  while (delimiter !== null && !delimiter.closes) {
    const next = findDelimiter(body, boundary, delimiter.end);
    if (next === null) return fault('unterminated', delimiter.end);
    budget.left -= 1;
    if (budget.left < 0) return fault('over-limit', delimiter.end);
    // The delimiter's line end may be the one that its predecessor has: an empty part.
    const part = readPart(body.subarray(delimiter.end, Math.max(delimiter.end, next.start)), budget, depth);
    if (!part.ok) return fault(part.fault, delimiter.end + part.at);
    parts.push(part.value);
    delimiter = next;
  }
  return delimiter === null || parts.length === 0 ? fault('unterminated', body.length) : parsed(parts);
}

/** RFC 2046 §5.1.1 `boundary`: 1 to 70 bchars, no space at the end. */
function isBoundary(text: string): boolean {
  return /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(text);
}

interface Delimiter {
  /** Where its own line end begins: the end of the part before it. */
  readonly start: number;
  /** After its line. */
  readonly end: number;
  readonly closes: boolean;
}

function findDelimiter(body: Buffer, boundary: string, from: number): Delimiter | null {
  const mark = `--${boundary}`;
  for (let at = body.indexOf(mark, from, 'latin1'); at >= 0; at = body.indexOf(mark, at + 1, 'latin1')) {
    if (at !== from && body[at - 1] !== LF) continue;
    let end = at + mark.length;
    const closes = body[end] === DASH && body[end + 1] === DASH;
    if (closes) end += 2;
    while (body[end] === 0x20 || body[end] === 0x09) end += 1;
    if (body[end] === CR && body[end + 1] === LF) end += 2;
    else if (body[end] === LF) end += 1;
    // A longer line is text that only begins like a delimiter; the closing one may end the body.
    else if (!(closes && end === body.length)) continue;
    return { start: lineEndBefore(body, at, from), end, closes };
  }
  return null;
}

/** The offset of the line end before `at`, which belongs to the delimiter. */
function lineEndBefore(body: Buffer, at: number, from: number): number {
  if (at === from) return at;
  return at - 2 >= from && body[at - 2] === CR ? at - 2 : at - 1;
}

/** A part as it stands between delimiters, or inside an S/MIME body: fields, an empty line, the body. */
export function parsePart(
  raw: Buffer,
  limits: MultipartLimits = defaultMultipartLimits,
): Parsed<BodyPart, MultipartFault> {
  return readPart(raw, { limits, left: limits.maxParts }, 0);
}

function readPart(raw: Buffer, budget: Budget, depth: number): Parsed<BodyPart, MultipartFault> {
  const head = readPartHead(raw, budget.limits.maxHeaderBytes);
  if (!head.ok) return head;
  const { headers, bodyStart } = head.value;
  const body = raw.subarray(bodyStart);
  const part = partOf(headers, body, raw);
  if (!part.ok || !isMultipart(part.value.contentType)) return part;
  const parts = readParts(body, part.value.contentType, budget, depth + 1);
  return parts.ok ? parsed({ ...part.value, parts: parts.value }) : fault(parts.fault, bodyStart + parts.at);
}

const plainText: MediaType = { type: 'text/plain', params: new Params() };

/** A part of its fields and body, not looked into: RFC 2046 §5.1 text/plain when it does not name a type. */
export function partOf(headers: SipHeaders, body: Buffer, raw: Buffer): Parsed<BodyPart, 'bad-content-type'> {
  const written = headers.get('content-type');
  const type = written === undefined ? parsed(plainText) : parseMediaType(written);
  if (!type.ok) return type;
  const read = dispositionOf(headers);
  const usual = type.value.type === 'application/sdp' ? 'session' : 'render';
  // RFC 3261 §20.11: what cannot be read is not a reason to do without the body.
  const disposition = read.ok && read.value !== undefined ? read.value : { type: usual, handling: 'required' as const };
  return parsed({ headers, contentType: type.value, disposition, body, raw, parts: [] });
}

interface PartHead {
  readonly headers: SipHeaders;
  readonly bodyStart: number;
}

function readPartHead(raw: Buffer, maxBytes: number): Parsed<PartHead, MultipartFault> {
  const headers = new SipHeaders();
  let at = 0;
  while (at < raw.length) {
    const lf = raw.indexOf(LF, at);
    const end = lf < 0 ? raw.length : lf;
    if (end > maxBytes) return fault('over-limit', at);
    let lineEnd = end > at && raw[end - 1] === CR ? end - 1 : end;
    const next = lf < 0 ? raw.length : lf + 1;
    if (lineEnd === at) return parsed({ headers, bodyStart: next });
    let text = raw.toString('utf8', at, lineEnd);
    at = next;
    while (at < raw.length && (raw[at] === 0x20 || raw[at] === 0x09)) {
      const foldEnd = raw.indexOf(LF, at) < 0 ? raw.length : raw.indexOf(LF, at);
      if (foldEnd > maxBytes) return fault('over-limit', at);
      lineEnd = raw[foldEnd - 1] === CR ? foldEnd - 1 : foldEnd;
      text += ` ${raw.toString('utf8', at, lineEnd).trim()}`;
      at = Math.min(raw.length, foldEnd + 1);
    }
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(0, colon)).trimEnd();
    if (!isAllOf(name, TOKEN)) return fault('bad-part-header', at);
    // RFC 3261 §7.3.3 compact forms have no meaning in a part, but `c` is written there too.
    headers.appendRead(name, text.slice(colon + 1).trim(), headerKey(name));
  }
  return parsed({ headers, bodyStart: raw.length });
}

/** A part to be written. */
export interface NewPart {
  readonly contentType: string;
  readonly body: Buffer;
  /** Content-Disposition, Content-ID, Content-Transfer-Encoding, …; checked as SipHeaders.append does. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

/** Head and body of a part as they stand between delimiters. Throws an UnwritableError. */
export function serializePart(part: NewPart): Buffer {
  const headers = new SipHeaders().append('Content-Type', part.contentType);
  for (const [name, value] of part.headers ?? []) headers.append(name, value);
  let head = '';
  for (const { name, value } of headers) head += `${name}: ${value}\r\n`;
  return Buffer.concat([Buffer.from(`${head}\r\n`), part.body]);
}

/**
 * A multipart of parts that are already written, with a boundary that occurs in none of them: RFC 2046 §5.1.1. The
 * same parts give the same bytes.
 */
export function joinParts(subtype: string, parts: readonly Buffer[], params: Readonly<Record<string, string>> = {}) {
  const boundary = boundaryFor(parts);
  const pieces = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), part, Buffer.from('\r\n')]);
  const type = { type: `multipart/${subtype}`, params: Params.of({ ...params, boundary }) };
  return {
    contentType: serializeMediaType(type),
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** The Content-Type and the body of a multipart. Throws an UnwritableError for a field that cannot be written. */
export function serializeMultipart(
  subtype: 'mixed' | 'alternative' | 'related' | (string & {}),
  parts: readonly NewPart[],
): { readonly contentType: string; readonly body: Buffer } {
  return joinParts(subtype, parts.map(serializePart));
}

function boundaryFor(parts: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const digest = hash.digest('hex').slice(0, 32);
  for (let round = 0; ; round += 1) {
    const boundary = round === 0 ? digest : `${digest}${round}`;
    if (!parts.some((part) => part.includes(boundary))) return boundary;
  }
}
