import { isIpLiteral } from '../../base/ip-ranges.js';
import { isSecure, type Target, type TransportKind, transportKind } from '../transport/transport.js';
import { defaultPort } from '../transport/via.js';
import type { SipUri, Uri } from '../uri.js';

/**
 * The `transport` of a URI as a kind; null when it names none, `unknown` when there is no such one. A SIPS URI is
 * never served by less (RFC 3261 §26.2.2): its `tcp` is TLS, its `ws` secure WebSocket (RFC 7118 §5.3).
 */
export function namedKind(uri: SipUri): TransportKind | 'unknown' | null {
  const named = uri.params.get('transport');
  if (typeof named !== 'string') return null;
  const kind = transportKind(named);
  if (kind === null) return 'unknown';
  if (uri.scheme === 'sip' || isSecure(kind)) return kind;
  if (kind === 'ws') return 'wss';
  return kind === 'udp' || kind === 'tcp' ? 'tls' : kind;
}

/** RFC 3263 §4.1, §4.2 for a URI whose host is an IP literal; null for any other, and for an unknown transport. */
export function targetForUri(uri: Uri): Target | null {
  if (uri.scheme === 'tel' || uri.scheme === 'other' || !isIpLiteral(uri.host)) return null;
  const named = namedKind(uri);
  if (named === 'unknown') return null;
  const kind = named ?? (uri.scheme === 'sips' ? 'tls' : 'udp');
  const tcpAllowed = named === null && kind === 'udp';
  return { kind, address: uri.host, port: uri.port ?? defaultPort(kind), ...(tcpAllowed ? { tcpAllowed } : {}) };
}
