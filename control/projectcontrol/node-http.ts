import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { IpRanges } from '../../base/ip-ranges.js';
import type { HttpExchange, HttpListen, ServedReply } from './http.js';

/** Bytes of a request; a dialog's news have about 3000. */
const MAX_BODY_BYTES = 262_144;
/** Bytes of an answer: a directory of 10 000 users is smaller. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 1024;
const SERVER_LIMITS = { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16_384 };
const MAX_SOCKETS = 64;
const IDLE_MS = 4000;
const loopback = IpRanges.of(['127.0.0.0/8', '::1']);

/** Requests over real sockets, kept open between requests: 64 to one server, further requests wait. */
export function createNodeExchange(): { readonly http: HttpExchange; readonly close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS });
  const http: HttpExchange = (request) => exchange(agent, request, false);
  return { http, close: () => agent.destroy() };
}

const exchange = (agent: Agent, request: Parameters<HttpExchange>[0], isSecondTry: boolean): ReturnType<HttpExchange> =>
  new Promise((resolve, reject) => {
    const { address, method, path, body, signal } = request;
    const text = body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { host: address.host, port: address.port, method, path, headers: text, agent, signal };
    const sent = httpRequest(options, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('error', reject);
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) sent.destroy(new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`));
        chunks.push(chunk);
      });
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          message: answer.statusMessage ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection just as we wrote to it: it has seen nothing of the request.
      if (sent.reusedSocket && error.code === 'ECONNRESET' && !isSecondTry && !signal.aborted) {
        resolve(exchange(agent, request, true));
      } else reject(error);
    });
    sent.end(body ?? undefined);
  });

/**
 * Serves over real sockets. The original SIP server sends whole URLs as targets and no Host: both are taken. What a web
 * page could send is not: a request that names another origin, or on loopback another host. Limits: 1024 connections,
 * 256 KiB a body, 10 s a request.
 */
export const listenWithNode: HttpListen = async ({ host, port, allow }, serve) => {
  const permitted = IpRanges.of(allow);
  const server = createServer({ requireHostHeader: false, ...SERVER_LIMITS }, (request, response) => {
    if (!permitted.contains(request.socket.remoteAddress ?? ''))
      return answer(response, refused('this address is not served'));
    if (!isOurs(request)) return answer(response, refused('not for web pages'));
    readBody(request, (body) => {
      if (body === null) return answer(response, { status: 413, body: { error: 'the body is too long' } });
      answer(response, serve({ method: request.method ?? '', target: request.url ?? '', body }));
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: typeof bound === 'object' && bound !== null ? bound.port : port, close };
};

function refused(error: string): ServedReply {
  return { status: 403, body: { error } };
}

function isOurs({ headers, socket }: IncomingMessage): boolean {
  const { host, origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  if (host === undefined || !loopback.contains(socket.localAddress ?? '')) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '' || loopback.contains(name);
}

function readBody(request: IncomingMessage, done: (body: string | null) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  request.on('end', () => done(bytes > MAX_BODY_BYTES ? null : Buffer.concat(chunks).toString('utf8')));
}

function answer(response: ServerResponse, { status, body }: ServedReply): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
