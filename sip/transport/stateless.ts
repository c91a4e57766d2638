import type { Via } from '../header-values.js';
import type { Uri } from '../uri.js';
import type { TransportLayer } from './layer.js';
import { type Flow, transportKind } from './transport.js';
import { defaultPort } from './via.js';

/** What a stateless proxy (RFC 3261 §16.11) has to know of a message, which is all that it keeps. */

/**
 * Whether a URI or a Via names a listener of ours: RFC 3261 §16.4 (our own Route), §16.6 step 8 (our own Via). Without
 * a port the default one of its transport is meant. Names of ours, a domain or the public address, are the caller's.
 */
export function namesListener(transport: Pick<TransportLayer, 'listening'>, place: Uri | Via): boolean {
  if (!('host' in place)) return false;
  const { host, port = portOf(place) } = place;
  return transport.listening.some((local) => local.address === host && local.port === port);
}

/**
 * RFC 3261 §18.2.2, RFC 3581 §4: the flow of a response by its top Via alone, for who has kept nothing of the request;
 * null where there is none. `connectionId`: the connection of the request, which a proxy writes into its own Via.
 */
export function flowByVia(
  transport: Pick<TransportLayer, 'flowById' | 'findFlow'>,
  { protocol, host, port, params }: Via,
  connectionId?: string | null,
): Flow | null {
  const kind = transportKind(protocol);
  if (kind === null) return null;
  const address = params.get('received') ?? host;
  const target = { kind, address, port: Number(params.get('rport') ?? port ?? defaultPort(kind)) };
  return transport.flowById(connectionId ?? '') ?? transport.findFlow(target);
}

function portOf(place: Exclude<Uri, { readonly scheme: 'tel' | 'other' }> | Via): number {
  if ('protocol' in place) return defaultPort(transportKind(place.protocol) ?? 'udp');
  const named = transportKind(place.params.get('transport') ?? '') ?? 'udp';
  return defaultPort(place.scheme === 'sips' ? (named === 'ws' ? 'wss' : 'tls') : named);
}
