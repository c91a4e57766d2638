import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
}

const accept = { json: { strategy: 'Accept', room_id: 'r' } };
const wait = { json: { strategy: 'WaitOtherPeers', room_id: 'r' } };

describe('contract §4.2 §4.4 timers of a lonely leg', () => {
  test('WaitOtherPeers: nobody within 30 s: 486', async () => {
    await start();
    world.hooks.on('invite', wait);
    const a = await world.addRegistered('1001');
    const call = await world.dial(a, '9000', '180');
    await world.clock.advance(29_900);
    expect(call.ended).toBeNull();
    await world.clock.advance(200);
    expect(call.ended?.statusCode).toBe(486);
    await world.expectNothingLeft();
    expect(world.stories('in')).toEqual([['Connecting', 'Ringing', 'Rejected 486']]);
  });

  test('wait_other_peers_timeout_ms changes that', async () => {
    await start('wait_other_peers_timeout_ms: 3000');
    world.hooks.on('invite', wait);
    const call = await world.dial(await world.addRegistered('1001'), '9000', '180');
    await world.clock.advance(3100);
    expect(call.ended?.statusCode).toBe(486);
    await world.expectNothingLeft();
  });

  test('two who both wait do not answer each other; the second leaves, the first gets 486', async () => {
    await start();
    world.hooks.on('invite', wait);
    const first = await world.dial(await world.addRegistered('1001'), '9000', '180');
    const second = await world.dial(await world.addRegistered('1002'), '9000', '180');
    await world.clock.advance(1000);
    expect([first.log, second.log]).toEqual([['180'], ['180']]);
    second.hangUp();
    await world.clock.advance(50);
    expect(first.ended?.statusCode).toBe(486);
    await world.expectNothingLeft();
  });

  test('a member who is Connected already: 200 at once', async () => {
    await start();
    world.hooks.next('invite', accept).on('invite', wait);
    const host = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    const guest = await world.dial(await world.addRegistered('1002'), '9000', 'answered');
    expect(guest.log).toEqual(['180', 'answered']);
    host.hangUp();
    await world.expectNothingLeft();
    expect(guest.ended?.cause).toBe('bye');
  });

  test('an outgoing leg that only rings does not answer the waiting caller', async () => {
    await start();
    world.bridge();
    const [a, b] = [await world.addRegistered('1001'), await world.addRegistered('1002')];
    await world.clock.advance(50);
    const call = await world.dial(a, '1002', '180');
    await world.rung(b);
    await world.clock.advance(10_000);
    expect(call.log).toEqual(['180']);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('accept_alone_timeout_ms: off by default; set, it ends a caller who stays alone, not one who met somebody', async () => {
    await start('accept_alone_timeout_ms: 10000');
    world.hooks.on('invite', accept);
    const lonely = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    await world.clock.advance(9900);
    expect(lonely.ended).toBeNull();
    await world.clock.advance(200);
    expect(lonely.ended?.cause).toBe('bye');
    const first = await world.dial(await world.addRegistered('1002'), '9000', 'answered');
    const second = await world.dial(await world.addRegistered('1003'), '9000', 'answered');
    await world.clock.advance(30_000);
    expect([first.ended, second.ended]).toEqual([null, null]);
    first.hangUp();
    await world.expectNothingLeft();
  });

  test('outgoing_alone_timeout_ms: an answered leg alone in its room ends after it', async () => {
    await start('outgoing_alone_timeout_ms: 10000');
    const b = await world.addRegistered('1002', { onInvite: 'answer' });
    await world.clock.advance(50);
    await world.inviteClient('1002', 'r');
    await world.rung(b);
    await world.clock.advance(9800);
    expect(b.call?.ended).toBeNull();
    await world.clock.advance(300);
    expect(b.call?.ended?.cause).toBe('bye');
    await world.expectNothingLeft();
  });

  test('ring timeout 60 s: CANCEL, event Failed 408', async () => {
    await start();
    const b = await world.addRegistered('1002', { onInvite: 'ring' });
    await world.clock.advance(50);
    await world.inviteClient('1002', 'r');
    const ringing = await world.rung(b);
    await world.clock.advance(59_900);
    expect(ringing.ended).toBeNull();
    await world.clock.advance(200);
    expect(ringing.ended?.cause).toBe('cancelled');
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Ringing', 'Failed 408']]);
  });

  test('no answer to INVITE for 32 s: Failed 408', async () => {
    await start();
    await world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r',
      dest_addr: '10.0.9.9',
      from_number: '1',
      to_number: '2',
    });
    await world.clock.advance(31_900);
    expect(world.leftovers()).toMatchObject({ calls: 1 });
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Failed 408']]);
  });
});
