import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import type { Params } from '../params.js';
import { qOf, readParamValue, type ValueFault, valuesOf } from './field-list.js';
import { type MediaType, parseMediaType } from './media-type.js';

/** One acceptable thing and how much it is liked: 0 (never) … 1. */
export interface Preference {
  /** A coding, a language or a `type/subtype`, lower-case; `*` and `type/*` stand for many. */
  readonly value: string;
  readonly q: number;
  /** `q` included. */
  readonly params: Params;
}

/** RFC 3261 §20.1; undefined when the field is absent, an empty list when it is there and empty. */
export function acceptedTypes(message: SipMessage): Parsed<readonly Preference[] | undefined, ValueFault> {
  return preferences(message, 'accept', (text) => {
    const read = parseMediaType(text);
    return read.ok ? { value: read.value.type, params: read.value.params } : null;
  });
}

/** RFC 3261 §20.2. */
export function acceptedEncodings(message: SipMessage): Parsed<readonly Preference[] | undefined, ValueFault> {
  return preferences(message, 'accept-encoding', readParamValue);
}

/** RFC 3261 §20.3. */
export function acceptedLanguages(message: SipMessage): Parsed<readonly Preference[] | undefined, ValueFault> {
  return preferences(message, 'accept-language', readParamValue);
}

function preferences(
  message: SipMessage,
  name: string,
  read: (text: string) => { readonly value: string; readonly params: Params } | null,
): Parsed<readonly Preference[] | undefined, ValueFault> {
  if (!message.headers.has(name)) return parsed(undefined);
  return valuesOf(message, name, (text) => {
    const one = read(text);
    const q = one === null ? null : qOf(one.params);
    return one === null || q === null ? null : { value: one.value.toLowerCase(), q, params: one.params };
  });
}

/**
 * How much of that type the sender of the message wants: the most specific range decides (RFC 3261 §20.1). Without
 * an Accept that is 1 for application/sdp and 0 for the rest.
 */
export function acceptance(message: SipMessage, { type, params }: MediaType): Parsed<number, ValueFault> {
  const read = acceptedTypes(message);
  if (!read.ok) return fault(read.fault, read.at);
  if (read.value === undefined) return parsed(type === 'application/sdp' ? 1 : 0);
  let best: { readonly rank: number; readonly q: number } = { rank: -1, q: 0 };
  for (const range of read.value) {
    const rank = rankOf(range, type, params);
    if (rank > best.rank) best = { rank, q: range.q };
  }
  return parsed(best.q);
}

/** How specific a range that covers the type is; −1 when it does not. */
function rankOf(range: Preference, type: string, params: Params): number {
  if (range.value === '*/*') return 0;
  const [major = '', minor = ''] = range.value.split('/');
  if (minor === '*') return type.startsWith(`${major}/`) ? 1 : -1;
  if (range.value !== type) return -1;
  let rank = 2;
  for (const [name, value] of range.params) {
    if (name.toLowerCase() === 'q') continue;
    if (params.get(name)?.toLowerCase() !== value?.toLowerCase()) return -1;
    rank += 1;
  }
  return rank;
}
