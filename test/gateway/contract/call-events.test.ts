import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

const accept = { json: { strategy: 'Accept', room_id: 'r' } };

async function start(config: string): Promise<void> {
  world = await ContractWorld.start(config);
  world.hooks.on('invite', accept);
}

describe('contract §2.5 call events', () => {
  test('off unless configured', async () => {
    await start('');
    (await world.dial(await world.addRegistered('1001'), '9', 'answered')).hangUp();
    await world.expectNothingLeft();
    expect(world.hooks.routes()).not.toContain('event');
  });

  test('call_events: every call, to hook_url/event, in order, with every field', async () => {
    await start('call_events: true');
    const call = await world.dial(await world.addRegistered('1001'), '9', 'answered');
    await world.clock.advance(1000);
    call.hangUp();
    await world.expectNothingLeft();
    const bodies = world.hooks.bodies('event');
    const connId = world.hooks.bodies('invite')[0]?.conn_id;
    const common = {
      type: 'call',
      direction: 'in',
      session_id: connId,
      peer_id: '1001',
      from_number: '1001',
      to_number: '9',
      server_alias: null,
      ts: expect.any(Number),
    };
    expect(bodies).toEqual([
      { ...common, room_id: '', state: 'Connecting', code: null, reason: null },
      { ...common, room_id: 'r', state: 'Connected', code: null, reason: null },
      { ...common, room_id: 'r', state: 'Ended', code: null, reason: 'bye' },
    ]);
    const times = bodies.map(({ ts }) => Number(ts));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(1000);
  });

  test('hook_uri: this call alone, to its own URL, also with call_events on', async () => {
    for (const config of ['', 'call_events: true']) {
      await start(config);
      await world.addRegistered('1002', { onInvite: 'answer' });
      await world.clock.advance(20);
      await world.inviteClient('1002', 'r', { hook_uri: 'http://elsewhere.test/calls/7' });
      await world.clock.advance(100);
      const caller = await world.dial(await world.addRegistered('1001'), '9', 'answered');
      await world.clock.advance(100);
      caller.hangUp();
      await world.expectNothingLeft();
      const toUri = world.hooks.calls.filter(({ path }) => path === '/calls/7');
      expect(toUri.map(({ body }) => `${body.direction} ${body.state}`)).toEqual([
        'out Connecting',
        'out Connected',
        'out Ended',
      ]);
      const toEvent = world.hooks.bodies('event').map(({ direction, state }) => `${direction} ${state}`);
      expect(toEvent).toEqual(config === '' ? [] : ['in Connecting', 'in Connected', 'in Ended']);
      if (config === '') await world.finish();
    }
  });

  test('in order per call even where the first delivery fails; other calls do not wait', async () => {
    await start('call_events: true');
    let failed = 0;
    const taken: string[] = [];
    world.hooks.on('event', ({ body }) => {
      if (body.from_number === '1001' && body.state === 'Connecting' && failed < 2) {
        failed += 1;
        return { status: 500 };
      }
      taken.push(`${body.from_number} ${body.state}`);
      return { json: { success: true } };
    });
    const first = await world.dial(await world.addRegistered('1001'), '9', 'answered');
    first.hangUp();
    const second = await world.dial(await world.addRegistered('1002'), '9', 'answered');
    second.hangUp();
    await world.expectNothingLeft();
    expect(taken).toEqual([
      '1002 Connecting',
      '1002 Connected',
      '1002 Ended',
      '1001 Connecting',
      '1001 Connected',
      '1001 Ended',
    ]);
    // The failed tries are no second events.
    world.hooks.calls.length = 0;
  });

  test.each([
    ['the hook rejects', { json: { strategy: 'Reject' } }, 'Rejected 486'],
    ['the hook fails', { status: 500 }, 'Failed 503'],
    ['no room is named', { json: { strategy: 'Accept' } }, 'Rejected 486'],
  ])('incoming, %s: %j leads to %s', async (_name, answer, last) => {
    await start('call_events: true');
    world.hooks.on('invite', answer);
    await world.dial(await world.addRegistered('1001'), '9', 'ended rejected');
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', last]]);
  });

  test.each([
    [486, 'Rejected 486'],
    [603, 'Rejected 603'],
    [404, 'Rejected 404'],
    [302, 'Rejected 302'],
    [503, 'Failed 503'],
    [500, 'Failed 500'],
  ])('outgoing, the phone answers %i: %s', async (statusCode, last) => {
    await start('call_events: true');
    await world.addRegistered('1002', { onInvite: statusCode });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r');
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', last]]);
  });

  test('events that were not delivered outlive a restart, in order', async () => {
    await start('call_events: true');
    world.hooks.on('event', { instead: 'refuse' });
    const call = await world.dial(await world.addRegistered('1001'), '9', 'answered');
    call.hangUp();
    await world.clock.advance(100);
    await world.gateway.stop();
    world.hooks.calls.length = 0;
    world.hooks.on('event', { json: { success: true } });
    const next = await world.addGateway({
      address: '10.0.0.2',
      config: 'call_events: true',
      store: world.gateway.store,
    });
    await world.clock.advance(5000);
    expect(world.hooks.bodies('event').map(({ state }) => state)).toEqual(['Connecting', 'Connected', 'Ended']);
    expect(world.leftovers(next)).toEqual({});
  });
});
