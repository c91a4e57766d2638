import { expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { serializeVia } from '../../../sip/header-values.js';
import { TransportLayer } from '../../../sip/transport/layer.js';
import { tlsTransport } from '../../../sip/transport/tls.js';
import { LinkHub } from '../../support/link-transport.js';
import { ManualClock } from '../../support/manual-clock.js';
import { sampleRequest } from '../../support/sample-request.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import { PEER, TransportBench } from '../../support/transport-bench.js';
import { ANSWER, UaBench } from '../../support/ua-bench.js';
import { VirtualNetwork } from '../../support/virtual-network.js';

async function linkedPair() {
  const bench = new UaBench();
  const hub = new LinkHub();
  const options = { kinds: ['x-link'], transports: [hub.factory] } as const;
  const alice = await bench.agent('alice', '10.0.0.1', options);
  const bob = await bench.agent('bob', '10.0.0.2', options);
  return { bench, hub, alice, bob };
}

test('RFC 3261 §18 two user agents call each other over a transport that the application supplied', async () => {
  const { bench, alice, bob } = await linkedPair();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(10);
  expect(alice.heard).toEqual(['answered v=0 answer']);
  expect(bob.heard).toEqual(['confirmed null']);
  expect(bob.session.invite.headers.get('contact')).toBe('<sip:alice@10.0.0.1:5060;transport=x-link>');
  expect(serializeVia(bob.session.invite.via[0]!)).toContain('SIP/2.0/X-LINK 10.0.0.1:5060');
  expect(bob.session.flow.kind).toBe('x-link');
  bob.session.end();
  await bench.clock.advance(10);
  expect(call.state).toBe('ended');
  expect(bench.network.sent).toBe(0);
  await bench.expectNothingLeft();
});

test('RFC 3261 §18.1 what the layer knows of its transports holds for one of the application too', async () => {
  const { bench, hub, alice, bob } = await linkedPair();
  expect(alice.transport.listening).toEqual([{ kind: 'x-link', address: '10.0.0.1', port: 5060 }]);
  expect(alice.transport.connections).toBe(0);
  alice.call(bob);
  await bench.clock.advance(10);
  expect([alice.transport.connections, bob.transport.connections]).toEqual([1, 1]);
  const flow = alice.transport.findFlow(bob.target)!;
  expect(alice.transport.flowById(flow.connectionId!)).toBe(flow);
  alice.transport.keepAlive(flow);
  expect(hub.pings).toEqual(['10.0.0.1 > 10.0.0.2']);
  await bob.transport.close();
  expect([alice.transport.connections, bob.transport.connections]).toEqual([0, 0]);
});

test('a kind that nobody supplied cannot be listened on, and two transports of one kind are refused', async () => {
  const bench = new TransportBench({ listens: [{ kind: 'x-link', address: '10.0.0.2', port: 1 }] });
  await expect(bench.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED', kind: 'x-link', systemCode: null });
  const clock = new ManualClock();
  const random = createSeededRandom();
  const { factory } = new LinkHub();
  const network = new VirtualNetwork({ clock, random }).host('10.0.0.1');
  const shared = { clock, random, network, log: silentLogger, isLocalNet: () => true, listens: [] };
  expect(() => new TransportLayer({ ...shared, transports: [factory, factory] })).toThrow('two transports are x-link');
});

test('RFC 3261 §18.1.1 a sent-by of the application is written into the Via, and the answer is taken for ours', async () => {
  const bench = new TransportBench();
  await bench.start();
  const peer = await bench.udpPeer();
  const target = { kind: 'udp', address: PEER, port: 5060, sentBy: { host: 'sip.example.com' } } as const;
  bench.send(sampleRequest('OPTIONS', { sentBy: { host: 'unset' } }), target);
  await bench.clock.advance(1);
  const [request] = peer.messages;
  expect(serializeVia(request!.via[0]!)).toMatch(/^SIP\/2.0\/UDP sip.example.com;/);
  peer.send(
    `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP sip.example.com;branch=z9hG4bKsample\r\nFrom: <sip:a@b>;tag=1\r\n` +
      'To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n',
  );
  peer.send(
    `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP other.example.com;branch=z9hG4bKsample\r\nFrom: <sip:a@b>;tag=1\r\n` +
      'To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n',
  );
  await bench.clock.advance(1);
  expect(bench.responses).toHaveLength(1);
  expect(bench.layer.counters.misroutedResponses).toBe(1);
});

test('RFC 3261 §25.1 a sent-by that is no host is not written: the request fails, a listener is refused', async () => {
  const bench = new TransportBench();
  await bench.start();
  const peer = await bench.udpPeer();
  for (const sentBy of [
    { host: 'h;received=192.0.2.1' },
    { host: 'h\r\nX: y' },
    { host: '' },
    { host: 'h', port: 70_000 },
  ]) {
    bench.send(sampleRequest('OPTIONS', { sentBy: { host: 'x' } }), { kind: 'udp', address: PEER, port: 5060, sentBy });
    await bench.clock.advance(1);
    expect(bench.errors.at(-1)).toMatch(/^sent-by (?:host|port) is not one$/);
    const tls = tlsTransport({ sentBy });
    expect(() => new TransportBench({ transports: [tls] })).toThrow('sent-by');
  }
  expect(peer.messages).toEqual([]);
  expect(() => new TransportBench({ publicIp: '192.0.2.1>' })).toThrow('sent-by');
});

test('RFC 3261 §9.1 a CANCEL has the Via of its INVITE, also one that the application set', async () => {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  const call = alice.call([{ ...bob.target, sentBy: { host: 'sip.example.com', port: 5070 } }]);
  await bench.clock.advance(10);
  call.end();
  await bench.clock.advance(10);
  const via = (text: string): string => serializeVia(bench.sent(text)[0]!.via[0]!);
  expect(via('INVITE')).toContain('sip.example.com:5070');
  expect(via('CANCEL')).toBe(via('INVITE'));
  expect(via('ACK')).toBe(via('INVITE'));
  expect(alice.heard.at(-1)).toBe('ended local cancelled 487');
});
