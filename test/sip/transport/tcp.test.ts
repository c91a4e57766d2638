import { beforeEach, describe, expect, test } from 'vitest';
import { createResponse } from '../../../sip/build.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { sampleRequest } from '../../support/sample-request.js';
import { OURS, PEER, TransportBench } from '../../support/transport-bench.js';

const target = { kind: 'tcp', address: PEER, port: 5060 } as const;
const sentBy = { host: PEER, port: 5060 };
const limits = { idleMs: 60_000, incompleteMs: 5000, maxConnections: 4, maxPerAddress: 2, sendQueueBytes: 4096 };

let bench: TransportBench;

beforeEach(async () => {
  bench = new TransportBench({ limits });
  await bench.start();
});

function ours() {
  return sampleRequest('OPTIONS', { sentBy: { host: '' }, rport: false });
}

function theirs(branch = 'z9hG4bKsample') {
  return sampleRequest('OPTIONS', { sentBy, protocol: 'TCP', branch });
}

describe('connections of ours', () => {
  test('RFC 3261 §18.1.1 requests to one address share a connection, also while it is being opened', async () => {
    const accepted = await bench.tcpPeer();
    bench.send(ours(), target);
    bench.send(ours(), target);
    expect(bench.sent).toEqual([]);
    await bench.clock.advance(5);
    bench.send(ours(), target);
    await bench.clock.advance(5);
    expect(accepted).toHaveLength(1);
    expect(accepted[0]!.text.match(/^OPTIONS /gm)).toHaveLength(3);
    expect(new Set(bench.sent.map(({ flow }) => flow.connectionId)).size).toBe(1);
  });

  test('RFC 3261 §18.1.1 the sent-by port is the listener, where the peer can reach us', async () => {
    const accepted = await bench.tcpPeer();
    bench.send(ours(), target);
    await bench.clock.advance(5);
    expect(accepted[0]!.message.via[0]).toMatchObject({ protocol: 'TCP', host: OURS, port: 5060 });
    expect(accepted[0]!.connection!.remote.port).not.toBe(5060);
  });

  test('RFC 3261 §18.1.2 the response comes over the same connection', async () => {
    const [peer] = await openOne();
    const { message } = peer;
    if (message.kind !== 'request') throw new Error('no request');
    peer.send(createResponse(message, 200));
    await bench.clock.advance(1);
    expect(bench.responses.map(({ flow }) => flow)).toEqual([bench.sent[0]!.flow]);
  });

  test('a refused connection is an error', async () => {
    bench.send(ours(), target);
    await bench.clock.advance(5);
    expect(bench.errors).toEqual([`cannot connect to ${PEER}:5060`]);
    expect(bench.layer.counters.connectFailures).toBe(1);
  });

  test('a target with a flow uses that connection only, and fails at once when it is gone', async () => {
    const [peer] = await openOne();
    const { flow } = bench.sent[0]!;
    expect(bench.layer.flowById(flow.connectionId!)).toBe(flow);
    peer.close();
    await bench.clock.advance(1);
    expect(bench.closed).toEqual([flow]);
    expect(flow.isOpen).toBe(false);
    expect(bench.layer.flowById(flow.connectionId!)).toBeNull();
    bench.send(ours(), { ...target, flow });
    await bench.clock.advance(5);
    expect(bench.errors).toEqual(['the flow of this target is gone']);
    expect(bench.sent).toHaveLength(1);
  });

  test('close during an attempt ends it: no socket, no timer', async () => {
    await bench.tcpPeer();
    bench.send(ours(), target);
    await bench.layer.close();
    await bench.clock.advance(0);
    expect(bench.errors).toEqual(['the transport is closed']);
    expect(bench.network.openSockets()).toEqual([`tcp ${PEER}:5060`]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  async function openOne() {
    const accepted = await bench.tcpPeer();
    bench.send(ours(), target);
    await bench.clock.advance(5);
    return accepted as [(typeof accepted)[0]];
  }
});

describe('connections to us', () => {
  test('RFC 3261 §18.3 messages are framed by Content-Length, whatever the chunks', async () => {
    const peer = await bench.dial();
    const bytes = serializeMessage(theirs('z9hG4bKone')).toString() + serializeMessage(theirs('z9hG4bKtwo')).toString();
    for (const [from, to] of [
      [0, 7],
      [7, 300],
      [300, bytes.length],
    ]) {
      peer.send(bytes.slice(from, to));
      await bench.clock.advance(2);
    }
    expect(bench.requests.map(({ request }) => request.via[0]!.params.get('branch'))).toEqual([
      'z9hG4bKone',
      'z9hG4bKtwo',
    ]);
    expect(bench.requests[0]!.request.via[0]!.params.get('received')).toBe(PEER);
  });

  test('RFC 3261 §18.2.2 the response goes back over the connection', async () => {
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(1);
    const [{ request, flow }] = bench.requests as [(typeof bench.requests)[0]];
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(1);
    expect(peer.message).toMatchObject({ statusCode: 200 });
  });

  test('RFC 3261 §18.2.2 when the connection is gone a new one is opened to the sent-by port', async () => {
    const accepted = await bench.tcpPeer();
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(1);
    const [{ request, flow }] = bench.requests as [(typeof bench.requests)[0]];
    peer.close();
    await bench.clock.advance(1);
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(5);
    expect(accepted[0]!.message).toMatchObject({ statusCode: 200 });
  });

  test('RFC 3261 §18.2.2 when that fails too, the error is reported', async () => {
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(1);
    const [{ request, flow }] = bench.requests as [(typeof bench.requests)[0]];
    peer.close();
    await bench.clock.advance(1);
    bench.respond(createResponse(request, 200), flow);
    await bench.clock.advance(5);
    expect(bench.errors).toEqual([`cannot connect to ${PEER}:5060`]);
  });

  test('RFC 5626 §4.4.1 a double CRLF is answered with one, and ours is sent as a double one', async () => {
    const peer = await bench.dial();
    peer.send('\r\n\r\n');
    await bench.clock.advance(2);
    expect(peer.text).toBe('\r\n');
    peer.send(theirs());
    await bench.clock.advance(1);
    bench.layer.keepAlive(bench.requests[0]!.flow);
    await bench.clock.advance(1);
    expect(peer.text).toBe('\r\n\r\n\r\n');
    expect(bench.layer.counters.keepAlives).toBe(1);
  });

  test('a request to the very address of an accepted connection reuses it', async () => {
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(1);
    bench.send(ours(), { ...target, port: peer.connection!.local.port });
    await bench.clock.advance(1);
    expect(peer.message).toMatchObject({ method: 'OPTIONS' });
    expect(bench.layer.connections).toBe(1);
  });

  test('what cannot be framed is answered when it can be, and closes the connection', async () => {
    const peer = await bench.dial();
    peer.send(serializeMessage(theirs()).toString().replace('Content-Length: 0', 'Content-Length: some'));
    await bench.clock.advance(2);
    expect(peer.text).toMatch(/^SIP\/2.0 400 Bad Request \(bad-content-length\)/);
    expect(peer.closed).toBe(true);
    expect(bench.layer.counters.unframeableClosed).toBe(1);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('a malformed message that can be framed leaves the connection usable', async () => {
    const peer = await bench.dial();
    peer.send(serializeMessage(theirs()).toString().replace('Max-Forwards: 70', 'Max-Forwards: many'));
    peer.send(theirs());
    await bench.clock.advance(2);
    expect(peer.text).toMatch(/^SIP\/2.0 400 /);
    expect(bench.requests).toHaveLength(1);
  });
});

describe('limits of connections', () => {
  test('one on which nothing comes is closed after the idle limit; anything that comes puts it off', async () => {
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(50_000);
    peer.send('\r\n\r\n');
    await bench.clock.advance(59_000);
    expect(peer.closed).toBe(false);
    await bench.clock.advance(2000);
    expect(peer.closed).toBe(true);
    expect(bench.closed).toHaveLength(1);
    expect(bench.layer.counters.idleClosed).toBe(1);
  });

  test('one that never sends a whole message is closed', async () => {
    const silent = await bench.dial();
    const slow = await bench.dial();
    for (const byte of 'OPTIONS sip') {
      slow.send(byte);
      await bench.clock.advance(500);
    }
    expect([silent.closed, slow.closed]).toEqual([true, true]);
    expect(bench.layer.counters.incompleteClosed).toBe(2);
    expect(bench.layer.connections).toBe(0);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('a message begun after a whole one has its own time', async () => {
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(20_000);
    peer.send('OPTIONS sip');
    await bench.clock.advance(4900);
    expect(peer.closed).toBe(false);
    await bench.clock.advance(200);
    expect(peer.closed).toBe(true);
    expect(bench.layer.counters.incompleteClosed).toBe(1);
  });

  test('a newcomer over the limit of its address, or of all, is refused; a place that frees is given again', async () => {
    const [first, , third] = [await bench.dial(), await bench.dial(), await bench.dial()];
    await bench.clock.advance(1);
    expect(third!.closed).toBe(true);
    await bench.dial('10.0.0.3');
    await bench.dial('10.0.0.3');
    const fifth = await bench.dial('10.0.0.4');
    await bench.clock.advance(1);
    expect(fifth.closed).toBe(true);
    bench.send(ours(), target);
    await bench.clock.advance(1);
    expect(bench.errors).toEqual([`no connection to ${PEER}:5060: too many are open`]);
    expect(bench.layer.counters.connectionsRefused).toBe(3);
    first!.close();
    await bench.clock.advance(1);
    await bench.dial();
    expect(bench.layer.connections).toBe(4);
  });

  test('a peer that does not read is closed instead of queued for without end', async () => {
    const peer = await bench.dial();
    peer.send(theirs());
    await bench.clock.advance(1);
    const [{ request, flow }] = bench.requests as [(typeof bench.requests)[0]];
    bench.respond(createResponse(request, 200, { body: Buffer.alloc(5000) }), flow);
    await bench.clock.advance(1);
    expect(peer.closed).toBe(true);
    expect(bench.layer.counters.streamQueueOverflows).toBe(1);
    expect(bench.errors).toEqual(['the connection is closed']);
  });
});

test('close drops every connection and leaves no socket and no timer', async () => {
  const peer = await bench.dial();
  peer.send(theirs());
  await bench.clock.advance(1);
  expect(bench.clock.pendingTimers).toBe(1);
  await bench.layer.close();
  await bench.clock.advance(1);
  expect(peer.closed).toBe(true);
  expect(bench.network.openSockets()).toEqual([]);
  expect(bench.clock.pendingTimers).toBe(0);
});

describe('RFC 5923 §8.2 calling back over the connection of the caller', () => {
  function withAlias(branch: string, host: string, port: number) {
    const request = sampleRequest('OPTIONS', { sentBy: { host, port }, protocol: 'TCP', branch });
    request.via[0]!.params.set('alias', null);
    return request;
  }

  test('at the sent-by of the address it came from', async () => {
    const peer = await bench.dial();
    peer.send(withAlias('z9hG4bK1', PEER, 5070));
    await bench.clock.advance(5);
    bench.send(ours(), { ...target, port: 5070 });
    await bench.clock.advance(5);
    expect(peer.text).toContain('OPTIONS');
    peer.close();
    await bench.clock.advance(5);
    expect(bench.layer.findFlow({ ...target, port: 5070 })).toBeNull();
  });

  test('not at the address of somebody else, nor without being asked', async () => {
    const peer = await bench.dial();
    peer.send(withAlias('z9hG4bK1', '10.0.0.7', 5060));
    peer.send(theirs('z9hG4bK2'));
    await bench.clock.advance(5);
    for (const address of ['10.0.0.7', PEER]) expect(bench.layer.findFlow({ ...target, address })).toBeNull();
    expect(bench.layer.counters.aliasesRefused).toBe(1);
  });

  test('of one connection four sent-bys are kept, of two connections the later one serves', async () => {
    const [first, second] = [await bench.dial(), await bench.dial()];
    for (let i = 0; i < 6; i += 1) first.send(withAlias(`z9hG4bK${i}`, PEER, 6000 + i));
    await bench.clock.advance(5);
    const found = (port: number) => bench.layer.findFlow({ ...target, port });
    expect([0, 1, 2, 3, 4, 5].map((i) => found(6000 + i) !== null)).toEqual([true, true, true, true, false, false]);
    expect(bench.layer.counters.aliasesRefused).toBe(2);
    second.send(withAlias('z9hG4bKsecond', PEER, 6000));
    await bench.clock.advance(5);
    expect(found(6000)?.remote).toEqual(second.connection?.local);
    second.close();
    await bench.clock.advance(5);
    expect(found(6000)).toBeNull();
    expect(found(6001)?.remote).toEqual(first.connection?.local);
  });
});
