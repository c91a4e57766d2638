import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { EventStage, type EventStageSetup } from '../../support/event-stage.js';
import { memberOf } from '../../support/fake-rooms.js';

const ops = 'ops' as RoomId;
const speaker = (member_id: string | null) => ({ type: 'active_speaker', member_id }) as const;
const START_MS = 1_700_000_000_000;

let stage: EventStage;
let bench: EventStage['bench'];

async function begin(setup: EventStageSetup = {}): Promise<void> {
  stage = await new EventStage(setup).open();
  ({ bench } = stage);
  bench.rooms.create({ room_id: 'ops' });
}

beforeEach(() => begin());

/** Every reader has gone or is sent away, and leaves nothing. */
afterEach(async () => {
  bench.readers.close();
  bench.attention.close();
  bench.rooms.events.close();
  await bench.clock.advance(1000);
  expect(stage.left()).toEqual({ readers: 0, listeners: 0, timers: 0 });
});

const say = (...names: string[]): void => {
  for (const name of names) bench.rooms.events.emit(ops, speaker(name));
};

describe('RFC 6455 GET /rooms/{room_id}/events as a WebSocket', () => {
  test('opens with the room, sends what there is, then each event as it happens, as the log has it', async () => {
    const reader = await stage.dial('/rooms/ops/events');
    const started = { seq: 1, room_id: 'ops', ts: START_MS, type: 'room_started' };
    const opened = { type: 'opened', room_id: 'ops', started_ms: START_MS, last_seq: 1 };
    expect(reader.messages).toEqual([opened, started]);
    say('anna', 'ben');
    await bench.clock.advance(5);
    const [, told] = await bench.ask('GET', '/rooms/ops/events');
    expect(reader.messages.slice(1)).toEqual((told as { events: unknown[] }).events);
    expect(reader.socket.textFrames).toEqual([true, true, true, true]);
  });

  test('after goes on where it broke, in the room of started_ms while that is kept', async () => {
    say('a', 'b');
    expect((await stage.dial('/rooms/ops/events?after=2')).seqs).toEqual([3]);
    bench.rooms.close(ops);
    bench.rooms.create({ room_id: 'ops' });
    const before = await stage.dial(`/rooms/ops/events?after=3&started_ms=${START_MS}`);
    expect(before.messages.slice(1)).toMatchObject([{ seq: 4, type: 'room_ended' }]);
    const other = await stage.dial('/rooms/ops/events?after=3&started_ms=7');
    expect(other.messages).toMatchObject([{ started_ms: expect.any(Number) }, { seq: 1, type: 'room_started' }]);
  });

  test('a number that is not there yet is the newest one: nothing that happens then is left out', async () => {
    const reader = await stage.dial('/rooms/ops/events?after=77');
    expect(reader.seqs).toEqual([]);
    say('a');
    await bench.clock.advance(5);
    expect(reader.seqs).toEqual([2]);
  });

  test('what is not kept any more is told of once, before the rest', async () => {
    await begin({ events: 1 });
    say('a');
    const { messages } = await stage.dial('/rooms/ops/events');
    expect(messages).toMatchObject([{ type: 'opened' }, { type: 'missed', missed: 1 }, { seq: 2 }]);
  });

  test('a whole log is told, and then what happens', async () => {
    for (let at = 0; at < 998; at += 1) say(String(at));
    const reader = await stage.dial('/rooms/ops/events');
    say('last');
    await bench.clock.advance(5);
    expect(reader.seqs).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
  });

  test('levels=1 sends the levels too', async () => {
    const reader = await stage.dial('/rooms/ops/events?levels=1');
    const members = [{ memberId: 'anna', level: 20, isSpeaking: true }];
    for (const listener of bench.rooms.levelListeners) listener({ members, omitted: 0 });
    await bench.clock.advance(5);
    const levels = [{ member_id: 'anna', level: 20, speaking: true }];
    expect(reader.messages.at(-1)).toEqual({ type: 'levels', room_id: 'ops', levels, omitted: 0 });
  });

  test('who speaks is measured while anybody reads', async () => {
    const readers = [await stage.dial('/rooms/ops/events'), await stage.dial('/rooms/ops/events')];
    expect(bench.rooms.levelListeners.size).toBe(1);
    for (const { socket } of readers) socket.close(1000, '');
    await bench.clock.advance(5);
    expect(bench.rooms.levelListeners.size).toBe(0);
  });

  test('§7.4.1 1000 some seconds after the room is over, with what is told of late', async () => {
    const reader = await stage.dial('/rooms/ops/events');
    bench.rooms.close(ops);
    await bench.clock.advance(9000);
    bench.rooms.events.emit(ops, { type: 'recording_stopped', recording_id: 'r', reason: 'gone' });
    await bench.clock.advance(900);
    expect([reader.seqs, reader.isClosed]).toEqual([[1, 2, 3], false]);
    await bench.clock.advance(200);
    expect([reader.messages.at(-1), reader.closed]).toEqual([{ type: 'end' }, [1000, 'the room is over']]);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers_dropped_total: 0 });
  });

  test('§7.4.1 1001 when the gateway stops; nobody is let in then', async () => {
    const reader = await stage.dial('/rooms/ops/events');
    bench.readers.close();
    await bench.clock.advance(5);
    expect(reader.closed).toEqual([1001, 'the gateway is shutting down']);
    expect(await stage.refusal('/rooms/ops/events')).toEqual([503, 'DRAINING']);
  });
});

describe('GET /events as a WebSocket', () => {
  test('tells of all rooms from now on', async () => {
    const reader = await stage.dial('/events');
    bench.rooms.create({ room_id: 'other' });
    bench.rooms.enter('other', memberOf('ben'));
    say('anna');
    await bench.clock.advance(5);
    expect(reader.messages).toMatchObject([
      { type: 'opened' },
      { room_id: 'other', seq: 1, type: 'room_started' },
      { room_id: 'other', seq: 2, type: 'member_joined' },
      { room_id: 'ops', seq: 2, type: 'active_speaker' },
    ]);
    expect(bench.rooms.levelListeners.size).toBe(2);
  });
});

describe('a reader', () => {
  /** Nothing of what is sent to the n-th reader leaves its socket from now on. */
  const clog = (at: number): void => {
    stage.ends[at]!.queuedBytes = 100_000;
  };

  test('that is slow loses nothing while the log has it', async () => {
    const reader = await stage.dial('/rooms/ops/events');
    clog(0);
    say('a', 'b');
    await bench.clock.advance(20_000);
    expect(reader.seqs).toEqual([1]);
    stage.ends[0]!.queuedBytes = 0;
    await bench.clock.advance(60);
    expect(reader.seqs).toEqual([1, 2, 3]);
  });

  test('for whom something waits 30 s is closed with 1008, and counted; another one reads on', async () => {
    const [slow, other] = [await stage.dial('/events'), await stage.dial('/rooms/ops/events')];
    clog(0);
    say('a');
    await bench.clock.advance(29_900);
    expect(slow.isClosed).toBe(false);
    await bench.clock.advance(200);
    expect(slow.closed).toEqual([1008, 'too slow']);
    expect([other.seqs, other.isClosed]).toEqual([[1, 2], false]);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers: 1, room_event_readers_dropped_total: 1 });
  });

  test('of a room for whom events are gone before it took them, and one of all rooms for whom 1000 wait: 1008', async () => {
    await begin({ events: 5 });
    const readers = [await stage.dial('/rooms/ops/events'), await stage.dial('/events')];
    clog(0);
    clog(1);
    for (let at = 0; at < 1001; at += 1) say(String(at));
    stage.ends[0]!.queuedBytes = 0;
    await bench.clock.advance(100);
    expect(readers.map(({ closed }) => closed)).toEqual([
      [1008, 'too slow'],
      [1008, 'too slow'],
    ]);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers_dropped_total: 2 });
  });

  test('§5.5.2 is pinged each 15 s; who does not answer until the next one is closed with 1008, and counted', async () => {
    const [well, dead] = [await stage.dial('/rooms/ops/events'), await stage.dial('/rooms/ops/events')];
    dead.socket.answersPings = false;
    await bench.clock.advance(29_000);
    expect([well.socket.pings, dead.socket.pings, dead.isClosed]).toEqual([1, 1, false]);
    await bench.clock.advance(1100);
    expect([well.isClosed, dead.closed]).toEqual([false, [1008, 'too slow']]);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers: 1, room_event_readers_dropped_total: 1 });
  });

  test.each([
    ['text', '{"type":"subscribe"}', 1003, 'nothing is read here'],
    ['garbage', '\u0000\uffff}{', 1003, 'nothing is read here'],
    ['nothing', '', 1003, 'nothing is read here'],
    ['too much', 'x'.repeat(1025), 1009, 'too big'],
  ])('that says %s is closed', async (_what, said, code, reason) => {
    const reader = await stage.dial('/rooms/ops/events');
    reader.socket.send(Buffer.from(said), true);
    await bench.clock.advance(5);
    expect(reader.closed).toEqual([code, reason]);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers: 0, room_event_readers_dropped_total: 0 });
  });

  test('that goes in its own way is forgotten', async () => {
    const readers = [await stage.dial('/rooms/ops/events'), await stage.dial('/events')];
    readers[0]!.socket.close(1000, '');
    readers[1]!.socket.destroy();
    await bench.clock.advance(5);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers: 0, room_event_readers_dropped_total: 0 });
  });
});

describe('who is let in', () => {
  const roomTokens = {
    verify: (token: string) => {
      if (token === 'old') return 'expired' as const;
      return token === 'mine' ? { roomId: 'ops', isGuest: false, owns: (id: string) => id === 'anna' } : null;
    },
  };
  const secured = { options: { roomTokens, apiSecret: 's3cret', apiAllow: [] } };
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const page = { origin: 'https://page.example' };
  const path = '/rooms/ops/events';

  test.each([
    ['an unknown room', '/rooms/nobody/events', {}, 404, 'ROOM_NOT_FOUND'],
    ['a name that is badly escaped', '/rooms/%zz/events', {}, 404, 'ROOM_NOT_FOUND'],
    ['another path', '/rooms/ops', {}, 404, 'no WebSocket is served here'],
    ['a path below it', `${path}/x`, {}, 404, 'no WebSocket is served here'],
    ['another subprotocol', path, { protocols: ['mqtt'] }, 400, 'the subprotocol is hookline.events, or none'],
    ['a number that is none', `${path}?after=x`, {}, 400, /^BAD_REQUEST: after: /],
    ['a web page without a token', path, page, 403, 'FORBIDDEN: web pages need a token of this room'],
    ['a web page, of all rooms', '/events', page, 403, 'FORBIDDEN: web pages need a token of this room'],
  ])('%s is refused', async (_what, asked, how, status, text) => {
    expect(await stage.refusal(asked, how)).toEqual([status, expect.stringMatching(text)]);
    expect(stage.door.counters).toEqual({ room_event_handshakes_refused_total: 1 });
  });

  test.each([
    ['nothing', path, {}, 401, 'UNAUTHORIZED'],
    ['a wrong secret', path, bearer('wrong'), 401, 'UNAUTHORIZED'],
    ['a token that is none', `${path}?token=x`, {}, 401, 'INVALID_TOKEN'],
    ['a token that has expired', `${path}?token=old`, page, 401, 'TOKEN_EXPIRED'],
    ['the same as Bearer', path, bearer('old'), 401, 'TOKEN_EXPIRED'],
    ['a token of another room', '/rooms/other/events?token=mine', page, 403, 'FORBIDDEN: not with this token'],
    ['a token, for all rooms', '/events?token=mine', page, 403, 'FORBIDDEN: not with this token'],
  ])('%s is refused where a secret is set', async (_what, asked, how, status, text) => {
    await begin(secured);
    bench.rooms.create({ room_id: 'other' });
    expect(await stage.refusal(asked, how)).toEqual([status, text]);
  });

  test('the secret reads all; a token its own room, a page too, without the keys of others', async () => {
    await begin(secured);
    for (const id of ['anna', 'ben']) {
      bench.rooms.events.emit(ops, { type: 'dtmf', member_id: id, peer: id, digit: '5', action: null });
    }
    expect((await stage.dial(path, bearer('s3cret'))).seqs).toEqual([1, 2, 3]);
    expect((await stage.dial('/events', bearer('s3cret'))).messages).toEqual([{ type: 'opened' }]);
    const theirs = [await stage.dial(path, bearer('mine')), await stage.dial(`${path}?token=mine`, page)];
    expect(theirs.map(({ seqs }) => seqs)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    for (let at = 0; at < 300; at += 1) {
      bench.rooms.events.emit(ops, { type: 'dtmf', member_id: 'ben', peer: 'ben', digit: '5', action: null });
    }
    say('anna');
    const late = await stage.dial(`${path}?after=3&token=mine`, page);
    expect(late.seqs).toEqual([304]);
  });

  test('by the subprotocol hookline.events, or with none', async () => {
    expect((await stage.dial(path, { protocols: ['x', 'hookline.events'] })).seqs).toEqual([1]);
  });

  test('of more readers than may be, the newcomer is 429', async () => {
    await begin({ readers: { readers: 1 } });
    await stage.dial('/events');
    expect(await stage.refusal(path)).toEqual([429, 'TOO_MANY_REQUESTS: too many readers of events']);
    expect((await bench.request('GET', path, undefined, { accept: 'text/event-stream' })).status).toBe(429);
    expect(bench.readers.counters()).toMatchObject({ room_event_readers: 1, room_event_readers_refused_total: 2 });
  });
});
