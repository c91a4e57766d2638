import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRealClock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import { UpgradeEntrance } from '../../base/web-socket-network.js';
import { type Api, createApi } from '../../gateway/api/app.js';
import { EVENTS_PATHS, EventDoor } from '../../gateway/api/event-door.js';
import { IdempotencyKeys } from '../../gateway/api/idempotency.js';
import { type RoomReaderLimits, RoomReaders } from '../../gateway/api/room-readers.js';
import { addRoomRoutes } from '../../gateway/api/rooms.js';
import { startHttpServer } from '../../gateway/api/server.js';
import { Attention } from '../../gateway/events/attention.js';
import { nobody } from '../../scripts/nobody.js';
import { eventually } from '../support/eventually.js';
import { FakeRooms, memberOf } from '../support/fake-rooms.js';

const clock = createRealClock();
const ops = 'ops' as RoomId;
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(limits: Partial<RoomReaderLimits> = {}) {
  const rooms = new FakeRooms(clock);
  const readers = new RoomReaders(clock, limits);
  const [keys, attention] = [new IdempotencyKeys(clock), new Attention(clock, rooms)];
  const options = { apiSecret: null, apiAllow: [], errorFormat: 'envelope', corsOrigin: null } as const;
  const api = { commands: rooms, keys, readers, attention };
  const entrance = new UpgradeEntrance();
  entrance.admit(new EventDoor(api, options));
  const server = await startHttpServer(
    createApi(nobody, options, null, [(app: Api) => addRoomRoutes(app, api)]),
    { address: '127.0.0.1', port: 0 },
    clock,
    { upgrades: Object.fromEntries(EVENTS_PATHS.map((path) => [path, entrance])) },
  );
  closers.push(
    () => server.close(0),
    () => attention.close(),
  );
  rooms.create({ room_id: 'ops' });
  return { rooms, readers, server, port: server.local.port };
}

/** A GET by hand, whose answer is read or not. */
function get(port: number, path: string) {
  const seen = { text: '', isClosed: false };
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
  });
  socket.setEncoding('utf8').on('data', (text) => {
    seen.text += text;
  });
  socket.on('close', () => {
    seen.isClosed = true;
  });
  socket.on('error', () => undefined);
  closers.push(() => void socket.destroy());
  return { socket, seen };
}

test('events reach a client as they happen, and it is forgotten when it goes', async () => {
  const { rooms, readers, port } = await start();
  const { socket, seen } = get(port, '/rooms/ops/events');
  await eventually('the first event', () => seen.text.includes('event: room_started'));
  rooms.events.emit(ops, { type: 'active_speaker', member_id: 'anna' });
  await eventually('the second', () => seen.text.includes('"member_id":"anna"'));
  socket.destroy();
  await eventually('nobody reads', () => readers.counters().room_event_readers === 0);
  expect(readers.counters()).toMatchObject({ room_event_readers_dropped_total: 0 });
});

test('a client that does not read is cut off, and the room goes on', async () => {
  const { rooms, readers, port } = await start({ stallMs: 200 });
  const { socket, seen } = get(port, '/rooms/ops/events');
  await eventually('the first event', () => seen.text.includes('event: room_started'));
  socket.pause();
  const member = memberOf('anna', { extra_data: 'x'.repeat(50_000) });
  await eventually('it is dropped', () => {
    for (let at = 0; at < 20; at += 1) rooms.events.emit(ops, { type: 'member_updated', member });
    return readers.counters().room_event_readers_dropped_total === 1;
  });
  socket.resume();
  await eventually('its connection has ended', () => seen.isClosed);
  expect(readers.counters()).toMatchObject({ room_event_readers: 0 });
});

test('an open stream does not hold the listener up', async () => {
  const { readers, server, port } = await start();
  const { seen } = get(port, '/rooms/ops/events');
  await eventually('the first event', () => seen.text.includes('event: room_started'));
  readers.close();
  await server.close(60_000);
  await eventually('its connection has ended', () => seen.isClosed);
});

describe('over WebSocket', () => {
  /** A client, and what it was told. */
  function dial(port: number, path: string, origin?: string) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { ...(origin !== undefined && { origin }) });
    const seen: { told: { type: string; seq?: number }[]; closed: [number, string] | null; status: number | null } = {
      told: [],
      closed: null,
      status: null,
    };
    socket.on('message', (data: Buffer) => seen.told.push(JSON.parse(data.toString())));
    socket.on('close', (code, reason) => {
      seen.closed = [code, reason.toString()];
    });
    socket.on('unexpected-response', (_request, response) => {
      seen.status = response.statusCode ?? null;
      response.resume();
    });
    socket.on('error', () => undefined);
    closers.push(() => socket.terminate());
    return { socket, seen };
  }

  const opened = (seen: { told: readonly unknown[] }) => eventually('the first event', () => seen.told.length >= 2);

  test('the same events with the same numbers reach a client as by HTTP; it goes on where it was', async () => {
    const { rooms, readers, port } = await start();
    const [first, stream] = [dial(port, '/rooms/ops/events'), get(port, '/rooms/ops/events')];
    await opened(first.seen);
    rooms.events.emit(ops, { type: 'active_speaker', member_id: 'anna' });
    await eventually('the second', () => first.seen.told.length === 3 && stream.seen.text.includes('anna'));
    const streamed = [...stream.seen.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
    expect(first.seen.told.slice(1)).toEqual(streamed);
    first.socket.close();
    stream.socket.destroy();
    const again = dial(port, '/rooms/ops/events?after=1');
    await opened(again.seen);
    expect(again.seen.told).toMatchObject([{ type: 'opened', last_seq: 2 }, { seq: 2 }]);
    again.socket.terminate();
    await eventually('nobody reads', () => readers.counters().room_event_readers === 0);
    expect(readers.counters()).toMatchObject({ room_event_readers_dropped_total: 0 });
  });

  test.each([
    ['/rooms/nobody/events', 404],
    ['/rooms/ops', 404],
    ['/rooms/ops/events?after=-1', 400],
    ['/events', 403, 'https://page.example'],
  ])('%s is refused with %i', async (path, status, origin?: string) => {
    const { port } = await start();
    const { seen } = dial(port, path, origin);
    await eventually('the answer', () => seen.status !== null);
    expect(seen.status).toBe(status);
  });

  test.each([
    [1003, 'text', 'hello', false],
    [1003, 'bytes', Buffer.alloc(100), true],
    [1007, 'text that is not UTF-8', Buffer.from([0xc3, 0x28]), false],
    [1009, 'more than 1 KiB', 'x'.repeat(1025), false],
  ])('%i is what a client gets for %s; another one reads on', async (code, _what, said, binary) => {
    const { rooms, port } = await start();
    const [loud, other] = [dial(port, '/rooms/ops/events'), dial(port, '/events')];
    await opened(loud.seen);
    loud.socket.send(said, { binary });
    await eventually('its close frame', () => loud.seen.closed !== null);
    expect(loud.seen.closed?.[0]).toBe(code);
    rooms.events.emit(ops, { type: 'active_speaker', member_id: 'anna' });
    await eventually('the other one is told', () => other.seen.told.some(({ seq }) => seq === 2));
  });

  test('1008 is what a client gets that does not read', async () => {
    const { rooms, readers, port } = await start({ stallMs: 200 });
    const { socket, seen } = dial(port, '/events');
    await eventually('it is open', () => seen.told.length === 1);
    socket.pause();
    const member = memberOf('anna', { extra_data: 'x'.repeat(50_000) });
    await eventually('it is dropped', () => {
      for (let at = 0; at < 20; at += 1) rooms.events.emit(ops, { type: 'member_updated', member });
      return readers.counters().room_event_readers_dropped_total === 1;
    });
    socket.resume();
    await eventually('its connection has ended', () => seen.closed !== null);
    expect(readers.counters()).toMatchObject({ room_event_readers: 0 });
    // What was in its socket may be more than 2 s let through.
    expect([1006, 1008]).toContain(seen.closed?.[0]);
  });

  test('a client whose machine is gone answers no ping: 1008, which it never hears', async () => {
    const { readers, port } = await start({ heartbeatMs: 200 });
    const { socket, seen } = dial(port, '/rooms/ops/events');
    await opened(seen);
    socket.pause();
    await eventually('it is dropped', () => readers.counters().room_event_readers_dropped_total === 1);
    expect(readers.counters()).toMatchObject({ room_event_readers: 0 });
  });

  test('1001 is what it gets when the gateway stops, whose listener it does not hold up', async () => {
    const { readers, server, port } = await start();
    const { seen } = dial(port, '/rooms/ops/events');
    await opened(seen);
    readers.close();
    await server.close(60_000);
    await eventually('its close frame', () => seen.closed !== null);
    expect(seen.closed).toEqual([1001, 'the gateway is shutting down']);
  });
});
