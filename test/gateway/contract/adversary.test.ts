import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(`call_events: true\n${config}`);
}

const accept = { json: { strategy: 'Accept', room_id: 'r' } };
const sdp = silentMedia('10.0.2.1').offer('sendrecv');

describe('T1 T2 orphans', () => {
  test('T1 a leg dialled into a room where a caller is already, during an unrelated hook', async () => {
    await start();
    const a = await world.addRegistered('1001');
    const c = await world.addRegistered('1003', { onInvite: 'answer' });
    const d = await world.addRegistered('1004');
    world.hooks.on('invite', accept);
    const call = await world.dial(a, '9000', 'answered');
    world.hooks.on('invite', { json: { strategy: 'Reject' }, delayMs: 1000 });
    const other = await world.dial(d, '9001');
    await world.clock.advance(100);
    await world.inviteClient('1003', 'r');
    await world.clock.advance(60_000);
    expect(other.ended?.statusCode).toBe(486);
    expect([call.ended, c.call?.ended]).toEqual([null, null]);
    call.hangUp();
    await world.expectNothingLeft();
  });

  test('T2 two legs that talk to each other, dialled during an unrelated hook', async () => {
    await start();
    const b = await world.addRegistered('1002', { onInvite: 'answer' });
    const c = await world.addRegistered('1003', { onInvite: 'answer' });
    const d = await world.addRegistered('1004');
    world.hooks.on('invite', { json: { strategy: 'Reject' }, delayMs: 1000 });
    await world.dial(d, '9001');
    await world.clock.advance(100);
    await world.inviteClient('1002', 'x');
    await world.inviteClient('1003', 'x');
    await world.clock.advance(60_000);
    expect([b.call?.ended, c.call?.ended]).toEqual([null, null]);
    b.call?.hangUp();
    await world.expectNothingLeft();
  });
});

describe('T3', () => {
  test('callee fails at any moment around the hook answer: 486 at once', async () => {
    await start();
    const slow: string[] = [];
    const a = await world.addRegistered('1001');
    await world.addRegistered('1002', { onInvite: 486 });
    await world.clock.advance(50);
    for (let ms = 0; ms < 60; ms += 1) {
      world.bridge({ answerAfterMs: ms, roomId: `room-${ms}` });
      const call = await world.while(a.dial('1002'));
      await world.clock.advance(400);
      if (call.ended?.statusCode !== 486) slow.push(`${ms}: ${call.log}`);
      call.hangUp();
      await world.clock.advance(100);
    }
    expect(slow).toEqual([]);
    await world.expectNothingLeft();
  });
});

describe('T4', () => {
  test('the callee answers with a description that cannot be used: the waiting caller gets 486', async () => {
    await start();
    world.bridge();
    const a = await world.addRegistered('1001');
    await world.addRegistered('1002', {
      onInvite: 'answer',
      createMedia: () => ({
        offer: () => sdp,
        answer: () => Buffer.from('nonsense'),
        use: () => undefined,
        close: () => undefined,
      }),
    });
    await world.clock.advance(50);
    const call = await world.dial(a, '1002');
    await world.clock.advance(1000);
    expect(call.log).toEqual(['180', 'ended rejected']);
    await world.expectNothingLeft();
    expect(world.stories('out')).toEqual([['Connecting', 'Failed 488']]);
  });
});

describe('T5', () => {
  test('a datagram from the address and port of a TCP connection is not its user', async () => {
    await start();
    world.hooks.on('invite', accept);
    const a = await world.addRegistered('1001', { transport: 'tcp' });
    const sessions = await world.gateway.api('GET', '/sip/sessions');
    const source = String(sessions.json.data[0].source);
    const port = Number(source.split(':')[1]);
    const network = world.network.host(a.options.address);
    const forger = await SipEndpoint.open(network, a.options.address, { port });
    const invite = forger.send({ method: 'INVITE', user: '9000', from: '1001', body: sdp });
    await world.clock.advance(100);
    expect(world.hooks.bodies('invite').at(-1)).toMatchObject({ source, username: null });
    forger.acknowledge(invite, forger.received.at(-1) as never);
    await world.clock.advance(40_000);
    await forger.close();
  });
});

describe('T6', () => {
  test('no RTP port: 503 with Retry-After', async () => {
    await start('rtp_ports: 20000-20001\nmax_conn: 10');
    world.hooks.on('invite', accept);
    const first = await world.dial(await world.addRegistered('1001'), '9000', 'answered');
    const b = await world.addRegistered('1002');
    const second = await world.dial(b, '9000', 'ended rejected');
    expect(second.ended?.statusCode).toBe(503);
    expect(second.ended?.response?.headers.get('Retry-After')).toBe('5');
    first.hangUp();
    await world.expectNothingLeft();
  });
  test('drained while waiting: 503 with Retry-After', async () => {
    await start('drain_ms: 1000');
    world.hooks.on('invite', { json: { strategy: 'WaitOtherPeers', room_id: 'r' } });
    const call = await world.dial(await world.addRegistered('1001'), '9000', '180');
    await world.while(world.gateway.gateway.drain());
    await world.gateway.stop();
    expect(call.ended?.statusCode).toBe(503);
    expect(call.ended?.response?.headers.get('Retry-After')).toBe('5');
  });
});

describe('T7', () => {
  test('an INVITE in a dialog that does not exist', async () => {
    await start();
    const endpoint = await SipEndpoint.open(world.network.host('10.0.2.9'), '10.0.2.9');
    endpoint.send({ method: 'INVITE', user: '9000', toTag: 'gone', body: sdp });
    await world.clock.advance(10_000);
    expect(endpoint.received).toHaveLength(1);
    expect(world.leftovers()).toEqual({});
    await endpoint.close();
  });
});
