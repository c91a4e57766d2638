import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Clock, delay } from '../../base/clock.js';
import { AppError, messageOf } from '../../base/errors.js';
import { hostPort } from '../../base/ip-ranges.js';
import { type SocketAddress, systemCode } from '../../base/network.js';
import type { Api } from './app.js';

/** The address cannot be listened on; `systemCode` is EADDRINUSE, EACCES … */
export class HttpListenError extends AppError {
  readonly code = 'HTTP_LISTEN_FAILED';
  readonly systemCode: string | null;

  constructor(address: string, cause: unknown) {
    super(`HTTP cannot listen on ${address}: ${systemCode(cause) ?? messageOf(cause)}`, { cause });
    this.systemCode = systemCode(cause);
  }
}

export interface HttpServer {
  readonly local: SocketAddress;
  /** The node server, for WebSocket upgrades. */
  readonly server: Server;
  /** Stops accepting, gives requests in progress `graceMs` (1000), then drops them. May be called twice. */
  close(graceMs?: number): Promise<void>;
}

/** Connections at once; more are refused by the kernel's backlog and then by node. */
const MAX_CONNECTIONS = 1024;

/** Serves the API: headers within 10 s, a whole request within 30 s, an idle connection lives 65 s. */
export async function startHttpServer(api: Api, listen: SocketAddress, clock: Clock): Promise<HttpServer> {
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
        }),
      { overrideGlobalObjects: false },
    ),
  );
  server.maxConnections = MAX_CONNECTIONS;
  // A connection kept alive after the last answer would hold `close` up for its idle time.
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (closed !== null) server.closeIdleConnections();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new HttpListenError(hostPort(listen.address, listen.port), error)));
    server.listen({ host: listen.address, port: listen.port, exclusive: true }, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
  const close = (graceMs = 1000): Promise<void> => {
    closed ??= shut(server, clock, graceMs);
    return closed;
  };
  return { local: { address: listen.address, port }, server, close };
}

async function shut(server: Server, clock: Clock, graceMs: number): Promise<void> {
  const finished = new AbortController();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = delay(clock, graceMs, finished.signal).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await closed;
  finished.abort();
  await late;
}
