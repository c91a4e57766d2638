import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { authHookReply, inviteHookReply } from '../../contract/v1.js';
import { createHooksApp, type HooksAppOptions, type Users } from '../../hooks-reference/app.js';
import { createSeededRandom } from '../support/seeded-random.js';

interface Asked {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: unknown;
  readonly body: unknown;
}

/** The app with a stand-in gateway; `gateway` answers its API calls. */
function setUp(options: Partial<HooksAppOptions> = {}, gateway: (asked: Asked) => Response | Promise<Response> = okay) {
  const asked: Asked[] = [];
  const app = createHooksApp({
    sipGateway: 'http://gateway:8002/',
    random: createSeededRandom(7),
    fetch: async (url, init) => {
      const call = { url, method: init.method, headers: init.headers, body: JSON.parse(String(init.body ?? 'null')) };
      asked.push(call);
      return gateway(call);
    },
    ...options,
  });
  const post = async (route: string, body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const usual = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
    const init = { method: 'POST', headers: { ...usual, ...headers }, body: text };
    const response = await app.request(`/hooks/${route}`, init);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const invite = async (to: string, from = '1002') => {
    const source = '192.0.2.1:5060';
    const answer = await post('invite', { source, username: null, from_number: from, to_number: to, conn_id: 'c' });
    expect(answer.status).toBe(200);
    return inviteHookReply.parse(answer.body);
  };
  return { asked, post, invite };
}

function okay(asked: Asked): Response {
  if (asked.method === 'GET') return Response.json({ status: true, data: [] });
  return Response.json({ status: true, data: { session_id: 'leg' } });
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const binding = (session: string, username = '1001') => ({ username, realm: 'r', session_id: session });
const rejected = { strategy: 'Reject', room_id: null, echo: false };

describe('auth', () => {
  test('without users the password is the name', async () => {
    const { post } = setUp();
    const { status, body } = await post('auth', binding('s1'));
    expect([status, authHookReply.parse(body)]).toEqual([200, { success: true, ha1: md5('1001:r:1001') }]);
  });

  test('contract §4.1 digest vector', async () => {
    const { post } = setUp();
    const { body } = await post('auth', { ...binding('s1'), realm: 'sip.media-server.8xff.io' });
    expect(body).toEqual({ success: true, ha1: '7117fed7f9164de807886417593d5b67' });
  });

  test('with users only they are known, by password or by ha1', async () => {
    const users: Users = new Map([
      ['alice', { password: 'secret' }],
      ['bob', { ha1: 'b'.repeat(32) }],
    ]);
    const { post } = setUp({ users });
    expect((await post('auth', binding('s', 'alice'))).body).toEqual({ success: true, ha1: md5('alice:r:secret') });
    expect((await post('auth', binding('s', 'bob'))).body).toEqual({ success: true, ha1: 'b'.repeat(32) });
    expect((await post('auth', binding('s', '1001'))).body).toEqual({ success: false, ha1: null });
  });

  test('another algorithm gets that hash, and a stored MD5 does not answer for it', async () => {
    const users: Users = new Map([
      ['alice', { password: 'secret' }],
      ['bob', { ha1: 'b'.repeat(32) }],
    ]);
    const { post } = setUp({ users });
    const asked = { ...binding('s', 'alice'), algorithm: 'SHA-256' };
    const sha256 = createHash('sha256').update('alice:r:secret').digest('hex');
    expect((await post('auth', asked)).body).toEqual({ success: true, ha1: sha256 });
    expect((await post('auth', { ...asked, username: 'bob' })).body).toEqual({ success: false, ha1: null });
  });
});

describe('invite', () => {
  test('9 and three digits is the conference of that name', async () => {
    const { invite, asked } = setUp();
    expect(await invite('9000')).toEqual({ strategy: 'Accept', room_id: '9000', echo: false });
    expect(await invite('9123')).toEqual({ strategy: 'Accept', room_id: '9123', echo: false });
    for (const other of ['900', '90000', '8000', '9abc', 'x9000']) expect(await invite(other)).toEqual(rejected);
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('echo is a room of its own for every call, in which one hears oneself', async () => {
    const { invite } = setUp();
    const first = await invite('echo');
    const second = await invite('echo');
    expect(first).toEqual({ strategy: 'Accept', room_id: expect.stringMatching(/^[0-9a-f]{32}$/), echo: true });
    expect(second.room_id).not.toBe(first.room_id);
  });

  test('a registered user is rung inside the hook, then the caller waits in the same random room', async () => {
    const { invite, post, asked } = setUp({ apiSecret: 'hush' });
    await post('register', binding('s1'));
    const reply = await invite('1001', '1002');
    expect(reply).toEqual({
      strategy: 'WaitOtherPeers',
      room_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      echo: false,
    });
    expect(asked).toEqual([
      {
        url: 'http://gateway:8002/sip/invite/client',
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer hush' },
        body: { room_id: reply.room_id, dest_session_id: 's1', from_number: '1002' },
      },
    ]);
  });

  const failures: [string, (asked: Asked) => Response | Promise<Response>][] = [
    ['an envelope with status false and 200', () => Response.json({ status: false, error: 'NOT_FOUND' })],
    ['400 with an envelope', () => Response.json({ status: false, error: 'NOT_FOUND' }, { status: 400 })],
    ['400 as text', () => new Response('NOT_FOUND', { status: 400 })],
    ['200 as text', () => new Response('hello')],
    ['no connection', () => Promise.reject(new TypeError('fetch failed'))],
  ];
  for (const [what, gateway] of failures) {
    test(`when the gateway answers the ring with ${what}, the caller is rejected`, async () => {
      const { invite, post } = setUp({}, gateway);
      await post('register', binding('s1'));
      expect(await invite('1001')).toEqual(rejected);
    });
  }

  test('somebody who is not registered is rejected', async () => {
    const { invite, asked } = setUp();
    expect(await invite('1001')).toEqual(rejected);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET http://gateway:8002/sip/sessions']);
  });

  test('somebody who registered before this server was started is looked up at the gateway', async () => {
    const sessions = [binding('old'), binding('other', '1003'), binding('new')];
    const { invite, asked } = setUp({}, (call) =>
      call.method === 'GET' ? Response.json({ status: true, data: sessions }) : okay(call),
    );
    expect((await invite('1001')).strategy).toBe('WaitOtherPeers');
    expect(asked[1]?.body).toMatchObject({ dest_session_id: 'new' });
  });
});

describe('register and unregister', () => {
  test('the end of an older registration keeps the newer one, its own end removes it', async () => {
    const { invite, post, asked } = setUp();
    await post('register', binding('s1'));
    await post('register', binding('s2'));
    expect((await post('unregister', binding('s1'))).body).toEqual({ success: true });
    expect((await invite('1001')).strategy).toBe('WaitOtherPeers');
    expect(asked[0]?.body).toMatchObject({ dest_session_id: 's2' });
    await post('unregister', binding('s2'));
    expect(await invite('1001')).toEqual(rejected);
  });

  test('a gateway that repeats its registrations after a restart changes nothing', async () => {
    const { invite, post, asked } = setUp();
    for (let time = 0; time < 3; time += 1) await post('register', binding('s1'));
    await invite('1001');
    expect(asked[0]?.body).toMatchObject({ dest_session_id: 's1' });
    await post('unregister', binding('s1'));
    expect(await invite('1001')).toEqual(rejected);
  });
});

test('an event is acknowledged', async () => {
  const { post } = setUp();
  const event = {
    type: 'call',
    direction: 'in',
    session_id: 'c',
    room_id: 'r',
    peer_id: 'p',
    from_number: '1',
    to_number: '2',
    server_alias: null,
    state: 'Ended',
    code: null,
    reason: null,
    ts: 1,
  };
  expect(await post('event', event)).toEqual({ status: 200, body: { success: true } });
});

test('with a hook secret other callers get 401 on every hook', async () => {
  const { post } = setUp({ hookSecret: 'hush' });
  for (const route of ['auth', 'register', 'unregister', 'invite', 'event']) {
    expect((await post(route, binding('s1'))).status).toBe(401);
    expect((await post(route, binding('s1'), { authorization: 'Bearer other' })).status).toBe(401);
  }
  expect((await post('auth', binding('s1'), { authorization: 'Bearer hush' })).status).toBe(200);
});

test('a body over 64 KiB, or of unknown length, is 413', async () => {
  const { post } = setUp();
  expect((await post('auth', { ...binding('s1'), pad: 'x'.repeat(65_536) })).status).toBe(413);
  expect((await post('auth', binding('s1'), { 'content-length': '?' })).status).toBe(413);
});

test('a body that is not sent as JSON is 415', async () => {
  const { post } = setUp();
  expect((await post('register', binding('s1'), { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await post('register', binding('s1'), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(
    200,
  );
});

test('a body that is no hook is 400', async () => {
  const { post } = setUp();
  for (const route of ['auth', 'register', 'unregister', 'invite', 'event']) {
    expect((await post(route, '{')).status).toBe(400);
    expect((await post(route, { username: 1 })).status).toBe(400);
  }
});
