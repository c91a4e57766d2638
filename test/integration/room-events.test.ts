import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import { type Api, createApi } from '../../gateway/api/app.js';
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
  const addRoutes = (app: Api) => addRoomRoutes(app, { commands: rooms, keys, readers, attention });
  const server = await startHttpServer(
    createApi(nobody, options, null, [addRoutes]),
    { address: '127.0.0.1', port: 0 },
    clock,
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
