import { describe, expect, test } from 'vitest';
import type { LogLevel } from '../../../base/log.js';
import type { CallView, SessionView } from '../../../contract/v1.js';
import { type Api, type ApiOptions, createApi } from '../../../gateway/api/app.js';
import type { ApiCommands, CommandCode } from '../../../gateway/api/commands.js';
import { createApiClient } from '../../support/api-client.js';

const loopback = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };

const session: SessionView = {
  session_id: 's1',
  username: '1001',
  realm: 'r',
  source: '192.0.2.1:5060',
  transport: 'udp',
  contact: 'sip:1001@192.0.2.1',
  user_agent: null,
  registered_at: 1,
  expires_at: 2,
};

const call: CallView = {
  session_id: 'c1',
  call_id: 'c1',
  direction: 'out',
  room_id: 'room',
  peer_id: '1001',
  from_number: '1002',
  to_number: '1001',
  state: 'Ringing',
  codec: null,
  server_alias: null,
  started_at: 1,
  answered_at: null,
};

interface Setup {
  readonly api: Api;
  readonly asked: unknown[];
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

function setUp(commands: Partial<ApiCommands> = {}, options: Partial<ApiOptions> = {}, from = loopback): Setup {
  const asked: unknown[] = [];
  const ask =
    <T>(value: T) =>
    async (body: unknown) => {
      asked.push(body);
      return { ok: true, value } as const;
    };
  const api = createApi(
    {
      inviteClient: ask({ sessionId: 'c1' }),
      inviteServer: ask({ sessionId: 'c2' }),
      closeConnection: ask('OK' as const),
      sessions: () => [session],
      calls: () => [call],
      messageSummary: () => ({ ok: false, code: 'NOT_FOUND' }),
      setMessageSummary: (aor, body) => {
        asked.push([aor, body]);
        return { ok: true, value: body };
      },
      ready: () => true,
      quality: async () => ({ ok: false, code: 'NOT_FOUND' }) as const,
      histograms: () => ({}),
      counters: () => ({ calls: 2, 'sip.requests_total': 7 }),
      logLevel: () => 'info',
      setLogLevel: (level) => asked.push(level),
      ...commands,
    },
    { apiSecret: null, apiAllow: [], errorFormat: 'envelope', corsOrigin: null, ...options },
  );
  const request: Setup['request'] = async (method, path, body, headers = {}) =>
    api.request(
      path,
      {
        method,
        headers: {
          host: 'localhost:8002',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      },
      from,
    );
  return { api, asked, request };
}

async function answer(response: Response | Promise<Response>): Promise<[number, unknown]> {
  const got = await response;
  return [got.status, await got.json()];
}

const toClient = { room_id: 'r1', dest_session_id: 's1', from_number: '1002' };
const toServer = { room_id: 'r1', dest_addr: '192.0.2.7:5060', from_number: '1002', to_number: '0049301' };

describe('contract §3.1 POST /sip/invite/client', () => {
  test('answers session_id and call_id; missing optional fields are null, unknown ones are dropped', async () => {
    const { request, asked } = setUp();
    expect(await answer(request('POST', '/sip/invite/client', { ...toClient, more: 1 }))).toEqual([
      200,
      { status: true, data: { session_id: 'c1', call_id: 'c1' } },
    ]);
    expect(asked).toEqual([{ ...toClient, server_alias: null, hook_uri: null }]);
  });

  test('takes explicit nulls and values of the optional fields', async () => {
    const { request, asked } = setUp();
    const body = { ...toClient, server_alias: null, hook_uri: 'http://app/x' };
    expect((await request('POST', '/sip/invite/client', body)).status).toBe(200);
    expect(asked).toEqual([body]);
  });
});

describe('contract §3.2 POST /sip/invite/server', () => {
  test('dest_auth, server_alias and hook_uri may be missing, null or given', async () => {
    const { request, asked } = setUp();
    const full = { ...toServer, dest_auth: { username: 'u', password: 'p' }, server_alias: 'trunk', hook_uri: null };
    const none = { ...toServer, dest_auth: null, server_alias: null, hook_uri: null };
    expect(await answer(request('POST', '/sip/invite/server', full))).toEqual([
      200,
      { status: true, data: { session_id: 'c2', call_id: 'c2' } },
    ]);
    await request('POST', '/sip/invite/server', toServer);
    await request('POST', '/sip/invite/server', none);
    expect(asked).toEqual([full, none, none]);
  });
});

describe('contract §3.3 closing and listing', () => {
  test('DELETE /sip/conn/{conn_id} hands the decoded id on', async () => {
    const { request, asked } = setUp();
    expect(await answer(request('DELETE', '/sip/conn/a.b%2Fc-_'))).toEqual([200, { status: true, data: 'OK' }]);
    expect(asked).toEqual(['a.b/c-_']);
  });

  test('GET /sip/sessions and /sip/calls list the views', async () => {
    const { request } = setUp();
    expect(await answer(request('GET', '/sip/sessions'))).toEqual([200, { status: true, data: [session] }]);
    expect(await answer(request('GET', '/sip/calls'))).toEqual([200, { status: true, data: [call] }]);
  });
});

describe('RFC 3842 messages waiting', () => {
  const path = '/sip/message-summary';
  const body = { waiting: true, account: 'sip:*97@h', voice: { new: 2, old: 8, urgent_new: 1 }, fax: null };

  test('PUT hands the decoded address and the counts on, and answers with them', async () => {
    const { request, asked } = setUp();
    const told = [200, { status: true, data: body }];
    expect(await answer(request('PUT', `${path}/sip:anna%40example.com`, { ...body, more: 1 }))).toEqual(told);
    expect(await answer(request('PUT', `${path}/anna@example.com`, body))).toEqual(told);
    expect(asked).toEqual([
      ['sip:anna@example.com', body],
      ['anna@example.com', body],
    ]);
  });

  test('what is no count or no yes or no is refused, and its field named', async () => {
    const { request, asked } = setUp();
    for (const [bad, where] of [
      [{}, 'waiting'],
      [{ waiting: 'yes' }, 'waiting'],
      [{ waiting: true, voice: { new: -1, old: 0 } }, 'voice.new'],
      [{ waiting: true, voice: { new: 1 } }, 'voice.old'],
      [{ waiting: true, account: 'x'.repeat(300) }, 'account'],
    ] as const) {
      const [status, told] = await answer(request('PUT', `${path}/sip:anna@h`, bad));
      expect([status, told]).toEqual([400, expect.objectContaining({ error: 'BAD_REQUEST' })]);
      expect(JSON.stringify(told)).toContain(where);
    }
    expect(asked).toEqual([]);
  });

  test('auth and CORS are those of the other routes', async () => {
    const locked = setUp({}, { apiSecret: 'hush', corsOrigin: 'https://app.example' });
    expect((await locked.request('PUT', `${path}/sip:anna@h`, body)).status).toBe(401);
    const headers = { authorization: 'Bearer hush', origin: 'https://app.example' };
    const done = await locked.request('PUT', `${path}/sip:anna@h`, body, headers);
    expect([done.status, done.headers.get('access-control-allow-origin')]).toEqual([200, 'https://app.example']);
    const asks = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };
    const preflight = await locked.request('OPTIONS', `${path}/sip:anna@h`, undefined, asks);
    expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([
      204,
      expect.stringContaining('PUT'),
    ]);
    const wrong = await locked.request('DELETE', `${path}/sip:anna@h`, undefined, headers);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT']);
  });
});

describe('the level of the log', () => {
  test('GET tells it, PUT changes it, a word that is no level is refused', async () => {
    let level: LogLevel = 'info';
    const setLogLevel = (next: LogLevel): void => {
      level = next;
    };
    const { request } = setUp({ logLevel: () => level, setLogLevel });
    const told = (now: LogLevel) => [200, { status: true, data: { level: now } }];
    expect(await answer(request('GET', '/log/level'))).toEqual(told('info'));
    expect(await answer(request('PUT', '/log/level', { level: 'debug' }))).toEqual(told('debug'));
    expect((await request('PUT', '/log/level', { level: 'loud' })).status).toBe(400);
    expect(level).toBe('debug');
  });

  test('where the log belongs to the library user there is none', async () => {
    const { request, asked } = setUp({ logLevel: () => null });
    expect((await answer(request('PUT', '/log/level', { level: 'debug' })))[1]).toMatchObject({ error: 'NOT_FOUND' });
    expect(asked).toEqual([]);
  });
});

describe('contract §3.4 errors', () => {
  const rows: [CommandCode, number][] = [
    ['NOT_FOUND', 400],
    ['INVALID_DEST_ADDR', 400],
    ['INVALID_HOOK_URI', 400],
    ['INVALID_SERVER_ALIAS', 400],
    ['BAD_REQUEST', 400],
    ['INTERNAL_ERROR', 500],
    ['MAX_CONN', 503],
    ['DRAINING', 503],
  ];
  for (const [code, status] of rows) {
    const failing = async () => ({ ok: false, code }) as const;
    const commands = { inviteClient: failing, inviteServer: failing, closeConnection: failing };
    test(`${code} is ${status} with an envelope, on every route`, async () => {
      const { request } = setUp(commands);
      const refused = [status, { status: false, error: code }];
      expect(await answer(request('POST', '/sip/invite/client', toClient))).toEqual(refused);
      expect(await answer(request('POST', '/sip/invite/server', toServer))).toEqual(refused);
      const closing = await request('DELETE', '/sip/conn/c1');
      expect(closing.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
      expect(await answer(closing)).toEqual(refused);
    });
    test(`${code} with error_format text is the code alone, which no JSON parser takes`, async () => {
      const { request } = setUp(commands, { errorFormat: 'text' });
      const response = await request('POST', '/sip/invite/client', toClient);
      expect([response.status, await response.text()]).toEqual([status, code]);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    });
  }

  test('a command that throws is 500 INTERNAL_ERROR, and its message stays inside', async () => {
    const { request } = setUp({
      inviteClient: async () => {
        throw new Error('the pool is gone');
      },
    });
    expect(await answer(request('POST', '/sip/invite/client', toClient))).toEqual([
      500,
      { status: false, error: 'INTERNAL_ERROR' },
    ]);
  });

  const malformed: [string, unknown][] = [
    ['broken JSON', '{"room_id":'],
    ['an empty body', ''],
    ['an array', []],
    ['null', 'null'],
    ['a missing field', { room_id: 'r1', from_number: '1' }],
    ['a null where a value is needed', { ...toClient, dest_session_id: null }],
    ['a number for a string', { ...toClient, from_number: 1001 }],
    ['an empty room', { ...toClient, room_id: '' }],
    ['a line break in a number', { ...toClient, from_number: '1\r\nVia: x' }],
    ['a room of 256 characters', { ...toClient, room_id: 'x'.repeat(256) }],
  ];
  for (const [what, body] of malformed) {
    test(`${what} is 400 BAD_REQUEST and reaches no command`, async () => {
      const { request, asked } = setUp();
      expect(await answer(request('POST', '/sip/invite/client', body))).toEqual([
        400,
        { status: false, error: 'BAD_REQUEST', message: expect.any(String) },
      ]);
      expect(asked).toEqual([]);
    });
  }

  test('a dest_auth without password is 400 BAD_REQUEST', async () => {
    const { request } = setUp();
    const [status, body] = await answer(
      request('POST', '/sip/invite/server', { ...toServer, dest_auth: { username: 'u' } }),
    );
    expect([status, body]).toMatchObject([
      400,
      { error: 'BAD_REQUEST', message: expect.stringMatching(/dest_auth\.password/) },
    ]);
  });

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/json', 'application/jsonp', '']) {
    test(`content type "${type}" is 415`, async () => {
      const { request, asked } = setUp();
      const [status, body] = await answer(request('POST', '/sip/invite/client', toClient, { 'content-type': type }));
      expect([status, body]).toMatchObject([415, { status: false, error: 'UNSUPPORTED_MEDIA_TYPE' }]);
      expect(asked).toEqual([]);
    });
  }

  test('a charset beside application/json is taken', async () => {
    const { request } = setUp();
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect((await request('POST', '/sip/invite/client', toClient, headers)).status).toBe(200);
  });

  test('a body over 64 KiB is 413, with or without Content-Length', async () => {
    const { api, request, asked } = setUp();
    const large = JSON.stringify({ ...toClient, pad: 'x'.repeat(66_000) });
    const refused = [413, { status: false, error: 'PAYLOAD_TOO_LARGE' }];
    const headers = { host: 'localhost', 'content-type': 'application/json' };
    expect(
      await answer(request('POST', '/sip/invite/client', large, { 'content-length': String(large.length) })),
    ).toEqual(refused);
    const stream = new Blob([large]).stream();
    const init = { method: 'POST', headers, body: stream, duplex: 'half' } as RequestInit;
    expect(await answer(api.request('/sip/invite/client', init, loopback))).toEqual(refused);
    expect(asked).toEqual([]);
  });

  test('an unknown route is 404 with an envelope', async () => {
    const { request } = setUp();
    const refused = [404, { status: false, error: 'UNKNOWN_ROUTE' }];
    expect(await answer(request('GET', '/sip/nothing'))).toEqual(refused);
    expect(await answer(request('DELETE', '/sip/conn/'))).toEqual(refused);
  });

  test('a known route with another method is 405 with Allow', async () => {
    const { request } = setUp();
    const get = await request('GET', '/sip/invite/client');
    expect([get.headers.get('allow'), await answer(get)]).toEqual([
      'POST',
      [405, { status: false, error: 'METHOD_NOT_ALLOWED' }],
    ]);
    expect((await request('POST', '/sip/conn/c1', {})).headers.get('allow')).toBe('DELETE');
    expect((await request('PUT', '/health', {})).headers.get('allow')).toBe('GET, HEAD');
  });
});

describe('health, readiness, metrics, description', () => {
  test('GET /health answers {"status":true,"data":"OK"}', async () => {
    const { request } = setUp();
    const response = await request('GET', '/health');
    expect([response.status, await response.text()]).toEqual([200, '{"status":true,"data":"OK"}']);
  });

  test('GET /ready follows the gateway', async () => {
    let ready = false;
    const { request } = setUp({ ready: () => ready });
    expect(await answer(request('GET', '/ready'))).toEqual([503, { status: false, error: 'NOT_READY' }]);
    ready = true;
    expect(await answer(request('GET', '/ready'))).toEqual([200, { status: true, data: 'OK' }]);
  });

  test('GET /metrics is Prometheus text', async () => {
    const { request } = setUp();
    const response = await request('GET', '/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe(
      '# TYPE hookline_calls gauge\nhookline_calls 2\n' +
        '# TYPE hookline_sip_requests_total counter\nhookline_sip_requests_total 7\n',
    );
  });

  test('GET /openapi.yaml serves the description', async () => {
    const { request } = setUp();
    const response = await request('GET', '/openapi.yaml');
    expect(response.headers.get('content-type')).toMatch(/yaml/);
    expect(await response.text()).toMatch(/^openapi: 3\.1\.0\n/);
  });
});

test('a client generated from openapi.yaml drives every route', async () => {
  const { api, asked } = setUp();
  const send = async (request: Request) => api.fetch(new Request(request, { headers: withHost(request) }), loopback);
  const client = createApiClient('http://localhost:8002', 'secret', send);
  const invited = await client.POST('/sip/invite/client', { body: toClient });
  expect(invited.data?.data.session_id).toBe('c1');
  expect((await client.POST('/sip/invite/server', { body: toServer })).data?.data.call_id).toBe('c2');
  const closed = await client.DELETE('/sip/conn/{conn_id}', { params: { path: { conn_id: 'c1' } } });
  expect(closed.data?.data).toBe('OK');
  expect((await client.GET('/sip/sessions')).data?.data).toEqual([session]);
  expect((await client.GET('/sip/calls')).data?.data[0]?.state).toBe('Ringing');
  expect((await client.GET('/health')).data?.data).toBe('OK');
  expect(asked).toHaveLength(3);
  const wrong = await client.POST('/sip/invite/client', { body: { ...toClient, room_id: '' } });
  expect(wrong.error?.error).toBe('BAD_REQUEST');
});

function withHost(request: Request): Headers {
  const headers = new Headers(request.headers);
  headers.set('host', 'localhost:8002');
  return headers;
}
