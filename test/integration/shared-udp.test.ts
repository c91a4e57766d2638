import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { SharedUdp } from '../../media/index.js';
import type { SharedLeg } from '../../media/transport/shared-leg.js';
import { checkOf } from '../support/shared-bench.js';
import { udpBackends } from '../support/udp-backends.js';

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 40_000, interval: 10 });

describe.each(udpBackends)('RFC 7983 legs at one shared port of $name', ({ network }) => {
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  test.each(['127.0.0.1', '::1'])(
    'over %s: datagrams go to the leg that was named, and its answers come back',
    async (address) => {
      const shared = new SharedUdp(createRealClock(), network);
      closing.push(() => shared.close());
      const heard = new Map<string, number[]>();
      const legs = new Map<string, SharedLeg>();
      for (const name of ['one', 'two', 'three']) {
        const onRtp = (data: Uint8Array, length: number, from: string, port: number): void => {
          const leg = legs.get(name)!;
          if (data[0]! < 4) leg.own(from, port);
          else heard.set(name, [...(heard.get(name) ?? []), data[1]!]);
          const buffer = leg.acquire()!;
          buffer.bytes.set(data.subarray(0, length));
          leg.send(buffer, length, from, port);
        };
        const leg = shared.leg([address], 0, { onRtp, onRtcp: () => undefined });
        await leg.open();
        leg.expect(name);
        legs.set(name, leg);
      }
      const { port } = legs.get('one')!.places[0]!;
      const browsers = await Promise.all(
        [...legs.keys()].map(async (name) => {
          const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
          closing.push(() => socket.close());
          socket.bind(0, address);
          await once(socket, 'listening');
          const back: number[] = [];
          socket.on('message', (data) => back.push(data[0]! < 4 ? -1 : data[1]!));
          socket.send(checkOf({ ufrag: name }), port, address);
          return { name, socket, back };
        }),
      );
      await eventually(() => expect(shared.sources).toBe(3));
      for (let i = 0; i < 100; i += 1) {
        for (const [at, { socket }] of browsers.entries()) socket.send(Buffer.from([128, i + at, 0, 0]), port, address);
      }
      const sent = (at: number): number[] => Array.from({ length: 100 }, (_, i) => i + at);
      await eventually(() => expect(browsers.map(({ back }) => back.length)).toEqual([101, 101, 101]));
      expect(browsers.map(({ name }) => heard.get(name))).toEqual([sent(0), sent(1), sent(2)]);
      expect(browsers.map(({ back }) => back)).toEqual([0, 1, 2].map((at) => [-1, ...sent(at)]));
      expect(shared.counters).toMatchObject({ strangers: 0, failures: 0 });
      await legs.get('two')!.close();
      browsers[1]!.socket.send(Buffer.from([128, 0, 0, 0]), port, address);
      await eventually(() => expect(shared.counters.strangers).toBe(1));
    },
  );
});
