import { beforeEach, describe, expect, test } from 'vitest';
import type { Network } from '../../base/network.js';
import type { WireAddress, WireRingLink } from '../../rooms/protocol.js';
import type { RingEnd } from '../../rooms/ring.js';
import { RingWire, WIRE_KEY_BYTES } from '../../rooms/ring-wire.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualNetwork } from '../support/virtual-network.js';

const address = '10.0.0.1';
const samples = 160;
const random = createSeededRandom(5);
let clock: ManualClock;
let network: Network;
let room: RingWire;
let leg: RingWire;

beforeEach(async () => {
  clock = new ManualClock();
  network = new VirtualNetwork({ clock, random }).host(address);
  room = await RingWire.open(network, address);
  leg = await RingWire.open(network, address);
});

const key = (): Uint8Array => Uint8Array.from(random.bytes(WIRE_KEY_BYTES));
const linkOf = (id = 1): WireRingLink => ({
  carrier: 'wire',
  toRoom: { port: room.port, id, key: key() },
  fromRoom: { port: leg.port, id, key: key() },
  sampleRateHz: 8000,
});
const numbered = (value: number): Int16Array => new Int16Array(samples).fill(value);

function read({ reader }: RingEnd): number | null {
  const out = new Int16Array(samples);
  return reader.read(out) ? out[samples - 1]! : null;
}

function ends(link: WireRingLink): { atLeg: RingEnd; atRoom: RingEnd } {
  const atLeg = leg.end(link, 'leg');
  const atRoom = room.end(link, 'room');
  if (atLeg === null || atRoom === null) throw new Error('no end');
  return { atLeg, atRoom };
}

describe('frames between two processes', () => {
  test('arrive once, in order, whatever their sign, both ways and not mixed up', async () => {
    const { atLeg, atRoom } = ends(linkOf());
    const heard: [number | null, number | null][] = [];
    for (let beat = 1; beat <= 5; beat += 1) {
      atLeg.writer.write(numbered(-300 * beat));
      atRoom.writer.write(numbered(7 * beat));
      await clock.advance(20);
      heard.push([read(atRoom), read(atLeg)]);
    }
    expect(heard).toEqual([
      [null, null],
      [-300, 7],
      [-600, 14],
      [-900, 21],
      [-1200, 28],
    ]);
  });

  test('a silent frame is a short datagram and keeps its place', async () => {
    const { atLeg, atRoom } = ends(linkOf());
    for (const frame of [numbered(1), null, numbered(3)]) atLeg.writer.write(frame);
    await clock.advance(5);
    expect([read(atRoom), read(atRoom), read(atRoom)]).toEqual([1, null, 3]);
    expect(atRoom.reader.underruns).toBe(0);
  });

  test('of several links each has its own', async () => {
    const [first, second] = [ends(linkOf(1)), ends(linkOf(2))];
    for (const value of [1, 2]) {
      first.atLeg.writer.write(numbered(value));
      second.atLeg.writer.write(numbered(value * 100));
    }
    await clock.advance(5);
    expect([read(first.atRoom), read(second.atRoom)]).toEqual([1, 100]);
    expect([room.size, leg.size]).toEqual([2, 2]);
  });
});

describe('what is not of a link', () => {
  async function send(...datagrams: Uint8Array[]): Promise<void> {
    const stranger = await network.bindUdp(
      { address, port: 0 },
      { onMessage: () => undefined, onError: () => undefined },
    );
    for (const bytes of datagrams) stranger.send(bytes, 0, bytes.length, room.port, address);
    await clock.advance(5);
    await stranger.close();
  }

  const frame = ({ id, key: itsKey }: Pick<WireAddress, 'id' | 'key'>, bytes: number): Uint8Array => {
    const datagram = Buffer.alloc(4 + WIRE_KEY_BYTES + bytes, 1);
    datagram.writeInt32LE(id);
    datagram.set(itsKey, 4);
    return datagram;
  };

  test('is dropped and counted: too short, of no link, of another key, of no frame length', async () => {
    const link = linkOf();
    const { atRoom } = ends(link);
    const { toRoom } = link;
    await send(
      new Uint8Array(0),
      new Uint8Array(15),
      frame({ ...toRoom, id: 9 }, 320),
      frame({ ...toRoom, key: key() }, 320),
      frame({ ...toRoom, key: key() }, 0),
      frame(toRoom, 318),
      frame(toRoom, 322),
      frame(toRoom, 1),
    );
    expect(room.strays).toBe(8);
    await send(frame(toRoom, 320), frame(toRoom, 320));
    expect([room.strays, read(atRoom)]).toEqual([8, 0x0101]);
  });

  test('no bytes hurt', async () => {
    ends(linkOf());
    const noise = Array.from({ length: 200 }, (_, length) => random.bytes(length));
    await send(...noise);
    expect(room.strays).toBe(200);
  });

  test('frames of a link that is closed are of no link', async () => {
    const { atLeg, atRoom } = ends(linkOf());
    atRoom.close();
    atLeg.writer.write(numbered(1));
    await clock.advance(5);
    expect([room.strays, room.size]).toEqual([1, 0]);
  });
});

test('an id that is in use, or a key of another length, is no link', () => {
  ends(linkOf(1));
  expect(room.end(linkOf(1), 'room')).toBeNull();
  const link = linkOf(2);
  expect(room.end({ ...link, toRoom: { ...link.toRoom, key: new Uint8Array(4) } }, 'room')).toBeNull();
  expect(room.size).toBe(1);
});

test('three frames may wait for the kernel; the next is dropped and counted until one is sent', async () => {
  const waiting: (() => void)[] = [];
  const slow: Network = {
    ...network,
    bindUdp: async (local, handlers) => {
      const socket = await network.bindUdp(local, handlers);
      const { local: bound, queuedBytes } = socket;
      return {
        local: bound,
        queuedBytes,
        close: () => socket.close(),
        send: (data, offset, length, port, to, sent) => {
          waiting.push(() => socket.send(data, offset, length, port, to, sent));
        },
      };
    },
  };
  leg = await RingWire.open(slow, address);
  const { atLeg, atRoom } = ends(linkOf());
  for (let beat = 1; beat <= 5; beat += 1) atLeg.writer.write(numbered(beat));
  expect([waiting.length, atLeg.writer.overruns]).toEqual([3, 2]);
  for (const send of waiting.splice(0)) send();
  await clock.advance(5);
  atLeg.writer.write(numbered(6));
  for (const send of waiting.splice(0)) send();
  await clock.advance(5);
  expect([read(atRoom), read(atRoom), read(atRoom), read(atRoom)]).toEqual([1, 2, 3, 6]);
});
