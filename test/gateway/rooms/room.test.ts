import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { type EnterOptions, plainEntry } from '../../../gateway/rooms/door.js';
import { plainPolicy, policyOf, type RoomPolicy } from '../../../gateway/rooms/policy.js';
import { createRoom, type Room, type RoomAction, type RoomEvent, step } from '../../../gateway/rooms/room.js';

const roomId = 'r' as RoomId;

function begin(policy: Partial<RoomPolicy> = {}, isMade = false): Room {
  return createRoom(roomId, { policy: { ...plainPolicy, ...policy }, isMade, isMeeting: true }, 0)[0];
}

function enter(id: string, options: Partial<EnterOptions> = {}, isCompany = true): RoomEvent {
  const member = {
    id,
    kind: 'sip',
    device: 'phone',
    peer: id,
    identity: null,
    direction: 'in',
    extraData: null,
  } as const;
  return {
    type: 'enter',
    member: { ...member, isSpectator: false, isCompany, origin: null },
    options: { ...plainEntry, ...options },
  };
}

/** What is done after the last of the events. */
function given(room: Room, events: readonly RoomEvent[]): { room: Room; actions: readonly RoomAction[] } {
  let actions: readonly RoomAction[] = [];
  for (const event of events) [room, actions] = step(room, event, 1000);
  return { room, actions };
}

const words = (actions: readonly RoomAction[]): string[] =>
  actions.map((action) => {
    switch (action.do) {
      case 'emit':
        return `emit ${action.event.type}`;
      case 'start-timer':
      case 'stop-timer':
        return `${action.do} ${action.timer}`;
      case 'end':
        return `end ${action.id} ${action.cause}`;
      case 'play':
      case 'stop':
        return `${action.do} ${action.to ?? 'all'} ${action.slot}`;
      case 'join':
      case 'apply':
      case 'tell':
        return `${action.do} ${action.id}`;
      default:
        return action.do;
    }
  });

describe('step', () => {
  test('the state before stays as it was', () => {
    const room = begin();
    step(room, enter('a'), 0);
    expect(room.members.size).toBe(0);
  });

  test('a member of the lobby that leaves takes its timer and its sound with it', () => {
    const waits = { hasLobby: true, lobbyTimeoutMs: 5000, holdSound: 'tone:400:100' };
    const { actions } = given(begin(waits), [
      enter('host', { role: 'host' }),
      enter('a'),
      { type: 'left', id: 'a', cause: 'left' },
    ]);
    expect(words(actions)).toEqual([
      'stop-timer pin a',
      'stop-timer lobby a',
      'stop-timer keys a',
      'stop a hold',
      'stop a cue',
      'emit member_left',
    ]);
  });

  test('contract atm0s §4.4 who publishes without presence is no company: no cue, music for the other one, an idle end', () => {
    const policy = { aloneSound: 'tone:400', entrySound: 'tone:500', exitSound: 'tone:600', idleMs: 9000 };
    const radio = enter('radio', {}, false);
    const first = given(begin(policy), [radio]);
    expect(words(first.actions)).not.toContain('play all alone');
    const both = given(first.room, [enter('a')]);
    expect(words(both.actions)).toContain('play all alone');
    const back = given(both.room, [{ type: 'left', id: 'radio', cause: 'left' }, radio]);
    expect(words(back.actions)).not.toContain('stop all alone');
    expect(words(back.actions)).not.toContain('play all cue');
    const music = given(back.room, [{ type: 'heard', ids: ['radio'] }]);
    expect(words(music.actions)).toEqual(['emit speaking_started', 'emit active_speaker']);
    const talk = given(music.room, [{ type: 'heard', ids: ['radio', 'a'] }]);
    expect(words(talk.actions)).toContain('stop-timer idle');
    expect(words(given(talk.room, [{ type: 'heard', ids: ['radio'] }]).actions)).toContain('start-timer idle');
  });

  test('an event about somebody who is gone changes nothing', () => {
    const room = given(begin(), [enter('a'), enter('b')]).room;
    for (const event of [
      { type: 'digit', id: 'x', digit: '1' },
      { type: 'admit', id: 'x' },
      { type: 'update-member', id: 'x', change: { isMuted: true } },
      { type: 'timer', timer: 'lobby x' },
      { type: 'timer', timer: 'pin x' },
      { type: 'timer', timer: 'keys x' },
      { type: 'held', id: 'x', isHeld: true },
    ] as const satisfies readonly RoomEvent[]) {
      expect(step(room, event, 0)[1]).toEqual([]);
    }
  });

  test('max_age_s that is set later counts from the beginning', () => {
    const policy = policyOf({ max_age_s: 60 });
    const [, actions] = step(given(begin(), [enter('a')]).room, { type: 'update', policy }, 40_000);
    expect(actions).toContainEqual({ do: 'start-timer', timer: 'age', delayMs: 20_000 });
  });

  test('a room that ends takes nobody in and is over with its last member', () => {
    const ending = given(begin(), [enter('a'), { type: 'close', reason: 'closed', cause: 'room-closed' }]);
    expect(words(ending.actions)).toEqual(['end a room-closed']);
    const over = given(ending.room, [{ type: 'left', id: 'a', cause: 'room-closed' }]);
    expect(words(over.actions).slice(-2)).toEqual(['emit room_ended', 'finish']);
    expect(step(over.room, enter('b'), 0)).toEqual([over.room, []]);
  });
});

const ids = fc.constantFrom('a', 'b', 'c', 'd');
const anyEvent: fc.Arbitrary<RoomEvent> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(ids, fc.constantFrom('host', 'member', 'listener'), fc.boolean())
      .map(([id, role, skipsPin]) => enter(id, { role: role as EnterOptions['role'], skipsPin })),
  },
  { weight: 3, arbitrary: ids.map((id): RoomEvent => ({ type: 'left', id, cause: 'left' })) },
  fc.tuple(ids, fc.constantFrom(...'1234*#'.split(''))).map(([id, digit]): RoomEvent => ({ type: 'digit', id, digit })),
  ids.map((id): RoomEvent => ({ type: 'admit', id })),
  fc.tuple(ids, fc.boolean()).map(([id, isAway]): RoomEvent => ({ type: 'left', id, cause: 'moved', isAway })),
  ids.map((id): RoomEvent => ({ type: 'away-over', id })),
  fc.tuple(ids, fc.boolean()).map(([id, isHeld]): RoomEvent => ({ type: 'held', id, isHeld })),
  fc.subarray(['a', 'b', 'c', 'd']).map((heard): RoomEvent => ({ type: 'heard', ids: heard })),
  fc.constantFrom('age', 'idle', 'empty').map((timer): RoomEvent => ({ type: 'timer', timer: timer as 'age' })),
  fc
    .record({ isLocked: fc.boolean(), hasLobby: fc.boolean(), pin: fc.constantFrom(null, '123') })
    .map(
      (change): RoomEvent => ({ type: 'update', policy: { ...plainPolicy, ...change, menu: { '1': 'toggle_mute' } } }),
    ),
);

test('whatever happens: one end, its last word; nobody is heard who is not in; every timer of a member goes with it', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.boolean(), (events, isMade) => {
      let room = begin({ pin: '123', waitsForHost: true, endsWithHost: true, lobbyTimeoutMs: 9000 }, isMade);
      const joined = new Set<string>();
      const timers = new Set<string>();
      let ends = 0;
      for (const event of events) {
        // The service lets nobody in twice, nor into a room that ends.
        if (event.type === 'enter' && (room.phase !== 'open' || room.members.has(event.member.id))) continue;
        const [next, actions] = step(room, event, 0);
        for (const action of actions) {
          expect(ends).toBe(0);
          if (action.do === 'join') joined.add(action.id);
          if (action.do === 'start-timer') timers.add(action.timer);
          if (action.do === 'stop-timer') timers.delete(action.timer);
          if (action.do === 'finish') ends += 1;
        }
        if (event.type === 'left') joined.delete(event.id);
        room = next;
        const inRoom = [...room.members.values()].filter(({ place }) => place === 'room').map(({ id }) => id);
        expect([...joined].toSorted()).toEqual(inRoom.toSorted());
        for (const timer of timers) {
          const [, id] = timer.split(' ');
          if (id !== undefined) expect(room.members.has(id)).toBe(true);
        }
      }
      expect(room.phase === 'over').toBe(ends === 1);
    }),
  );
});
