import { decodeEscapes, escaped, type SipUri, type Uri } from './uri.js';

/** The header fields after the `?` of a SIP URI, decoded: RFC 3261 §19.1.1; empty for other schemes. */
export function uriHeaders(uri: Uri): readonly (readonly [name: string, value: string])[] {
  if (uri.scheme === 'tel' || uri.scheme === 'other' || uri.headers === '') return [];
  return uri.headers.split('&').map((component) => {
    const equals = component.indexOf('=');
    const end = equals < 0 ? component.length : equals;
    return [decodeEscapes(component.slice(0, end)), decodeEscapes(component.slice(end + 1))] as const;
  });
}

const reserved = /[^A-Za-z0-9\-_.!~*'()]/;

/** `hname` and `hvalue` with everything escaped that is not unreserved: RFC 3261 §25.1. */
export function serializeUriHeaders(headers: readonly (readonly [name: string, value: string])[]): string {
  return headers.map(([name, value]) => `${escaped(name, reserved)}=${escaped(value, reserved)}`).join('&');
}

/** The URI with these header fields in place of those it had: `Replaces` in a Refer-To, for instance (RFC 3891 §4). */
export function withUriHeaders(uri: SipUri, headers: readonly (readonly [name: string, value: string])[]): SipUri {
  return { ...uri, headers: serializeUriHeaders(headers) };
}
