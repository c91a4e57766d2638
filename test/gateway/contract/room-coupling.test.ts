import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
}

const accept = { json: { strategy: 'Accept', room_id: 'r' } };
const wait = { json: { strategy: 'WaitOtherPeers', room_id: 'r' } };

describe('contract §4.4 end after others left', () => {
  test('never fires for a member who was always alone', async () => {
    await start();
    world.hooks.on('invite', accept);
    const call = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    await world.clock.advance(120_000);
    expect(call.ended).toBeNull();
    call.hangUp();
    await world.expectNothingLeft();
  });

  test.each([404, 480, 500, 603])('the callee fails with %i: the waiting caller gets 486', async (statusCode) => {
    await start();
    world.bridge();
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002', { onInvite: statusCode })];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    expect(b.calls).toHaveLength(1);
    await world.expectNothingLeft();
  });

  test('a third member keeps the call alive', async () => {
    await start();
    world.bridge({ roomId: 'r' });
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002', { onInvite: 'answer' })];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', 'answered');
    world.hooks.on('invite', accept);
    const third = await world.dial(await world.addRegistered('1003'), '9000', 'answered');
    b.call?.hangUp();
    await world.clock.advance(5000);
    expect([call.ended, third.ended]).toEqual([null, null]);
    call.hangUp();
    await world.clock.advance(50);
    expect(third.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('a called leg that never answered is told to stop when the caller hangs up: CANCEL', async () => {
    await start();
    world.hooks.on('invite', accept);
    const caller = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    const b = await world.addRegistered('1002', { onInvite: 'ring' });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r');
    const ringing = await world.rung(b);
    caller.hangUp();
    await world.clock.advance(50);
    expect(ringing.ended?.cause).toBe('cancelled');
    await world.expectNothingLeft();
  });
});

describe('contract §4.4 empty_grace_ms', () => {
  test('a leg stays that long after the others left, and ends then', async () => {
    await start('empty_grace_ms: 5000');
    world.hooks.on('invite', accept);
    const first = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    const second = await world.dial(await world.addRegistered('1002'), '9000', 'answered');
    await world.clock.advance(20);
    first.hangUp();
    await world.clock.advance(4900);
    expect(second.ended).toBeNull();
    await world.clock.advance(200);
    expect(second.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('who comes back within it saves the call', async () => {
    await start('empty_grace_ms: 5000');
    world.hooks.on('invite', accept);
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    const first = await world.dial(a, '9000', 'answered');
    const second = await world.dial(b, '9000', 'answered');
    first.hangUp();
    await world.clock.advance(3000);
    const again = await world.dial(a, '9000', 'answered');
    await world.clock.advance(20_000);
    expect([second.ended, again.ended]).toEqual([null, null]);
    again.hangUp();
    await world.clock.advance(6000);
    expect(second.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });
});

describe('contract §4.4 tombstone', () => {
  test('the callee failed before the caller joined: 486 at once, up to 30 s later', async () => {
    await start();
    world.hooks.on('invite', wait);
    const a = await world.addRegistered('1001');
    await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r');
    await world.clock.advance(25_000);
    const call = await world.dial(a, '9000', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    expect(call.log).toEqual(['ended rejected']);
    await world.expectNothingLeft();
  });

  test('later than 30 s the caller waits as usual', async () => {
    await start();
    world.hooks.on('invite', wait);
    const a = await world.addRegistered('1001');
    await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r');
    await world.clock.advance(31_000);
    const call = await world.dial(a, '9000', '180');
    await world.clock.advance(29_000);
    expect(call.ended).toBeNull();
    await world.expectNothingLeft();
    expect(call.ended?.statusCode).toBe(486);
  });

  test('Accept is not kept out by it, and a dialled leg that still lives is no tombstone', async () => {
    await start();
    world.hooks.on('invite', accept);
    const a = await world.addRegistered('1001');
    const b = await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(20);
    await world.inviteClient('1002', 'r');
    await world.clock.advance(100);
    (await world.dial(a, '9000', 'answered')).hangUp();
    await world.clock.advance(50);
    b.onInvite = 'ring';
    await world.inviteClient('1002', 'r');
    await world.rung(b, 2);
    world.hooks.on('invite', wait);
    const waiting = await world.dial(a, '9000', '180');
    await world.clock.advance(1000);
    expect(waiting.ended).toBeNull();
    waiting.hangUp();
    await world.expectNothingLeft();
  });

  test('an API call that was refused in the hook counts too: no 30 s of ringing for text-blind hook servers', async () => {
    await start();
    world.hooks.on('invite', async () => {
      await world.post('/sip/invite/client', { room_id: 'r', dest_session_id: 'nobody', from_number: '1' });
      return wait;
    });
    const call = await world.dial(await world.addRegistered('1001'), '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    expect(world.clock.nowMs()).toBeLessThan(1000);
    await world.expectNothingLeft();
  });
});

describe('contract §4.4 duplicate peer', () => {
  async function peers(): Promise<string[]> {
    const { json } = await world.gateway.api('GET', '/sip/calls');
    return json.data.map((call: { peer_id: string }) => call.peer_id);
  }

  test('the same registered user again: the newcomer wins, the old leg gets BYE', async () => {
    await start();
    world.hooks.on('invite', accept);
    const phone = await world.addRegistered('1001');
    const first = await world.dial(phone, '9000', 'answered');
    const second = await world.dial(phone, '9000', 'answered');
    await world.clock.advance(50);
    expect(first.ended?.cause).toBe('bye');
    expect(second.ended).toBeNull();
    expect(await peers()).toEqual(['1001']);
    second.hangUp();
    await world.expectNothingLeft();
  });

  test('other namesakes are numbered', async () => {
    await start();
    world.hooks.on('invite', accept);
    const calls = [];
    for (const host of [1, 2, 3]) {
      const phone = await world.addQuietPhone('anonymous', { address: `10.0.3.${host}` });
      calls.push(await world.dial(phone, '9000', 'answered'));
    }
    expect(await peers()).toEqual(['anonymous', 'anonymous~2', 'anonymous~3']);
    for (const call of calls) expect(call.ended).toBeNull();
    calls[1]?.hangUp();
    await world.clock.advance(20);
    const phone = await world.addQuietPhone('anonymous', { address: '10.0.3.4' });
    calls.push(await world.dial(phone, '9000', 'answered'));
    expect(await peers()).toEqual(['anonymous', 'anonymous~3', 'anonymous~2']);
    for (const call of calls) call.hangUp();
    await world.expectNothingLeft();
  });

  test('duplicate_peer: replace lets any newcomer win', async () => {
    await start('duplicate_peer: replace');
    world.hooks.on('invite', accept);
    const first = await world.dial(await world.addQuietPhone('anonymous', { address: '10.0.3.1' }), '9', 'answered');
    const second = await world.dial(await world.addQuietPhone('anonymous', { address: '10.0.3.2' }), '9', 'answered');
    await world.clock.advance(50);
    expect([first.ended?.cause, second.ended]).toEqual(['bye', null]);
    expect(await peers()).toEqual(['anonymous']);
    second.hangUp();
    await world.expectNothingLeft();
  });
});

describe('contract §4.4 orphans', () => {
  test('a hook answer that comes after the caller has gone counts as joined and left: the dialled leg ends', async () => {
    await start();
    world.bridge({ answerAfterMs: 2000 });
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002');
    const ringing = await world.rung(b);
    call.hangUp();
    await world.clock.advance(500);
    expect(call.ended?.statusCode).toBe(487);
    expect(ringing.ended).toBeNull();
    await world.clock.advance(2000);
    expect(ringing.ended?.cause).toBe('cancelled');
    await world.expectNothingLeft();
  });

  test('a leg dialled from inside a hook into a room that nobody enters is closed 30 s after the end of the hook', async () => {
    await start();
    world.hooks.on('invite', async () => {
      await world.post('/sip/invite/client', {
        room_id: 'elsewhere',
        dest_session_id: world.sessionOf('1002'),
        from_number: '1',
      });
      return { json: { strategy: 'Reject' } };
    });
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(486);
    const ringing = await world.rung(b);
    await world.clock.advance(29_900);
    expect(ringing.ended).toBeNull();
    await world.clock.advance(200);
    expect(ringing.ended?.cause).toBe('cancelled');
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Canceled 487']]);
  });

  test('the same when the hook server dials and then never answers', async () => {
    await start();
    world.bridge({ answerAfterMs: 60_000 });
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002', { onInvite: 'answer' })];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', 'ended rejected');
    expect(call.ended?.statusCode).toBe(503);
    await world.clock.advance(29_900);
    expect(b.call?.ended).toBeNull();
    await world.clock.advance(200);
    expect(b.call?.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('a leg whose caller did come, and one dialled while no hook was pending, are no orphans', async () => {
    await start('outgoing_alone_timeout_ms: 0');
    world.bridge();
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002', { onInvite: 'answer' })];
    const c = await world.addRegistered('1003', { onInvite: 'answer' });
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', 'answered');
    await world.inviteClient('1003', 'alone');
    await world.clock.advance(60_000);
    expect([call.ended, b.call?.ended, c.call?.ended]).toEqual([null, null, null]);
    call.hangUp();
    c.call?.hangUp();
    await world.expectNothingLeft();
  });
});
