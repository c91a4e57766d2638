import type { Network, TcpConnection, TcpListener, UdpSocket } from '../../base/network.js';

/** A network that can be taken from whoever uses it. */
export interface CuttableNetwork extends Network {
  /** Closes every socket at once, as when the power goes: nothing more is sent, and nobody is told. */
  cut(): Promise<void>;
}

export function createCuttableNetwork(network: Network): CuttableNetwork {
  const sockets: UdpSocket[] = [];
  const connections: TcpConnection[] = [];
  const listeners: TcpListener[] = [];
  let isCut = false;
  return {
    ...network,
    bindUdp: async (local, handlers, options) => {
      const socket = await network.bindUdp(local, handlers, options);
      sockets.push(socket);
      return {
        local: socket.local,
        get queuedBytes() {
          return isCut ? 0 : socket.queuedBytes;
        },
        send: (...args) => {
          if (!isCut) socket.send(...args);
          else args[5]?.(null);
        },
        close: () => socket.close(),
      };
    },
    listenTcp: async (local, accept) => {
      const listener = await network.listenTcp(local, accept);
      listeners.push(listener);
      return listener;
    },
    connectTcp: async (remote, handlers, options) => {
      const connection = await network.connectTcp(remote, handlers, options);
      connections.push(connection);
      return connection;
    },
    cut: async () => {
      isCut = true;
      for (const connection of connections) connection.destroy();
      await Promise.all([...sockets, ...listeners].map((open) => open.close()));
    },
  };
}
