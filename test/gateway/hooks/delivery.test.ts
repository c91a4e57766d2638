import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import type { CallEventBody, CallState } from '../../../contract/v1.js';
import { createHookClient, type HookClientOptions } from '../../../gateway/hooks/client.js';
import { FakeHookServer, type HookAnswer } from '../../support/hook-server.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryHookStore } from '../../support/memory-hook-store.js';

function setUp(options: Partial<HookClientOptions> = {}) {
  const clock = new ManualClock();
  const server = new FakeHookServer({ clock });
  const store = new MemoryHookStore();
  const start = (more: Partial<HookClientOptions> = {}) =>
    createHookClient({
      clock,
      log: silentLogger,
      store,
      transport: server.transport,
      hookUrl: 'http://app.example/hooks',
      hookSecret: null,
      ...options,
      ...more,
    });
  return { clock, server, store, start, hooks: start() };
}

const binding = (username: string, session: string) => ({ username, realm: 'r', session_id: session });

function event(session: string, state: CallState): CallEventBody {
  return {
    type: 'call',
    direction: 'out',
    session_id: session,
    room_id: 'room',
    peer_id: '1001',
    from_number: '1002',
    to_number: '1001',
    server_alias: null,
    state,
    code: null,
    reason: null,
    ts: 1,
  };
}

describe('register, unregister and events', () => {
  test('an acknowledged delivery is told once and leaves no trace', async () => {
    const { clock, server, store, hooks } = setUp();
    hooks.register(binding('1001', 's1'));
    expect([hooks.pending(), store.rows.size]).toEqual([1, 1]);
    await clock.advance(60_000);
    expect(server.bodies('register')).toEqual([{ username: '1001', realm: 'r', session_id: 's1' }]);
    expect([hooks.pending(), store.rows.size, clock.pendingTimers]).toEqual([0, 0, 0]);
    expect(hooks.counters()).toMatchObject({ hooks_delivered_total: 1, hooks_dropped_total: 0 });
  });

  test('register and unregister of one user keep their order through failures; another user does not wait', async () => {
    const { clock, server, hooks } = setUp();
    server.next('register', { status: 500 }, { status: 200, json: { success: true } }, { status: 500 });
    hooks.register(binding('1001', 's1'));
    hooks.unregister(binding('1001', 's1'));
    hooks.register(binding('1002', 's3'));
    hooks.register(binding('1001', 's2'));
    await clock.advance(60_000);
    const told = server.calls.map(({ route, body, atMs }) => `${atMs} ${route} ${body.session_id}`);
    expect(told).toEqual([
      '1 register s1',
      '1 register s3',
      '1002 register s1',
      '3003 register s1',
      '3004 unregister s1',
      '3005 register s2',
    ]);
  });

  const bad: [string, HookAnswer][] = [
    ['down', { instead: 'refuse' }],
    ['reset', { instead: 'reset' }],
    ['answering 500', { status: 500, json: { success: true } }],
    ['redirecting', { status: 307, headers: { location: 'http://elsewhere/' } }],
    ['answering too much', { text: ' '.repeat(65_537) }],
  ];
  for (const [what, answer] of bad) {
    for (const route of ['register', 'unregister', 'event'] as const) {
      test(`with the hook server ${what}, ${route} is tried 5 times at 0, 1, 3, 7 and 15 s, then dropped`, async () => {
        const { clock, server, store, hooks } = setUp();
        server.on(route, answer);
        if (route === 'event') hooks.event(event('c1', 'Ended'), null);
        else hooks[route](binding('1001', 's1'));
        await clock.advance(120_000);
        // Each try takes 1 ms on this network, and the pause starts after it.
        expect(server.calls.map(({ atMs }) => Math.floor(atMs / 1000))).toEqual([0, 1, 3, 7, 15]);
        expect(hooks.counters()).toMatchObject({ hooks_dropped_total: 1, hooks_retried_total: 4 });
        expect([hooks.pending(), store.rows.size, clock.pendingTimers]).toEqual([0, 0, 0]);
        server.on(route, { json: { success: true } });
        hooks.register(binding('1001', 's2'));
        await clock.advance(10);
        expect(hooks.counters()).toMatchObject({ hooks_delivered_total: 1 });
      });
    }
  }

  test('a silent hook server costs 10 s a try', async () => {
    const { clock, server, hooks } = setUp();
    server.on('register', { instead: 'never' });
    hooks.register(binding('1001', 's1'));
    await clock.advance(200_000);
    expect(server.calls.map(({ atMs }) => atMs)).toEqual([1, 11_001, 23_001, 37_001, 55_001]);
    expect([server.open, hooks.pending(), clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  test('any 2xx is delivered, whatever the body says', async () => {
    const { clock, server, hooks } = setUp();
    server.next('register', { text: 'ok' }, { status: 204, text: '' }, { json: { success: 'wrong' } });
    for (const session of ['s1', 's2', 's3']) hooks.register(binding('1001', session));
    await clock.advance(60_000);
    expect(server.bodies('register').map((body) => body.session_id)).toEqual(['s1', 's2', 's3']);
    expect(hooks.counters()).toMatchObject({ hooks_delivered_total: 3, hooks_odd_acknowledgement_total: 3 });
  });

  test('events go to {hook_url}/event or to the hook_uri of their call, in order per call', async () => {
    const { clock, server, hooks } = setUp();
    server.next('event', { status: 500 });
    hooks.event(event('c1', 'Connecting'), null);
    hooks.event(event('c1', 'Connected'), null);
    hooks.event(event('c2', 'Connecting'), 'http://other.example/calls/mine?x=1');
    hooks.event(event('c1', 'Ended'), null);
    await clock.advance(60_000);
    const told = server.calls.map(({ path, body }) => `${path} ${body.session_id} ${body.state}`);
    expect(told).toEqual([
      '/hooks/event c1 Connecting',
      '/calls/mine c2 Connecting',
      '/hooks/event c1 Connecting',
      '/hooks/event c1 Connected',
      '/hooks/event c1 Ended',
    ]);
  });

  test('two thousand calls keep their order with 128 deliveries in flight, and auth still passes', async () => {
    const { clock, server, hooks } = setUp();
    let most = 0;
    server.on('event', () => {
      most = Math.max(most, server.open);
      return { json: { success: true }, delayMs: 5 };
    });
    const states = ['Connecting', 'Ringing', 'Connected', 'Ended'] as const;
    for (const state of states) for (let id = 0; id < 2000; id += 1) hooks.event(event(`c${id}`, state), null);
    await clock.advance(3);
    expect(hooks.counters()).toMatchObject({ hooks_in_flight: 128 });
    const asked = hooks.auth(binding('1001', 's1'));
    await clock.advance(5);
    expect(await asked).toMatchObject({ ok: true });
    await clock.until(() => hooks.pending() === 0);
    expect(most).toBeLessThanOrEqual(128);
    const seen = new Map<unknown, unknown[]>();
    for (const body of server.bodies('event')) {
      seen.set(body.session_id, [...(seen.get(body.session_id) ?? []), body.state]);
    }
    expect(seen.size).toBe(2000);
    for (const order of seen.values()) expect(order).toEqual(states);
  });

  test('a lane over its limit loses its oldest waiting entry, the whole queue its newcomer', async () => {
    const { clock, server, store, hooks } = setUp({ delivery: { perLane: 3, queued: 4 } });
    server.next('event', { status: 500 });
    for (const state of ['Connecting', 'Ringing', 'Connected', 'Ended'] as const) hooks.event(event('c1', state), null);
    hooks.register(binding('1001', 's1'));
    hooks.register(binding('1002', 's2'));
    expect(hooks.counters()).toMatchObject({ hooks_dropped_total: 2, hooks_undelivered: 4 });
    await clock.advance(60_000);
    expect(server.bodies('event').map((body) => body.state)).toEqual([
      'Connecting',
      'Connecting',
      'Connected',
      'Ended',
    ]);
    expect(server.bodies('register').map((body) => body.username)).toEqual(['1001']);
    expect(store.rows.size).toBe(0);
  });
});

describe('restart and shutdown', () => {
  test('what was not delivered is delivered by the next run, first and in order, with the tries it has left', async () => {
    const { clock, server, store, hooks, start } = setUp();
    server.on('unregister', { instead: 'refuse' });
    hooks.unregister(binding('1001', 's1'));
    hooks.register(binding('1001', 's2'));
    hooks.event(event('c1', 'Ended'), 'http://other.example/mine');
    await clock.advance(4000);
    await hooks.close();
    await clock.advance(60_000);
    expect(server.calls.map(({ route }) => route)).toEqual(['unregister', 'mine', 'unregister', 'unregister']);
    expect(store.rows.size).toBe(2);
    expect(clock.pendingTimers).toBe(0);

    server.calls.length = 0;
    const again = start({ hookUrl: 'http://moved.example/h/' });
    await again.start();
    again.register(binding('1001', 's3'));
    await clock.advance(60_000);
    const told = server.calls.map(({ path, body }) => `${path} ${body.session_id}`);
    expect(told).toEqual(['/h/unregister s1', '/h/unregister s1', '/h/register s2', '/h/register s3']);
    expect(store.rows.size).toBe(0);
  });

  test('the register that a restart repeats is not told twice while the first is on its way', async () => {
    const { clock, server, hooks, start } = setUp();
    server.on('register', { instead: 'refuse' });
    hooks.register(binding('1001', 's1'));
    await clock.advance(10);
    await hooks.close();
    server.calls.length = 0;
    server.on('register', { json: { success: true } });
    const again = start();
    await again.start();
    again.register(binding('1001', 's1'));
    await clock.advance(60_000);
    expect(server.bodies('register').map((body) => body.session_id)).toEqual(['s1']);
    expect(again.counters()).toMatchObject({ hooks_delivered_total: 1, hooks_dropped_total: 0 });
  });

  test('rows that this version cannot read are removed', async () => {
    const { store, hooks } = setUp();
    store.rows.set('1', { kind: 'other' });
    await hooks.start();
    expect([store.rows.size, hooks.pending()]).toEqual([0, 0]);
  });

  test('drain ends as soon as nothing is pending', async () => {
    const { clock, server, hooks } = setUp();
    server.on('event', { json: { success: true }, delayMs: 300 });
    server.on('auth', { json: { success: false }, delayMs: 500 });
    void hooks.auth(binding('1001', 's1'));
    hooks.event(event('c1', 'Ended'), null);
    let result: { undelivered: number } | null = null;
    void hooks.drain(5000).then((drained) => {
      result = drained;
    });
    await clock.advance(400);
    expect(result).toBeNull();
    await clock.advance(200);
    expect(result).toEqual({ undelivered: 0 });
    expect(clock.pendingTimers).toBe(0);
    expect(await hooks.drain(1)).toEqual({ undelivered: 0 });
  });

  test('drain tells what it could not deliver in its time; close leaves it in the store', async () => {
    const { clock, server, store, hooks } = setUp();
    server.on('event', { instead: 'never' });
    hooks.event(event('c1', 'Ringing'), null);
    hooks.event(event('c1', 'Ended'), null);
    const drained = hooks.drain(2000);
    await clock.advance(2000);
    expect(await drained).toEqual({ undelivered: 2 });
    await hooks.close();
    await hooks.close();
    await clock.advance(60_000);
    expect([store.rows.size, server.open, clock.pendingTimers]).toEqual([2, 0, 0]);
    hooks.event(event('c1', 'Ended'), null);
    expect(store.rows.size).toBe(2);
  });
});
