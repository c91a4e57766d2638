import { escaped, parseUri, type SipUri, type Uri } from './uri.js';
import { serializeUriHeaders, uriHeaders } from './uri-headers.js';

/** An `im:` (RFC 3860 §3) or `pres:` (RFC 3859 §3) URI. */
export interface ImUri {
  readonly scheme: 'im' | 'pres';
  /** The same mailbox as a SIP URI: RFC 3428 §5, RFC 3856 §5. Its headers are those after the `?`. */
  readonly sip: SipUri;
  /** Where RFC 3861 §3.1 looks for its SIP servers: `_im._sip.example.com` or `_pres._sip.example.com`. */
  readonly srvName: string;
}

/** Reads an `im:` or `pres:` URI; null for any other, and for one that names no mailbox. */
export function imUri(uri: Uri): ImUri | null {
  if (uri.scheme !== 'other' || (uri.name !== 'im' && uri.name !== 'pres')) return null;
  const read = parseUri(`sip:${uri.rest}`);
  if (!read.ok || read.value.scheme !== 'sip' || read.value.user === undefined) return null;
  // A mailbox has no port and no parameters (RFC 3860 §3).
  if (read.value.port !== undefined || read.value.params.size > 0 || read.value.password !== undefined) return null;
  return { scheme: uri.name, sip: read.value, srvName: `_${uri.name}._sip.${read.value.host}` };
}

/**
 * The SIP URI that stands for an `im:` or `pres:` URI when nothing better is known of its domain: RFC 3861 §3.4.
 * Without the headers, which no Request-URI may have; null for another URI.
 */
export function imPresToSip(uri: Uri): SipUri | null {
  const read = imUri(uri);
  return read === null ? null : { ...read.sip, headers: '' };
}

const unsafe = /[^A-Za-z0-9\-_.!~*'()&=+$,]/;

/** The `im:` or `pres:` URI of a SIP user; null for a URI without one. */
export function sipToIm(uri: Uri, scheme: 'im' | 'pres'): Uri | null {
  if ((uri.scheme !== 'sip' && uri.scheme !== 'sips') || uri.user === undefined) return null;
  const headers = uriHeaders(uri);
  const query = headers.length === 0 ? '' : `?${serializeUriHeaders(headers)}`;
  return { scheme: 'other', name: scheme, rest: `${escaped(uri.user, unsafe)}@${uri.host}${query}` };
}
