import { beforeEach, describe, expect, test } from 'vitest';
import { type FlowFailure, FlowKeeper } from '../../../sip/transport/keep-alive.js';
import { answerBinding, bindingRequest, isStun } from '../../../sip/transport/stun.js';
import type { Flow } from '../../../sip/transport/transport.js';
import { sampleRequest } from '../../support/sample-request.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import { PEER, TransportBench, type UdpPeer } from '../../support/transport-bench.js';

const intervalMs = 30_000;
let bench: TransportBench;
let failures: { readonly atMs: number; readonly failure: FlowFailure }[];

beforeEach(async () => {
  bench = new TransportBench();
  failures = [];
  await bench.start();
});

function keep(flow: Flow): FlowKeeper {
  const deps = { clock: bench.clock, random: createSeededRandom(7), transport: bench.layer };
  return new FlowKeeper(deps, flow, { intervalMs }, (failure) => failures.push({ atMs: bench.clock.nowMs(), failure }));
}

describe('over a stream', () => {
  async function opened() {
    const accepted = await bench.tcpPeer();
    bench.send(sampleRequest('OPTIONS'), { kind: 'tcp', address: PEER, port: 5060 });
    await bench.clock.advance(5);
    const peer = accepted[0]!;
    peer.chunks.length = 0;
    return { peer, flow: bench.sent[0]!.flow };
  }

  test('RFC 5626 §4.4.1 a double CRLF goes out after 80 to 100 % of the interval, each time drawn anew', async () => {
    const { peer, flow } = await opened();
    keep(flow);
    const gaps: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const sinceMs = bench.clock.nowMs();
      await bench.clock.until(() => peer.text.length >= 4, 60_000, 1);
      gaps.push(bench.clock.nowMs() - sinceMs);
      expect(peer.text).toBe('\r\n\r\n');
      peer.chunks.length = 0;
      peer.send('\r\n');
      await bench.clock.advance(1);
    }
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(intervalMs * 0.8);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(intervalMs + 10);
    expect(new Set(gaps).size).toBeGreaterThan(10);
    expect(failures).toEqual([]);
  });

  test('RFC 5626 §4.4.1 a flow whose ping is not answered within 10 s has failed, once', async () => {
    const { peer, flow } = await opened();
    keep(flow);
    await bench.clock.until(() => peer.text === '\r\n\r\n', 60_000, 1);
    const pingedMs = bench.clock.nowMs();
    await bench.clock.advance(120_000);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.failure).toBe('no-answer');
    expect(failures[0]!.atMs - pingedMs).toBeGreaterThan(9_990);
    expect(failures[0]!.atMs - pingedMs).toBeLessThan(10_010);
  });

  test('RFC 5626 §4.4 a connection that has gone is a failed flow', async () => {
    const { peer, flow } = await opened();
    keep(flow);
    peer.close();
    await bench.clock.advance(31_000);
    expect(failures.map(({ failure }) => failure)).toEqual(['closed']);
  });

  test('RFC 5626 §4.4 one that is stopped sends nothing and leaves nothing behind', async () => {
    const { peer, flow } = await opened();
    const timers = bench.clock.pendingTimers;
    const keeper = keep(flow);
    keeper.stop();
    keeper.stop();
    expect(bench.clock.pendingTimers).toBe(timers);
    await bench.clock.advance(60_000);
    expect(peer.text).toBe('');
  });
});

describe('over UDP', () => {
  let peer: UdpPeer;
  let flow: Flow;

  beforeEach(async () => {
    peer = await bench.udpPeer();
    flow = bench.layer.findFlow({ kind: 'udp', address: PEER, port: 5060 })!;
  });

  const requests = (): Buffer[] => peer.heard.map(({ data }) => data).filter(isStun);

  /** The server's answer: the client is seen at that port. */
  function answer(request: Buffer, port = 40_000): void {
    peer.sendBytes(answerBinding(request, { address: '198.51.100.7', port })!);
  }

  test('RFC 5626 §4.4.2 STUN Binding requests, each a transaction of its own, tell our mapped address', async () => {
    const keeper = keep(flow);
    for (let count = 1; count <= 3; count += 1) {
      await bench.clock.until(() => requests().length === count, 60_000, 10);
      answer(requests().at(-1)!);
      await bench.clock.advance(2);
    }
    expect(keeper.mappedAddress).toEqual({ address: '198.51.100.7', port: 40_000 });
    expect(new Set(requests().map((data) => data.toString('hex', 8, 20))).size).toBe(3);
    expect(failures).toEqual([]);
  });

  test('RFC 8489 §6.2.1 an unanswered request is sent seven times in all, then the flow has failed', async () => {
    keep(flow);
    await bench.clock.until(() => requests().length === 1, 60_000, 1);
    const firstMs = bench.clock.nowMs();
    const sentMs = [0];
    while (failures.length === 0) {
      await bench.clock.advance(500);
      if (requests().length > sentMs.length) sentMs.push(bench.clock.nowMs() - firstMs);
    }
    expect(sentMs).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(new Set(requests().map((data) => data.toString('hex'))).size).toBe(1);
    expect(failures.map(({ failure }) => failure)).toEqual(['no-answer']);
    expect(bench.clock.nowMs() - firstMs).toBe(39_500);
  });

  test('RFC 5626 §4.4.2 another mapped address is a failed flow: a NAT has been restarted', async () => {
    keep(flow);
    await bench.clock.until(() => requests().length === 1, 60_000, 10);
    answer(requests()[0]!);
    await bench.clock.until(() => requests().length === 2, 60_000, 10);
    answer(requests()[1]!, 40_001);
    await bench.clock.advance(2);
    expect(failures.map(({ failure }) => failure)).toEqual(['mapping-changed']);
  });

  test('RFC 8489 §6.3.4 an answer to another transaction changes nothing', async () => {
    keep(flow);
    await bench.clock.until(() => requests().length === 1, 60_000, 10);
    answer(bindingRequest(Buffer.alloc(12)));
    await bench.clock.advance(40_000);
    expect(failures.map(({ failure }) => failure)).toEqual(['no-answer']);
  });
});

describe('the server side', () => {
  test('RFC 5626 §8 a Binding request on the SIP port is answered to its source, and counted', async () => {
    const peer = await bench.udpPeer(5070);
    const request = bindingRequest(Buffer.alloc(12, 7));
    peer.sendBytes(request);
    await bench.clock.advance(2);
    expect(peer.heard.map(({ data }) => data)).toEqual([answerBinding(request, { address: PEER, port: 5070 })]);
    expect(bench.layer.counters).toMatchObject({ stunAnswered: 1, malformed: 0, requestsReceived: 0 });
  });

  test('RFC 5626 §8 over the rate, and malformed, they are dropped and counted', async () => {
    bench = new TransportBench({ limits: { stunAnswersPerSecond: 3 } });
    await bench.start();
    const peer = await bench.udpPeer(5070);
    for (let count = 0; count < 5; count += 1) peer.sendBytes(bindingRequest(Buffer.alloc(12, count)));
    const wrong = bindingRequest(Buffer.alloc(12));
    wrong.writeUInt16BE(4, 2);
    await bench.clock.advance(1000);
    peer.sendBytes(wrong);
    await bench.clock.advance(2);
    expect(peer.heard).toHaveLength(3);
    expect(bench.layer.counters).toMatchObject({ stunAnswered: 3, stunDropped: 3, malformed: 0 });
  });
});
