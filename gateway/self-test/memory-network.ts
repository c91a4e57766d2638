import { AppError } from '../../base/errors.js';
import type { Network, SocketAddress, UdpHandlers, UdpSocket } from '../../base/network.js';

/** What a network without sockets cannot do. */
export class NoSocketsError extends AppError {
  readonly code = 'NO_SOCKETS';
}

/**
 * One machine whose UDP sockets reach one another and nothing else; a datagram arrives in the next turn. It holds as
 * many sockets as were bound on it. There is no TCP and no TLS: NoSocketsError.
 */
export function createMemoryNetwork(address: string): Network {
  const bound = new Map<number, UdpHandlers>();
  const refuse = (): Promise<never> => Promise.reject(new NoSocketsError('this network carries UDP alone'));
  const open = (local: SocketAddress, handlers: UdpHandlers): UdpSocket => {
    bound.set(local.port, handlers);
    return {
      local,
      queuedBytes: 0,
      send: (data, offset, length, port, _to, sent) => {
        const datagram = Buffer.from(data.subarray(offset, offset + length));
        queueMicrotask(() => {
          bound.get(port)?.onMessage(datagram, local.address, local.port);
          sent?.(null);
        });
      },
      close: async () => {
        bound.delete(local.port);
      },
    };
  };
  return {
    interfaces: () => [{ name: 'memory', address, family: 4, internal: false }],
    routeTo: async () => address,
    bindUdp: async (local, handlers) => open({ address, port: local.port }, handlers),
    listenTcp: refuse,
    connectTcp: refuse,
    listenTls: refuse,
    connectTls: refuse,
  };
}
