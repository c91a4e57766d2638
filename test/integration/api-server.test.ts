import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { createApi } from '../../gateway/api/app.js';
import type { ApiCommands } from '../../gateway/api/commands.js';
import { HttpListenError, startHttpServer } from '../../gateway/api/server.js';
import { createHooksApp } from '../../hooks-reference/app.js';
import { startHooksServer } from '../../hooks-reference/server.js';
import { createApiClient } from '../support/api-client.js';
import { createSeededRandom } from '../support/seeded-random.js';

const clock = createRealClock();
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(commands: Partial<ApiCommands> = {}, apiSecret: string | null = null) {
  const refused = async () => ({ ok: false, code: 'NOT_FOUND' }) as const;
  const api = createApi(
    {
      inviteClient: refused,
      inviteServer: refused,
      closeConnection: refused,
      sessions: () => [],
      calls: () => [],
      messageSummary: () => ({ ok: false, code: 'NOT_FOUND' }),
      setMessageSummary: () => ({ ok: false, code: 'NOT_FOUND' }),
      ready: () => true,
      quality: async () => ({ ok: false, code: 'NOT_FOUND' }) as const,
      histograms: () => ({}),
      counters: () => ({}),
      logLevel: () => null,
      setLogLevel: () => undefined,
      ...commands,
    },
    { apiSecret, apiAllow: [], errorFormat: 'envelope', corsOrigin: null },
  );
  const server = await startHttpServer(api, { address: '127.0.0.1', port: 0 }, clock);
  closers.push(() => server.close(0));
  return { api, server, url: `http://127.0.0.1:${server.local.port}` };
}

/** Sends bytes as they are and reads until the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.on('data', (data) => {
      got += data.toString('latin1');
    });
    socket.on('close', () => resolve(got));
    socket.on('error', () => resolve(got));
  });
}

test('the generated client reaches the API over a socket, and its secret opens it', async () => {
  const { url } = await start({ inviteClient: async () => ({ ok: true, value: { sessionId: 'c1' } }) }, 'hush');
  const body = { room_id: 'r', dest_session_id: 's', from_number: '1' };
  const invited = await createApiClient(url, 'hush').POST('/sip/invite/client', { body });
  expect(invited.data).toEqual({ status: true, data: { session_id: 'c1', call_id: 'c1' } });
  const refused = await createApiClient(url).POST('/sip/invite/client', { body });
  expect([refused.response.status, refused.error]).toEqual([401, { status: false, error: 'UNAUTHORIZED' }]);
});

test('a Host that is not this machine is refused over a loopback socket', async () => {
  const { server } = await start();
  const request = 'GET /sip/calls HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  expect(await raw(server.local.port, request)).toMatch(/^HTTP\/1\.1 403 .*"error":"FORBIDDEN"/s);
  const local = request.replace('evil.example', 'localhost:1');
  expect(await raw(server.local.port, local)).toMatch(/^HTTP\/1\.1 200 .*"status":true/s);
});

test('a declared body over 64 KiB is 413', async () => {
  const { url } = await start();
  const response = await fetch(`${url}/sip/invite/client`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pad: 'x'.repeat(70_000) }),
  });
  expect([response.status, await response.json()]).toEqual([413, { status: false, error: 'PAYLOAD_TOO_LARGE' }]);
});

test('a body without Content-Length is read up to 64 KiB', async () => {
  const asked: unknown[] = [];
  const { server } = await start({
    inviteClient: async (body) => {
      asked.push(body);
      return { ok: true, value: { sessionId: 'c1' } };
    },
  });
  const head = (path: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n`;
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const chunked = `${head('/sip/invite/client')}Transfer-Encoding: chunked\r\n\r\n`;
  const body = { room_id: 'r', dest_session_id: 's', from_number: '1' };
  const { port } = server.local;
  expect(await raw(port, `${chunked}${chunk(JSON.stringify(body))}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(asked).toEqual([{ ...body, server_alias: null, hook_uri: null }]);
  expect(await raw(port, `${chunked}${chunk('x'.repeat(70_000))}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  expect(await raw(port, `${head('/sip/invite/client')}\r\n`)).toMatch(/^HTTP\/1\.1 400 .*BAD_REQUEST/s);
});

test('bytes that are no HTTP end the connection and nothing else', async () => {
  const { server, url } = await start();
  expect(await raw(server.local.port, 'REGISTER sip:x SIP/2.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('a taken port rejects with the address in one line', async () => {
  const { api, server } = await start();
  const second = startHttpServer(api, server.local, clock);
  await expect(second).rejects.toThrow(HttpListenError);
  await expect(second).rejects.toMatchObject({
    message: `HTTP cannot listen on 127.0.0.1:${server.local.port}: EADDRINUSE`,
    systemCode: 'EADDRINUSE',
  });
});

test('close waits for a request in progress, then is done; a second close changes nothing', async () => {
  let release = (): void => undefined;
  const entered = new Promise<void>((resolve) => {
    release = resolve;
  });
  let finish = (): void => undefined;
  const { server, url } = await start({
    closeConnection: async () => {
      release();
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { ok: true, value: 'OK' };
    },
  });
  const inProgress = fetch(`${url}/sip/conn/c1`, { method: 'DELETE' });
  await entered;
  const closed = Promise.all([server.close(10_000), server.close(10_000)]);
  finish();
  expect(await (await inProgress).json()).toEqual({ status: true, data: 'OK' });
  await closed;
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

test('the reference hook server rings through the API over sockets', async () => {
  const rung: unknown[] = [];
  const { url } = await start(
    {
      inviteClient: async (body) => {
        rung.push(body);
        return { ok: true, value: { sessionId: 'c1' } };
      },
    },
    'hush',
  );
  const app = createHooksApp({ sipGateway: url, apiSecret: 'hush', random: createSeededRandom(1) });
  const hooks = await startHooksServer(app, { host: '127.0.0.1', port: 0 });
  closers.push(() => hooks.close());
  const post = async (route: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${hooks.hookUrl}/${route}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  await post('register', { username: '1001', realm: 'r', session_id: 's1' });
  const call = { source: '127.0.0.1:5060', username: null, from_number: '1002', to_number: '1001', conn_id: 'c' };
  expect(await post('invite', call)).toMatchObject({ strategy: 'WaitOtherPeers' });
  expect(rung).toEqual([
    {
      room_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      dest_session_id: 's1',
      from_number: '1002',
      server_alias: null,
      hook_uri: null,
    },
  ]);
});
