import { describe, expect, test } from 'vitest';
import { delayBefore, GIVE_UP_MS, keepTrying, MOST_MS } from '../../../console/join/backoff.js';
import { endingIn, isFinal, isLoss, isOpenQuestion } from '../../../console/join/endings.js';
import { iceServersIn } from '../../../console/join/ice-servers.js';
import { applied, comings, ordered, type Person, stateOf, whereOf } from '../../../console/join/people.js';
import { EventParser } from '../../../console/join/sse.js';
import { blindnessOf, isAboutMicrophone, problemOf, silenceOf, stillMuted } from '../../../console/join/words.js';

describe('how the page /join waits between tries', () => {
  test('1, 2, 4, 8 and then 15 seconds, or up to a fifth less', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map((tries) => delayBefore(tries, 0))).toEqual([
      ...[1000, 2000, 4000, 8000],
      ...[MOST_MS, MOST_MS, MOST_MS],
    ]);
    expect(delayBefore(1, 1)).toBe(800);
  });

  /** Tries against a clock that only waiting moves. */
  async function trying(attempt: (tries: number) => Promise<void>, isStopped = (_waits: number) => false) {
    let nowMs = 0;
    let tries = 0;
    const waits: number[] = [];
    const error = await keepTrying({
      attempt: () => {
        tries += 1;
        return attempt(tries);
      },
      isFinal: (refusal) => isFinal(refusal as object),
      wait: async (delayMs) => {
        nowMs += delayMs;
        return !isStopped(waits.length);
      },
      nowMs: () => nowMs,
      chance: () => 0,
      onWait: (delayMs) => waits.push(delayMs),
    });
    return { error, tries, waits, nowMs };
  }

  const offline = async (): Promise<void> => {
    throw { code: 'OFFLINE', status: 0 };
  };

  test('at once first, and until it works', async () => {
    const { error, tries, waits } = await trying((count) => (count < 4 ? offline() : Promise.resolve()));
    expect([error, tries, waits]).toEqual([null, 4, [1000, 2000, 4000]]);
  });

  test('for some minutes', async () => {
    const { error, nowMs } = await trying(offline);
    expect(error).toEqual({ code: 'CONNECTION_LOST' });
    expect(nowMs).toBeLessThanOrEqual(GIVE_UP_MS);
    expect(nowMs).toBeGreaterThan(GIVE_UP_MS - MOST_MS);
  });

  test('no more once it is refused for good, or stopped', async () => {
    const locked = { code: 'ROOM_LOCKED', status: 409 };
    const refused = await trying((count) => (count < 3 ? offline() : Promise.reject(locked)));
    expect([refused.error, refused.tries]).toEqual([locked, 3]);
    const stopped = await trying(offline, (waits) => waits === 2);
    expect([stopped.error, stopped.tries]).toEqual([null, 2]);
  });
});

describe('what became of a member', () => {
  const left = (cause: string, more: object = {}) => ({
    type: 'member_left',
    member_id: 'me',
    peer: 'Anna',
    cause,
    ...more,
  });
  const ended = (reason: string) => ({ type: 'room_ended', reason });

  test.each([
    ['nothing', [{ type: 'member_left', member_id: 'you', cause: 'kicked' }], null],
    ['kicked', [left('kicked', { reason: 'Noise' })], { cause: 'kicked', reason: 'Noise', movedTo: null, room: null }],
    ['moved', [left('moved', { moved_to: 'aside' })], { cause: 'moved', reason: '', movedTo: 'aside', room: null }],
    ['moved and back', [left('moved'), { type: 'member_joined', member: { member_id: 'me' } }], null],
    [
      'closed',
      [left('room-closed'), ended('closed')],
      { cause: 'room-closed', reason: '', movedTo: null, room: 'closed' },
    ],
    ['only the room’s end', [ended('expired')], { cause: 'room-closed', reason: '', movedTo: null, room: 'expired' }],
  ])('%s', (_, events, ending) => {
    expect(endingIn(events, 'me')).toEqual(ending);
  });

  test('who was lost comes back, who was sent away does not, and of a closing room it is asked why', () => {
    const of = (cause: string, room: string | null = null) => ({ cause, room });
    const losses = [of('failed'), of('room-closed', 'drained'), of('room-closed', 'lost')];
    const ends = [of('kicked'), of('replaced'), of('left'), of('room-closed', 'closed'), of('room-closed', 'expired')];
    expect(losses.map(isLoss)).toEqual([true, true, true]);
    expect(ends.map(isLoss)).toEqual([false, false, false, false, false]);
    expect([of('room-closed'), of('room-closed', 'closed'), of('kicked')].map(isOpenQuestion)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('a refusal for good is told from one that passes', () => {
    const codes = ['TOKEN_EXPIRED', 'ROOM_LOCKED', 'LEFT', 'ROOM_FULL', 'DRAINING', 'OFFLINE', 'NO_WAY'];
    expect(codes.map((code) => isFinal({ code }))).toEqual([true, true, true, false, false, false, false]);
    expect(isFinal({ code: 'SOMETHING', status: 403 })).toBe(true);
  });
});

describe('HTML §9.2.6 server-sent events', () => {
  test('in whatever pieces they come', () => {
    const text =
      ': hello\r\n\r\nid: 1-1\nevent: a\ndata: {"x":\ndata: 1}\n\nid: 1-2\r\nevent: b\r\ndata:2\r\n\r\ndata: 3\n\n';
    const wanted = [
      { id: '1-1', type: 'a', data: '{"x":\n1}' },
      { id: '1-2', type: 'b', data: '2' },
      { id: '1-2', type: 'message', data: '3' },
    ];
    for (const size of [1, 7, text.length]) {
      const parser = new EventParser();
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      // A blank line that is cut in two is still one.
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(wanted);
    }
  });

  test('each has its own id, also where many come at once: what is asked after one must not leave out the next', () => {
    const events = new EventParser().push('id: 1-1\ndata: a\n\nid: 1-2\ndata: b\n\n');
    expect(events.map(({ id }) => id)).toEqual(['1-1', '1-2']);
  });
});

describe('who is in the room', () => {
  const person = (member_id: string, more: Partial<Person> = {}): Person => ({
    ...{ member_id, peer: member_id.toUpperCase(), device: 'browser', role: 'member', place: 'room' },
    ...{ muted: false, speaking: false, ...more },
  });
  const room = new Map([person('me'), person('b')].map((one) => [one.member_id, one]));

  test('by its events', () => {
    const joined = applied(room, { type: 'member_joined', member: person('c') });
    expect([...joined.keys()]).toEqual(['me', 'b', 'c']);
    expect(comings(room, joined, 'me')).toEqual(['C joined']);
    const gone = applied(joined, { type: 'member_left', member_id: 'b' });
    expect(comings(joined, gone, 'me')).toEqual(['B left']);
    expect(applied(room, { type: 'speaking_started', member_id: 'b' }).get('b')?.speaking).toBe(true);
    expect(applied(room, { type: 'speaking_started', member_id: 'nobody' })).toEqual(room);
    expect(applied(room, { type: 'member_updated', member: person('b', { muted: true }) }).get('b')?.muted).toBe(true);
    expect(comings(room, applied(room, { type: 'member_left', member_id: 'me' }), 'me')).toEqual([]);
  });

  test('oneself first, and in words', () => {
    expect(ordered([person('c'), person('b'), person('me')], 'me').map(({ member_id }) => member_id)).toEqual([
      'me',
      'b',
      'c',
    ]);
    expect(whereOf(person('b', { role: 'host' }))).toBe('browser, host');
    expect(whereOf(person('b', { place: 'lobby' }))).toBe('waits to be let in');
    expect(whereOf(person('b', { place: 'pin' }))).toBe('is asked for the PIN');
    const states = [{ muted: true }, { muted: true, muted_by: 'host' }, { held: true }, { speaking: true }, {}];
    expect(states.map((state) => stateOf(person('b', state)))).toEqual([
      ...['muted', 'muted by a host', 'on hold', 'speaking', ''],
    ]);
  });
});

describe('what a person reads', () => {
  test('the advice fits the ending', () => {
    const said = (cause: string, reason = '') => problemOf({ code: 'LEFT', cause, reason }).join(' ');
    expect(said('kicked', 'Too loud')).toContain('The reason: Too loud');
    for (const cause of ['kicked', 'room-closed', 'room-expired']) expect(said(cause)).not.toMatch(/press join/i);
    for (const cause of ['replaced', 'left', 'lobby-timeout', 'unknown']) expect(said(cause)).toMatch(/press join/i);
  });

  test('without a microphone one can listen, and reads how to allow it', () => {
    expect(isAboutMicrophone({ name: 'NotAllowedError' })).toBe(true);
    expect(isAboutMicrophone({ code: 'OFFLINE', name: 'Error' })).toBe(false);
    expect(silenceOf({ name: 'NotAllowedError' })).toContain('allow it');
    expect(silenceOf(null)).toBe('You are listening without a microphone.');
  });

  test('what nobody has words for is told as it is', () => {
    expect(problemOf({ code: 'SOMETHING' })).toEqual(['That did not work.', 'The server said: SOMETHING.']);
    expect(stillMuted({ code: 'SOMETHING' })).toBe('Unmuting did not work');
    expect(blindnessOf({ code: 'SOMETHING' })).toContain('You still hear it');
  });
});

test('RFC 9725 §4.5 ICE servers out of the Link header', () => {
  const header =
    '<stun:stun.test>; rel="ice-server", <turn:turn.test?transport=udp>; rel="ice-server"; username="u"; credential="p\\"w"';
  expect(iceServersIn(header)).toEqual([
    { urls: 'stun:stun.test' },
    { urls: 'turn:turn.test?transport=udp', username: 'u', credential: 'p"w' },
  ]);
  expect(iceServersIn(null)).toEqual([]);
});
