import { afterEach, describe, expect, test } from 'vitest';
import { ha1 } from '../../../sip/auth/digest.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { FakeRoute, HookAnswer } from '../../support/hook-server.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(config);
}

/** Every way in which an application can fail to answer, and whether a told hook is told again for it. */
const failures: readonly (readonly [string, HookAnswer, boolean])[] = [
  ['down', { instead: 'refuse' }, true],
  ['gone in the middle', { instead: 'reset' }, true],
  ['slow', { json: { success: true, strategy: 'Accept', room_id: 'r' }, delayMs: 60_000 }, true],
  ['silent', { instead: 'never' }, true],
  ['answering 500', { status: 500, json: { success: true, strategy: 'Accept', room_id: 'r' } }, true],
  ['answering 302', { status: 302, json: { success: true, strategy: 'Accept', room_id: 'r' } }, true],
  ['answering 64 KiB and more', { text: `{"success":true,"x":"${'x'.repeat(70_000)}"}` }, true],
  ['answering garbage', { text: '<html>Welcome</html>' }, false],
  ['answering nothing', { text: '' }, false],
  ['answering the wrong type', { json: { success: 'yes', ha1: 7, strategy: 'accept', room_id: 5 } }, false],
  ['answering a list', { json: [] }, false],
];

describe.each(failures)('contract §2.1 the auth hook is %s', (_name, answer) => {
  test('503 with Retry-After in time, asked once; the next REGISTER works', async () => {
    await start();
    world.hooks.on('auth', answer);
    const phone = await world.addQuietPhone('1001');
    const startedMs = world.clock.nowMs();
    const response = await world.register(phone);
    expect(response.statusCode).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('5');
    expect(world.clock.nowMs() - startedMs).toBeLessThan(5100);
    expect(world.hooks.routes()).toEqual(['auth']);
    world.hooks.on('auth', ({ body }) => ({ json: { success: true, ha1: ha1Of(String(body.username)) } }));
    expect((await world.register(phone)).statusCode).toBe(200);
    await world.expectNothingLeft();
  });
});

describe.each(failures)('contract §2.4 the invite hook is %s', (_name, answer) => {
  test('503 with Retry-After in time, asked once; the next call works', async () => {
    await start('call_events: true');
    const phone = await world.addRegistered('1001');
    world.hooks.on('invite', answer);
    const startedMs = world.clock.nowMs();
    const call = await world.dial(phone, '9000', 'ended rejected');
    expect(call.ended?.statusCode).toBe(503);
    expect(call.ended?.response?.headers.get('Retry-After')).toBe('5');
    expect(world.clock.nowMs() - startedMs).toBeLessThan(5100);
    expect(world.hooks.routes().filter((route) => route === 'invite')).toHaveLength(1);
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const next = await world.dial(phone, '9000', 'answered');
    next.hangUp();
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([
      ['Connecting', 'Failed 503'],
      ['Connecting', 'Connected', 'Ended'],
    ]);
  });
});

describe.each(failures)('contract §2.2 §2.3 the hooks that are told are %s', (_name, answer, again) => {
  test.each(['register', 'unregister'] as const)('%s: the phone notices nothing, at most 5 tries', async (route) => {
    await start();
    world.hooks.on(route, answer);
    const phone = await world.addQuietPhone('1001');
    const startedMs = world.clock.nowMs();
    expect((await world.register(phone)).statusCode).toBe(200);
    expect((await world.while(phone.unregister())).statusCode).toBe(200);
    expect(world.clock.nowMs() - startedMs).toBeLessThan(200);
    await world.clock.advance(200_000);
    const tried = world.hooks.routes().filter((each) => each === route);
    // One that waits for its answer 10 s is tried as often as one that fails at once.
    expect(tried).toHaveLength(again ? 5 : 1);
    expect(world.hooks.routes().filter((each) => each === 'unregister').length).toBeGreaterThanOrEqual(1);
    expect(world.hooks.routes().lastIndexOf('register')).toBeLessThan(world.hooks.routes().indexOf('unregister'));
    world.hooks.on(route, { json: { success: true } });
    world.hooks.calls.length = 0;
    expect((await world.register(phone)).statusCode).toBe(200);
    await world.expectNothingLeft();
    expect(world.hooks.routes()).toEqual(['auth', 'register']);
  });
});

describe.each(failures)('contract §2.5 the event hook is %s', (_name, answer, again) => {
  test('the call goes on, at most 5 tries per event', async () => {
    await start('call_events: true');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } }).on('event', answer);
    const phone = await world.addRegistered('1001');
    const call = await world.dial(phone, '9000', 'answered');
    await world.clock.advance(20_000);
    expect(call.ended).toBeNull();
    call.hangUp();
    await world.clock.advance(400_000);
    const states = world.hooks.bodies('event').map(({ state }) => state);
    const times = again ? 5 : 1;
    expect(states).toEqual(['Connecting', 'Connected', 'Ended'].flatMap((state) => Array(times).fill(state)));
    expect(world.leftovers()).toEqual({});
    world.hooks.calls.length = 0;
  });
});

describe('contract §2.0 a hook that comes back', () => {
  test('backoff of 1, 2, 4, 8 s; what is told stays in order per user, and other users do not wait', async () => {
    await start();
    let isDown = true;
    const tries: string[] = [];
    world.hooks.on('register', ({ body, atMs }) => {
      if (body.username === '1001') tries.push(`${Math.round(atMs / 100) / 10}`);
      return isDown && body.username === '1001' ? { status: 503 } : { json: { success: true } };
    });
    const phone = await world.addQuietPhone('1001');
    expect((await world.register(phone)).statusCode).toBe(200);
    const beganMs = world.clock.nowMs();
    await world.while(phone.unregister());
    await world.addRegistered('1002');
    await world.clock.advance(100);
    expect(world.hooks.bodies('register').map(({ username }) => username)).toEqual(['1001', '1002']);
    await world.clock.advance(7500 - (world.clock.nowMs() - beganMs));
    expect(tries).toHaveLength(4);
    const [first = 0, ...others] = tries.map(Number);
    expect(others.map((at) => Math.round(at - first))).toEqual([1, 3, 7]);
    expect(world.hooks.routes()).not.toContain('unregister');
    isDown = false;
    await world.clock.advance(9000);
    expect(tries).toHaveLength(5);
    expect(world.hooks.routes().at(-1)).toBe('unregister');
    await world.expectNothingLeft();
  });

  test('hook_secret is sent as Bearer with every hook, and nothing is sent without it', async () => {
    await start('hook_secret: sesame\ncall_events: true');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const phone = await world.addRegistered('1001');
    (await world.dial(phone, '9000', 'answered')).hangUp();
    await world.while(phone.unregister());
    await world.clock.advance(50);
    const routes: FakeRoute[] = ['auth', 'register', 'invite', 'event', 'unregister'];
    for (const route of routes) {
      const call = world.hooks.calls.find((each) => each.route === route);
      expect([route, call?.headers.authorization, call?.headers['content-type']]).toEqual([
        route,
        'Bearer sesame',
        'application/json',
      ]);
    }
    await world.expectNothingLeft();
  });
});

describe('contract §2.1 §2.4 hook_error_code', () => {
  test('403 changes auth alone: invite still 503', async () => {
    await start('hook_error_code: [403]');
    const phone = await world.addRegistered('1001');
    world.hooks.on('auth', { instead: 'refuse' }).on('invite', { instead: 'refuse' });
    expect((await world.register(await world.addQuietPhone('1002'))).statusCode).toBe(403);
    expect((await world.dial(phone, '9', 'ended rejected')).ended?.statusCode).toBe(503);
    await world.expectNothingLeft();
  });

  test('486 changes invite alone, and both may be given', async () => {
    await start('hook_error_code: [403, 486]');
    const phone = await world.addRegistered('1001');
    world.hooks.on('auth', { instead: 'refuse' }).on('invite', { instead: 'refuse' });
    expect((await world.register(await world.addQuietPhone('1002'))).statusCode).toBe(403);
    expect((await world.dial(phone, '9', 'ended rejected')).ended?.statusCode).toBe(486);
    await world.expectNothingLeft();
  });
});

describe('contract §2.0 a pending hook keeps nothing else waiting', () => {
  test('100 within 200 ms, a repeated INVITE reaches no second hook, CANCEL is answered at once', async () => {
    await start('call_events: true');
    const phone = await world.addRegistered('1001');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'late' }, delayMs: 4000 });
    let lost = 0;
    world.lose = ({ text }) => {
      if (text !== '100 INVITE' || lost > 0) return false;
      lost += 1;
      return true;
    };
    const call = await world.dial(phone, '9000');
    await world.clock.advance(250);
    expect(world.ladder(phone, 'INVITE')).toEqual(['> INVITE', '< 100 INVITE']);
    await world.clock.advance(1000);
    expect(world.ladder(phone, 'INVITE')).toEqual(['> INVITE', '< 100 INVITE', '> INVITE', '< 100 INVITE']);
    expect(world.hooks.bodies('invite')).toHaveLength(1);
    call.hangUp();
    await world.clock.advance(20);
    expect(call.ended?.statusCode).toBe(487);
    expect(world.ladder(phone, 'CANCEL')).toEqual(['> CANCEL', '< 200 CANCEL']);
    // The answer comes, names a room, and nobody joins it.
    await world.clock.advance(4000);
    expect(world.hooks.open).toBe(0);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Canceled 487']]);
  });

  test('another user registers and calls while one hook hangs', async () => {
    await start();
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    world.hooks.next('invite', { instead: 'never' }).on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const stuck = await world.dial(a, '9000');
    const startedMs = world.clock.nowMs();
    const call = await world.dial(b, '9000', 'answered');
    await world.addRegistered('1003');
    expect(world.clock.nowMs() - startedMs).toBeLessThan(500);
    await world.clock.advance(5000);
    expect(stuck.ended?.statusCode).toBe(503);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('the hook server is unplugged in the middle of a call: the call stays, and ends as usual', async () => {
    await start();
    world.bridge();
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002', { onInvite: 'answer' })];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', 'answered');
    for (const route of ['auth', 'register', 'unregister', 'invite', 'event'] as const)
      world.hooks.on(route, { instead: 'refuse' });
    await world.clock.advance(60_000);
    expect([call.ended, b.call?.ended]).toEqual([null, null]);
    call.hangUp();
    await world.clock.advance(50);
    expect(b.call?.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });
});

function ha1Of(username: string): string {
  return ha1('MD5', username, 'sip.media-server.8xff.io', username);
}
