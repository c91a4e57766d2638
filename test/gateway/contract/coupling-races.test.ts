import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

/** Somebody else's INVITE, whose hook takes a second and then says no. */
async function dialSlowly(user: string): Promise<void> {
  world.hooks.on('invite', { json: { strategy: 'Reject' }, delayMs: 1000 });
  await world.dial(await world.addRegistered(user), '9001');
  await world.clock.advance(100);
}

describe('contract §4.4 a leg dialled while the hook of an unrelated call is pending is no orphan', () => {
  test('when the caller it was dialled for is in the room already', async () => {
    world = await ContractWorld.start('call_events: true');
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const call = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    const b = await world.addRegistered('1002', { onInvite: 'answer' });
    await dialSlowly('1003');
    await world.inviteClient('1002', 'r');
    await world.clock.advance(60_000);
    expect([call.ended, b.call?.ended]).toEqual([null, null]);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('when that caller still waits to be answered', async () => {
    world = await ContractWorld.start('call_events: true\nwait_other_peers_timeout_ms: 60000');
    world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
    const call = await world.dial(await world.addRegistered('1001'), '9000', '180');
    const b = await world.addRegistered('1002', { onInvite: 'ring' });
    await dialSlowly('1003');
    await world.inviteClient('1002', 'r');
    await world.clock.advance(40_000);
    expect([call.ended, b.call?.ended]).toEqual([null, null]);
    b.call?.answer();
    await world.clock.advance(100);
    expect(call.log).toEqual(['180', 'answered']);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('when it talks to another one that the application dialled', async () => {
    world = await ContractWorld.start('call_events: true');
    const b = await world.addRegistered('1001', { onInvite: 'answer' });
    const c = await world.addRegistered('1002', { onInvite: 'answer' });
    await dialSlowly('1003');
    await world.inviteClient('1001', 'r');
    await world.inviteClient('1002', 'r');
    await world.clock.advance(60_000);
    expect([b.call?.ended, c.call?.ended]).toEqual([null, null]);
    b.call?.hangUp();
    await world.clock.advance(100);
    expect(c.call?.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });
});
