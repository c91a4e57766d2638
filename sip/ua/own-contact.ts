import { nameAddr, serializeNameAddr } from '../header-values.js';
import type { LocalEndpoint, TransportLayer } from '../transport/layer.js';
import { type Flow, isSecure, type Target } from '../transport/transport.js';
import { sipUri } from '../uri.js';

type Endpoints = Pick<TransportLayer, 'localFor' | 'listening'>;

/** A SIPS URI names a place that is reached by TLS, also when the request came to us another way. */
function secureEndpoint(transport: Endpoints, peer: Flow | Target, plain: LocalEndpoint): LocalEndpoint {
  if (isSecure(plain.kind) || !transport.listening.some(({ kind }) => kind === 'tls')) return plain;
  const address = 'remote' in peer ? peer.remote.address : peer.address;
  return transport.localFor({ kind: 'tls', address, port: 5061 });
}

/** RFC 3261 §8.1.1.8: where that peer reaches us, as the value of a Contact. */
export function ownContact(
  transport: Endpoints,
  user: string | undefined,
  peer: Flow | Target,
  secure: boolean,
): string {
  const plain = transport.localFor(peer);
  const { host, port, kind } = secure ? secureEndpoint(transport, peer, plain) : plain;
  // RFC 7118 §5.2.2: WSS has no parameter of its own. RFC 5630 §3.1.1: `sips:` says TLS, `transport=tls` is of old.
  const named = kind === 'wss' ? 'ws' : kind;
  const needsNone = named === 'udp' || (secure && (named === 'tls' || named === 'tcp'));
  const scheme = secure ? 'sips' : 'sip';
  return serializeNameAddr(
    nameAddr(sipUri({ scheme, user, host, port, params: needsNone ? {} : { transport: named } })),
  );
}
