import { expect, test } from 'vitest';
import { createRealNetwork, type Network, type UdpSocket } from '../../../base/network.js';
import { UdpPair } from '../../../media/transport/udp.js';

/** A network whose sockets keep what they are given until told to let go. */
function slowNetwork(): { network: Network; sent: { bytes: Buffer; done: (error: Error | null) => void }[] } {
  const sent: { bytes: Buffer; done: (error: Error | null) => void }[] = [];
  const bindUdp = async (local: { address: string; port: number }): Promise<UdpSocket> => ({
    local,
    queuedBytes: 0,
    send: (data, offset, length, _port, _address, done) => {
      // A view, not a copy: a buffer that is used too early would show here.
      sent.push({ bytes: Buffer.from(data.buffer, data.byteOffset + offset, length), done: done ?? (() => undefined) });
    },
    close: async () => undefined,
  });
  return { network: { ...createRealNetwork(), bindUdp }, sent };
}

async function openPair(network: Network): Promise<UdpPair> {
  const handlers = { onRtp: () => undefined, onRtcp: () => undefined };
  const pair = new UdpPair({ network, address: '10.0.0.1', rtpPort: 10_000, rtcpPort: 10_001, handlers });
  await pair.open();
  return pair;
}

test('a leg with tracks reserves a buffer for each: no more than sixteen, and never fewer than before', async () => {
  const { network } = slowNetwork();
  const pair = await openPair(network);
  const sendAll = (): number => {
    for (let count = 0; ; count += 1) {
      const buffer = pair.acquire();
      if (buffer === null) return count;
      pair.send(buffer, 1, '10.0.0.2', 4000);
    }
  };
  pair.reserve(10);
  expect(sendAll()).toBe(10);
  pair.reserve(4);
  expect(sendAll()).toBe(0);
  pair.reserve(1000);
  expect([sendAll(), pair.dropped]).toEqual([6, 3]);
});

test('above three unsent packets the next is dropped and counted, and a buffer is used again only after its callback', async () => {
  const { network, sent } = slowNetwork();
  const pair = await openPair(network);
  const send = (value: number): boolean => {
    const buffer = pair.acquire();
    if (buffer === null) return false;
    buffer.bytes[0] = value;
    pair.send(buffer, 1, '10.0.0.2', 4000);
    return true;
  };
  expect([1, 2, 3, 4, 5].map(send)).toEqual([true, true, true, false, false]);
  expect(pair.dropped).toBe(2);
  expect(sent.map(({ bytes }) => bytes[0])).toEqual([1, 2, 3]);
  sent[1]!.done(null);
  expect([6, 7].map(send)).toEqual([true, false]);
  expect(sent.map(({ bytes }) => bytes[0])).toEqual([1, 6, 3, 6]);
  sent[0]!.done(new Error('ENETUNREACH'));
  expect(pair.failures).toBe(1);
  expect(send(8)).toBe(true);
  await pair.close();
});

test('RTCP has a buffer of its own, so that it never costs a sound packet', async () => {
  const { network, sent } = slowNetwork();
  const pair = await openPair(network);
  const buffer = pair.acquireRtcp()!;
  pair.sendRtcp(buffer, 8, '10.0.0.2', 4001);
  expect(pair.acquireRtcp()).toBeNull();
  expect(pair.acquire()).not.toBeNull();
  sent[0]!.done(null);
  expect(pair.acquireRtcp()).toBe(buffer);
});

test('a port that no packet can go to costs the packet and nothing else', async () => {
  const { network, sent } = slowNetwork();
  const pair = await openPair(network);
  for (const port of [0, -1, 65_536]) pair.send(pair.acquire()!, 1, '10.0.0.2', port);
  expect(sent).toEqual([]);
  expect(pair.acquire()).not.toBeNull();
});
