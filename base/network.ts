import { createSocket, type Socket as DgramSocket } from 'node:dgram';
import { lookup as dnsLookup } from 'node:dns/promises';
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface SocketAddress {
  /** An IP literal without brackets or zone. */
  readonly address: string;
  readonly port: number;
}

export interface InterfaceAddress {
  readonly name: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly internal: boolean;
}

export interface UdpHandlers {
  /** `data` is only lent: copy what is kept after the call. */
  onMessage(data: Buffer, address: string, port: number): void;
  onError(error: Error): void;
}

export interface UdpSocket {
  readonly local: SocketAddress;
  /** Bytes handed to `send` and not yet taken by the kernel. */
  readonly queuedBytes: number;
  /** Sends `length` bytes of `data` from `offset`. The buffer belongs to the socket until `sent` is called. */
  send(
    data: Uint8Array,
    offset: number,
    length: number,
    port: number,
    address: string,
    sent?: (error: Error | null) => void,
  ): void;
  close(): Promise<void>;
}

export interface TcpHandlers {
  onData(data: Buffer): void;
  /** Called once for a connection that was open. `error` is null after an orderly end. */
  onClose(error: Error | null): void;
}

export interface TcpConnection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Bytes written and not yet taken by the kernel. */
  readonly queuedBytes: number;
  write(data: Uint8Array): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Drops the connection now. */
  destroy(): void;
}

export interface TcpListener {
  readonly local: SocketAddress;
  /** Stops accepting and drops the accepted connections that are still open. */
  close(): Promise<void>;
}

/** Sockets as everything in the project sees them; the twin for tests is in test/support/virtual-network.ts. */
export interface Network {
  /** The machine's addresses, loopback included. */
  interfaces(): readonly InterfaceAddress[];
  /** The address that the system would send from to reach `address`; null where it knows no way. */
  routeTo(address: string): Promise<string | null>;
  /** The addresses of a host name (hosts file, A, AAAA), IPv4 first; empty when there are none. Never rejects. */
  lookup(host: string): Promise<readonly string[]>;
  /** Rejects with the system's error (`code` EADDRINUSE, EACCES, EADDRNOTAVAIL). Port 0 picks a free one. */
  bindUdp(
    local: SocketAddress,
    handlers: UdpHandlers,
    options?: { readonly receiveBufferBytes?: number },
  ): Promise<UdpSocket>;
  listenTcp(local: SocketAddress, accept: (connection: TcpConnection) => TcpHandlers): Promise<TcpListener>;
  connectTcp(
    remote: SocketAddress,
    handlers: TcpHandlers,
    options?: { readonly timeoutMs?: number; readonly localAddress?: string; readonly signal?: AbortSignal },
  ): Promise<TcpConnection>;
}

/** The `code` of a system error (`EADDRINUSE`), or null. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** 6 for an IPv6 literal, else 4. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

// Peers are always IP literals here, so the per-send lookup of node:dgram is answered on the spot.
function literalLookup(
  hostname: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, hostname, familyOf(hostname));
}

class RealUdpSocket implements UdpSocket {
  readonly local: SocketAddress;
  readonly #socket: DgramSocket;
  #closed: Promise<void> | null = null;

  constructor(socket: DgramSocket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.local = { address, port };
  }

  get queuedBytes(): number {
    return this.#closed === null ? this.#socket.getSendQueueSize() : 0;
  }

  send(
    data: Uint8Array,
    offset: number,
    length: number,
    port: number,
    address: string,
    sent?: (error: Error | null) => void,
  ): void {
    if (this.#closed !== null) return;
    this.#socket.send(data, offset, length, port, address, sent);
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#socket.close(() => resolve()));
    return this.#closed;
  }
}

function bindUdp(
  local: SocketAddress,
  handlers: UdpHandlers,
  options?: { readonly receiveBufferBytes?: number },
): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: familyOf(local.address) === 6 ? 'udp6' : 'udp4',
      ipv6Only: familyOf(local.address) === 6,
      lookup: literalLookup,
      ...(options?.receiveBufferBytes === undefined ? {} : { recvBufferSize: options.receiveBufferBytes }),
    });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      socket.on('error', (error) => handlers.onError(error));
      socket.on('message', (data, from) => handlers.onMessage(data, from.address, from.port));
      resolve(new RealUdpSocket(socket));
    });
  });
}

class RealTcpConnection implements TcpConnection {
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

function attach(socket: Socket, handlers: TcpHandlers): void {
  let failure: Error | null = null;
  socket.on('data', (data) => handlers.onData(data));
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => handlers.onClose(failure));
}

function listenTcp(local: SocketAddress, accept: (connection: TcpConnection) => TcpHandlers): Promise<TcpListener> {
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

function connectTcp(
  remote: SocketAddress,
  handlers: TcpHandlers,
  options?: { readonly timeoutMs?: number; readonly localAddress?: string; readonly signal?: AbortSignal },
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

function interfaces(): readonly InterfaceAddress[] {
  const found: InterfaceAddress[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const entry of addresses ?? []) {
      // Link-local IPv6 needs a zone in every address and cannot be named in SDP.
      if (entry.family === 'IPv6' && entry.address.startsWith('fe80')) continue;
      found.push({ name, address: entry.address, family: entry.family === 'IPv6' ? 6 : 4, internal: entry.internal });
    }
  }
  return found;
}

// Connecting a UDP socket sends nothing; it only makes the kernel choose the route and with it the source address.
function routeTo(address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: familyOf(address) === 6 ? 'udp6' : 'udp4', lookup: literalLookup });
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.connect(9, address, () => {
      const local = socket.address().address;
      socket.close();
      resolve(local);
    });
  });
}

async function lookup(host: string): Promise<readonly string[]> {
  try {
    const found = await dnsLookup(host, { all: true, verbatim: true });
    return found.sort((a, b) => a.family - b.family).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** The machine's sockets. */
export function createRealNetwork(): Network {
  return { interfaces, routeTo, lookup, bindUdp, listenTcp, connectTcp };
}
