import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealNetwork } from '../../base/network.js';
import { eventually } from '../support/eventually.js';
import { LoopbackWorld, listen, reached, rung } from '../support/loopback-world.js';
import { silentMedia } from '../support/phone.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { SipEndpoint } from '../support/sip-endpoint.js';

let world: LoopbackWorld;
const network = createRealNetwork();
// Many containers have no IPv6. The test then counts as skipped; test/gateway/contract/addresses.test.ts has its twin.
const hasIpv6 = network.interfaces().some(({ address }) => address === '::1');

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

test('a phone on TCP and one on UDP call each other in both directions, with sound', async () => {
  const gateway = await world.startGateway();
  const stream = await world.addRegistered(gateway.sip, '1001', { toneHz: 440, transport: 'tcp' });
  const datagram = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250 });
  const { data } = await gateway.api.GET('/sip/sessions');
  expect(data?.data.map(({ username, transport }) => [username, transport])).toEqual([
    ['1001', 'tcp'],
    ['1002', 'udp'],
  ]);
  for (const [caller, called, user] of [
    [stream, datagram, '1002'],
    [datagram, stream, '1001'],
  ] as const) {
    const call = await reached(await caller.dial(user), '180');
    const ringing = await rung(called);
    ringing.answer();
    await reached(call, 'answered');
    await listen(datagram, { hears: [440], not: [1250] });
    await listen(stream, { hears: [1250], not: [440] });
    ringing.hangUp();
    await reached(call, 'ended bye');
  }
  expect((await gateway.metrics()).sip_connections).toBe(1);
  await gateway.idle();
});

test.skipIf(!hasIpv6)('two phones on ::1 call each other, with sound; source and SDP are IPv6', async () => {
  const gateway = await world.startGateway({ address: '::1' });
  const a = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
  const b = await world.addRegistered(gateway.sip, '1002', { toneHz: 1250 });
  const { data } = await gateway.api.GET('/sip/sessions');
  expect(data?.data[0]?.source).toMatch(/^\[::1\]:\d+$/);
  const call = await reached(await a.dial('1002'), '180');
  (await rung(b)).answer();
  await reached(call, 'answered');
  expect(call.remote.at(-1)).toContain('c=IN IP6 ::1');
  await listen(a, { hears: [1250], not: [440] });
  await listen(b, { hears: [440], not: [1250] });
  call.hangUp();
  await reached(b.calls[0]!, 'ended bye');
  await gateway.idle();
});

describe('RFC 3261 §18.1.1 large messages', () => {
  /** An offer whose attributes nobody knows, so that its INVITE is far over 1300 bytes. */
  function largeOffer(address: string): Buffer {
    const padding = Array.from({ length: 60 }, (_, index) => `a=x-unknown-${index}:${'padding '.repeat(4)}\r\n`);
    return Buffer.concat([silentMedia(address).offer('sendrecv'), Buffer.from(padding.join(''))]);
  }

  test.each(['udp', 'tcp'] as const)('an INVITE of 3 kB by %s is answered', async (transport) => {
    const gateway = await world.startGateway();
    const phone = await world.addRegistered(gateway.sip, '1001', {
      transport,
      createMedia: (call) => {
        const { address } = call.phone.options;
        return { ...silentMedia(address), offer: () => largeOffer(address) };
      },
    });
    const call = await reached(await phone.dial('9000'), 'answered');
    call.hangUp();
    await gateway.idle();
  });

  test('a REGISTER of 60 kB in one datagram is answered; one that says it is longer than it is gets 400', async () => {
    const gateway = await world.startGateway();
    const raw = await world.openRaw(gateway.sip);
    const head = ['REGISTER sip:127.0.0.1 SIP/2.0', `Via: SIP/2.0/UDP 127.0.0.1:${raw.port};branch=z9hG4bKlarge`];
    const rest = ['From: <sip:1@127.0.0.1>;tag=1', 'To: <sip:1@127.0.0.1>', 'Call-ID: large', 'CSeq: 1 REGISTER'];
    const fill = Array.from({ length: 100 }, (_, index) => `X-Fill-${index}: ${'x'.repeat(590)}`);
    raw.send(`${[...head, ...rest, ...fill, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`);
    await eventually('401', () => raw.received.some((text) => text.startsWith('SIP/2.0 401 ')));
    const short = head.map((line) => line.replace('large', 'short'));
    raw.send(`${[...short, ...rest, 'Content-Length: 500'].join('\r\n')}\r\n\r\nnot that much`);
    await eventually('400', () => raw.received.some((text) => text.startsWith('SIP/2.0 400 ')));
  });
});

test('5,000 datagrams of garbage and half a phone call: the call in progress and the next one go on', async () => {
  const gateway = await world.startGateway();
  const phone = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
  const call = await reached(await phone.dial('echo'), 'answered');
  const raw = await world.openRaw(gateway.sip);
  const random = createSeededRandom(5);
  const torn = Buffer.from(tornInvite(raw.port));
  for (let sent = 0; sent < 5000; sent += 1) {
    const noise = random.bytes(1 + (random.uint32() % 1400));
    raw.send(sent % 2 === 0 ? noise : torn.subarray(0, 1 + (random.uint32() % torn.length)));
    // The kernel's queue is not what is tested.
    if (sent % 50 === 49) {
      await eventually('read', async () => (await gateway.metrics()).sip_malformed_total);
    }
  }
  const metrics = await gateway.metrics();
  console.log(`garbage: ${metrics.sip_malformed_total} of 5,000 counted as malformed`);
  expect(metrics.sip_malformed_total).toBeGreaterThan(0);
  await listen(phone, { hears: [440], not: [] });
  expect(call.ended).toBeNull();
  call.hangUp();
  const other = await world.addRegistered(gateway.sip, '1002');
  (await reached(await other.dial('9000'), 'answered')).hangUp();
  await gateway.idle();
  expect(gateway.program.log.filter(({ level }) => level === 'error')).toEqual([]);
});

test('a TCP peer that sends garbage is cut off, and the others are not', async () => {
  const gateway = await world.startGateway();
  const phone = await world.addRegistered(gateway.sip, '1001', { transport: 'tcp' });
  let closed = false;
  const connection = await network.connectTcp(gateway.sip, {
    onData: () => undefined,
    onClose: () => {
      closed = true;
    },
  });
  connection.write(Buffer.from('GET / HTTP/1.1\r\nHost: nobody\r\n\r\n'));
  await eventually('the connection is closed', () => closed);
  (await reached(await phone.dial('9000'), 'answered')).hangUp();
  await gateway.idle();
});

test('RFC 3261 §8.2.2.2, §17.2.3 a request that is not for a call gets its answer on the wire: 481, 405 with Allow', async () => {
  const gateway = await world.startGateway();
  const endpoint = await SipEndpoint.open(network, '127.0.0.1', { port: 0, server: gateway.sip });
  world.closeLater(() => endpoint.close());
  const bye = endpoint.send({ method: 'BYE', user: '9000', toTag: 'nobody' });
  const odd = endpoint.send({ method: 'REFER', user: '9000' });
  const options = endpoint.send({ method: 'OPTIONS', user: '9000' });
  await eventually('three answers', () => endpoint.received.length >= 3);
  expect([bye, odd, options].map((request) => endpoint.answersTo(request)[0]?.statusCode)).toEqual([481, 405, 200]);
  expect(endpoint.answersTo(odd)[0]?.headers.get('Allow')).toContain('INVITE');
});

function tornInvite(port: number): string {
  const lines = ['INVITE sip:9000@127.0.0.1 SIP/2.0', `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKtorn`];
  lines.push('From: <sip:x@127.0.0.1>;tag=1', 'To: <sip:9000@127.0.0.1>', 'Call-ID: torn', 'CSeq: 1 INVITE');
  lines.push('Contact: <sip:x@127.0.0.1>', 'Max-Forwards: 70', 'Content-Length: 10');
  return `${lines.join('\r\n')}\r\n\r\n`;
}
