import { describe, expect, test } from 'vitest';
import { type ApiOptions, createApi } from '../../../gateway/api/app.js';

const refused = async () => ({ ok: false, code: 'NOT_FOUND' }) as const;

/** Status of GET /sip/calls for a request that came from `remote` to `local`. */
async function get(
  options: Partial<ApiOptions>,
  connection: { remote?: string; local?: string },
  headers: Record<string, string> = {},
  path = '/sip/calls',
  method = 'GET',
): Promise<Response> {
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
    },
    { apiSecret: null, apiAllow: [], errorFormat: 'envelope', corsOrigin: null, ...options },
  );
  const env = { remoteAddress: connection.remote ?? '127.0.0.1', localAddress: connection.local ?? '127.0.0.1' };
  return api.request(path, { method, headers: { host: 'localhost:8002', ...headers } }, env);
}

describe('design §3 who may use the API', () => {
  test('on loopback, with nothing configured, everybody who got there', async () => {
    expect((await get({}, {})).status).toBe(200);
  });

  test('with api_secret the Bearer is asked for, also on loopback, and 401 names the scheme', async () => {
    const none = await get({ apiSecret: 'hush' }, {});
    expect([none.status, none.headers.get('www-authenticate'), await none.json()]).toEqual([
      401,
      'Bearer',
      { status: false, error: 'UNAUTHORIZED' },
    ]);
    for (const authorization of ['Bearer hus', 'Bearer hushh', 'Bearer ', 'hush', 'Basic hush', 'Bearer HUSH']) {
      expect((await get({ apiSecret: 'hush' }, {}, { authorization })).status).toBe(401);
    }
    for (const authorization of ['Bearer hush', 'bearer hush', 'Bearer  hush']) {
      expect((await get({ apiSecret: 'hush' }, {}, { authorization })).status).toBe(200);
    }
  });

  test('unknown routes and other methods tell nothing to who may not come in', async () => {
    expect((await get({ apiSecret: 'hush' }, {}, {}, '/nothing')).status).toBe(401);
    expect((await get({ apiSecret: 'hush' }, {}, {}, '/sip/calls', 'DELETE')).status).toBe(401);
    expect((await get({ apiSecret: 'hush' }, {}, {}, '/metrics')).status).toBe(401);
  });

  test('api_allow names who comes without a Bearer; others get 401 with a secret, 403 without', async () => {
    const apiAllow = ['10.0.0.0/8', '2001:db8::/32'];
    const local = '10.0.0.1';
    expect((await get({ apiAllow }, { remote: '10.1.2.3', local })).status).toBe(200);
    expect((await get({ apiAllow }, { remote: '::ffff:10.1.2.3', local })).status).toBe(200);
    expect((await get({ apiAllow }, { remote: '2001:db8::7', local: '2001:db8::1' })).status).toBe(200);
    expect((await get({ apiAllow }, { remote: '192.0.2.1', local })).status).toBe(403);
    expect((await get({ apiAllow, apiSecret: 'hush' }, { remote: '10.1.2.3', local })).status).toBe(200);
    expect((await get({ apiAllow, apiSecret: 'hush' }, { remote: '192.0.2.1', local })).status).toBe(401);
  });

  test('health, readiness and the description are open', async () => {
    for (const path of ['/health', '/ready', '/openapi.yaml']) {
      expect((await get({ apiSecret: 'hush' }, { remote: '192.0.2.1', local: '10.0.0.1' }, {}, path)).status).toBe(200);
    }
  });

  test('on loopback the Host header has to be a loopback name (DNS rebinding)', async () => {
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1:8002', '127.9.9.9', '[::1]:8002']) {
      expect((await get({}, {}, { host })).status).toBe(200);
    }
    for (const host of ['evil.example', 'evil.example:8002', 'localhost.evil.example', '10.0.0.1', '']) {
      const response = await get({}, {}, { host });
      expect([host, response.status]).toEqual([host, 403]);
    }
    expect((await get({}, { local: '::ffff:127.0.0.1' }, { host: 'evil.example' })).status).toBe(403);
    // A proxy on this machine that passes the outer name on has the secret.
    expect((await get({ apiSecret: 'x' }, {}, { host: 'api.example', authorization: 'Bearer x' })).status).toBe(200);
    const wide = { remote: '10.1.2.3', local: '10.0.0.1' };
    expect((await get({ apiAllow: ['10.0.0.0/8'] }, wide, { host: 'gateway.lan' })).status).toBe(200);
  });
});

describe('design §3 no CORS unless configured', () => {
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' };

  test('without cors_origin no answer carries CORS headers', async () => {
    const simple = await get({}, {}, { origin: 'https://app.example' });
    const asked = await get({}, {}, preflight, '/sip/invite/client', 'OPTIONS');
    for (const response of [simple, asked]) expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(asked.status).toBe(405);
  });

  test('with cors_origin that origin alone is named, and a preflight needs no Bearer', async () => {
    const options = { corsOrigin: 'https://app.example', apiSecret: 'hush' };
    const asked = await get(options, {}, preflight, '/sip/invite/client', 'OPTIONS');
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
    const other = await get(options, {}, { ...preflight, origin: 'https://evil.example' }, '/sip/calls', 'OPTIONS');
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://evil.example');
  });
});
