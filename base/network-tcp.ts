import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import type { ConnectOptions, SocketAddress, TcpConnection, TcpHandlers, TcpListener } from './network.js';

/** A socket of the machine, TLS or not, as a connection. */
export class RealTcpConnection implements TcpConnection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    this.remote = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  write(data: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(data);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Tells the handlers what the socket does from now on. */
export function attach(socket: Socket, handlers: TcpHandlers): void {
  let failure: Error | null = null;
  socket.on('data', (data) => handlers.onData(data));
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => handlers.onClose(failure));
}

export function listenTcp(
  local: SocketAddress,
  accept: (connection: TcpConnection) => TcpHandlers,
): Promise<TcpListener> {
  const open = new Set<Socket>();
  return new Promise((resolve, reject) => {
    const server: Server = createServer({ noDelay: true }, (socket) => {
      // A peer that resets at once leaves a socket without addresses.
      if (socket.remoteAddress === undefined) {
        socket.destroy();
        return;
      }
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      attach(socket, accept(new RealTcpConnection(socket)));
    });
    server.once('error', reject);
    server.listen({ host: local.address, port: local.port, exclusive: true, ipv6Only: true }, () => {
      server.removeAllListeners('error');
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : local.port;
      let closed: Promise<void> | null = null;
      const close = (): Promise<void> => {
        closed ??= new Promise((done) => {
          server.close(() => done());
          for (const socket of open) socket.destroy();
        });
        return closed;
      };
      resolve({ local: { address: local.address, port }, close });
    });
  });
}

export function connectTcp(
  remote: SocketAddress,
  handlers: TcpHandlers,
  options?: ConnectOptions,
): Promise<TcpConnection> {
  return new Promise((resolve, reject) => {
    const socket = netConnect({
      host: remote.address,
      port: remote.port,
      noDelay: true,
      ...(options?.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    });
    const timeoutMs = options?.timeoutMs ?? 4000;
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)));
    const abort = (): void => {
      socket.destroy(new Error('the attempt was given up'));
    };
    options?.signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', (error) => {
      options?.signal?.removeEventListener('abort', abort);
      reject(error);
    });
    socket.once('connect', () => {
      socket.setTimeout(0);
      options?.signal?.removeEventListener('abort', abort);
      socket.removeAllListeners('error');
      attach(socket, handlers);
      resolve(new RealTcpConnection(socket));
    });
  });
}
