import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Clock, delay } from '../../base/clock.js';
import { AppError, messageOf } from '../../base/errors.js';
import { hostPort } from '../../base/ip-ranges.js';
import { type SocketAddress, systemCode } from '../../base/network.js';
import { pathOf, refuseUpgrade, type UpgradeEntrance } from '../../base/web-socket-network.js';
import type { Api } from './app.js';

/** The address cannot be listened on; `systemCode` is EADDRINUSE, EACCES … */
export class HttpListenError extends AppError {
  readonly code = 'HTTP_LISTEN_FAILED';
  readonly systemCode: string | null;
  /** The flag that chooses another address. */
  readonly flag: string;

  constructor(address: string, cause: unknown, flag = '--http-listen') {
    super(`HTTP cannot listen on ${address}: ${systemCode(cause) ?? messageOf(cause)}`, { cause });
    this.systemCode = systemCode(cause);
    this.flag = flag;
  }
}

export interface HttpServer {
  readonly local: SocketAddress;
  /** Stops accepting, gives requests in progress `graceMs` (1000), then drops them. May be called twice. */
  close(graceMs?: number): Promise<void>;
}

/** Plain HTTP connections at once; one more is dropped. */
const MAX_CONNECTIONS = 1024;

export interface HttpServerOptions {
  /** Who takes WebSocket handshakes, by path; a name that ends in a slash takes all below it. Others get 404. */
  readonly upgrades?: Readonly<Record<string, Pick<UpgradeEntrance, 'take'>>>;
  /** What chooses its address, for a HttpListenError; `--http-listen` unless told. */
  readonly flag?: string;
}

/** Serves the API: headers within 10 s, a whole request within 30 s, an idle connection lives 65 s. */
export async function startHttpServer(
  api: Api,
  listen: SocketAddress,
  clock: Clock,
  { upgrades = {}, flag }: HttpServerOptions = {},
): Promise<HttpServer> {
  let closed: Promise<void> | null = null;
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      // Longer than the idle time of common proxies and clients, so that they close first.
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16_384,
      connectionsCheckingInterval: 5000,
    },
    getRequestListener(
      (request, { incoming }) =>
        api.fetch(request, {
          remoteAddress: incoming.socket.remoteAddress ?? '',
          localAddress: incoming.socket.localAddress ?? '',
          drop: () => incoming.socket.destroy(),
        }),
      { overrideGlobalObjects: false },
    ),
  );
  const connections = new PlainConnections(server);
  server.on('upgrade', (request, socket, head) => {
    const path = pathOf(request);
    const served = Object.keys(upgrades).find((each) => (each.endsWith('/') ? path.startsWith(each) : path === each));
    const entrance = served === undefined ? undefined : upgrades[served];
    if (entrance === undefined) refuseUpgrade(socket, 404, 'no WebSocket is served here');
    else entrance.take(request, socket, head);
  });
  // A connection kept alive after the last answer would hold `close` up for its idle time.
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (closed !== null) server.closeIdleConnections();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new HttpListenError(hostPort(listen.address, listen.port), error, flag)));
    server.listen({ host: listen.address, port: listen.port, exclusive: true }, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
  const close = (graceMs = 1000): Promise<void> => {
    closed ??= shut(server, connections, clock, graceMs);
    return closed;
  };
  return { local: { address: listen.address, port }, close };
}

/**
 * The connections of an HTTP server that were not upgraded: at most 1024. What was upgraded belongs to who took it,
 * and outlives the listener.
 */
class PlainConnections {
  readonly #open = new Set<object>();
  #emptied: (() => void) | null = null;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      if (this.#open.size >= MAX_CONNECTIONS) {
        socket.destroy();
        return;
      }
      this.#open.add(socket);
      socket.once('close', () => this.#forget(socket));
    });
    server.on('upgrade', (_request, socket) => this.#forget(socket));
  }

  emptied(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }

  #forget(socket: object): void {
    this.#open.delete(socket);
    if (this.#open.size === 0) this.#emptied?.();
  }
}

async function shut(server: Server, connections: PlainConnections, clock: Clock, graceMs: number): Promise<void> {
  const finished = new AbortController();
  server.close();
  server.closeIdleConnections();
  const late = delay(clock, graceMs, finished.signal).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await connections.emptied();
  finished.abort();
  await late;
}
