import { acceptance, acceptedTypes } from '../headers/accept.js';
import { contacts, expires } from '../headers.js';
import type { SipMessage, SipRequest } from '../message.js';
import type { AnyEventPackage } from '../packages/package.js';
import { Params } from '../params.js';
import { serializeUri, sipUri, type Uri } from '../uri.js';
import type { Refusal } from './request-checks.js';

/** What a notifier or a compositor gives of time. */
export interface ExpiryRules {
  readonly defaultExpiresS: number;
  /** Shorter requests are refused with 423 (RFC 6665 §4.2.1.1); 0 and an hour or more never are. */
  readonly minExpiresS: number;
  /** Longer ones are granted this. */
  readonly maxExpiresS: number;
}

/** What a request asks for, or how it is refused. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}

/** RFC 6665 §4.2.1.1: the seconds to grant; 0 asks for the state and nothing more. */
export function grantedExpiry(request: SipRequest, rules: ExpiryRules): Checked<number> {
  const asked = expires(request);
  if (!asked.ok) return refused({ statusCode: 400, reasonPhrase: 'Bad Expires' });
  const seconds = asked.value ?? rules.defaultExpiresS;
  if (seconds !== 0 && seconds < Math.min(rules.minExpiresS, 3600)) {
    return refused({ statusCode: 423, headers: [['Min-Expires', String(rules.minExpiresS)]] });
  }
  return { ok: true, value: Math.min(seconds, Math.max(rules.maxExpiresS, rules.minExpiresS)) };
}

/** The package's body types, the default one first. */
export function typesOf(eventPackage: AnyEventPackage): string[] {
  return [eventPackage.contentType, ...(eventPackage.otherTypes ?? [])];
}

/**
 * RFC 3261 §20.1, RFC 6665 §5.4.5: of our types the one that Accept wants most, the first of equals; null when it takes
 * none (406). An Accept that cannot be read is none.
 */
export function acceptedType(message: SipMessage, types: readonly string[]): string | null {
  if (!message.headers.has('Accept') || !acceptedTypes(message).ok) return types[0] ?? null;
  let best: { readonly type: string | null; readonly q: number } = { type: null, q: 0 };
  for (const type of types) {
    const wanted = acceptance(message, { type, params: new Params() });
    if (wanted.ok && wanted.value > best.q) best = { type, q: wanted.value };
  }
  return best.type;
}

/** RFC 3261 §8.1.1.8: a request that makes a dialog has exactly one Contact. */
export function hasOneContact(request: SipRequest): boolean {
  const read = contacts(request);
  return read.ok && !read.value.wildcard && read.value.values.length === 1;
}

/** The name of a resource: its address-of-record without parameters, password and headers, as `sip:alice@example.com`. */
export function resourceOf(uri: Uri): string {
  if (uri.scheme === 'tel') return `tel:${uri.number}`;
  if (uri.scheme === 'other') return serializeUri(uri);
  const { scheme, user, host, port } = uri;
  return serializeUri(sipUri({ scheme, user, host, port }));
}

/** The user part that our Contact repeats. */
export function userOf(uri: Uri): string | undefined {
  return uri.scheme === 'sip' || uri.scheme === 'sips' ? uri.user : undefined;
}
