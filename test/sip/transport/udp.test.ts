import { beforeEach, describe, expect, test } from 'vitest';
import { createResponse } from '../../../sip/build.js';
import { serializeVia, tagOf } from '../../../sip/header-values.js';
import type { SipResponse } from '../../../sip/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { sampleRequest } from '../../support/sample-request.js';
import { OURS, PEER, TransportBench, type UdpPeer } from '../../support/transport-bench.js';

const target = { kind: 'udp', address: PEER, port: 5060 } as const;
const sentBy = { host: PEER, port: 5060 };

let bench: TransportBench;
let peer: UdpPeer;

beforeEach(async () => {
  bench = new TransportBench();
  await bench.start();
  peer = await bench.udpPeer();
});

/** A request of ours, its Via made as the transaction layer does. */
function ours(method = 'OPTIONS', body?: Buffer) {
  return sampleRequest(method, { sentBy: { host: '' }, rport: false, ...(body === undefined ? {} : { body }) });
}

describe('requests and responses', () => {
  test('RFC 3261 §18.1.1 a request leaves with our sent-by, and rport (RFC 3581 §3)', async () => {
    bench.send(ours(), target);
    await bench.clock.advance(1);
    expect(serializeVia(peer.messages[0]!.via[0]!)).toBe(`SIP/2.0/UDP ${OURS}:5060;branch=z9hG4bKsample;rport`);
    expect(peer.heard[0]).toMatchObject({ address: OURS, port: 5060 });
    expect(bench.sent[0]!.flow).toMatchObject({ kind: 'udp', isOpen: true, remote: { address: PEER, port: 5060 } });
  });

  test('RFC 3581 §4 the response goes to the source port, from the socket that was asked', async () => {
    const behindNat = await bench.udpPeer(40_000);
    behindNat.send(sampleRequest('OPTIONS', { sentBy: { host: '192.168.7.7', port: 5060 } }));
    await bench.clock.advance(1);
    const [{ request, flow }] = bench.requests as [(typeof bench.requests)[0]];
    expect(serializeVia(request.via[0]!)).toContain(`;rport=40000;received=${PEER}`);
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(1);
    expect(behindNat.messages).toMatchObject([{ statusCode: 200 }]);
    expect(behindNat.heard[0]).toMatchObject({ address: OURS, port: 5060 });
  });

  test('RFC 3261 §18.2.2 without rport the response goes to the source address at the sent-by port', async () => {
    const sender = await bench.udpPeer(40_000);
    sender.send(sampleRequest('OPTIONS', { sentBy, rport: false }));
    await bench.clock.advance(1);
    const [{ request, flow }] = bench.requests as [(typeof bench.requests)[0]];
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(1);
    expect(sender.heard).toEqual([]);
    expect(peer.messages).toMatchObject([{ statusCode: 200 }]);
  });

  test('RFC 3261 §18.1.2 a response whose top Via is not ours is dropped', async () => {
    bench.send(ours(), target);
    await bench.clock.advance(1);
    const [request] = peer.messages;
    if (request?.kind !== 'request') throw new Error('no request');
    const response = createResponse(request, 200);
    const foreign = { ...response, via: [{ ...response.via[0]!, host: '10.9.9.9' }] } satisfies SipResponse;
    peer.send(foreign);
    peer.send({ ...response, via: [{ ...response.via[0]!, port: 5099 }] });
    peer.send(response);
    await bench.clock.advance(1);
    expect(bench.responses).toHaveLength(1);
    expect(bench.responses[0]!.response.statusCode).toBe(200);
    expect(bench.layer.counters.misroutedResponses).toBe(2);
  });
});

describe('what is no message', () => {
  test.each([['\r\n\r\n'], ['\r\n'], ['\0'], ['\0\0\0\0'], ['jaK'], [''], ['\r\n\r\n\r\n']])(
    'RFC 5626 §3.5.1 the datagram %j is a keep-alive',
    async (datagram) => {
      peer.send(datagram);
      await bench.clock.advance(2);
      expect(bench.layer.counters).toMatchObject({ keepAlives: 1, malformed: 0 });
      expect(peer.heard).toEqual([]);
    },
  );

  test('RFC 3261 §21.4.1 a request that can be read in part is answered 400 with the reason', async () => {
    const text = serializeMessage(sampleRequest('OPTIONS', { sentBy })).toString();
    peer.send(text.replace('Max-Forwards: 70', 'Max-Forwards: many'));
    await bench.clock.advance(2);
    expect(peer.messages).toMatchObject([{ statusCode: 400, reasonPhrase: 'Bad Request (bad-max-forwards)' }]);
    expect(tagOf(peer.messages[0]!.to)).toBe('bad-max-forwards');
    expect(bench.requests).toEqual([]);
    expect(bench.layer.counters).toMatchObject({ malformed: 1, malformedAnswered: 1 });
  });

  test('RFC 3261 §21.5.6 another version is answered 505', async () => {
    const text = serializeMessage(sampleRequest('OPTIONS', { sentBy })).toString();
    peer.send(text.replace('SIP/2.0\r\n', 'SIP/7.0\r\n'));
    await bench.clock.advance(2);
    expect(peer.messages).toMatchObject([{ statusCode: 505 }]);
  });

  test('RFC 3261 §17.1.1.3 a malformed ACK is not answered, nor is noise', async () => {
    const text = serializeMessage(sampleRequest('ACK', { sentBy })).toString();
    peer.send(text.replace('Max-Forwards: 70', 'Max-Forwards: many'));
    peer.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await bench.clock.advance(2);
    expect(peer.heard).toEqual([]);
    expect(bench.layer.counters).toMatchObject({ malformed: 2, malformedAnswered: 0 });
  });

  test('answers to malformed requests are limited per second', async () => {
    const text = serializeMessage(sampleRequest('OPTIONS', { sentBy })).toString();
    const malformed = text.replace('Max-Forwards: 70', 'Max-Forwards: many');
    for (let i = 0; i < 60; i += 1) peer.send(malformed);
    await bench.clock.advance(2);
    expect(bench.layer.counters).toMatchObject({ malformed: 60, malformedAnswered: 50 });
    await bench.clock.advance(1000);
    peer.send(malformed);
    await bench.clock.advance(2);
    expect(bench.layer.counters.malformedAnswered).toBe(51);
  });
});

describe('RFC 3261 §18.1.1 large requests', () => {
  const large = Buffer.alloc(1300, 'x');

  test('go by TCP when the peer takes it, with a TCP Via', async () => {
    const accepted = await bench.tcpPeer();
    bench.send(ours('MESSAGE', large), { ...target, tcpAllowed: true });
    await bench.clock.advance(5);
    expect(peer.heard).toEqual([]);
    expect(accepted[0]!.message).toMatchObject({
      method: 'MESSAGE',
      via: [{ protocol: 'TCP', host: OURS, port: 5060 }],
    });
    expect(bench.sent.map(({ flow }) => flow.kind)).toEqual(['tcp']);
    expect(bench.layer.counters).toMatchObject({ switchedToTcp: 1, fellBackToUdp: 0 });
  });

  test('go back to UDP when TCP is refused, and the next one goes there at once for a minute', async () => {
    bench.send(ours('MESSAGE', large), { ...target, tcpAllowed: true });
    expect(bench.sent).toEqual([]);
    await bench.clock.advance(5);
    expect(peer.messages).toMatchObject([{ method: 'MESSAGE', via: [{ protocol: 'UDP' }] }]);
    bench.send(ours('MESSAGE', large), { ...target, tcpAllowed: true });
    expect(bench.layer.counters).toMatchObject({ switchedToTcp: 1, fellBackToUdp: 1 });
    await bench.clock.advance(60_000);
    bench.send(ours('MESSAGE', large), { ...target, tcpAllowed: true });
    expect(bench.layer.counters.switchedToTcp).toBe(2);
    await bench.clock.advance(5);
    expect(peer.messages).toHaveLength(3);
    expect(bench.errors).toEqual([]);
  });

  test('stay on UDP when the peer did not offer TCP, or the target is a flow', async () => {
    await bench.tcpPeer();
    bench.send(ours('MESSAGE', large), target);
    const flow = bench.layer.findFlow(target)!;
    bench.send(ours('MESSAGE', large), { ...target, tcpAllowed: true, flow });
    await bench.clock.advance(5);
    expect(peer.messages).toHaveLength(2);
  });

  test('small ones stay on UDP', async () => {
    await bench.tcpPeer();
    bench.send(ours(), { ...target, tcpAllowed: true });
    await bench.clock.advance(5);
    expect(peer.messages).toHaveLength(1);
  });
});

test('RFC 5626 §4.4.1 keepAlive sends a double CRLF to the flow', async () => {
  bench.layer.keepAlive(bench.layer.findFlow(target)!);
  await bench.clock.advance(1);
  expect(peer.heard.map(({ data }) => data.toString())).toEqual(['\r\n\r\n']);
});

test('a datagram that would overfill the send queue is dropped and counted', async () => {
  bench = new TransportBench({
    limits: { sendQueueBytes: 100 },
    listens: [{ kind: 'udp', address: OURS, port: 5070 }],
  });
  await bench.start();
  bench.send(ours(), target);
  await bench.clock.advance(1);
  expect(bench.layer.counters.udpDropped).toBe(1);
  expect(bench.errors).toEqual([]);
});

test('after close a flow is gone and a request fails at once; nothing is left open', async () => {
  const flow = bench.layer.findFlow(target)!;
  await peer.close();
  await bench.layer.close();
  await bench.layer.close();
  expect(flow.isOpen).toBe(false);
  bench.send(ours(), { ...target, flow });
  bench.send(ours(), target);
  expect(bench.errors).toEqual([]);
  await bench.clock.advance(1);
  expect(bench.errors).toEqual(['the flow of this target is gone', `no UDP socket reaches ${PEER}`]);
  expect(bench.network.openSockets()).toEqual([]);
  expect(bench.clock.pendingTimers).toBe(0);
});
