import { StreamTransport } from './stream.js';
import type { Transport, TransportHost } from './transport.js';

/** SIP over TCP: RFC 3261 §18. */
export function tcpTransport(host: TransportHost): Transport {
  const { network } = host;
  return new StreamTransport(host, {
    kind: 'tcp',
    listen: (local, accept) => network.listenTcp(local, accept),
    connect: ({ address, port }, handlers, options) => network.connectTcp({ address, port }, handlers, options),
  });
}
