import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeControlServer } from '../../support/control-server.js';
import { eventually } from '../../support/eventually.js';
import type { GatewayProcess, ProcessOptions } from '../../support/gateway-process.js';
import { LoopbackWorld } from '../../support/loopback-world.js';

const bling = 'bling.babblevoice.com';
const run = promisify(execFile);

let world: LoopbackWorld;
let control: FakeControlServer;
let listening: Awaited<ReturnType<FakeControlServer['listen']>>;

beforeEach(async () => {
  world = new LoopbackWorld();
  control = new FakeControlServer();
  listening = await control.listen();
});

afterEach(async () => {
  await world.close();
  await listening.close();
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what each test asserts
  readonly json: any;
}

interface Listening {
  readonly kind: string;
  readonly address: string;
  readonly port: number;
}

/** The listener of the mediaswitch API alone. */
async function apiOf(gateway: GatewayProcess): Promise<string> {
  const { listening } = await gateway.program.event('ready');
  const at = (listening as Listening[]).find(({ kind }) => kind === 'mediaswitch');
  if (at === undefined) throw new Error('no mediaswitch listener');
  return `${at.address}:${at.port}`;
}

function start(options: Partial<ProcessOptions> = {}): Promise<GatewayProcess> {
  return world.startGateway({ mediaswitch: '127.0.0.1:0', ...options });
}

/** Types one line into a shell; `:9000` and `:9001` are where these listen here. */
async function typed(api: string, line: string): Promise<Answer> {
  const here = line.replaceAll('127.0.0.1:9000', api).replaceAll('127.0.0.1:9001', new URL(listening.url).host);
  const { stdout } = await run('bash', ['-c', here.replace(/^curl /, "curl -s -w '\\n%{http_code}' ")]);
  const border = stdout.lastIndexOf('\n');
  const body = stdout.slice(0, border);
  return { status: Number(stdout.slice(border + 1)), json: body === '' ? null : JSON.parse(body) };
}

const json = "-H 'Content-Type:application/json'";
const push = `curl -X PUT ${json} -d '{ "control": "http://127.0.0.1:9001", "users": [ { "username": "1003", "secret": "1123654789"}]}' http://127.0.0.1:9000/dir/${bling}`;
const lines = {
  push,
  user: (method: string) =>
    `curl -X ${method} ${json} -d '{ "secret": "1123654789" }' http://127.0.0.1:9000/dir/${bling}/1003`,
  get: (path: string) => `curl ${json} http://127.0.0.1:9000${path}`,
  remove: (path: string) => `curl -X DELETE ${json} http://127.0.0.1:9000${path}`,
};

async function registered(gateway: GatewayProcess, password = '1123654789') {
  const phone = await world.addPhone(gateway.sip, '1003', { domain: bling, password });
  expect((await phone.register(3600)).statusCode).toBe(200);
  return phone;
}

describe('mediaswitch rows 1, 2, 3 and 5: the lines of contract 5a, typed into a shell', () => {
  test('push, change, read and remove a domain and its user', async () => {
    const api = await apiOf(await start());
    expect(await typed(api, lines.push)).toEqual({ status: 201, json: null });
    for (const method of ['PUT', 'PATCH']) {
      expect(await typed(api, lines.user(method))).toEqual({ status: 200, json: null });
    }
    expect(await typed(api, lines.get(`/dir/${bling}`))).toEqual({
      status: 200,
      json: { users: ['1003'], control: listening.url },
    });
    expect(await typed(api, lines.get('/dir'))).toEqual({ status: 200, json: { domains: ['com'] } });
    for (const path of ['/reg', '/reg/']) {
      expect(await typed(api, lines.get(path))).toEqual({ status: 200, json: { count: 0 } });
    }
    const shown = { domain: bling, count: 1, registered: 0, users: { '1003': { registered: false } } };
    for (const path of [`/reg/${bling}`, `/reg/${bling}/1003`]) {
      expect(await typed(api, lines.get(path))).toEqual({ status: 200, json: shown });
    }
    expect(await typed(api, lines.remove(`/dir/${bling}/1003`))).toEqual({ status: 200, json: null });
    expect(await typed(api, lines.remove(`/dir/${bling}`))).toEqual({ status: 200, json: null });
    expect((await typed(api, lines.get(`/dir/${bling}`))).status).toBe(404);
  });

  test('work on the main listener too; the one of 9000 has nothing else', async () => {
    const gateway = await start({ args: ['--api-secret', 'a secret of the api', '--api-allow', '127.0.0.1'] });
    const api = await apiOf(gateway);
    const main = new URL(gateway.apiUrl).host;
    expect((await typed(main, lines.push)).status).toBe(201);
    expect((await typed(api, lines.get(`/dir/${bling}`))).json.users).toEqual(['1003']);
    for (const path of ['/metrics', '/sip/sessions', '/openapi.yaml', '/nothing']) {
      expect((await typed(api, lines.get(path))).status).toBe(404);
    }
    expect((await typed(api, `curl -X POST -d '{}' http://127.0.0.1:9000/reg`)).status).toBe(405);
    const rebound = `curl -H 'Host: evil.example' http://127.0.0.1:9000/dir`;
    expect((await typed(api, rebound)).status).toBe(403);
  });

  test('ask for the secret of the API where there is one', async () => {
    const api = await apiOf(await start({ args: ['--api-secret', 'a secret of the api', '--hook-url', 'off'] }));
    expect((await typed(api, lines.push)).status).toBe(401);
    const bearer = lines.push.replace('curl ', "curl -H 'Authorization: Bearer a secret of the api' ");
    expect((await typed(api, bearer)).status).toBe(201);
  });
});

describe('mediaswitch rows 4, 5, 6 and 8: a phone', () => {
  test('registers with the pushed secret, is shown, and its control server is told', async () => {
    const gateway = await start();
    const api = await apiOf(gateway);
    const asStructure = lines.push.replace(
      '"http://127.0.0.1:9001"',
      `{ "host": "127.0.0.1", "port": ${new URL(listening.url).port} }`,
    );
    expect((await typed(api, asStructure)).status).toBe(201);
    const phone = await registered(gateway);
    const { json } = await typed(api, lines.get(`/reg/${bling}`));
    expect(json).toMatchObject({ domain: bling, count: 1, registered: 1 });
    expect(json.users['1003']).toMatchObject({
      registered: true,
      remote: { host: '127.0.0.1', port: expect.any(Number) },
    });
    expect((await phone.register(60)).statusCode).toBe(423);
    expect((await phone.register(0)).statusCode).toBe(200);
    await eventually('both pieces of news', () => control.calls.length === 2);
    expect(control.calls).toEqual([
      {
        method: 'PUT',
        path: `/reg/${bling}/1003`,
        body: expect.objectContaining({ host: '127.0.0.1', user: `1003@${bling}` }),
      },
      { method: 'DELETE', path: `/reg/${bling}/1003`, body: {} },
    ]);
    expect((await typed(api, lines.get('/reg'))).json).toEqual({ count: 0 });
    const impostor = await world.addPhone(gateway.sip, '1003', { domain: bling, password: 'guessed' });
    expect((await impostor.register(3600)).statusCode).toBe(403);
  });
});

describe('mediaswitch rows 1, 5 and 8: a restart', () => {
  test('loses neither the directory nor who is registered; the control server is told once more', async () => {
    const first = await start();
    expect((await typed(await apiOf(first), lines.push)).status).toBe(201);
    await registered(first);
    const before = (await typed(await apiOf(first), lines.get(`/reg/${bling}/1003`))).json;
    await eventually('the first news', () => control.calls.length === 1);
    await first.stop();
    const second = await start({ sipPort: first.sip.port });
    const api = await apiOf(second);
    expect((await typed(api, lines.get(`/dir/${bling}`))).json.users).toEqual(['1003']);
    expect((await typed(api, lines.get(`/reg/${bling}/1003`))).json).toMatchObject({
      registered: 1,
      users: { '1003': { remote: before.users['1003'].remote, epochs: before.users['1003'].epochs } },
    });
    await eventually('the second news', () => control.calls.length === 2);
    expect(control.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(2).fill(`PUT /reg/${bling}/1003`),
    );
    await registered(second);
  });

  test('with --dir-persist off forgets both', async () => {
    const first = await start();
    expect((await typed(await apiOf(first), lines.push)).status).toBe(201);
    await registered(first);
    await first.stop();
    const second = await start({ sipPort: first.sip.port, args: ['--dir-persist', 'off'] });
    const api = await apiOf(second);
    expect((await typed(api, lines.get('/dir'))).json).toEqual({});
    expect((await typed(api, lines.get('/reg'))).json).toEqual({ count: 0 });
    expect((await typed(api, lines.push)).status).toBe(201);
    await second.stop();
    expect((await typed(await apiOf(await start()), lines.get('/dir'))).json).toEqual({});
  });
});

test('mediaswitch: a taken port 9000 is a warning where nobody asked for it', async () => {
  // Somebody else may have it already, which does as well.
  const occupier = createServer();
  await new Promise<void>((resolve) => occupier.once('error', () => resolve()).listen(9000, '127.0.0.1', resolve));
  try {
    const gateway = await world.startGateway({ mediaswitch: null });
    await gateway.program.prints('/dir   127.0.0.1:9000 is in use by another program; --mediaswitch-listen');
    expect(gateway.logged('mediaswitch.not-listening')).toMatchObject([{ port: 9000, reason: 'EADDRINUSE' }]);
    expect((await typed(new URL(gateway.apiUrl).host, lines.push)).status).toBe(201);
  } finally {
    occupier.close();
  }
});
