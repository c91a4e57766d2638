import { afterEach, describe, expect, test } from 'vitest';
import { srtpProfileNames } from '../../../media/index.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { serializeUri } from '../../../sip/uri.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function inviteServer(more: Record<string, unknown>): Promise<void> {
  const made = await world.gateway.api('POST', '/sip/invite/server', {
    room_id: 'r',
    dest_addr: 'pbx.example',
    from_number: '1',
    to_number: '2',
    ...more,
  });
  expect(made.status).toBe(200);
  await world.clock.advance(100);
}

test('contract §3.2 of the addresses of a host the first that a SIP socket of ours reaches is called', async () => {
  world = await ContractWorld.start('call_events: true');
  const pbx = await world.addQuietPhone('2', { address: '10.0.2.1', onInvite: 486 });
  world.network.hosts.set('pbx.example', ['2001:db8::9', '10.0.2.1']);
  await inviteServer({});
  expect(pbx.calls).toHaveLength(1);
  world.network.hosts.set('pbx.example', ['2001:db8::9']);
  // The hosts file is looked at once a second.
  await world.clock.advance(1000);
  await inviteServer({ room_id: 's' });
  await world.expectNothingLeft();
  expect(world.stories('out')).toEqual([
    ['Connecting', 'Rejected 486'],
    ['Connecting', 'Failed 503'],
  ]);
});

test('RFC 3261 §25.1 a caller without a number is a From and a Contact without a user, not with an empty one', async () => {
  world = await ContractWorld.start('call_events: true');
  const pbx = await world.addQuietPhone('2', { address: '10.0.2.1', onInvite: 486 });
  await inviteServer({ dest_addr: '10.0.2.1', from_number: '' });
  const [invite] = world.sentTo(pbx, 'INVITE');
  expect(invite?.headers.get('Contact')).toBe('<sip:10.0.0.1:5060>');
  expect(invite === undefined ? '' : serializeUri(invite.from.uri)).toBe('sip:10.0.0.1:5060');
  await world.expectNothingLeft();
});

test('design §9 nothing in a number that the API names gets out of its place in the message', async () => {
  world = await ContractWorld.start('call_events: true');
  const pbx = await world.addQuietPhone('2', { address: '10.0.2.1', onInvite: 486 });
  const odd = `1"<sip:a@b>;tag=x?h=1\\ %0d%0a é`;
  await inviteServer({ dest_addr: '10.0.2.1', from_number: odd, to_number: odd });
  const [invite] = world.sentTo(pbx, 'INVITE');
  expect(invite?.kind === 'request' && invite.uri).toMatchObject({ user: odd, host: '10.0.2.1', headers: '' });
  expect(invite?.from.uri).toMatchObject({ user: odd, host: '10.0.0.1' });
  expect(invite?.to.uri).toMatchObject({ user: odd, host: '10.0.2.1' });
  for (const bad of ['1\r\nX: y', '1\u0000']) {
    const { status } = await world.gateway.api('POST', '/sip/invite/server', {
      room_id: 'r',
      dest_addr: '10.0.2.1',
      from_number: bad,
      to_number: '2',
    });
    expect(status).toBe(400);
  }
  await world.expectNothingLeft();
});

test('RFC 3263 §4.3 a trunk with several addresses is called at the next one when the first is silent or refuses', async () => {
  world = await ContractWorld.start('call_events: true');
  const busy = await world.addQuietPhone('2', { address: '10.0.2.1', onInvite: 503 });
  const pbx = await world.addQuietPhone('2', { address: '10.0.2.2', onInvite: 486 });
  world.network.hosts.set('pbx.example', ['10.0.2.1', '10.0.2.2']);
  await inviteServer({});
  expect([busy.calls.length, pbx.calls.length]).toEqual([1, 1]);
  await world.clock.advance(1000);
  world.network.hosts.set('pbx.example', ['10.0.2.9', '10.0.2.2']);
  await world.clock.advance(1000);
  await inviteServer({ room_id: 's' });
  expect(pbx.calls).toHaveLength(1);
  await world.clock.advance(4000);
  expect(pbx.calls).toHaveLength(2);
  expect(world.gateway.gateway.counters()).toMatchObject({ sip_server_failovers_total: 2, sip_server_failed_total: 2 });
  await world.expectNothingLeft();
  expect(world.stories('out')).toEqual([
    ['Connecting', 'Rejected 486'],
    ['Connecting', 'Rejected 486'],
  ]);
});

describe('RFC 3261 §18.1.1 an INVITE of more than 1300 bytes', () => {
  const large = `call_events: true\nsrtp_offer: [${srtpProfileNames.join(', ')}]`;

  /** What came by UDP. */
  function invites(phone: WorldPhone) {
    return world.sentTo(phone, 'INVITE').map((invite) => ({
      protocol: invite.via[0]?.protocol,
      isLarge: serializeMessage(invite).length > 1400,
    }));
  }

  test('stays on UDP to a phone that registered over it, at once, whether it listens on TCP or not', async () => {
    world = await ContractWorld.start(large);
    for (const user of ['1001', '1002']) {
      const phone = await world.addQuietPhone(user);
      expect((await world.register(phone)).statusCode).toBe(200);
      if (user === '1002') world.network.silentTcp.add(phone.options.address);
      const { json } = await world.gateway.api('GET', '/sip/sessions');
      const row = json.data.find(({ username }: { username: string }) => username === user);
      const { status } = await world.gateway.api('POST', '/sip/invite/client', {
        room_id: 'r',
        dest_session_id: row.session_id,
        from_number: '1',
      });
      expect(status).toBe(200);
      await world.clock.advance(50);
      expect(invites(phone)).toEqual([{ protocol: 'UDP', isLarge: true }]);
      expect(phone.calls).toHaveLength(1);
      phone.calls[0]?.hangUp();
    }
    await world.expectNothingLeft();
  });

  test('leaves UDP for a server, and comes back after two seconds when TCP is not answered', async () => {
    world = await ContractWorld.start(large);
    const pbx = await world.addQuietPhone('2', { address: '10.0.2.1', onInvite: 486 });
    world.network.silentTcp.add('10.0.2.1');
    await inviteServer({ dest_addr: '10.0.2.1' });
    expect(pbx.calls).toHaveLength(0);
    await world.clock.advance(2050);
    expect(invites(pbx)).toEqual([{ protocol: 'UDP', isLarge: true }]);
    await inviteServer({ dest_addr: '10.0.2.1' });
    expect(pbx.calls).toHaveLength(2);
    await world.expectNothingLeft();
  });
});
