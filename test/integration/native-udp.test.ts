import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, test, vi } from 'vitest';
import { createBeatClock } from '../../base/batched-network.js';
import { BatchedUdp } from '../../base/batched-udp.js';
import { createRealClock } from '../../base/clock.js';
import { layout, type NativeUdp, word } from '../../base/native-udp.js';
import { distFile } from '../support/dist.js';
import { nativeAddon } from '../support/native-addon.js';

/** A limit for what hangs, not for what is slow on a busy machine: that of waitFor itself is a second. */
const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 40_000, interval: 10 });

const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** Opens `sockets` that send to each other without end, and says `open`. */
const busyThread = `
  const { parentPort } = require('node:worker_threads');
  void Promise.all([import(${JSON.stringify(`file://${distFile('base/batched-network.js')}`)}),
    import(${JSON.stringify(`file://${distFile('base/clock.js')}`)})]).then(async ([{ openMachineNetwork }, clocks]) => {
    const { network, clock, backend } = openMachineNetwork('native', clocks.createRealClock());
    const bytes = Buffer.alloc(172);
    const sockets = [];
    const onError = () => undefined;
    for (let i = 0; i < 40; i += 1) {
      const socket = await network.bindUdp({ address: '127.0.0.1', port: 0 }, {
        onMessage: () => undefined,
        onPacket: (data, length, address, port) => socket.send(bytes, 0, 172, port, address, onError),
        onError,
      });
      sockets.push(socket);
    }
    const beat = () => {
      for (const socket of sockets) socket.send(bytes, 0, 172, sockets[0].local.port, '127.0.0.1', onError);
      clock.setTimer(20, beat, { precise: true });
    };
    beat();
    parentPort?.postMessage(backend);
    process.once('message', () => process.exit(3));
    parentPort?.once('message', (order) => {
      if (order === 'exit') process.exit(3);
      if (order === 'throw') throw new Error('a defect');
    });
  });
`;

async function startBusyThread(): Promise<Worker> {
  const worker = new Worker(busyThread, { eval: true });
  await expect(new Promise((resolve) => worker.once('message', resolve))).resolves.toBe('native');
  return worker;
}

/** Runs a program against dist; its standard output. */
function program(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--expose-gc', '--input-type=module', '-e', text], { timeout: 60_000 }, (error, out) =>
      error === null ? resolve(out.trim()) : reject(error),
    );
  });
}

const inProgram = `
  const { openMachineNetwork } = await import(${JSON.stringify(`file://${distFile('base/batched-network.js')}`)});
  const { createRealClock } = await import(${JSON.stringify(`file://${distFile('base/clock.js')}`)});
  const handlers = { onMessage: () => console.log('heard'), onError: () => undefined };
  const { network, clock, udp } = openMachineNetwork('native', createRealClock());
`;

describe.skipIf(nativeAddon === null)('the addon for batched UDP', () => {
  const addon = nativeAddon as NativeUdp;

  test('throws a TypeError for every wrong argument', () => {
    const { hub } = addon.start(() => undefined, 0);
    const wrong: unknown[][] = [[], [hub], [-1, 1], [64, 1], [63, 1], ['x', 1], [null], [Number.NaN], [{}, {}, {}, {}]];
    for (const name of ['stop', 'bind', 'close', 'flush', 'arm', 'parse', 'format'] as const) {
      const call = addon[name] as (...given: unknown[]) => unknown;
      for (const given of wrong) {
        if ((name === 'stop' || name === 'format') && given.length === 1 && given[0] === hub) continue;
        expect(() => call(...given), `${name} ${JSON.stringify(given)}`).toThrow(TypeError);
      }
    }
    const start = addon.start as (...given: unknown[]) => unknown;
    for (const given of [[], [1, 2], [() => undefined], [() => undefined, -1], [() => undefined, 'x']]) {
      expect(() => start(...given)).toThrow(TypeError);
    }
    expect(() => addon.flush(hub, -1)).toThrow(TypeError);
    expect(() => addon.flush(hub, layout.sendRecords + 1)).toThrow(TypeError);
    for (const at of [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300])
      expect(() => addon.arm(hub, at)).toThrow(TypeError);
    for (const address of ['', 'x', '1.2.3', '::1%nowhere', ':'.repeat(200), '127.0.0.1\0']) {
      expect(addon.bind(hub, address, 0, 0, false)).toBeLessThan(0);
    }
    for (const port of [-1, 65_536]) expect(addon.bind(hub, '127.0.0.1', port, 0, false)).toBeLessThan(0);
    for (const socket of [-1, 0, 5, 2 ** 31 - 1]) addon.close(hub, socket, 1);
    addon.stop(hub);
    expect(() => addon.flush(hub, 0)).toThrow(TypeError);
  });

  test('refuses records that name no socket, or bytes outside of its memory', () => {
    const { hub, memory } = addon.start(() => undefined, 0);
    const words = new Int32Array(memory, layout.recordsAt);
    const socket = addon.bind(hub, '127.0.0.1', 0, 0, false);
    const generation = words[layout.scratchWord + word.generation]!;
    const good = { socket, generation, offset: 0, length: 10, port: 9, family: 4 };
    const bad: Partial<Record<keyof typeof word, number>>[] = [
      { socket: -1 },
      { socket: 2 ** 31 - 1 },
      { generation: generation + 1 },
      { offset: -1 },
      { offset: layout.sendSlots * layout.slotBytes },
      { offset: 2 ** 31 - 1, length: 2 ** 31 - 1 },
      { length: -1 },
      { length: layout.sendSlots * layout.slotBytes + 1 },
      { port: 0 },
      { port: 65_536 },
      { family: 6 },
      { family: 0 },
    ];
    for (const [index, change] of bad.entries()) {
      const at = layout.firstSendWord + index * layout.recordWords;
      for (const [name, value] of Object.entries({ ...good, ...change }))
        words[at + word[name as keyof typeof word]] = value;
      words[at + word.address] = 0x0100_007f;
    }
    expect(addon.flush(hub, bad.length)).toBe(bad.length);
    addon.stop(hub);
  });

  test('goes still when its memory is given away', async () => {
    const { hub, memory } = addon.start(() => undefined, 0);
    addon.bind(hub, '127.0.0.1', 0, 0, false);
    structuredClone(memory, { transfer: [memory] });
    expect(() => addon.flush(hub, 1)).toThrow('given away');
    expect(() => addon.parse(hub, '::1')).toThrow('given away');
  });

  test('starts and stops many hubs in one thread, each with sockets, and closes every descriptor', async () => {
    const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    // Those of the tests before close with the next turns of the event loop.
    await turn();
    const before = descriptors();
    for (let round = 0; round < 20; round += 1) {
      const hubs = Array.from({ length: 20 }, () => new BatchedUdp(addon));
      for (const hub of hubs)
        hub.bind({ address: '127.0.0.1', port: 0 }, { onMessage: () => undefined, onError: () => undefined });
      expect(descriptors()).toBeGreaterThanOrEqual(before + 20 * 4);
      for (const hub of hubs) hub.stop();
      await turn();
    }
    await eventually(() => expect(descriptors()).toBeLessThanOrEqual(before));
  });

  test('gives every datagram of a flood that fits the buffers, while others have their turn', async () => {
    const udp = new BatchedUdp(addon);
    let heard = 0;
    const received = udp.bind(
      { address: '127.0.0.1', port: 0 },
      { onMessage: () => undefined, onPacket: () => (heard += 1), onError: () => undefined },
      4 * 1024 * 1024,
    );
    const sender = udp.bind(
      { address: '127.0.0.1', port: 0 },
      { onMessage: () => undefined, onError: () => undefined },
    );
    for (let i = 0; i < 4000; i += 1) sender.send(Buffer.alloc(172, i), 0, 172, received.local.port, '127.0.0.1');
    await eventually(() => expect(heard).toBe(4000));
    expect(udp.counters).toMatchObject({ received: 4000, sent: 4000, sendFailed: 0, icmpErrors: 0 });
    udp.stop();
  });

  test('reads of two thousand packets a second one by one, of fifty thousand in batches', async () => {
    const udp = new BatchedUdp(addon);
    const handlers = { onMessage: () => undefined, onPacket: () => undefined, onError: () => undefined };
    const sockets = Array.from({ length: 100 }, () => udp.bind({ address: '127.0.0.1', port: 0 }, handlers));
    const clock = createBeatClock(createRealClock(), udp);
    const bytes = Buffer.alloc(172);
    const run = async (perMs: number): Promise<number> => {
      const before = { ...udp.counters };
      for (let ms = 0; ms < 200; ms += 1) {
        for (let i = 0; i < perMs; i += 1) sockets[i]!.send(bytes, 0, 172, sockets[99 - i]!.local.port, '127.0.0.1');
        await new Promise<void>((resolve) => clock.setTimer(1, resolve, { precise: true }));
      }
      return (udp.counters.received - before.received) / (udp.counters.wakes - before.wakes);
    };
    // A busy machine may wake it late; it has to be like this when it does not.
    await eventually(async () => expect(await run(50)).toBeGreaterThan(15));
    await eventually(async () => expect(await run(1)).toBeLessThan(2));
    udp.stop();
  });

  test('tells when each datagram arrived, however late it is read', async () => {
    const udp = new BatchedUdp(addon);
    const arrivals: number[] = [];
    const onError = (): void => undefined;
    const local = { address: '127.0.0.1', port: 0 };
    const onPacket = (...[, , , , arrivalMs]: [Buffer, number, string, number, number?]): void =>
      void arrivals.push(arrivalMs ?? Number.NaN);
    const receiver = udp.bind(local, { onMessage: () => undefined, onPacket, onError });
    const sender = udp.bind(local, { onMessage: () => undefined, onError });
    const sent: [before: number, after: number][] = [];
    // More than are read one by one.
    for (let i = 0; i < 6; i += 1) {
      const before = performance.now();
      sender.send(Buffer.alloc(172), 0, 172, receiver.local.port, '127.0.0.1');
      udp.flush();
      sent.push([before, performance.now()]);
      while (performance.now() < before + 10);
    }
    await vi.waitFor(() => expect(arrivals.length).toBe(6));
    for (const [i, [before, after]] of sent.entries()) {
      expect(arrivals[i]).toBeGreaterThan(before - 1);
      expect(arrivals[i]).toBeLessThan(after + 1);
    }
    udp.stop();
  });

  test('with a beat, what has arrived is read right before it and wakes nobody', async () => {
    const udp = new BatchedUdp(addon);
    const clock = createBeatClock(createRealClock(), udp);
    let heard = 0;
    const handlers = {
      onMessage: () => undefined,
      onPacket: () => {
        heard += 1;
      },
      onError: () => undefined,
    };
    const sockets = Array.from({ length: 100 }, () => udp.bind({ address: '127.0.0.1', port: 0 }, handlers));
    const heardAtBeats: number[] = [];
    let wakes = 0;
    for (let beat = 0; beat < 40; beat += 1) {
      if (beat === 20) ({ wakes } = udp.counters);
      for (const [i, socket] of sockets.entries()) {
        const room = socket.room();
        room[0] = i;
        socket.send(room, 0, 172, sockets[99 - i]!.local.port, '127.0.0.1');
      }
      await new Promise<void>((resolve) => clock.setTimer(20, resolve, { precise: true }));
      heardAtBeats.push(heard);
    }
    expect(heardAtBeats).toEqual(heardAtBeats.map((_, beat) => 100 * (beat + 1)));
    expect(udp.counters.wakes - wakes).toBeLessThan(60);
    // Without one they are looked at all the same.
    for (const socket of sockets) socket.send(Buffer.alloc(172), 0, 172, sockets[0]!.local.port, '127.0.0.1');
    await vi.waitFor(() => expect(heard).toBe(4100));
    udp.stop();
  });

  test('room that is lent and not used, or used by another socket, harms nobody', async () => {
    const udp = new BatchedUdp(addon);
    const heard: number[] = [];
    const onError = (): void => undefined;
    const local = { address: '127.0.0.1', port: 0 };
    const onPacket = (data: Buffer, length: number): void => void heard.push(length, data[0]!, data[length - 1]!);
    const [a, b] = [1, 2].map(() => udp.bind(local, { onMessage: () => undefined, onPacket, onError }));
    const to = a!.local.port;
    const unused = a!.room();
    unused.fill(1);
    b!.send(new Uint8Array(10).fill(2), 0, 10, to, '127.0.0.1');
    // The same room, asked for once more, by the other.
    const room = b!.room();
    expect(room).toBe(unused);
    room.fill(3);
    b!.send(room, 0, 20, to, '127.0.0.1');
    // Not lent any more: copied like any other.
    room.fill(4);
    b!.send(room, 0, 30, to, '127.0.0.1');
    expect(b!.queuedBytes).toBe(60);
    await vi.waitFor(() => expect(heard).toEqual([10, 2, 2, 20, 4, 4, 30, 4, 4]));
    expect(b!.queuedBytes).toBe(0);
    udp.stop();
  });

  test('its timer fires at the fraction of a millisecond, after what has arrived, and one at a time', async () => {
    const udp = new BatchedUdp(addon);
    const real = createRealClock();
    const clock = createBeatClock(real, udp);
    const late: number[] = [];
    await eventually(async () => {
      for (let i = 0; i < 20; i += 1) {
        const due = real.nowMs() + 2.5;
        await new Promise<void>((resolve) => clock.setTimer(2.5, resolve, { precise: true }));
        late.push(real.nowMs() - due);
      }
      expect(Math.min(...late)).toBeLessThan(0.5);
    });
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-0.01);
    const order: string[] = [];
    const cancelled = clock.setTimer(5, () => order.push('cancelled'), { precise: true });
    const second = new Promise<void>((resolve) =>
      clock.setTimer(6, () => resolve(void order.push('second')), { precise: true }),
    );
    cancelled.cancel();
    cancelled.cancel();
    await second;
    expect(order).toEqual(['second']);
    udp.stop();
  });

  test.each(['terminate', 'exit', 'throw'] as const)(
    '%s of threads with busy sockets closes them and hurts nobody',
    async (way) => {
      const before = descriptors();
      for (let round = 0; round < 5; round += 1) {
        const workers = await Promise.all([startBusyThread(), startBusyThread(), startBusyThread()]);
        expect(descriptors()).toBeGreaterThan(before + 3 * 40);
        const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
        for (const worker of workers) {
          worker.once('error', () => undefined);
          if (way === 'terminate') void worker.terminate();
          else worker.postMessage(way);
        }
        expect(await Promise.all(ended)).toEqual(way === 'exit' ? [3, 3, 3] : [1, 1, 1]);
      }
      await eventually(() => expect(descriptors()).toBeLessThan(before + 40));
    },
  );

  test('keeps a process alive while a socket is open or a beat is due, and no longer', async () => {
    expect(
      await program(`${inProgram}
        const a = await network.bindUdp({ address: '127.0.0.1', port: 0 }, handlers);
        const b = await network.bindUdp({ address: '127.0.0.1', port: 0 }, {
          onMessage: () => {
            console.log('heard');
            void a.close();
            void b.close();
            clock.setTimer(300, () => console.log('beat'), { precise: true });
          },
          onError: () => undefined,
        });
        setTimeout(() => a.send(Buffer.alloc(4), 0, 4, b.local.port, '127.0.0.1'), 50).unref();
      `),
    ).toBe('heard\nbeat');
  });

  test('lives through collections, without its owner and with sockets that nobody holds', async () => {
    expect(
      await program(`${inProgram}
        let heard = 0;
        for (let round = 0; round < 50; round += 1) {
          const { udp } = openMachineNetwork('native', createRealClock());
          for (let i = 0; i < 10; i += 1) {
            const socket = udp.bind({ address: '127.0.0.1', port: 0 }, { onMessage: () => { heard += 1; }, onError: () => undefined });
            socket.send(Buffer.alloc(100), 0, 100, socket.local.port, '127.0.0.1');
          }
          gc();
          await new Promise((resolve) => setTimeout(resolve, 5));
          gc();
          udp.stop();
        }
        console.log(heard);
      `),
    ).toBe('500');
  });

  test('allocates nothing for each packet of a leg', async () => {
    const grown = Number(
      await program(`${inProgram}
        let heard = 0;
        const given = [];
        for (let i = 0; i < 100; i += 1) given.push(await network.bindUdp({ address: '127.0.0.1', port: 0 },
          { onMessage: () => undefined, onPacket: () => { heard += 1; }, onError: () => undefined }));
        const bytes = Buffer.alloc(1472);
        const sent = () => undefined;
        const beat = () => { for (let i = 0; i < 100; i += 1) given[i].send(bytes, 0, 172, given[99 - i].local.port, '127.0.0.1', sent); };
        const beats = async (count) => {
          for (let i = 0; i < count; i += 1) { beat(); await new Promise((resolve) => clock.setTimer(2, resolve, { precise: true })); }
        };
        await beats(500);
        gc();
        const before = process.memoryUsage().heapUsed;
        await beats(500);
        const used = process.memoryUsage().heapUsed - before;
        for (const socket of given) await socket.close();
        console.log(Math.round(used / 100_000));
      `),
    );
    // What a beat makes (a promise, a timer, the callback's scope) counts too: 500 of them for 100,000 packets.
    expect(grown).toBeLessThan(16);
  });
});
