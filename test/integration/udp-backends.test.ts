import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SocketAddress, UdpSocket } from '../../base/network.js';
import { familyOf, systemCode } from '../../base/network.js';
import { UdpPair } from '../../media/transport/udp.js';
import { udpBackends } from '../support/udp-backends.js';

/** A limit for what hangs, not for what is slow on a busy machine: that of waitFor itself is a second. */
const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 40_000, interval: 10 });

interface Heard {
  readonly data: Buffer;
  readonly from: string;
}

describe.each(udpBackends)('UDP sockets of $name', ({ name, network }) => {
  const opened: { close(): Promise<unknown> }[] = [];

  afterEach(async () => {
    for (const socket of opened.splice(0)) await socket.close();
  });

  async function bind(
    address = '127.0.0.1',
    port = 0,
  ): Promise<{ socket: UdpSocket; heard: Heard[]; errors: Error[] }> {
    const heard: Heard[] = [];
    const errors: Error[] = [];
    const socket = await network.bindUdp(
      { address, port },
      {
        onMessage: (data, from, fromPort) => heard.push({ data, from: `${from} ${fromPort}` }),
        onError: (error) => errors.push(error),
      },
    );
    opened.push(socket);
    return { socket, heard, errors };
  }

  const send = (socket: UdpSocket, bytes: Uint8Array, to: SocketAddress): Promise<Error | null> =>
    new Promise((resolve) => socket.send(bytes, 0, bytes.length, to.port, to.address, resolve));

  test.each(['127.0.0.1', '::1'])('carry datagrams of every size over %s, with their source', async (address) => {
    const a = await bind(address);
    const b = await bind(address);
    const sizes = [0, 1, 172, 1472, 2047, 2048, 2049, 4096, 9000, 65_000, 172, 3000];
    for (const [index, size] of sizes.entries()) {
      expect(await send(a.socket, Buffer.alloc(size, index), b.socket.local)).toBeNull();
    }
    await eventually(() => expect(b.heard).toHaveLength(sizes.length));
    expect(b.heard.map(({ data }) => data.length)).toEqual(sizes);
    for (const [index, { data, from }] of b.heard.entries()) {
      expect(data.equals(Buffer.alloc(sizes[index]!, index))).toBe(true);
      expect(from).toBe(`${address} ${a.socket.local.port}`);
    }
  });

  test('lose nothing of a burst with large datagrams in it, and keep its order', async () => {
    const a = await bind();
    const received: number[] = [];
    const b = await network.bindUdp(
      { address: '127.0.0.1', port: 0 },
      { onMessage: (data) => received.push(data.readUInt32BE(0) + data.length), onError: () => undefined },
      { receiveBufferBytes: 4 * 1024 * 1024 },
    );
    opened.push(b);
    const sent: number[] = [];
    for (let i = 0; i < 600; i += 1) {
      const bytes = Buffer.alloc(i % 37 === 5 ? 5000 : 300);
      bytes.writeUInt32BE(i * 10_000, 0);
      sent.push(i * 10_000 + bytes.length);
      a.socket.send(bytes, 0, bytes.length, b.local.port, '127.0.0.1');
    }
    await eventually(() => expect(received).toHaveLength(600));
    expect(received).toEqual(sent);
  });

  test('send the named part of a buffer, small or large', async () => {
    const a = await bind();
    const b = await bind();
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 0xff));
    const { port } = b.socket.local;
    a.socket.send(bytes.subarray(0, 100), 10, 20, port, '127.0.0.1');
    a.socket.send(bytes, 3000, 1000, port, '127.0.0.1');
    await eventually(() => expect(b.heard).toHaveLength(2));
    expect(b.heard[0]!.data.equals(bytes.subarray(10, 30))).toBe(true);
    expect(b.heard[1]!.data.equals(bytes.subarray(3000, 4000))).toBe(true);
    expect(() => a.socket.send(bytes, 4999, 2, port, '127.0.0.1')).toThrow(RangeError);
  });

  test('call `sent` once for each, later than send returned', async () => {
    const a = await bind();
    const b = await bind();
    const calls: (Error | null)[] = [];
    const bytes = Buffer.alloc(100);
    for (let i = 0; i < 1500; i += 1) {
      const before = calls.length;
      a.socket.send(bytes, 0, 100, b.socket.local.port, '127.0.0.1', (error) => calls.push(error));
      // Only what a full queue pushed out may have been told by now.
      expect(calls.length - before === 0 || calls.length % 512 === 0).toBe(true);
    }
    await eventually(() => expect(calls).toHaveLength(1500));
    expect(calls.every((error) => error === null)).toBe(true);
    expect(a.socket.queuedBytes).toBe(0);
  });

  test('tell what cannot be sent, and go on', async () => {
    const a = await bind();
    const b = await bind();
    const tooLong = await send(a.socket, Buffer.alloc(65_530), b.socket.local);
    expect(systemCode(tooLong)).toBe('EMSGSIZE');
    expect(await send(a.socket, Buffer.alloc(9), { address: 'nowhere', port: 9 })).toBeInstanceOf(Error);
    expect(await send(a.socket, Buffer.alloc(9), { address: '::1', port: 9 })).toBeInstanceOf(Error);
    a.socket.send(Buffer.alloc(65_530), 0, 65_530, b.socket.local.port, '127.0.0.1');
    await send(a.socket, Buffer.from('still here'), b.socket.local);
    await eventually(() => expect(b.heard.map(({ data }) => data.toString())).toEqual(['still here']));
    expect(a.errors).toEqual([]);
  });

  test('reject a bind with the system code, and leave the port to others', async () => {
    const { socket } = await bind();
    const { port } = socket.local;
    const handlers = { onMessage: () => undefined, onError: () => undefined };
    const again = network.bindUdp({ address: '127.0.0.1', port }, handlers);
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', address: '127.0.0.1', port });
    await expect(network.bindUdp({ address: '203.0.113.9', port: 0 }, handlers)).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
    });
    await socket.close();
    expect((await bind('127.0.0.1', port)).socket.local).toEqual({ address: '127.0.0.1', port });
  });

  test('send what was given before close, hear nothing after it, and may be closed twice', async () => {
    const a = await bind();
    const b = await bind();
    a.socket.send(Buffer.from('last'), 0, 4, b.socket.local.port, '127.0.0.1');
    await a.socket.close();
    await a.socket.close();
    a.socket.send(Buffer.from('too late'), 0, 8, b.socket.local.port, '127.0.0.1');
    await eventually(() => expect(b.heard.map(({ data }) => data.toString())).toEqual(['last']));
  });

  test('close from within a handler ends the rest of the burst', async () => {
    const a = await bind();
    let heard = 0;
    const b = await network.bindUdp(
      { address: '127.0.0.1', port: 0 },
      {
        onMessage: () => {
          heard += 1;
          if (heard === 3) void b.close();
        },
        onError: () => undefined,
      },
    );
    const witness = await bind();
    for (let i = 0; i < 40; i += 1) a.socket.send(Buffer.alloc(50), 0, 50, b.local.port, '127.0.0.1');
    a.socket.send(Buffer.alloc(50), 0, 50, witness.socket.local.port, '127.0.0.1');
    await eventually(() => expect(witness.heard).toHaveLength(1));
    expect(heard).toBe(3);
  });

  test('open and close a thousand times without leaving a descriptor', async () => {
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 20; i += 1) await (await bind()).socket.close();
    const before = descriptors();
    for (let i = 0; i < 1000; i += 1) await (await bind(i % 2 === 0 ? '127.0.0.1' : '::1')).socket.close();
    await eventually(() => expect(descriptors()).toBeLessThanOrEqual(before + 2));
  });

  test('carry RTP and RTCP of a leg, whose buffers are free again with the batch', async () => {
    const heard: string[] = [];
    // A network that lends room has no limit for each leg.
    const sent = name === 'native' ? [0, 1, 2, 3] : [0, 1, 2];
    const ports = { address: '127.0.0.1', rtpPort: 23_400, rtcpPort: 23_401 };
    const read = (kind: string) => (data: Uint8Array, length: number) =>
      void heard.push(`${kind} ${Buffer.from(data.subarray(0, length)).toString()}`);
    const pair = new UdpPair({ network, ...ports, handlers: { onRtp: read('rtp'), onRtcp: read('rtcp') } });
    await pair.open();
    opened.push(pair);
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 4; i += 1) {
        const buffer = pair.acquire();
        if (buffer === null) continue;
        buffer.bytes.set(Buffer.from(`${round}.${i}`));
        pair.send(buffer, 3, '127.0.0.1', 23_400);
      }
      const rtcp = pair.acquireRtcp()!;
      rtcp.bytes.set(Buffer.from('report'));
      pair.sendRtcp(rtcp, 6, '127.0.0.1', 23_401);
      await eventually(() => expect(heard).toHaveLength((round + 1) * (sent.length + 1)));
    }
    expect(pair.dropped).toBe(3 * (4 - sent.length));
    expect(heard.filter((line) => line === 'rtcp report')).toHaveLength(3);
    expect(heard.filter((line) => line.startsWith('rtp'))).toEqual(
      [0, 1, 2].flatMap((round) => sent.map((i) => `rtp ${round}.${i}`)),
    );
  });

  test('a packet of a leg that cannot be sent is counted', async () => {
    const handlers = { onRtp: () => undefined, onRtcp: () => undefined };
    const pair = new UdpPair({ network, address: '127.0.0.1', rtpPort: 23_404, rtcpPort: 23_405, handlers });
    await pair.open();
    opened.push(pair);
    for (const address of ['::1', '127.0.0.1']) pair.send(pair.acquire()!, 100, address, 23_404);
    await eventually(() => expect(pair.failures).toBe(1));
  });

  test('go on after a handler threw', async () => {
    const a = await bind();
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => thrown.push(error));
    try {
      let heard = 0;
      const b = await network.bindUdp(
        { address: '127.0.0.1', port: 0 },
        {
          onMessage: () => {
            heard += 1;
            if (heard === 2) throw new Error('a defect');
          },
          onError: () => undefined,
        },
      );
      opened.push(b);
      for (let i = 0; i < 5; i += 1) a.socket.send(Buffer.alloc(50), 0, 50, b.local.port, '127.0.0.1');
      await eventually(() => expect(heard).toBe(5));
      await eventually(() => expect(thrown).toMatchObject([{ message: 'a defect' }]));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  test('RFC 1122 §4.1.3.3 what ICMP says costs neither the socket nor the next datagram', async () => {
    const a = await bind();
    const b = await bind();
    const gone = await bind();
    const { local } = gone.socket;
    await gone.socket.close();
    for (let i = 0; i < 3; i += 1) {
      expect(await send(a.socket, Buffer.from('nobody there'), local)).toBeNull();
      expect(await send(a.socket, Buffer.from(`${i}`), b.socket.local)).toBeNull();
    }
    await eventually(() => expect(b.heard.map(({ data }) => data.toString())).toEqual(['0', '1', '2']));
    // node:dgram does not ask the kernel to be told.
    const expected = name === 'native' ? ['ECONNREFUSED'] : [];
    await eventually(() => expect([...new Set(a.errors.map(systemCode))]).toEqual(expected));
    expect(familyOf(local.address)).toBe(4);
  });
});
