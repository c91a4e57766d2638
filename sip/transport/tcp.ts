import type { TcpConnection } from '../../base/network.js';
import { type StreamDialler, StreamTransport } from './stream.js';
import type { Transport, TransportHost } from './transport.js';

/** SIP over TCP: RFC 3261 §18. */
export function tcpTransport(host: TransportHost): Transport {
  const { network } = host;
  const dialler: StreamDialler<TcpConnection> = {
    kind: 'tcp',
    sentBy: undefined,
    offersAlias: false,
    listen: (local, accept) => network.listenTcp(local, accept),
    connect: ({ address, port }, handlers, options) => network.connectTcp({ address, port }, handlers, options),
    nameFor: () => '',
    covers: () => true,
    // Nobody proves anything over TCP: only the address that the connection came from is believed.
    mayAlias: ({ remote }, sentByHost) => sentByHost === remote.address,
    identitiesOf: () => [],
  };
  return new StreamTransport(host, dialler);
}
