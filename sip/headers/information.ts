import type { Parsed } from '../../base/errors.js';
import type { NameAddr } from '../header-values.js';
import type { SipMessage } from '../message.js';
import type { Params } from '../params.js';
import { DIGIT } from '../parse/scanner.js';
import type { Uri } from '../uri.js';
import { addressesOf, readAll, soleValue, type ValueFault, valuesOf } from './field-list.js';
import { checkCallId, checkToken, UnwritableError } from './writable.js';
import { writeNameAddr } from './written.js';

/*
 * Header fields that tell about a message and change nothing in its handling. The text of Organization, Subject,
 * Server and the like needs no reading: `message.headers.get('Subject')`.
 */

/** RFC 3261 §20.4: URIs of ring tones, `urn:alert:…` of RFC 7462 among them. */
export function alertInfo(message: SipMessage): Parsed<readonly NameAddr[], ValueFault> {
  return addressesOf(message, 'alert-info');
}

/** RFC 3261 §20.9: the `purpose` parameter says what the URI is: `icon`, `info`, `card`, … */
export function callInfo(message: SipMessage): Parsed<readonly NameAddr[], ValueFault> {
  return addressesOf(message, 'call-info');
}

/** RFC 3261 §20.18. */
export function errorInfo(message: SipMessage): Parsed<readonly NameAddr[], ValueFault> {
  return addressesOf(message, 'error-info');
}

/** RFC 6442 §4.1: where the locations are; what they say is not looked at. */
export function geolocation(message: SipMessage): Parsed<readonly NameAddr[], ValueFault> {
  return addressesOf(message, 'geolocation');
}

/** One value of Alert-Info, Call-Info, Error-Info or Geolocation: `<uri>;name=value`. */
export function serializeInfo(uri: Uri, params: Params): string {
  return writeNameAddr({ displayName: undefined, uri, params });
}

/** RFC 3261 §20.21: the Call-IDs that this call answers. */
export function inReplyTo(message: SipMessage): Parsed<readonly string[], ValueFault> {
  return valuesOf(message, 'in-reply-to', (text) => (/[\0-\x20\x7f]/.test(text) ? null : text));
}

export function serializeInReplyTo(callIds: readonly string[]): string {
  for (const callId of callIds) {
    checkCallId(callId);
    if (/[,<>"]/.test(callId))
      throw new UnwritableError('In-Reply-To', 'is a list: a Call-ID in it has no comma, quote or angle bracket');
  }
  return callIds.join(', ');
}

/** RFC 3261 §20.26, lower-case: `emergency`, `urgent`, `normal` (unless told), `non-urgent` or another. */
export function priority(message: SipMessage): Parsed<string, ValueFault> {
  const read = soleValue(message, 'priority', (text) => readAll(text, (scanner) => scanner.token() || null));
  return read.ok ? { ok: true, value: read.value?.toLowerCase() ?? 'normal' } : read;
}

/** RFC 3261 §20.24, `1.0`. */
export function mimeVersion(message: SipMessage): Parsed<string | undefined, ValueFault> {
  return soleValue(message, 'mime-version', (text) => (/^\d+\.\d+$/.test(text) ? text : null));
}

/** RFC 3261 §20.13, lower-case. */
export function contentLanguages(message: SipMessage): Parsed<readonly string[], ValueFault> {
  return valuesOf(message, 'content-language', (text) =>
    readAll(text, (scanner) => scanner.token().toLowerCase() || null),
  );
}

export function serializeContentLanguages(languages: readonly string[]): string {
  for (const language of languages) checkToken('Content-Language', language);
  return languages.join(', ');
}

/** RFC 8262 §3: the id that `cid:` URIs name, without its brackets. */
export function contentId(message: SipMessage): Parsed<string | undefined, ValueFault> {
  return soleValue(message, 'content-id', (text) => /^<([^<>\s]+)>$/.exec(text)?.[1] ?? null);
}

export function serializeContentId(id: string): string {
  if (!/^[^<>\s\0-\x20\x7f]+$/.test(id)) throw new UnwritableError('Content-ID', 'must be visible characters');
  return `<${id}>`;
}

/** RFC 3261 §20.38, in seconds of the sender's own clock. */
export interface Timestamp {
  readonly seconds: number;
  /** How long the answering side took. */
  readonly delayS: number | undefined;
}

export function timestamp(message: SipMessage): Parsed<Timestamp | undefined, ValueFault> {
  return soleValue(message, 'timestamp', (text) =>
    readAll(text, (scanner) => {
      const seconds = decimal(scanner.run(DIGIT), scanner.take(DOT) ? scanner.run(DIGIT) : '');
      scanner.skipLws();
      const delayS = scanner.done
        ? undefined
        : decimal(scanner.run(DIGIT), scanner.take(DOT) ? scanner.run(DIGIT) : '');
      return seconds === null || delayS === null ? null : { seconds, delayS };
    }),
  );
}

const DOT = 0x2e;

/** RFC 3261 §25.1 gives both halves as `*DIGIT`; at least one must be there. */
function decimal(whole: string, part: string): number | null {
  if (whole.length + part.length > 20 || whole + part === '') return null;
  return Number(`${whole === '' ? '0' : whole}.${part === '' ? '0' : part}`);
}

export function serializeTimestamp({ seconds, delayS }: Timestamp): string {
  const text = (value: number): string => value.toFixed(3).replace(/\.?0+$/, '');
  return delayS === undefined ? text(seconds) : `${text(seconds)} ${text(delayS)}`;
}

/** RFC 7315 §5.4: what the access network says, as text, a value for each network. */
export function accessNetworkInfo(message: SipMessage): readonly string[] {
  return message.headers.all('p-access-network-info');
}
