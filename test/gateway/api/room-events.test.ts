import { describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { memberOf } from '../../support/fake-rooms.js';
import { settle } from '../../support/manual-clock.js';
import { type RoomApiBench, type RoomApiSetup, roomApi } from '../../support/room-api.js';

const ops = 'ops' as RoomId;
const speaker = (member_id: string | null) => ({ type: 'active_speaker', member_id }) as const;
const sse = { accept: 'text/event-stream' };

function withOps(setup: RoomApiSetup = {}): RoomApiBench {
  const bench = roomApi(setup);
  bench.rooms.create({ room_id: 'ops' });
  return bench;
}

const seqs = (told: unknown): number[] => (told as { events: { seq: number }[] }).events.map(({ seq }) => seq);

/** Reads a stream chunk by chunk; null at its end. */
function textReader(response: Response): { next(): Promise<string | null>; cancel(): Promise<void> } {
  const reader = response.body!.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? null : new TextDecoder().decode(value);
    },
    cancel: () => reader.cancel(),
  };
}

/** The events of a chunk as [id, event, data]. */
function parse(chunk: string | null): unknown[] {
  return (chunk ?? '')
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
      return [field('id'), field('event'), JSON.parse(field('data') ?? 'null')];
    });
}

describe('GET /rooms/{room_id}/events as JSON', () => {
  test('tells what came after N, and what to ask for next', async () => {
    const { ask, rooms } = withOps();
    rooms.events.emit(ops, speaker('anna'));
    expect(await ask('GET', '/rooms/ops/events')).toEqual([
      200,
      {
        room_id: 'ops',
        started_ms: 1_700_000_000_000,
        last_seq: 2,
        next_after: 2,
        missed: 0,
        is_over: false,
        events: [
          { seq: 1, room_id: 'ops', ts: 1_700_000_000_000, type: 'room_started' },
          { seq: 2, room_id: 'ops', ts: 1_700_000_000_000, ...speaker('anna') },
        ],
      },
    ]);
    expect(seqs((await ask('GET', '/rooms/ops/events?after=1'))[1])).toEqual([2]);
    expect((await ask('GET', '/rooms/ops/events?limit=1'))[1]).toMatchObject({ last_seq: 2, next_after: 1 });
    expect((await ask('GET', '/rooms/ops/events?after=2'))[1]).toMatchObject({ events: [], next_after: 2 });
    expect((await ask('GET', '/rooms/ops/events?after=77'))[1]).toMatchObject({ events: [], next_after: 2 });
  });

  test('tells how many are not kept any more', async () => {
    const { ask, rooms } = withOps({ events: 2 });
    for (const name of ['a', 'b', 'c']) rooms.events.emit(ops, speaker(name));
    const [, told] = await ask('GET', '/rooms/ops/events?after=1');
    expect([told, seqs(told)]).toMatchObject([{ missed: 1 }, [3, 4]]);
  });

  test('wait_s waits for the next event, at most so long', async () => {
    const { ask, rooms, clock, readers, attention } = withOps();
    const first = ask('GET', '/rooms/ops/events?after=1&wait_s=20');
    await clock.advance(5000);
    expect(readers.counters()).toMatchObject({ room_event_readers: 1 });
    rooms.events.emit(ops, speaker('anna'));
    expect(seqs((await first)[1])).toEqual([2]);
    const second = ask('GET', '/rooms/ops/events?after=2&wait_s=20');
    await clock.advance(20_000);
    expect((await second)[1]).toMatchObject({ events: [], next_after: 2 });
    attention.close();
    expect([clock.pendingTimers, readers.counters()]).toMatchObject([0, { room_event_readers: 0 }]);
  });

  test('does not wait for a room that is over, whose log is kept for five minutes', async () => {
    const { ask, rooms, clock } = withOps();
    rooms.close(ops);
    expect((await ask('GET', '/rooms/ops/events?after=2&wait_s=20'))[1]).toMatchObject({ is_over: true, events: [] });
    await clock.advance(300_000);
    expect(await ask('GET', '/rooms/ops/events')).toMatchObject([404, { code: 'ROOM_NOT_FOUND' }]);
  });

  test('a room of the same name is told from the one that was read', async () => {
    const { ask, rooms } = withOps();
    const [, before] = await ask('GET', '/rooms/ops/events');
    const { started_ms } = before as { started_ms: number };
    rooms.close(ops);
    rooms.create({ room_id: 'ops' });
    const rest = await ask('GET', `/rooms/ops/events?after=1&started_ms=${started_ms}`);
    expect(rest[1]).toMatchObject({ started_ms, is_over: true, events: [{ seq: 2, type: 'room_ended' }] });
    const forgotten = await ask('GET', '/rooms/ops/events?after=9&started_ms=5');
    expect(forgotten[1]).toMatchObject({ is_over: false, events: [{ seq: 1, type: 'room_started' }] });
  });

  test('of more readers than may be, the newcomer is 429', async () => {
    const { request, clock, readers } = withOps({ readers: { readers: 1 } });
    const waiting = request('GET', '/rooms/ops/events?after=1&wait_s=1');
    await settle();
    const refused = await request('GET', '/rooms/ops/events?after=1&wait_s=1');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', title: 'Too Many Requests' });
    expect((await request('GET', '/rooms/ops/events?after=1')).status).toBe(200);
    await clock.advance(1000);
    expect([(await waiting).status, readers.counters()]).toMatchObject([
      200,
      { room_event_readers_refused_total: 1, room_event_readers: 0 },
    ]);
  });
});

describe('HTML §9.2 GET /rooms/{room_id}/events as server-sent events', () => {
  test('sends what there is, then each event as it happens, with an id to go on from', async () => {
    const { request, rooms } = withOps();
    const response = await request('GET', '/rooms/ops/events', undefined, sse);
    expect([response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      'text/event-stream; charset=utf-8',
      'no-store',
    ]);
    const reader = textReader(response);
    const first = await reader.next();
    expect(first).toMatch(/^retry: 2000\n\n/);
    expect(parse(first)).toMatchObject([['1700000000000-1', 'room_started', { seq: 1 }]]);
    const next = reader.next();
    rooms.events.emit(ops, speaker('anna'));
    expect(parse(await next)).toMatchObject([['1700000000000-2', 'active_speaker', { seq: 2, member_id: 'anna' }]]);
    for (const name of ['b', 'c']) rooms.events.emit(ops, speaker(name));
    expect(parse(await reader.next())).toHaveLength(2);
    await reader.cancel();
  });

  test('§9.2.4 Last-Event-ID goes on where the connection broke, and counts more than `after`', async () => {
    const { request, rooms } = withOps();
    for (const name of ['a', 'b']) rooms.events.emit(ops, speaker(name));
    const headers = { ...sse, 'last-event-id': '1700000000000-2' };
    const reader = textReader(await request('GET', '/rooms/ops/events?after=0', undefined, headers));
    expect(parse(await reader.next())).toMatchObject([['1700000000000-3', 'active_speaker', { seq: 3 }]]);
    await reader.cancel();
    const odd = await request('GET', '/rooms/ops/events?after=2', undefined, { ...sse, 'last-event-id': 'x' });
    expect(parse(await textReader(odd).next())).toHaveLength(1);
  });

  test('what is not kept any more is told of once, before the rest', async () => {
    const { request, rooms } = withOps({ events: 1 });
    rooms.events.emit(ops, speaker('a'));
    const reader = textReader(await request('GET', '/rooms/ops/events', undefined, sse));
    expect(parse(await reader.next())).toMatchObject([
      [null, 'missed', { missed: 1 }],
      ['1700000000000-2', 'active_speaker', {}],
    ]);
    await reader.cancel();
  });

  test('a comment each 15 s when nothing happens', async () => {
    const { request, clock } = withOps();
    const reader = textReader(await request('GET', '/rooms/ops/events', undefined, sse));
    await reader.next();
    const next = reader.next();
    await clock.advance(15_000);
    expect(await next).toBe(': still here\n\n');
    await reader.cancel();
    expect(clock.pendingTimers).toBe(0);
  });

  test('ends some seconds after the room, with what is told of late; who has read all gets 204', async () => {
    const { request, rooms, clock, readers } = withOps();
    const reader = textReader(await request('GET', '/rooms/ops/events', undefined, sse));
    await reader.next();
    rooms.close(ops);
    expect(parse(await reader.next())).toMatchObject([['1700000000000-2', 'room_ended', {}]]);
    const late = reader.next();
    await clock.advance(9000);
    rooms.events.emit(ops, { type: 'recording_stopped', recording_id: 'r', reason: 'gone' });
    expect(parse(await late)).toMatchObject([['1700000000000-3', 'recording_stopped', {}]]);
    const last = reader.next();
    await clock.advance(1000);
    expect([parse(await last), await reader.next()]).toEqual([[[null, 'end', { type: 'end' }]], null]);
    expect(readers.counters()).toMatchObject({ room_event_readers: 0, room_event_readers_dropped_total: 0 });
    const again = { ...sse, 'last-event-id': '1700000000000-3' };
    expect((await request('GET', '/rooms/ops/events', undefined, again)).status).toBe(204);
  });

  test('a reader that does not read is dropped after 30 s, and counted', async () => {
    const bench = withOps();
    const { request, rooms, clock, readers } = bench;
    const response = await request('GET', '/rooms/ops/events', undefined, sse);
    const reader = textReader(response);
    await reader.next();
    rooms.events.emit(ops, speaker('a'));
    await clock.advance(29_999);
    expect(bench.dropped).toBe(0);
    await clock.advance(1);
    expect([bench.dropped, readers.counters()]).toMatchObject([
      1,
      { room_event_readers: 0, room_event_readers_dropped_total: 1 },
    ]);
    expect(await reader.next()).toBe(null);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a reader that is so slow that events are gone before it reads them is dropped', async () => {
    const bench = withOps({ events: 5 });
    const reader = textReader(await bench.request('GET', '/rooms/ops/events', undefined, sse));
    await reader.next();
    for (let at = 0; at < 6; at += 1) bench.rooms.events.emit(ops, speaker(String(at)));
    expect(await reader.next()).toBe(null);
    expect([bench.dropped, bench.clock.pendingTimers]).toEqual([1, 0]);
  });

  test('levels=1 sends the newest levels too; of those that wait, only the last', async () => {
    const { request, rooms } = withOps();
    const reader = textReader(await request('GET', '/rooms/ops/events?levels=1', undefined, sse));
    await reader.next();
    const tell = (level: number) => {
      const members = [{ memberId: 'anna', level, isSpeaking: level < 40 }];
      for (const listener of rooms.levelListeners) listener({ members, omitted: 0 });
    };
    tell(80);
    tell(20);
    const levels = [{ member_id: 'anna', level: 20, speaking: true }];
    const told = { type: 'levels', room_id: 'ops', levels, omitted: 0 };
    expect(parse(await reader.next())).toEqual([[null, 'levels', told]]);
    const next = reader.next();
    tell(90);
    expect(parse(await next)).toMatchObject([[null, 'levels', { levels: [{ level: 90, speaking: false }] }]]);
    await reader.cancel();
    expect(rooms.levelListeners.size).toBe(0);
  });

  test('who speaks is measured once while anybody reads, and a minute after who asked for JSON', async () => {
    const { request, rooms, clock } = withOps();
    expect(rooms.levelListeners.size).toBe(0);
    const open = [1, 2].map(async () => textReader(await request('GET', '/rooms/ops/events', undefined, sse)));
    const streams = await Promise.all(open);
    expect(rooms.levelListeners.size).toBe(1);
    for (const stream of streams) await stream.cancel();
    expect(rooms.levelListeners.size).toBe(0);
    await request('GET', '/rooms/ops/events');
    await clock.advance(59_000);
    await request('GET', '/rooms/ops/events');
    await clock.advance(59_000);
    expect(rooms.levelListeners.size).toBe(1);
    await clock.advance(1000);
    expect([rooms.levelListeners.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('all streams end when the gateway stops, and no new one begins', async () => {
    const { request, readers, clock } = withOps();
    const reader = textReader(await request('GET', '/rooms/ops/events', undefined, sse));
    await reader.next();
    const last = reader.next();
    readers.close();
    expect([await last, clock.pendingTimers]).toEqual([null, 0]);
    expect((await request('GET', '/rooms/ops/events', undefined, sse)).status).toBe(503);
  });
});

test('a HEAD of a stream opens none', async () => {
  const { request, readers, clock } = withOps();
  for (const path of ['/rooms/ops/events', '/events']) {
    const { status, headers, body } = await request('HEAD', path, undefined, sse);
    expect([status, headers.get('content-type'), body]).toEqual([200, 'text/event-stream; charset=utf-8', null]);
  }
  expect([readers.counters(), clock.pendingTimers]).toMatchObject([{ room_event_readers: 0 }, 0]);
});

describe('GET /events', () => {
  test('tells of all rooms from now on, and measures who speaks in them', async () => {
    const { request, rooms, clock } = withOps();
    const response = await request('GET', '/events');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const reader = textReader(response);
    expect(await reader.next()).toBe('retry: 2000\n\n');
    expect(rooms.levelListeners.size).toBe(1);
    rooms.create({ room_id: 'other' });
    rooms.events.emit(ops, speaker('anna'));
    expect(parse(await reader.next())).toMatchObject([
      [null, 'room_started', { room_id: 'other', seq: 1 }],
      [null, 'active_speaker', { room_id: 'ops', seq: 2 }],
    ]);
    rooms.enter('other', memberOf('ben'));
    expect(rooms.levelListeners.size).toBe(2);
    await reader.cancel();
    expect([rooms.levelListeners.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('a comment each 15 s when nothing happens; the end when the gateway stops', async () => {
    const { request, clock, readers } = withOps();
    const reader = textReader(await request('GET', '/events'));
    await reader.next();
    const next = reader.next();
    await clock.advance(15_000);
    expect(await next).toBe(': still here\n\n');
    const last = reader.next();
    readers.close();
    expect([await last, clock.pendingTimers]).toEqual([null, 0]);
  });

  test('a reader that does not read is dropped after 30 s, or when 1000 events wait, and counted', async () => {
    const bench = withOps();
    const { request, rooms, clock, readers } = bench;
    const slow = textReader(await request('GET', '/events'));
    await slow.next();
    rooms.events.emit(ops, speaker('a'));
    await clock.advance(30_000);
    expect([bench.dropped, await slow.next()]).toEqual([1, null]);
    await request('GET', '/events');
    for (let at = 0; at < 1001; at += 1) rooms.events.emit(ops, speaker(String(at)));
    expect([bench.dropped, readers.counters(), clock.pendingTimers]).toMatchObject([
      2,
      { room_event_readers: 0, room_event_readers_dropped_total: 2 },
      0,
    ]);
  });
});

describe("events with a participant's token", () => {
  test('the keys of others are left out, in both forms', async () => {
    const roomTokens = { verify: () => ({ roomId: 'ops', isGuest: false, owns: (id: string) => id === 'anna' }) };
    const { ask, request, rooms } = withOps({ options: { roomTokens } });
    rooms.enter('ops', memberOf('anna'));
    for (const id of ['anna', 'ben']) {
      rooms.events.emit(ops, { type: 'dtmf', member_id: id, peer: id, digit: '5', action: null });
    }
    const headers = { authorization: 'Bearer t' };
    const [, told] = await ask('GET', '/rooms/ops/events', undefined, headers);
    expect([seqs(told), told]).toMatchObject([[1, 2, 3], { last_seq: 4, next_after: 4 }]);
    const reader = textReader(await request('GET', '/rooms/ops/events', undefined, { ...headers, ...sse }));
    expect(parse(await reader.next())).toHaveLength(3);
    await reader.cancel();
  });
});
