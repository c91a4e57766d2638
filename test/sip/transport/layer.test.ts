import { describe, expect, test } from 'vitest';
import { createResponse } from '../../../sip/build.js';
import { sameFlow, targetOf } from '../../../sip/transport/transport.js';
import { sampleRequest } from '../../support/sample-request.js';
import { OURS, PEER, TransportBench } from '../../support/transport-bench.js';

const wildcard = [
  { kind: 'udp', address: '0.0.0.0', port: 5060 },
  { kind: 'tcp', address: '0.0.0.0', port: 5060 },
] as const;

describe('listeners', () => {
  test('0.0.0.0 is one socket per interface address', async () => {
    const bench = new TransportBench({ addresses: [OURS, '192.168.1.2', '2001:db8::2'], listens: [...wildcard] });
    await bench.start();
    expect(bench.layer.listening).toEqual([
      { kind: 'udp', address: OURS, port: 5060 },
      { kind: 'udp', address: '192.168.1.2', port: 5060 },
      { kind: 'tcp', address: OURS, port: 5060 },
      { kind: 'tcp', address: '192.168.1.2', port: 5060 },
    ]);
    await bench.layer.close();
    expect(bench.network.openSockets()).toEqual([]);
  });

  test('a taken address stops the start, names itself, and what was opened is closed again', async () => {
    const bench = new TransportBench({ addresses: [OURS, '192.168.1.2'], listens: [...wildcard] });
    const other = await bench.udpPeer(5060, '192.168.1.2');
    await expect(bench.start()).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      kind: 'udp',
      address: '192.168.1.2',
      port: 5060,
      systemCode: 'EADDRINUSE',
      message: 'SIP udp 192.168.1.2:5060 is already in use',
    });
    await other.close();
    expect(bench.network.openSockets()).toEqual([]);
  });

  test('an address that is not ours stops the start', async () => {
    const bench = new TransportBench({ listens: [{ kind: 'udp', address: '10.9.9.9', port: 5060 }] });
    await expect(bench.start()).rejects.toMatchObject({ address: '10.9.9.9', systemCode: 'EADDRNOTAVAIL' });
  });

  test('a wildcard without any address of its family stops the start', async () => {
    const bench = new TransportBench({ listens: [{ kind: 'tcp', address: '::', port: 5060 }] });
    await expect(bench.start()).rejects.toMatchObject({ code: 'LISTEN_FAILED', address: '::', systemCode: null });
  });
});

describe('who answers, and under which address', () => {
  test('each address answers for itself', async () => {
    const bench = new TransportBench({ addresses: [OURS, '192.168.1.2'], listens: [...wildcard] });
    await bench.start();
    const peer = await bench.udpPeer(5060, '192.168.1.1');
    for (const address of [OURS, '192.168.1.2']) {
      peer.send(sampleRequest('OPTIONS', { sentBy: { host: '192.168.1.1' } }), address);
    }
    await bench.clock.advance(1);
    for (const { request, flow } of bench.requests) bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(1);
    expect(peer.heard.map(({ address }) => address)).toEqual([OURS, '192.168.1.2']);
  });

  test('a request leaves from the address nearest to the peer, or the one that is wanted', async () => {
    const bench = new TransportBench({ addresses: [OURS, '192.168.1.2'], listens: [...wildcard] });
    await bench.start();
    const peer = await bench.udpPeer(5060, '192.168.1.1');
    const target = { kind: 'udp', address: '192.168.1.1', port: 5060 } as const;
    bench.send(sampleRequest('OPTIONS', { sentBy: { host: '' } }), target);
    bench.send(sampleRequest('OPTIONS', { sentBy: { host: '' } }), { ...target, localAddress: OURS });
    await bench.clock.advance(1);
    expect(peer.heard.map(({ address }) => address)).toEqual(['192.168.1.2', OURS]);
    expect(peer.messages.map(({ via }) => via[0]!.host)).toEqual(['192.168.1.2', OURS]);
  });

  test('the public address is written towards peers outside the local nets only', async () => {
    const bench = new TransportBench({ publicIp: '203.0.113.9' });
    await bench.start();
    const inside = await bench.udpPeer();
    const outside = await bench.udpPeer(5060, '198.51.100.1');
    for (const address of [PEER, '198.51.100.1']) {
      bench.send(sampleRequest('OPTIONS', { sentBy: { host: '' } }), { kind: 'udp', address, port: 5060 });
    }
    await bench.clock.advance(1);
    expect(inside.messages[0]!.via[0]).toMatchObject({ host: OURS, port: 5060 });
    const [request] = outside.messages;
    expect(request!.via[0]).toMatchObject({ host: '203.0.113.9', port: 5060 });
    if (request?.kind !== 'request') throw new Error('no request');
    outside.send(createResponse(request, 200));
    await bench.clock.advance(1);
    expect(bench.responses).toHaveLength(1);
  });

  test.each([
    ['udp', PEER, { host: OURS, port: 5060, kind: 'udp' }],
    ['udp', '198.51.100.1', { host: '203.0.113.9', port: 5060, kind: 'udp' }],
    ['tcp', PEER, { host: OURS, port: 5070, kind: 'tcp' }],
    ['tcp', '198.51.100.1', { host: '203.0.113.9', port: 5070, kind: 'tcp' }],
  ] as const)('Contact towards %s %s', async (kind, address, endpoint) => {
    const listens = [
      { kind: 'udp', address: OURS, port: 5060 },
      { kind: 'tcp', address: OURS, port: 5070 },
    ] as const;
    const bench = new TransportBench({ publicIp: '203.0.113.9', listens: [...listens] });
    await bench.start();
    expect(bench.layer.localFor({ kind, address, port: 5060 })).toEqual(endpoint);
  });

  test('Contact for a connection that came names the listener it came to', async () => {
    const bench = new TransportBench();
    await bench.start();
    const peer = await bench.dial();
    peer.send(sampleRequest('OPTIONS', { sentBy: { host: PEER }, protocol: 'TCP' }));
    await bench.clock.advance(1);
    const { flow } = bench.requests[0]!;
    expect(bench.layer.localFor(flow)).toEqual({ host: OURS, port: 5060, kind: 'tcp' });
    expect(bench.layer.localFor(targetOf(flow))).toEqual({ host: OURS, port: 5060, kind: 'tcp' });
  });
});

test('two flows of one UDP pair are the same, those of two connections are not', async () => {
  const bench = new TransportBench();
  await bench.start();
  const target = { kind: 'udp', address: PEER, port: 5060 } as const;
  const flow = bench.layer.findFlow(target)!;
  expect(sameFlow(flow, bench.layer.findFlow(target)!)).toBe(true);
  expect(sameFlow(flow, bench.layer.findFlow({ ...target, port: 5061 })!)).toBe(false);
  const tcp = { ...flow, kind: 'tcp', connectionId: 'a' } as const;
  expect(sameFlow(tcp, { ...tcp, connectionId: 'b' })).toBe(false);
});

test('a transport that is not there is an error', async () => {
  const bench = new TransportBench();
  await bench.start();
  bench.send(sampleRequest('OPTIONS', { sentBy: { host: '' } }), { kind: 'ws', address: PEER, port: 80 });
  await bench.clock.advance(1);
  expect(bench.errors).toEqual(['the transport ws is not available']);
});

test('a handler that throws does not stop the next message', async () => {
  const bench = new TransportBench();
  let seen = 0;
  await bench.layer.start({
    onRequest: () => {
      seen += 1;
      throw new Error('bug');
    },
    onResponse: () => undefined,
  });
  const peer = await bench.udpPeer();
  peer.send(sampleRequest('OPTIONS', { sentBy: { host: PEER } }));
  peer.send(sampleRequest('OPTIONS', { sentBy: { host: PEER } }));
  await bench.clock.advance(1);
  expect(seen).toBe(2);
});
