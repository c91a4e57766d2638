import { describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { RoomLogs } from '../../../gateway/rooms/log.js';
import type { NewRoomEvent } from '../../../gateway/rooms/news.js';
import { ManualClock } from '../../support/manual-clock.js';

const ops = 'ops' as RoomId;
const speaker = (member_id: string | null) => ({ type: 'active_speaker', member_id }) as const;
const ended = { type: 'room_ended', reason: 'empty' } as const;
const ready: NewRoomEvent = {
  type: 'recording_ready',
  recording_id: 'r',
  file: 'mix.wav',
  member_id: null,
  duration_ms: 1,
  bytes: 2,
  sha256: 'x',
};

describe('design §7 the log of a room', () => {
  test('numbers from 1 at room_started, without a gap, with the time of each', async () => {
    const clock = new ManualClock();
    const logs = new RoomLogs(clock);
    const log = logs.open(ops);
    await clock.advance(250);
    logs.emit(ops, speaker('a'));
    logs.emit(ops, speaker(null));
    expect(log.after(0, 10)).toEqual({
      events: [
        { seq: 1, room_id: 'ops', ts: 1_700_000_000_000, type: 'room_started' },
        { seq: 2, room_id: 'ops', ts: 1_700_000_000_250, ...speaker('a') },
        { seq: 3, room_id: 'ops', ts: 1_700_000_000_250, ...speaker(null) },
      ],
      missed: 0,
    });
    expect(log.after(2, 10).events.map(({ seq }) => seq)).toEqual([3]);
    expect(log.after(0, 2).events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect([log.after(3, 10), log.after(99, 10), log.lastSeq]).toEqual([
      { events: [], missed: 0 },
      { events: [], missed: 0 },
      3,
    ]);
  });

  test('keeps so many; a reader that comes too late is told how many it missed', () => {
    const logs = new RoomLogs(new ManualClock(), { events: 3 });
    const log = logs.open(ops);
    for (const name of ['a', 'b', 'c', 'd']) logs.emit(ops, speaker(name));
    const { events, missed } = log.after(1, 10);
    expect([events.map(({ seq }) => seq), missed]).toEqual([[3, 4, 5], 1]);
    expect(logs.counters()).toMatchObject({
      room_events_total: 5,
      room_events_dropped_total: 2,
      room_events_kept: 3,
      room_logs: 1,
    });
  });

  test('room_ended is the last of it, but for the ends of what it had begun', () => {
    const logs = new RoomLogs(new ManualClock());
    const log = logs.open(ops);
    logs.emit(ops, ended);
    logs.emit(ops, speaker('ghost'));
    logs.emit(ops, ended);
    logs.emit(ops, ready);
    expect([log.isOver, log.after(0, 10).events.map(({ type }) => type)]).toEqual([
      true,
      ['room_started', 'room_ended', 'recording_ready'],
    ]);
    logs.emit('nobody' as RoomId, speaker('ghost'));
    expect(logs.counters()).toMatchObject({ room_events_late_total: 3 });
  });

  test('is kept for a while after the room, then forgotten, and who watches is told', async () => {
    const clock = new ManualClock();
    const logs = new RoomLogs(clock, { keepEndedMs: 60_000 });
    const log = logs.open(ops);
    const told: number[] = [];
    const stop = log.watch(() => told.push(log.lastSeq));
    logs.emit(ops, ended);
    await clock.advance(59_999);
    expect([logs.find(ops), log.isForgotten]).toEqual([log, false]);
    await clock.advance(1);
    expect([logs.find(ops), log.isForgotten, told]).toEqual([null, true, [2, 2]]);
    stop();
    expect([clock.pendingTimers, logs.counters()]).toMatchObject([0, { room_logs: 0, room_events_kept: 0 }]);
  });

  test('a room of the same name has a log of its own; the old one is found by when it began', () => {
    const logs = new RoomLogs(new ManualClock());
    const old = logs.open(ops);
    logs.emit(ops, ended);
    const next = logs.open(ops);
    logs.emit(ops, speaker('a'));
    expect([next.lastSeq, old.lastSeq, next.startedMs > old.startedMs]).toEqual([2, 2, true]);
    expect([logs.find(ops), logs.find(ops, old.startedMs), logs.find(ops, 5)]).toEqual([next, old, null]);
  });

  test('of rooms that are over only so many are kept, the newest', async () => {
    const clock = new ManualClock();
    const logs = new RoomLogs(clock, { ended: 2 });
    for (const name of ['a', 'b', 'c']) {
      logs.open(name as RoomId);
      logs.emit(name as RoomId, ended);
    }
    expect(['a', 'b', 'c'].map((name) => logs.find(name as RoomId) !== null)).toEqual([false, true, true]);
    logs.close();
    expect([clock.pendingTimers, logs.counters()]).toMatchObject([0, { room_logs: 0 }]);
  });

  test('who follows hears of all rooms, in the order of what happened', () => {
    const logs = new RoomLogs(new ManualClock());
    const heard: string[] = [];
    const stop = logs.follow(({ room_id, seq, type }) => heard.push(`${room_id} ${seq} ${type}`));
    logs.open(ops);
    logs.open('b' as RoomId);
    logs.emit(ops, ended);
    stop();
    logs.emit('b' as RoomId, ended);
    expect(heard).toEqual(['ops 1 room_started', 'b 1 room_started', 'ops 2 room_ended']);
  });
});
