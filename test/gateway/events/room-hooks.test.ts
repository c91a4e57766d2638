import { expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { silentLogger } from '../../../base/log.js';
import { parseConfig } from '../../../gateway/config.js';
import { Attention } from '../../../gateway/events/attention.js';
import { tellOfRooms } from '../../../gateway/events/room-hooks.js';
import { createHookClient } from '../../../gateway/hooks/client.js';
import { RoomLogs } from '../../../gateway/rooms/log.js';
import { memberOf } from '../../support/fake-rooms.js';
import { FakeHookServer } from '../../support/hook-server.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryHookStore } from '../../support/memory-hook-store.js';

function setUp() {
  const clock = new ManualClock();
  const server = new FakeHookServer({ clock });
  const store = new MemoryHookStore();
  const { transport } = server;
  const options = {
    clock,
    log: silentLogger,
    store,
    transport,
    hookUrl: 'http://app.example/hooks',
    hookSecret: 'hush',
  };
  const hooks = createHookClient(options);
  const logs = new RoomLogs(clock);
  const watched: string[] = [];
  const watchLevels = (roomId: string) => {
    watched.push(roomId);
    return () => undefined;
  };
  tellOfRooms(logs, hooks, new Attention(clock, { watchLevels }));
  const told = () => server.calls.map(({ body }) => body as { room_id: string; seq: number });
  return { clock, server, store, logs, hooks, options, watched, told, ops: 'ops' as RoomId };
}

const speaker = (member_id: string) => ({ type: 'active_speaker', member_id }) as const;

test('each event of a room is posted to {hook_url}/room with the secret, as the log has it', async () => {
  const { clock, server, logs, ops } = setUp();
  logs.open(ops);
  await clock.advance(100);
  expect(server.calls).toHaveLength(1);
  expect(server.calls[0]).toMatchObject({
    path: '/hooks/room',
    headers: { authorization: 'Bearer hush' },
    body: { seq: 1, room_id: 'ops', ts: 1_700_000_000_000, type: 'room_started' },
  });
});

test('they come in order per room, also when one is repeated; another room does not wait', async () => {
  const { clock, server, logs, told, ops } = setUp();
  server.on('room', { status: 500 });
  logs.open(ops);
  await clock.advance(100);
  server.on('room', { json: {} });
  for (const name of ['a', 'b']) logs.emit(ops, speaker(name));
  logs.open('other' as RoomId);
  await clock.advance(500);
  expect(told().map(({ room_id, seq }) => [room_id, seq])).toEqual([
    ['ops', 1],
    ['other', 1],
  ]);
  await clock.advance(1000);
  expect(
    told()
      .filter(({ room_id }) => room_id === 'ops')
      .map(({ seq }) => seq),
  ).toEqual([1, 1, 2, 3]);
});

test('what was not told survives in the store, and is told by the next process', async () => {
  const { clock, server, store, logs, told, hooks, options, ops } = setUp();
  server.on('room', { status: 503 });
  logs.open(ops);
  await clock.advance(100);
  await hooks.close();
  server.on('room', { json: {} });
  const next = createHookClient(options);
  await next.start();
  await clock.advance(100);
  expect([told().map(({ seq }) => seq), store.rows.size]).toEqual([[1, 1], 0]);
});

test('who speaks in a room is measured from its first member on', () => {
  const { logs, watched, ops } = setUp();
  const join = () => logs.emit(ops, { type: 'member_joined', member: memberOf('anna') });
  logs.open(ops);
  expect(watched).toEqual([]);
  join();
  join();
  expect(watched).toEqual(['ops']);
});

test('room_events is off unless told, and says so where there are no hooks', () => {
  const read = (text: string) => parseConfig({ argv: ['--config', 'c'], env: {}, readFile: () => text });
  expect(read('')).toMatchObject({ config: { roomEvents: 'off' } });
  expect(read('room_events: on')).toMatchObject({ config: { roomEvents: 'on' } });
  expect(read('room_events: on\nhook_url: off')).toMatchObject({
    config: { roomEvents: 'off' },
    warnings: ['room_events is ignored: hook_url is off'],
  });
});
