import { afterEach, describe, expect, test } from 'vitest';
import type { ContractWorld } from '../../support/contract-world.js';
import { DurableStore } from '../../support/durable-store.js';
import { RegisterDesk } from '../../support/register-desk.js';

let desk: RegisterDesk;
let world: ContractWorld;

afterEach(() => desk.finish());

async function start(config = ''): Promise<void> {
  desk = await RegisterDesk.start(config);
  world = desk.world;
}

describe('design §8 restart', () => {
  test('UDP bindings are live again and callable; their register hook comes again with the same session_id, paced', async () => {
    await start();
    const store = new DurableStore();
    const first = await world.addGateway({ address: '10.0.0.9', store });
    const server = { address: '10.0.0.9', port: 5060 };
    const phones = [];
    for (const user of ['1001', '1002', '1003']) {
      const phone = await world.addQuietPhone(user, { server, onInvite: 'answer' });
      expect((await world.register(phone)).statusCode).toBe(200);
      phones.push(phone);
    }
    await world.clock.advance(100);
    const before = world.hooks.bodies('register');
    await first.stop();
    expect(world.hooks.routes()).not.toContain('unregister');
    world.hooks.calls.length = 0;

    const second = await world.addGateway({ address: '10.0.0.9', store });
    await world.clock.advance(1000);
    expect(world.hooks.bodies('register')).toEqual(before);
    const times = world.hooks.calls.map(({ atMs }) => atMs);
    expect(times.every((atMs, index) => index === 0 || atMs - times[index - 1]! >= 20)).toBe(true);
    const made = await second.api('POST', '/sip/invite/client', {
      room_id: 'r',
      dest_session_id: before[1]?.session_id,
      from_number: '7',
    });
    expect(made.status).toBe(200);
    await world.clock.advance(200);
    expect(phones[1]?.call?.log).toEqual(['confirmed']);

    world.hooks.calls.length = 0;
    expect((await world.register(phones[1]!)).statusCode).toBe(200);
    expect((await world.register(phones[1]!)).statusCode).toBe(200);
    await world.clock.advance(100);
    expect(world.hooks.calls.map(({ route, body }) => [route, body.session_id])).toEqual([
      ['auth', before[1]?.session_id],
    ]);
    phones[1]?.call?.hangUp();
    await world.clock.advance(200_000);
    expect(new Set(world.hooks.bodies('unregister').map(({ session_id }) => session_id)).size).toBe(3);
    expect(world.leftovers(second)).toEqual({});
  });

  test('a restored phone is known by its source when it calls; one over TCP is out of reach until it returns', async () => {
    await start();
    const store = new DurableStore();
    const server = { address: '10.0.0.9', port: 5060 };
    const first = await world.addGateway({ address: server.address, store });
    const udp = await world.addQuietPhone('1001', { server });
    const tcp = await world.addQuietPhone('1002', { server, transport: 'tcp', onInvite: 486 });
    for (const phone of [udp, tcp]) expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(50);
    const sessionId = world.sessionOf('1002');
    await first.stop();
    const second = await world.addGateway({ address: server.address, store });
    await world.dial(udp, '9000', 'ended rejected');
    expect(world.hooks.bodies('invite')[0]?.username).toBe('1001');
    const ring = () =>
      second.api('POST', '/sip/invite/client', { room_id: 'r', dest_session_id: sessionId, from_number: '7' });
    expect((await ring()).json.error).toBe('NOT_FOUND');
    expect((await world.register(tcp)).statusCode).toBe(200);
    await world.clock.advance(50);
    const made = await second.api('POST', '/sip/invite/client', {
      room_id: 'r',
      dest_session_id: world.sessionOf('1002'),
      from_number: '7',
    });
    expect(made.status).toBe(200);
    await world.clock.advance(100);
    expect(tcp.calls).toHaveLength(1);
    await world.clock.advance(200_000);
    const told = world.hooks.bodies('unregister').map(({ session_id }) => session_id);
    expect(new Set(told).size).toBe(told.length);
    expect(world.leftovers(second)).toEqual({});
  });

  test('what expired while the gateway was down is unregistered at the start', async () => {
    await start();
    const store = new DurableStore();
    const first = await world.addGateway({ address: '10.0.0.9', store });
    const phone = await world.addQuietPhone('1001', { server: { address: '10.0.0.9', port: 5060 } });
    expect((await world.register(phone)).statusCode).toBe(200);
    await world.clock.advance(50);
    await first.stop();
    await world.clock.advance(200_000);
    world.hooks.calls.length = 0;
    await world.addGateway({ address: '10.0.0.9', store });
    await world.clock.advance(100);
    expect(world.hooks.routes()).toEqual(['unregister']);
  });

  test('without a durable store the shutdown itself unregisters, once per session', async () => {
    await start();
    await world.addRegistered('1001');
    await world.addRegistered('1002');
    await world.clock.advance(50);
    await world.gateway.stop();
    expect(world.hooks.routes().filter((route) => route === 'unregister')).toHaveLength(2);
  });
});

describe('design §6 a binding is a flow', () => {
  test('TCP: the call takes the connection of the REGISTER; after it closed NOT_FOUND, until the phone returns', async () => {
    await start();
    const phone = await world.addRegistered('1001', { transport: 'tcp', onInvite: 486 });
    await world.clock.advance(50);
    expect((await desk.sessions())[0]?.transport).toBe('tcp');
    expect((await world.inviteClient('1001', 'r')).status).toBe(200);
    await world.clock.advance(100);
    expect(phone.calls).toHaveLength(1);
    await world.while(phone.close());
    await world.clock.advance(50);
    expect(await desk.sessions()).toHaveLength(1);
    expect((await world.inviteClient('1001', 'r2')).json.error).toBe('NOT_FOUND');
    const back = await world.addRegistered('1001', { transport: 'tcp', address: phone.options.address, onInvite: 486 });
    await world.clock.advance(50);
    expect((await world.inviteClient('1001', 'r3')).status).toBe(200);
    await world.clock.advance(100);
    expect(back.calls).toHaveLength(1);
    await world.expectNothingLeft();
  });

  test('a UDP phone behind NAT gets a keep-alive every 25 s', async () => {
    await start();
    const phone = await desk.endpointAt('10.0.4.1');
    let pings = 0;
    const { filter } = world.network;
    world.network.filter = (datagram) => {
      if (datagram.to.address === '10.0.4.1' && datagram.data.length <= 4) pings += 1;
      return filter?.(datagram) ?? true;
    };
    await desk.enroll(phone, '1001', [['Contact', '<sip:1001@192.168.7.7:5060>']]);
    await world.clock.advance(170_000);
    expect(pings).toBeGreaterThanOrEqual(6);
    expect(pings).toBeLessThanOrEqual(7);
  });
});
