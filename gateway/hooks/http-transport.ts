import { Agent, buildConnector, Client, type Dispatcher, Pool } from 'undici';
import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { systemCode } from '../../base/network.js';
import { createAddressRule } from './address-rules.js';
import { type HttpAnswer, type HttpRequest, type HttpTransport, HttpTransportError } from './transport.js';

export interface HttpTransportOptions {
  readonly clock: Clock;
  /** Time for DNS, TCP and TLS together; 2000 unless told. */
  readonly connectTimeoutMs?: number;
  /** Connections per origin; 512 unless told. Requests beyond wait inside their deadline. */
  readonly maxConnections?: number;
  /** CIDR ranges that alone may be reached; empty: all but link-local and metadata addresses. */
  readonly allow?: readonly string[];
}

export interface HttpTransportHandle {
  readonly send: HttpTransport;
  counters(): Readonly<Record<string, number>>;
  /** Drops every connection. May be called twice. */
  close(): Promise<void>;
}

type Connector = buildConnector.connector;
type Socket = Exclude<Parameters<buildConnector.Callback>[1], null>;

/** What a request learnt of the connection it was put on; filled when it is dispatched. */
interface Attempt {
  socket: Socket | null;
  /** The connection had carried another request before. */
  reused: boolean;
  bytesReadBefore: number;
}

interface TrackedOptions extends Dispatcher.RequestOptions {
  readonly attempt: Attempt;
}

/** A connection of the pool that tells a request whether it is its first. undici knows, but does not say. */
class TrackedClient extends Client {
  readonly #held: { socket: Socket | null };

  constructor(origin: URL | string, options: Client.Options, connect: Connector) {
    const held: { socket: Socket | null } = { socket: null };
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connect(target, (...result) => {
          held.socket = result[1];
          callback(...result);
        }),
    });
    this.#held = held;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const attempt = (options as Partial<TrackedOptions>).attempt;
    const socket = this.#held.socket;
    if (attempt !== undefined && socket !== null && !socket.destroyed) {
      attempt.socket = socket;
      attempt.reused = true;
      attempt.bytesReadBefore = socket.bytesRead;
    }
    return super.dispatch(options, handler);
  }
}

const clientOptions = {
  pipelining: 1,
  // The caller's signal is the only deadline; undici's own timers are a second apart.
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 4000,
  keepAliveMaxTimeout: 30_000,
  maxHeaderSize: 16_384,
} satisfies Client.Options;

/**
 * Hook calls over real sockets: an undici pool with keep-alive, redirects off. A reused connection that is reset
 * before any byte of the answer is tried once more on a fresh one (the server closed it just as we wrote); the
 * caller's deadline covers both. Connections per origin are limited to `maxConnections`.
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransportHandle {
  const connect = guardedConnector(options);
  const counts = { http_connections_total: 0, http_resent_total: 0, http_denied_total: 0 };
  const counted: Connector = (target, callback) => {
    counts.http_connections_total += 1;
    connect(target, (...result) => {
      if (result[0] instanceof HttpTransportError && result[0].failure === 'denied') counts.http_denied_total += 1;
      callback(...result);
    });
  };
  const agent = new Agent({
    ...clientOptions,
    connections: options.maxConnections ?? 512,
    factory: (origin, pool: object) =>
      new Pool(origin, {
        ...pool,
        connect: counted,
        factory: (clientOrigin, client: object) => new TrackedClient(clientOrigin, client, counted),
      }),
  });

  const send: HttpTransport = async (request) => {
    const attempt: Attempt = { socket: null, reused: false, bytesReadBefore: 0 };
    try {
      return await exchange(agent, request, attempt);
    } catch (thrown) {
      if (!isStaleReset(thrown, attempt) || request.signal.aborted) throw toTransportError(thrown, request.signal);
    }
    counts.http_resent_total += 1;
    const fresh = new Client(new URL(request.url).origin, { ...clientOptions, connect: counted });
    try {
      return await exchange(fresh, request, { socket: null, reused: false, bytesReadBefore: 0 });
    } catch (thrown) {
      throw toTransportError(thrown, request.signal);
    } finally {
      await fresh.destroy();
    }
  };
  return { send, counters: () => counts, close: () => agent.destroy() };
}

/** Connects within the time-out and refuses an address that the rule denies before a byte is written to it. */
export function guardedConnector({ clock, connectTimeoutMs = 2000, allow = [] }: HttpTransportOptions): Connector {
  const permitted = createAddressRule(allow);
  const connect = buildConnector({ timeout: 0, autoSelectFamily: true }) as (
    ...parameters: Parameters<Connector>
  ) => Socket;
  return (target, callback) => {
    let late = false;
    const timer = clock.setTimer(connectTimeoutMs, () => {
      late = true;
      pending.destroy(new HttpTransportError('connect', `no connection within ${connectTimeoutMs} ms`));
    });
    const pending = connect(target, (...result) => {
      timer.cancel();
      const [error, socket] = result;
      if (error !== null) {
        callback(new HttpTransportError('connect', messageOf(error), { cause: error }), null);
        return;
      }
      const address = socket.remoteAddress ?? '';
      if (!late && permitted(address)) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(new HttpTransportError('denied', `${address} may not be called`), null);
    });
  };
}

async function exchange(dispatcher: Dispatcher, request: HttpRequest, attempt: Attempt): Promise<HttpAnswer> {
  const url = new URL(request.url);
  const options: TrackedOptions = {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: { ...request.headers },
    body: request.body,
    signal: request.signal,
    attempt,
  };
  const answer = await dispatcher.request(options);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > request.maxBytes) {
      // Leaving the loop destroys the body and with it the connection.
      throw new HttpTransportError('too-large', `the answer has more than ${request.maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return {
    status: answer.statusCode,
    headers: flatten(answer.headers),
    body: Buffer.concat(chunks, bytes).toString('utf8'),
  };
}

export function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

const resetCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function isStaleReset(thrown: unknown, attempt: Attempt): boolean {
  return (
    attempt.reused &&
    attempt.socket !== null &&
    attempt.socket.bytesRead === attempt.bytesReadBefore &&
    resetCodes.has(systemCode(thrown) ?? '')
  );
}

function toTransportError(thrown: unknown, signal: AbortSignal): HttpTransportError {
  if (thrown instanceof HttpTransportError) return thrown;
  if (signal.aborted) return new HttpTransportError('aborted', 'given up', { cause: thrown });
  return new HttpTransportError('broken', messageOf(thrown), { cause: thrown });
}
