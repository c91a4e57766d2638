import { AppError, fault, type Parsed, parsed } from '../base/errors.js';
import { Params } from './params.js';
import {
  DIGIT,
  detach,
  HOST,
  hostText,
  isIpv6,
  isOf,
  MAX_PARAMS,
  PASSWORD,
  portOf,
  URI_HEADER,
  URI_PARAM,
  USER,
} from './parse/scanner.js';

/** RFC 3261 §19.1. `user` and `password` are kept decoded; `host` is lower-case, IPv6 without brackets. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** The part after `?`, undecoded; empty when there is none. */
  readonly headers: string;
}

/** RFC 3966. `number` as written, visual separators kept. */
export interface TelUri {
  readonly scheme: 'tel';
  readonly number: string;
  readonly params: Params;
}

/** Any other scheme: kept as it came. `scheme` is lower-case, `rest` is what follows the colon. */
export interface OtherUri {
  readonly scheme: 'other';
  readonly name: string;
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;

type UriResult = Parsed<Uri, 'bad-uri'>;

const COLON = 0x3a;
const SEMICOLON = 0x3b;

/**
 * Reads a URI without angle brackets around it (RFC 3261 §19.1.1, RFC 3966 §3).
 * More liberal than the grammar in three places: `_` in hosts, `#` and raw UTF-8 in users, empty URI parameters.
 */
export function parseUri(text: string): UriResult {
  const colon = text.indexOf(':');
  if (colon <= 0) return fault('bad-uri');
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(text, scheme, colon + 1);
  if (scheme === 'tel') return parseTelUri(text, colon + 1);
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) return fault('bad-uri');
  const rest = text.slice(colon + 1);
  return /^[^\0-\x20\x7f<>"]+$/.test(rest)
    ? parsed({ scheme: 'other', name: scheme, rest })
    : fault('bad-uri', colon + 1);
}

function parseSipUri(text: string, scheme: 'sip' | 'sips', start: number): UriResult {
  let user: string | undefined;
  let password: string | undefined;
  let at = start;
  const sign = text.indexOf('@', start);
  if (sign >= 0) {
    const colon = text.indexOf(':', start);
    const split = colon >= 0 && colon < sign;
    const name = unescaped(text, start, split ? colon : sign, USER);
    const secret = split ? unescaped(text, colon + 1, sign, PASSWORD) : undefined;
    if (name === null || name === '' || secret === null) return fault('bad-uri', start);
    user = name;
    password = secret;
    at = sign + 1;
  }
  const hostEnd = endOfHost(text, at);
  if (hostEnd === at) return fault('bad-uri', at);
  const bracketed = text.charCodeAt(at) === 0x5b;
  const host = (bracketed ? text.slice(at + 1, hostEnd - 1) : text.slice(at, hostEnd)).toLowerCase();
  if (bracketed && !isIpv6(host)) return fault('bad-uri', at);
  at = hostEnd;
  let port: number | undefined;
  if (text.charCodeAt(at) === COLON) {
    let end = at + 1;
    while (end < text.length && isOf(text.charCodeAt(end), DIGIT)) end += 1;
    port = portOf(text.slice(at + 1, end)) ?? undefined;
    if (port === undefined) return fault('bad-uri', at);
    at = end;
  }
  const params = new Params();
  const question = text.indexOf('?', at);
  const paramsEnd = question < 0 ? text.length : question;
  if (!readParams(text, at, paramsEnd, params)) return fault('bad-uri', at);
  const headers = question < 0 ? '' : text.slice(question + 1);
  if (question >= 0 && !isHeaders(headers)) return fault('bad-uri', question);
  return parsed({ scheme, user, password, host, port, params, headers });
}

/** The end of the host that starts at `start`, or `start` when there is none. */
function endOfHost(text: string, start: number): number {
  if (text.charCodeAt(start) === 0x5b) return Math.max(start, text.indexOf(']', start) + 1);
  let at = start;
  while (at < text.length && isOf(text.charCodeAt(at), HOST)) at += 1;
  return at;
}

/** `;name=value` from `start` to `end`; anything else there is a fault. */
function readParams(text: string, start: number, end: number, params: Params): boolean {
  let at = start;
  while (at < end) {
    if (text.charCodeAt(at) !== SEMICOLON) return false;
    const next = text.indexOf(';', at + 1);
    const stop = next < 0 || next > end ? end : next;
    if (stop > at + 1 && !readParam(text, at + 1, stop, params)) return false;
    at = stop;
  }
  return true;
}

function readParam(text: string, start: number, end: number, params: Params): boolean {
  const equals = text.indexOf('=', start);
  const nameEnd = equals < 0 || equals > end ? end : equals;
  const name = unescaped(text, start, nameEnd, URI_PARAM);
  if (name === null || name === '' || params.size === MAX_PARAMS || params.has(name)) return false;
  if (nameEnd === end) {
    params.set(name, null);
    return true;
  }
  const value = unescaped(text, nameEnd + 1, end, URI_PARAM);
  if (value === null) return false;
  params.set(name, value);
  return true;
}

function isHeaders(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (!isOf(text.charCodeAt(i), URI_HEADER)) return false;
  return text !== '';
}

function parseTelUri(text: string, start: number): UriResult {
  const semicolon = text.indexOf(';', start);
  const end = semicolon < 0 ? text.length : semicolon;
  const number = text.slice(start, end);
  if (!/^\+?[0-9A-Fa-f*#().-]+$/.test(number)) return fault('bad-uri', start);
  const params = new Params();
  if (!readParams(text, end, text.length, params)) return fault('bad-uri', end);
  return parsed({ scheme: 'tel', number, params });
}

/** The text from `start` to `end` without its escapes, or null when a character or an escape is not allowed there. */
function unescaped(text: string, start: number, end: number, mask: number): string | null {
  let escapes = false;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x25) {
      if (at + 2 >= end || !isHex(text.charCodeAt(at + 1)) || !isHex(text.charCodeAt(at + 2))) return null;
      escapes = true;
      at += 2;
    } else if (!isOf(code, mask)) return null;
  }
  const raw = text.slice(start, end);
  return escapes ? decodeEscapes(raw) : raw;
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

/** The text without its escapes; a foreign byte becomes a lone surrogate. */
export function decodeEscapes(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    // Escapes that are not UTF-8: each foreign byte becomes U+DC80–U+DCFF, so that it can be written back.
    return raw.replace(/(?:%[0-9a-f]{2})+/gi, decodeForeignBytes);
  }
}

function decodeForeignBytes(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    let text = '';
    for (let i = 1; i < run.length; i += 3) {
      const byte = Number.parseInt(run.slice(i, i + 2), 16);
      text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
    }
    return text;
  }
}

const userUnsafe = /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/;
const passwordUnsafe = /[^A-Za-z0-9\-_.!~*'()&=+$,]/;
const paramUnsafe = /[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/;

/** The text with an escape for every character that `unsafe` matches. */
export function escaped(text: string, unsafe: RegExp): string {
  if (!unsafe.test(text)) return text;
  let out = '';
  for (const character of text) out += unsafe.test(character) ? escapeCharacter(character) : character;
  return out;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (character.length === 1 && code >= 0xdc80 && code <= 0xdcff)
    return `%${(code - 0xdc00).toString(16).toUpperCase()}`;
  let out = '';
  for (const byte of Buffer.from(character)) out += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

/** The URI as text: what must be escaped is, IPv6 stands in brackets. */
export function serializeUri(uri: Uri): string {
  if (uri.scheme === 'other') return uri.name === '' ? uri.rest : `${uri.name}:${uri.rest}`;
  if (uri.scheme === 'tel') return `tel:${uri.number}${uriParamsText(uri.params)}`;
  let text = `${uri.scheme}:`;
  if (uri.user !== undefined) {
    text += escaped(uri.user, userUnsafe);
    if (uri.password !== undefined) text += `:${escaped(uri.password, passwordUnsafe)}`;
    text += '@';
  }
  text += hostText(uri.host);
  if (uri.port !== undefined) text += `:${uri.port}`;
  text += uriParamsText(uri.params);
  return uri.headers === '' ? text : `${text}?${uri.headers}`;
}

function uriParamsText(params: Params): string {
  let text = '';
  for (let node = params.first; node !== null; node = node.next) {
    const { name, value } = node;
    text += `;${escaped(name, paramUnsafe)}`;
    if (value !== null) text += `=${escaped(value, paramUnsafe)}`;
  }
  return text;
}

export interface SipUriParts {
  readonly scheme?: 'sip' | 'sips' | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** With or without the brackets of an IPv6 reference. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params?: Params | Readonly<Record<string, string | null>> | undefined;
  readonly headers?: string | undefined;
}

/** A text of our own is no SIP URI. */
export class BadUriError extends AppError {
  readonly code = 'BAD_URI';
}

/**
 * A SIP URI out of its parts, or out of a text of our own (a setting, a constant), which throws a BadUriError when it
 * is none. What comes from a peer is for `parseUri`.
 */
export function sipUri(parts: SipUriParts | string): SipUri {
  if (typeof parts === 'string') return sipUriOf(parts);
  const { scheme = 'sip', user, password, port, params, headers = '' } = parts;
  const host = parts.host.replace(/^\[|\]$/g, '').toLowerCase();
  return {
    scheme,
    user,
    password,
    host,
    port,
    params: params instanceof Params ? params : Params.of(params ?? {}),
    headers,
  };
}

function sipUriOf(text: string): SipUri {
  const read = parseUri(text);
  if (read.ok && (read.value.scheme === 'sip' || read.value.scheme === 'sips')) return read.value;
  throw new BadUriError(`${JSON.stringify(text)} is not a SIP URI`);
}

/** A URI that shares no text with the message it was read from (see detach). */
export function detachUri(uri: Uri): Uri {
  if (uri.scheme === 'other') return { scheme: 'other', name: detach(uri.name), rest: detach(uri.rest) };
  if (uri.scheme === 'tel') return { scheme: 'tel', number: detach(uri.number), params: detachParams(uri.params) };
  return {
    scheme: uri.scheme,
    user: uri.user === undefined ? undefined : detach(uri.user),
    password: uri.password === undefined ? undefined : detach(uri.password),
    host: detach(uri.host),
    port: uri.port,
    params: detachParams(uri.params),
    headers: detach(uri.headers),
  };
}

/** Parameters that share no text with the message they were read from. */
export function detachParams(params: Params): Params {
  const copy = params.clone();
  for (let node = copy.first; node !== null; node = node.next) {
    node.name = detach(node.name);
    if (node.value !== null) node.value = detach(node.value);
  }
  return copy;
}

// RFC 3261 §19.1.4 names user, ttl, method and maddr in its rules and transport in its examples.
const decisiveParams = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** RFC 3261 §19.1.4; tel URIs by RFC 3966 §5; other schemes by their text. */
export function uriEquals(a: Uri, b: Uri): boolean {
  if (a.scheme === 'other' || b.scheme === 'other') {
    return a.scheme === 'other' && b.scheme === 'other' && a.name === b.name && a.rest === b.rest;
  }
  if (a.scheme === 'tel' || b.scheme === 'tel') {
    return a.scheme === 'tel' && b.scheme === 'tel' && telEquals(a, b);
  }
  return (
    a.scheme === b.scheme &&
    a.user === b.user &&
    a.password === b.password &&
    a.host === b.host &&
    a.port === b.port &&
    decisiveParams.every((name) => a.params.has(name) === b.params.has(name)) &&
    sharedParamsAgree(a.params, b.params) &&
    sortedHeaders(a.headers) === sortedHeaders(b.headers)
  );
}

function sharedParamsAgree(a: Params, b: Params): boolean {
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other !== undefined && other?.toLowerCase() !== value?.toLowerCase()) return false;
  }
  return true;
}

/** Header components in one order, names lower-case, without escapes. */
function sortedHeaders(headers: string): string {
  if (headers === '') return '';
  const components = headers.split('&').map((component) => {
    const [name = '', ...value] = component.split('=');
    return `${decodeEscapes(name).toLowerCase()}=${decodeEscapes(value.join('='))}`;
  });
  return components.sort().join('\n');
}

/** RFC 3966 §4: the digits without separators; a context that is a domain, and other parameters, without case. */
function telEquals(a: TelUri, b: TelUri): boolean {
  if (bareNumber(a.number) !== bareNumber(b.number) || a.params.size !== b.params.size) return false;
  for (const [name, value] of a.params) {
    const other = b.params.get(name);
    if (other === undefined || comparable(name, other) !== comparable(name, value)) return false;
  }
  return true;
}

function comparable(name: string, value: string | null): string {
  const text = value ?? '';
  const key = name.toLowerCase();
  const isNumber = key === 'ext' || (key === 'phone-context' && text.startsWith('+'));
  return isNumber ? bareNumber(text) : text.toLowerCase();
}

function bareNumber(text: string): string {
  return text.replace(/[-.()]/g, '').toLowerCase();
}
