import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createHookClient } from '../../gateway/hooks/client.js';
import { createHttpTransport, type HttpTransportHandle } from '../../gateway/hooks/http-transport.js';
import { type HttpAnswer, HttpTransportError } from '../../gateway/hooks/transport.js';
import { FakeHookServer } from '../support/hook-server.js';
import { MemoryHookStore } from '../support/memory-hook-store.js';

const clock = createRealClock();
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function transport(options: { allow?: string[]; connectTimeoutMs?: number } = {}): HttpTransportHandle {
  const handle = createHttpTransport({ clock, ...options });
  closers.push(() => handle.close());
  return handle;
}

function post(handle: HttpTransportHandle, url: string, signal = new AbortController().signal): Promise<HttpAnswer> {
  const headers = { 'content-type': 'application/json' };
  return handle.send({ url, method: 'POST', headers, body: '{"a":1}', maxBytes: 65_536, signal });
}

/** Lets the pool take the connection of the last answer back. */
async function backInPool(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function failureOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(HttpTransportError);
  return (thrown as HttpTransportError).failure;
}

interface RawServer {
  readonly url: string;
  readonly sockets: Socket[];
  /** Requests whose head has come, over all connections. */
  readonly requests: () => number;
  close(): Promise<void>;
}

/** A server on the socket level; `answer` sees each request with its number on its connection and in all. */
async function rawServer(answer: (socket: Socket, onConnection: number, inAll: number) => void): Promise<RawServer> {
  const sockets: Socket[] = [];
  let inAll = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    let onConnection = 0;
    socket.on('data', (data) => {
      if (!data.toString('latin1').startsWith('POST')) return;
      onConnection += 1;
      inAll += 1;
      answer(socket, onConnection, inAll);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  closers.push(close);
  return { url: `http://127.0.0.1:${port}/hooks/auth?x=1`, sockets, requests: () => inAll, close };
}

function respond(socket: Socket, body: string): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

describe('HTTP transport over loopback', () => {
  test('posts the body, reads status, headers and body, and keeps the connection', async () => {
    const server = new FakeHookServer({ clock });
    server.on('auth', { json: { success: true }, headers: { 'x-more': 'yes' } });
    const { url, close } = await server.listen();
    closers.push(close);
    const handle = transport();
    for (let time = 0; time < 3; time += 1) {
      const answer = await post(handle, `${url}/auth?x=1`);
      expect(answer).toMatchObject({ status: 200, body: '{"success":true}' });
      expect(answer.headers['x-more']).toBe('yes');
      await backInPool();
    }
    expect(server.calls.map(({ body }) => body)).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
    expect(server.calls[0]?.headers['content-type']).toBe('application/json');
    expect(handle.counters()).toMatchObject({ http_connections_total: 1, http_resent_total: 0 });
  });

  test('fifty at once all come through', async () => {
    const server = new FakeHookServer({ clock });
    const { url, close } = await server.listen();
    closers.push(close);
    const handle = transport();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(handle, `${url}/register`)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
  });

  test('a refused connection is "connect"', async () => {
    const server = await rawServer(() => undefined);
    await server.close();
    expect(await failureOf(post(transport(), server.url))).toBe('connect');
  });

  test('a name that does not exist is "connect"', async () => {
    expect(await failureOf(post(transport(), 'http://nowhere.invalid/hooks/auth'))).toBe('connect');
  });

  test('a redirect is an answer, not a way', async () => {
    const target = await rawServer((socket) => respond(socket, '{}'));
    const server = await rawServer((socket) => {
      socket.write(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${target.url}\r\nContent-Length: 0\r\n\r\n`);
    });
    expect((await post(transport(), server.url)).status).toBe(307);
    expect(target.requests()).toBe(0);
  });

  test('an answer of 64 KiB is read, one byte more is "too-large", with and without Content-Length', async () => {
    const handle = transport();
    const most = await rawServer((socket) => respond(socket, 'x'.repeat(65_536)));
    expect((await post(handle, most.url)).body).toHaveLength(65_536);
    const declared = await rawServer((socket) => respond(socket, 'x'.repeat(65_537)));
    expect(await failureOf(post(handle, declared.url))).toBe('too-large');
    const endless = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let chunk = 0; chunk < 100; chunk += 1) socket.write(`400\r\n${'x'.repeat(1024)}\r\n`);
    });
    expect(await failureOf(post(handle, endless.url))).toBe('too-large');
    expect(endless.requests()).toBe(1);
  });

  test('the signal ends a silent exchange and its connection', async () => {
    const server = await rawServer(() => undefined);
    const controller = new AbortController();
    const failure = failureOf(post(transport(), server.url, controller.signal));
    await until(() => server.requests() === 1);
    controller.abort();
    expect(await failure).toBe('aborted');
    await until(() => server.sockets[0]?.destroyed === true);
  });

  test('the signal ends an answer that stalls half way', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"succ');
    });
    const controller = new AbortController();
    const failure = failureOf(post(transport(), server.url, controller.signal));
    await until(() => server.requests() === 1);
    controller.abort();
    expect(await failure).toBe('aborted');
  });
});

describe('design §9 a reused connection that is reset before any response byte', () => {
  test('is tried once more on a fresh one', async () => {
    const server = await rawServer((socket, onConnection, inAll) => {
      if (onConnection === 2) socket.resetAndDestroy();
      else respond(socket, `{"n":${inAll}}`);
    });
    const handle = transport();
    expect((await post(handle, server.url)).body).toBe('{"n":1}');
    await backInPool();
    expect((await post(handle, server.url)).body).toBe('{"n":3}');
    expect([server.requests(), server.sockets.length]).toEqual([3, 2]);
    expect(handle.counters()).toMatchObject({ http_resent_total: 1 });
  });

  test('also when it is closed in order just after the request was written', async () => {
    const server = await rawServer((socket, onConnection, inAll) => {
      if (onConnection === 2) socket.end();
      else respond(socket, `{"n":${inAll}}`);
    });
    const handle = transport();
    await post(handle, server.url);
    await backInPool();
    expect((await post(handle, server.url)).body).toBe('{"n":3}');
  });

  test('a second reset is the failure', async () => {
    const server = await rawServer((socket, _onConnection, inAll) => {
      if (inAll >= 2) socket.resetAndDestroy();
      else respond(socket, '{}');
    });
    const handle = transport();
    await post(handle, server.url);
    await backInPool();
    expect(await failureOf(post(handle, server.url))).toBe('broken');
    expect(server.requests()).toBe(3);
  });

  test('a fresh connection that is reset is not tried again', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());
    expect(await failureOf(post(transport(), server.url))).toBe('broken');
    expect(server.requests()).toBe(1);
  });

  test('nor is a reused one after the first byte of the answer', async () => {
    const server = await rawServer((socket, onConnection) => {
      if (onConnection === 1) respond(socket, '{}');
      else socket.write('HTTP/1.1 200 OK\r\nContent-', () => socket.resetAndDestroy());
    });
    const handle = transport();
    await post(handle, server.url);
    await backInPool();
    expect(await failureOf(post(handle, server.url))).toBe('broken');
    expect(server.requests()).toBe(2);
  });
});

describe('design §9 the allow-list is checked on the connected address', () => {
  test('an address outside the list is refused before a byte is written, whatever name led there', async () => {
    const server = await rawServer((socket) => respond(socket, '{}'));
    const handle = transport({ allow: ['10.0.0.0/8'] });
    const byName = server.url.replace('127.0.0.1', 'localhost');
    for (const url of [server.url, byName]) expect(await failureOf(post(handle, url))).toBe('denied');
    expect(server.requests()).toBe(0);
    expect(handle.counters()).toMatchObject({ http_denied_total: 2 });
  });

  test('an address inside the list is reached', async () => {
    const server = await rawServer((socket) => respond(socket, '{}'));
    expect((await post(transport({ allow: ['127.0.0.1'] }), server.url)).status).toBe(200);
  });
});

test('the hook client over real sockets: answer, time-out, ordered retries, and the next question works', async () => {
  const server = new FakeHookServer({ clock });
  server.next('auth', { json: { success: false } }, { instead: 'never' });
  server.next('register', { status: 500, json: null }, { instead: 'reset' });
  const { url, close } = await server.listen();
  closers.push(close);
  const hooks = createHookClient({
    clock,
    log: silentLogger,
    store: new MemoryHookStore(),
    transport: transport().send,
    hookUrl: url,
    hookSecret: 'hush',
    askTimeoutMs: 2000,
    delivery: { backoffMs: 10 },
  });
  closers.push(() => hooks.close());
  const binding = { username: '1001', realm: 'r', session_id: 's1' };
  expect(await hooks.auth(binding)).toMatchObject({ ok: true, reply: { success: false, ha1: null } });
  expect(await hooks.auth(binding)).toMatchObject({ ok: false, failure: 'timeout' });
  hooks.register(binding);
  hooks.unregister(binding);
  expect(await hooks.drain(10_000)).toEqual({ undelivered: 0 });
  expect(server.routes().filter((route) => route !== 'auth')).toEqual([
    'register',
    'register',
    'register',
    'unregister',
  ]);
  expect(await hooks.auth(binding)).toMatchObject({ ok: true, reply: { success: true } });
  expect(server.calls.every(({ headers }) => headers.authorization === 'Bearer hush')).toBe(true);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
