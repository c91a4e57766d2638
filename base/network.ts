import { createSocket, type Socket as DgramSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { connectTcp, listenTcp } from './network-tcp.js';
import { connectTls, listenTls } from './network-tls.js';
import type { TlsClientOptions, TlsConnection, TlsListener, TlsServerOptions } from './tls.js';

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
  /**
   * In place of `onMessage`, from a network that owns its buffers: `data` is lent, and the datagram is its first `length`
   * bytes. It saves an object for each datagram.
   * @param arrivalMs  when it reached the machine, in `nowMs` of the clock, from a network that reads in batches; else now
   */
  onPacket?(data: Buffer, length: number, address: string, port: number, arrivalMs?: number): void;
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
  /**
   * From a network that owns its buffers: room for one datagram of 1500 bytes, which the next `send` of just this array
   * from its start does not copy. Good until then, or until the next call. Its `sent` comes only when it failed.
   */
  room?(): Uint8Array;
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

export interface ConnectOptions {
  /** For the whole attempt, a TLS handshake included; 4000 unless told. */
  readonly timeoutMs?: number;
  readonly localAddress?: string;
  readonly signal?: AbortSignal;
}

/** Sockets as everything in the project sees them; the twin for tests is in test/support/virtual-network.ts. */
export interface Network {
  /** The machine's addresses, loopback included. */
  interfaces(): readonly InterfaceAddress[];
  /** The address that the system would send from to reach `address`; null where it knows no way. */
  routeTo(address: string): Promise<string | null>;
  /**
   * Whether nobody listens on that UDP port: sends a keep-alive (RFC 5626 §3.5.1) from a connected socket of its own,
   * the only kind that the kernel tells of ICMP errors (RFC 1122 §4.1.3.3), and waits for one until `signal` says
   * enough. False where nothing comes, which proves nothing. Never rejects. Absent where it cannot be told.
   */
  refusesUdp?(remote: SocketAddress, signal: AbortSignal): Promise<boolean>;
  /** Rejects with the system's error (`code` EADDRINUSE, EACCES, EADDRNOTAVAIL). Port 0 picks a free one. */
  bindUdp(
    local: SocketAddress,
    handlers: UdpHandlers,
    options?: { readonly receiveBufferBytes?: number },
  ): Promise<UdpSocket>;
  listenTcp(local: SocketAddress, accept: (connection: TcpConnection) => TcpHandlers): Promise<TcpListener>;
  connectTcp(remote: SocketAddress, handlers: TcpHandlers, options?: ConnectOptions): Promise<TcpConnection>;
  /** Connections come once their handshake is complete. Rejects also with a CertificateError. */
  listenTls(
    local: SocketAddress,
    options: TlsServerOptions,
    accept: (connection: TlsConnection) => TcpHandlers,
  ): Promise<TlsListener>;
  /** Rejects with the system's error, OpenSSL's (`code` CERT_HAS_EXPIRED …) or a CertificateError of our own. */
  connectTls(
    remote: SocketAddress,
    handlers: TcpHandlers,
    options: TlsClientOptions & ConnectOptions,
  ): Promise<TlsConnection>;
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
    // With an offset node:dgram makes one more view of the data.
    if (offset === 0 && length === data.length) this.#socket.send(data, port, address, sent);
    else this.#socket.send(data, offset, length, port, address, sent);
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

const icmpErrors = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

function refusesUdp(remote: SocketAddress, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createSocket({ type: familyOf(remote.address) === 6 ? 'udp6' : 'udp4', lookup: literalLookup });
    const settle = (refused: boolean): void => {
      signal.removeEventListener('abort', giveUp);
      socket.removeAllListeners();
      socket.close();
      resolve(refused);
    };
    const giveUp = (): void => settle(false);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('error', (error) => settle(icmpErrors.has(systemCode(error) ?? '')));
    socket.connect(remote.port, remote.address, () => socket.send('\r\n\r\n'));
  });
}

/** The machine's sockets. */
export function createRealNetwork(): Network {
  return { interfaces, routeTo, refusesUdp, bindUdp, listenTcp, connectTcp, listenTls, connectTls };
}
