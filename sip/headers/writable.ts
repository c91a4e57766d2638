import { AppError } from '../../base/errors.js';
import type { CSeq, NameAddr } from '../header-values.js';
import type { Params } from '../params.js';
import { HOST, isAllOf, isIpv6, isOf, TOKEN, URI_HEADER } from '../parse/scanner.js';
import type { Uri } from '../uri.js';

/*
 * What an application may put into a message. Its strings are checked where they enter (SipHeaders.append and set,
 * createRequest, createResponse), so that the written message reads back as exactly what was given, or was refused:
 * no string can end its line and begin a field of its own (RFC 3261 §7.3.1, §25.1).
 */

/** A string of the application that cannot stand where it was put. `field` names the place, never the value. */
export class UnwritableError extends AppError {
  readonly code = 'UNWRITABLE';
  readonly field: string;

  constructor(field: string, why: string) {
    super(`${field} ${why}`);
    this.field = field;
  }
}

const lineBreak = /[\r\n]/;

/** `foreign`: U+DC80–U+DCFF may stand alone; they are bytes that are not UTF-8 (see parseUri). */
function isWellFormed(text: string, foreign = false): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0xd800 || code > 0xdfff) continue;
    const next = text.charCodeAt(at + 1);
    if (code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) at += 1;
    else if (!foreign || code < 0xdc80 || code > 0xdcff) return false;
  }
  return true;
}

/** A NUL that no backslash quotes (RFC 3261 §25.1: `quoted-pair` is the only place for one). */
export function hasRawNul(text: string): boolean {
  for (let at = text.indexOf('\0'); at >= 0; at = text.indexOf('\0', at + 1)) {
    if (at === 0 || text.charCodeAt(at - 1) !== 0x5c) return true;
  }
  return false;
}

/** Refuses a text that has line breaks or lone surrogates: they would not read back. */
export function checkText(field: string, text: string): void {
  if (isPlain(text)) return;
  if (lineBreak.test(text)) throw new UnwritableError(field, 'must not have a line break');
  if (!isWellFormed(text)) throw new UnwritableError(field, 'is not well-formed Unicode');
}

const BLANK = /^[ \t]+|[ \t]+$/g;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Only printable ASCII: what nearly every string is, and nothing else has to be looked for. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** The value as it will read back: without the white space around it, which has no meaning (RFC 3261 §7.3.1). */
export function checkedValue(name: string, value: string): string {
  const blank = value !== '' && (value.charCodeAt(0) === 0x20 || value.charCodeAt(value.length - 1) === 0x20);
  if (!blank && isPlain(value)) return value;
  checkText(name, value);
  if (hasRawNul(value)) throw new UnwritableError(name, 'must not have a NUL');
  const trims = value !== '' && (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1)));
  return trims ? value.replace(BLANK, '') : value;
}

/** Those a message keeps typed: written as text beside it they would be doubled. */
const typed = new Set(['via', 'from', 'to', 'call-id', 'cseq', 'content-length']);

/** `key` is the lower-case long name. */
export function checkName(name: string, key: string): void {
  if (!isAllOf(name, TOKEN)) throw new UnwritableError('header name', 'must be a token');
  if (typed.has(key)) throw new UnwritableError(name, 'is a property of the message, not a field of its headers');
}

/** For serialisers of values whose words have no quoted form. */
export function checkToken(field: string, text: string): void {
  if (!isAllOf(text, TOKEN)) throw new UnwritableError(field, 'must be a token');
}

/** Names are tokens; values may hold any text without line breaks, which gets quotes where it needs them. */
export function checkParams(field: string, params: Params): void {
  for (let node = params.first; node !== null; node = node.next) {
    const { name, value } = node;
    if (!isAllOf(name, TOKEN)) throw new UnwritableError(`${field} parameter name`, 'must be a token');
    if (value !== null) checkText(`${field} parameter ${name}`, value);
  }
}

/** The display name and parameters may hold any text without line breaks; what needs quotes gets them. */
export function checkNameAddr(field: string, value: NameAddr): void {
  if (value.displayName !== undefined) checkText(`${field} display name`, value.displayName);
  checkUri(field, value.uri);
  if (value.params.size > 0) checkParams(field, value.params);
}

/** Escaped where it must be, so that only half characters cannot stand. */
function checkUriText(field: string, text: string): void {
  if (!isWellFormed(text, true)) throw new UnwritableError(field, 'is not well-formed Unicode');
}

/** RFC 3261 §19.1.1, RFC 3966 §3, and what parseUri takes of other schemes. */
export function checkUri(field: string, uri: Uri): void {
  if (uri.scheme === 'other') {
    const named = /^(?!(?:sips?|tel)$)[a-z][a-z0-9+.-]*$/.test(uri.name);
    if (!named || !/^[^\0-\x20\x7f<>"]+$/.test(uri.rest) || !isWellFormed(uri.rest)) {
      throw new UnwritableError(`${field} URI`, 'has characters that no URI has');
    }
    return;
  }
  for (let node = uri.params.first; node !== null; node = node.next) {
    const { name, value } = node;
    if (name === '') throw new UnwritableError(`${field} URI parameter name`, 'must not be empty');
    checkUriText(`${field} URI parameter name`, name);
    if (value !== null) checkUriText(`${field} URI parameter`, value);
  }
  if (uri.scheme === 'tel') {
    if (!/^\+?[0-9A-Fa-f*#().-]+$/.test(uri.number)) throw new UnwritableError(`${field} number`, 'is not one');
    return;
  }
  const { user, password, host, port, headers } = uri;
  if (user !== undefined) {
    if (user === '') throw new UnwritableError(`${field} user`, 'must not be empty');
    checkUriText(`${field} user`, user);
    if (password !== undefined) checkUriText(`${field} password`, password);
  }
  checkHostPort(field, host, port);
  for (let at = 0; at < headers.length; at += 1) {
    if (!isOf(headers.charCodeAt(at), URI_HEADER)) throw new UnwritableError(`${field} URI headers`, 'need escapes');
  }
}

/** A host without the brackets of an IPv6 reference. */
export function checkHostPort(field: string, host: string, port: number | undefined): void {
  if (!isAllOf(host, HOST) && !isIpv6(host)) throw new UnwritableError(`${field} host`, 'is not one');
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new UnwritableError(`${field} port`, 'is not one');
  }
}

/** RFC 3261 §25.1 callid, loosely: visible characters. */
export function checkCallId(callId: string): void {
  if (!/^[^\0-\x20\x7f]+$/.test(callId) || !isWellFormed(callId)) {
    throw new UnwritableError('Call-ID', 'must be visible characters');
  }
}

export function checkMethod(method: string): void {
  if (!isAllOf(method, TOKEN)) throw new UnwritableError('method', 'must be a token');
}

export function checkPhrase(reasonPhrase: string): void {
  checkText('reason phrase', reasonPhrase);
  if (hasRawNul(reasonPhrase)) throw new UnwritableError('reason phrase', 'must not have a NUL');
}

export function checkCSeq({ sequence, method }: CSeq): void {
  checkMethod(method);
  if (!Number.isInteger(sequence) || sequence < 0 || sequence > 0x7fff_ffff) {
    throw new UnwritableError('CSeq', 'must be below 2³¹');
  }
}
