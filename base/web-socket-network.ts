import { lookup as systemLookup } from 'node:dns';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  STATUS_CODES,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { hostPort, isIpLiteral } from './ip-ranges.js';
import { familyOf, type SocketAddress } from './network.js';
import { CertificateError, type TlsCertificate } from './tls.js';
import {
  AddressDeniedError,
  type UpgradeRequest,
  type WebSocketConnection,
  type WebSocketConnectOptions,
  type WebSocketDoor,
  type WebSocketEntrance,
  type WebSocketHandlers,
  type WebSocketListener,
  type WebSocketListenOptions,
  type WebSocketNetwork,
} from './web-socket.js';

/** A handshake has to be there within this. */
const HANDSHAKE_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
/** How long a peer has to answer a close frame, in ms; an option that the types of `ws` do not know yet. */
const closing: object = { closeTimeout: 2000 };

interface Ends {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

class RealWebSocket implements WebSocketConnection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, { local, remote }: Ends) {
    this.#socket = socket;
    this.local = local;
    this.remote = remote;
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: Uint8Array, asText: boolean): void {
    // An error of one write is that of the connection, which reports its end itself.
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data, { binary: !asText }, () => undefined);
  }

  ping(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  hold(on: boolean): void {
    if (on) this.#socket.pause();
    else this.#socket.resume();
  }

  close(statusCode: number, reason: string): void {
    this.#socket.close(statusCode, reason);
    this.#socket.terminate();
  }

  end(statusCode: number, reason: string): void {
    this.#socket.close(statusCode, reason);
  }

  destroy(): void {
    this.#socket.terminate();
  }
}

function follow(socket: WebSocket, handlers: WebSocketHandlers): void {
  let failure: Error | null = null;
  socket.on('message', (data: Buffer, isBinary: boolean) => handlers.onMessage(data, !isBinary));
  socket.on('pong', () => handlers.onPong());
  socket.on('error', (error) => {
    failure = error;
    // The frame that says why is written; without this the peer could keep the socket half open.
    socket.terminate();
  });
  socket.on('close', (statusCode: number) => handlers.onClose(failure, statusCode));
}

/** An IPv4 peer of a socket that serves both families is written as an IPv4 address. */
function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

function endsOf({ socket }: IncomingMessage): Ends {
  return {
    local: { address: plain(socket.localAddress), port: socket.localPort ?? 0 },
    remote: { address: plain(socket.remoteAddress), port: socket.remotePort ?? 0 },
  };
}

function requestOf(request: IncomingMessage): UpgradeRequest {
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? null);
  };
  const protocols = header('sec-websocket-protocol');
  return {
    path: pathOf(request),
    query: (request.url ?? '').split('?').slice(1).join('?'),
    // A browser that hides its page says `null`, which is an origin like any other.
    origin: header('origin'),
    protocols: protocols === null ? [] : protocols.split(',').map((protocol) => protocol.trim()),
    secure: 'encrypted' in request.socket,
    header,
    ...endsOf(request),
  };
}

/** The path of a request without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

/** Ends a handshake with an HTTP answer. */
export function refuseUpgrade(socket: Duplex, statusCode: number, reason: string): void {
  const body = `${reason}\n`;
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? 'Refused'}\r\nConnection: close\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Carries handshakes to a door: RFC 6455 §4.2. Compression is never agreed on: SIP messages are small. */
class Upgrader {
  readonly #door: WebSocketDoor;
  readonly #server: WebSocketServer;

  constructor(door: WebSocketDoor) {
    this.#door = door;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: door.maxMessageBytes,
      ...closing,
      handleProtocols: () => door.protocol,
    });
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the handshake is over nobody else listens for the socket's error, which would end the process.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    if (request.socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const verdict = this.#door.judge(requestOf(request));
    if (!verdict.ok) {
      refuseUpgrade(socket, verdict.statusCode, verdict.reason);
      return;
    }
    let adopted = false;
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      adopted = true;
      socket.off('error', ignore);
      follow(accepted, verdict.adopt(new RealWebSocket(accepted, endsOf(request))));
    });
    if (!adopted) verdict.abandon();
  }
}

/**
 * The way in through an HTTP server of somebody else: give its `upgrade` events for the SIP path to `take`.
 * While no door is there, handshakes get 503.
 */
export class UpgradeEntrance implements WebSocketEntrance {
  #upgrader: Upgrader | null = null;

  admit(door: WebSocketDoor | null): void {
    this.#upgrader = door === null ? null : new Upgrader(door);
  }

  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#upgrader === null) refuseUpgrade(socket, 503, 'not ready');
    else this.#upgrader.take(request, socket, head);
  }
}

/** What node:https takes, tried before an open listener would lose its good certificate. */
function secureOptions({ cert, key, passphrase }: TlsCertificate) {
  const options = { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
  try {
    createHttpsServer(options);
  } catch (cause) {
    throw new CertificateError('the certificate or its key cannot be used', { cause });
  }
  return options;
}

function createServer(certificate: TlsCertificate | undefined): Server | HttpsServer {
  const limits = {
    headersTimeout: HANDSHAKE_MS,
    requestTimeout: HANDSHAKE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: HANDSHAKE_MS / 2,
    noDelay: true,
  };
  return certificate === undefined
    ? createHttpServer(limits)
    : createHttpsServer({ ...limits, ...secureOptions(certificate), handshakeTimeout: HANDSHAKE_MS });
}

function listen(
  local: SocketAddress,
  door: WebSocketDoor,
  { certificate, maxSockets }: WebSocketListenOptions,
): Promise<WebSocketListener> {
  return new Promise((resolve, reject) => {
    const server = createServer(certificate);
    const upgrader = new Upgrader(door);
    server.maxConnections = maxSockets;
    server.on('request', (_request, response) => {
      response.writeHead(426, { Connection: 'close, Upgrade', Upgrade: 'websocket', 'Content-Length': 0 });
      response.end();
    });
    server.on('upgrade', (request, socket, head) => upgrader.take(request, socket, head));
    server.once('error', reject);
    server.listen({ host: local.address, port: local.port, exclusive: true, ipv6Only: true }, () => {
      server.removeAllListeners('error');
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : local.port;
      let closed: Promise<void> | null = null;
      resolve({
        local: { address: local.address, port },
        setCertificate: (next) => {
          if ('setSecureContext' in server) server.setSecureContext(secureOptions(next));
        },
        close: () => {
          closed ??= new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          });
          return closed;
        },
      });
    });
  });
}

type Lookup = NonNullable<RequestOptions['lookup']>;

/** Lets through what may be reached of the addresses of a name. */
function guarded(permits: (address: string) => boolean): Lookup {
  return (host, options, found) => {
    systemLookup(host, { ...options, all: true }, (error, addresses) => {
      const permitted = error === null ? addresses.filter(({ address }) => permits(address)) : [];
      const [first] = permitted;
      if (first === undefined) found(error ?? new AddressDeniedError(host), '', 4);
      else if (options.all === true) found(null, permitted);
      else found(null, first.address, first.family);
    });
  };
}

/** The name was resolved by whoever chose the address. */
function literally(address: string): Lookup {
  return (_host, wanted, found) => {
    if (typeof wanted === 'object' && wanted.all === true) found(null, [{ address, family: familyOf(address) }]);
    else found(null, address, familyOf(address));
  };
}

function connect(
  remote: SocketAddress,
  handlers: WebSocketHandlers,
  options: WebSocketConnectOptions,
): Promise<WebSocketConnection> {
  const { address, port } = remote;
  const { secure, serverName, path, protocol, ca, certificate, localAddress, signal, permits } = options;
  return new Promise((resolve, reject) => {
    if (permits !== undefined && isIpLiteral(address) && !permits(address)) {
      reject(new AddressDeniedError(address));
      return;
    }
    const url = `${secure ? 'wss' : 'ws'}://${hostPort(serverName ?? address, port)}${path}`;
    const socket = new WebSocket(url, protocol === null ? [] : [protocol], {
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: options.maxMessageBytes,
      handshakeTimeout: options.timeoutMs,
      ...closing,
      rejectUnauthorized: options.verify !== false,
      ...(isIpLiteral(address) ? { lookup: literally(address) } : {}),
      ...(!isIpLiteral(address) && permits !== undefined ? { lookup: guarded(permits) } : {}),
      ...(options.headers === undefined ? {} : { headers: { ...options.headers } }),
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
    });
    let ends: Ends | null = null;
    const abort = (): void => socket.terminate();
    signal?.addEventListener('abort', abort, { once: true });
    const failed = (error: Error): void => {
      signal?.removeEventListener('abort', abort);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('upgrade', (response) => {
      ends = endsOf(response);
    });
    socket.once('open', () => {
      signal?.removeEventListener('abort', abort);
      socket.off('error', failed);
      follow(socket, handlers);
      resolve(new RealWebSocket(socket, { local: ends?.local ?? { address: '', port: 0 }, remote }));
    });
    if (signal?.aborted === true) abort();
  });
}

/** The machine's WebSockets, over the `ws` package. */
export function createRealWebSockets(): WebSocketNetwork {
  return { listen, connect };
}
