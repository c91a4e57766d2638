import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import type { InviteHookRequest } from '../../../contract/v1.js';
import { createHookClient, type HookClientOptions } from '../../../gateway/hooks/client.js';
import { FakeHookServer, type HookAnswer } from '../../support/hook-server.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryHookStore } from '../../support/memory-hook-store.js';

function setUp(options: Partial<HookClientOptions> = {}) {
  const clock = new ManualClock();
  const server = new FakeHookServer({ clock });
  const store = new MemoryHookStore();
  const hooks = createHookClient({
    clock,
    log: silentLogger,
    store,
    transport: server.transport,
    hookUrl: 'http://app.example/hooks/',
    hookSecret: null,
    ...options,
  });
  return { clock, server, store, hooks };
}

const auth = (username: string) => ({ username, realm: 'r', session_id: `s-${username}` });
const call = (username: string | null, source = '192.0.2.1:5060'): InviteHookRequest => ({
  source,
  username,
  from_number: '1001',
  to_number: '9000',
  conn_id: 'c1',
});
const never = (): AbortSignal => new AbortController().signal;

/** What resolved so far, without waiting for it. */
function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const seen: { value: T | undefined } = { value: undefined };
  void promise.then((value) => {
    seen.value = value;
  });
  return seen;
}

describe('asking', () => {
  test('the auth hook is posted to hook_url without its trailing slash, as JSON, and its answer is read', async () => {
    const { clock, server, hooks } = setUp();
    server.on('auth', { json: { success: true, ha1: 'a'.repeat(32), more: 1 }, delayMs: 30 });
    const outcome = watch(hooks.auth({ ...auth('1001'), algorithm: 'SHA-256' }));
    await clock.advance(100);
    expect(outcome.value).toEqual({ ok: true, reply: { success: true, ha1: 'a'.repeat(32) }, afterMs: 31 });
    expect(server.calls).toHaveLength(1);
    expect(server.calls[0]?.path).toBe('/hooks/auth');
    expect(server.calls[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(server.calls[0]?.headers).not.toHaveProperty('authorization');
    expect(server.calls[0]?.body).toEqual({ username: '1001', realm: 'r', session_id: 's-1001', algorithm: 'SHA-256' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('hook_secret goes along as a Bearer with every hook', async () => {
    const { clock, server, hooks } = setUp({ hookSecret: 'hush' });
    void hooks.auth(auth('1001'));
    void hooks.invite(call('1001'), never());
    hooks.register(auth('1001'));
    hooks.unregister(auth('1001'));
    await clock.advance(100);
    expect(server.routes().sort()).toEqual(['auth', 'invite', 'register', 'unregister']);
    for (const { headers } of server.calls) expect(headers.authorization).toBe('Bearer hush');
  });

  test('an invite without a known user sends an explicit null; missing optional fields of the answer are null', async () => {
    const { clock, server, hooks } = setUp();
    server.on('invite', { json: { strategy: 'Accept' } });
    const outcome = watch(hooks.invite(call(null), never()));
    await clock.advance(100);
    expect(server.calls[0]?.body).toHaveProperty('username', null);
    expect(outcome.value).toMatchObject({ ok: true, reply: { strategy: 'Accept', room_id: null, echo: false } });
  });

  const bad: [string, HookAnswer, string, number | null][] = [
    ['down', { instead: 'refuse' }, 'connect', null],
    ['reset', { instead: 'reset' }, 'connect', null],
    ['status 500', { status: 500, json: { success: true, strategy: 'Reject' } }, 'status', 500],
    ['a redirect', { status: 302, headers: { location: 'http://elsewhere/' } }, 'status', 302],
    ['garbage', { text: '<html>' }, 'invalid', 200],
    ['an empty body', { text: '' }, 'invalid', 200],
    ['the wrong type', { json: { success: 'yes', strategy: 7 } }, 'invalid', 200],
    ['null', { json: null }, 'invalid', 200],
    ['a missing field', { json: { room_id: 'a' } }, 'invalid', 200],
    ['an unknown word', { json: { strategy: 'WaitOthers', success: 1 } }, 'invalid', 200],
    ['too much', { text: ' '.repeat(65_537) }, 'too-large', null],
  ];
  for (const [what, answer, failure, status] of bad) {
    test(`auth and invite tell ${what} as ${failure}, ask once, and the next question works`, async () => {
      const { clock, server, hooks } = setUp();
      server.next('auth', answer).next('invite', answer);
      const outcomes = [watch(hooks.auth(auth('1001'))), watch(hooks.invite(call('1001'), never()))];
      await clock.advance(10_000);
      for (const { value } of outcomes) expect(value).toMatchObject({ ok: false, failure, status });
      expect(server.routes()).toEqual(['auth', 'invite']);
      const again = watch(hooks.auth(auth('1001')));
      await clock.advance(100);
      expect(again.value).toMatchObject({ ok: true, reply: { success: true } });
      expect(hooks.pending()).toBe(0);
      expect(clock.pendingTimers).toBe(0);
    });
  }

  test('a silent hook server is a timeout after 5 s, and nothing is left of the question', async () => {
    const { clock, server, hooks } = setUp();
    server.on('auth', { instead: 'never' });
    const outcome = watch(hooks.auth(auth('1001')));
    await clock.advance(4999);
    expect(outcome.value).toBeUndefined();
    await clock.advance(1);
    expect(outcome.value).toEqual({
      ok: false,
      failure: 'timeout',
      status: null,
      message: 'no answer in time',
      afterMs: 5000,
    });
    expect([server.open, hooks.pending(), clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  test('a transport that ignores its signal, or throws, cannot hold or break the question', async () => {
    const { clock, hooks } = setUp({ transport: () => new Promise(() => undefined) });
    const stuck = watch(hooks.auth(auth('1001')));
    await clock.advance(5000);
    expect(stuck.value).toMatchObject({ ok: false, failure: 'timeout' });
    const { hooks: broken } = setUp({
      transport: () => {
        throw new Error('no');
      },
    });
    expect(await broken.auth(auth('1001'))).toMatchObject({ ok: false, failure: 'connect', message: 'no' });
  });

  test('an invite whose caller is gone is given up at once', async () => {
    const { clock, server, hooks } = setUp();
    server.on('invite', { instead: 'never' });
    const caller = new AbortController();
    const outcome = watch(hooks.invite(call('1001'), caller.signal));
    await clock.advance(100);
    caller.abort();
    await clock.advance(0);
    expect(outcome.value).toMatchObject({ ok: false, failure: 'aborted', afterMs: 100 });
    expect([server.open, hooks.pending(), clock.pendingTimers]).toEqual([0, 0, 0]);
    expect(await hooks.invite(call('1001'), caller.signal)).toMatchObject({ ok: false, failure: 'aborted' });
    expect(server.calls).toHaveLength(1);
  });
});

describe('limits', () => {
  test('one user has at most 8 hooks in flight, the ninth waits, and another user passes', async () => {
    const { clock, server, hooks } = setUp();
    server.on('invite', { json: { strategy: 'Reject' }, delayMs: 1000 });
    const outcomes = Array.from({ length: 9 }, () => watch(hooks.invite(call('1001'), never())));
    await clock.advance(500);
    expect(server.open).toBe(8);
    expect(hooks.counters()).toMatchObject({ hooks_in_flight: 8, hooks_waiting: 1 });
    const other = watch(hooks.invite(call('1002'), never()));
    await clock.advance(0);
    expect(hooks.counters()).toMatchObject({ hooks_in_flight: 9, hooks_waiting: 1 });
    await clock.advance(2000);
    expect(outcomes.map(({ value }) => value?.ok)).toEqual(Array.from({ length: 9 }, () => true));
    expect(outcomes[8]?.value?.afterMs).toBe(2002);
    expect(other.value?.ok).toBe(true);
  });

  test('callers without a user share the places of their address, whatever their port', async () => {
    const { clock, server, hooks } = setUp();
    server.on('invite', { instead: 'never' });
    for (let port = 0; port < 9; port += 1) void hooks.invite(call(null, `192.0.2.9:${5060 + port}`), never());
    void hooks.invite(call(null, '192.0.2.10:5060'), never());
    void hooks.invite(call(null, '[2001:db8::1]:5060'), never());
    await clock.advance(10);
    expect(hooks.counters()).toMatchObject({ hooks_in_flight: 10, hooks_waiting: 1 });
  });

  test('512 hooks are in flight in all', async () => {
    const { clock, server, hooks } = setUp();
    server.on('auth', { instead: 'never' });
    for (let user = 0; user < 600; user += 1) void hooks.auth(auth(String(user)));
    await clock.advance(10);
    expect(server.open).toBe(512);
    expect(hooks.counters()).toMatchObject({ hooks_in_flight: 512, hooks_waiting: 88 });
    await clock.advance(5000);
    expect(hooks.counters()).toMatchObject({ hooks_in_flight: 0, hooks_waiting: 0, hooks_failed_timeout_total: 600 });
  });

  test('time in the queue counts toward the 5 s', async () => {
    const { clock, server, hooks } = setUp({ gate: { perKey: 1 } });
    server.on('auth', { instead: 'never' });
    void hooks.auth(auth('1001'));
    await clock.advance(3000);
    const second = watch(hooks.auth(auth('1001')));
    await clock.advance(2001);
    server.on('auth', { json: { success: true, ha1: null }, delayMs: 4000 });
    await clock.advance(2999);
    expect(second.value).toMatchObject({ ok: false, failure: 'timeout', afterMs: 5000 });
    expect(server.calls).toHaveLength(2);
  });

  test('beyond the waiting room the answer is overload at once, and counted', async () => {
    const { clock, server, hooks } = setUp({ gate: { perKey: 1, waitingPerKey: 2 } });
    server.on('auth', { instead: 'never' });
    for (let i = 0; i < 3; i += 1) void hooks.auth(auth('1001'));
    await clock.advance(5);
    expect(await hooks.auth(auth('1001'))).toMatchObject({ ok: false, failure: 'overload', status: null, afterMs: 0 });
    expect(hooks.counters()).toMatchObject({ hooks_overload_total: 1, hooks_failed_overload_total: 1 });
    void hooks.auth(auth('1002'));
    await clock.advance(5);
    expect(server.bodies('auth').map((body) => body.username)).toEqual(['1001', '1002']);
  });
});
