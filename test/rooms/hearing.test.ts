import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { plainMember } from '../../rooms/seat.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { Floor, type FloorMember, fromMs, noiseLine, rmsDb, spoken, toneLine } from '../support/room-floor.js';

const ids = (...members: readonly FloorMember[]): ReadonlySet<LegId> => new Set(members.map(({ legId }) => legId));
const everybody = { heardBy: null, hears: null };

/** Lines that are told apart exactly: whole multiples of powers of two, so that every sum says who is in it. */
function code(index: number): (at: number) => number {
  return () => 4 ** index;
}

/** Who is in what it heard last: indices of `code`. */
function inside(member: FloorMember): number[] {
  const value = member.heard.at(-1)!;
  return [0, 1, 2, 3, 4, 5].filter((index) => Math.floor(value / 4 ** index) % 4 === 1);
}

describe('who hears whom', () => {
  test('a whisper is heard by those it is for; the speaker goes on hearing all', () => {
    const floor = new Floor();
    const [a, b, c, d] = floor.joinMany(4, code) as [FloorMember, FloorMember, FloorMember, FloorMember];
    floor.runMs(100);
    floor.room.setHearing(a.legId, { heardBy: ids(c), hears: null });
    floor.runMs(100);
    expect([a, b, c, d].map(inside)).toEqual([
      [1, 2, 3],
      [2, 3],
      [0, 1, 3],
      [1, 2],
    ]);
    floor.room.setHearing(a.legId, everybody);
    floor.runMs(100);
    expect([a, b, c, d].map(inside)).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ]);
  });

  test('a side room of two: they hear each other alone, the others do not hear them', () => {
    const floor = new Floor();
    const members = floor.joinMany(5, code);
    const side = members.slice(0, 2);
    for (const member of side) floor.room.setHearing(member.legId, { heardBy: ids(...side), hears: ids(...side) });
    floor.runMs(100);
    expect(members.map(inside)).toEqual([[1], [0], [3, 4], [2, 4], [2, 3]]);
    floor.room.remove(side[1]!.legId);
    floor.runMs(40);
    expect(inside(side[0]!)).toEqual([]);
    const late = floor.join(code(5));
    floor.runMs(40);
    expect([inside(side[0]!), inside(late), inside(members[4]!)]).toEqual([[], [2, 3, 4], [2, 3, 5]]);
  });

  test('neither list overrules the other; ids that are not in the room do not count until they are', () => {
    const floor = new Floor();
    const [a, b, c] = floor.joinMany(3, code) as [FloorMember, FloorMember, FloorMember];
    floor.room.setHearing(a.legId, { heardBy: new Set([c.legId, 'm3' as LegId]), hears: null });
    floor.room.setHearing(b.legId, { heardBy: null, hears: new Set([a.legId, c.legId]) });
    floor.runMs(40);
    expect([a, b, c].map(inside)).toEqual([[1, 2], [2], [0, 1]]);
    const d = floor.join(code(3));
    floor.runMs(40);
    expect(inside(d)).toEqual([0, 1, 2]);
  });

  test('who joins with a rule is not heard by anybody else for a single sample', () => {
    const floor = new Floor();
    const [a, b] = floor.joinMany(2, () => code(0)) as [FloorMember, FloorMember];
    floor.runMs(100);
    const coach = floor.join(code(3));
    floor.room.setHearing(coach.legId, { heardBy: ids(a), hears: null });
    floor.runMs(100);
    expect(Math.max(...b.heard)).toBe(1);
    expect(a.heard.at(-1)).toBe(65);
    expect(inside(coach)).toEqual([]);
    expect(coach.heard.at(-1)).toBe(2);
  });

  test('changes are faded over 5 ms, and are no step for anybody whom they do not concern', () => {
    const floor = new Floor();
    const voice = toneLine(200, 8000);
    const members = [floor.join(() => null), floor.join(() => null), floor.join(voice)] as const;
    const [one, two, speaker] = members;
    floor.runMs(100);
    for (const heardBy of [ids(two), null, ids(one), ids(two), null]) {
      floor.room.setHearing(speaker.legId, { heardBy, hears: null });
      floor.runMs(60);
    }
    for (const hears of [ids(), ids(speaker), null]) {
      floor.room.setHearing(two.legId, { heardBy: null, hears });
      floor.runMs(60);
    }
    const steepest = (heard: readonly number[]): number =>
      heard.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (heard[i - 1] ?? 0))), 0);
    // The tone itself: 8000 · 2 sin(π · 200 / 8000) = 1256; a fade over 40 samples adds 200.
    for (const member of [one, two]) expect(steepest(member.heard)).toBeLessThan(1500);
    // From the first change on it is for `two`, who hears no seam: nor when it is for all again.
    expect(two.between(100, 220)).toEqual(spoken(voice, 100, 220));
    expect(two.between(500, 580)).toEqual(spoken(voice, 500, 580));
  });

  test('is without cost for who has no rule: all but those concerned hear the shared mix', () => {
    const floor = new Floor({ rules: { ungatedMembers: 100, mostSpeakers: 8, maxRateHz: 16_000 } });
    const [whisperer, listener, speaker] = floor.joinMany(3, (index) =>
      index === 1 ? () => null : noiseLine(-30, index + 1),
    ) as [FloorMember, FloorMember, FloorMember];
    const audience = floor.joinMany(50, () => () => null);
    floor.runMs(200);
    floor.room.setHearing(whisperer.legId, { heardBy: ids(listener), hears: null });
    floor.runMs(1000);
    for (const member of audience) expect(member.sharedBeats).toBe(60);
    // Its own voice is not in what all hear.
    expect(whisperer.sharedBeats).toBeGreaterThan(30);
    expect(speaker.sharedBeats).toBe(0);
    // The speaker is all that is left for them.
    expect(audience[0]!.between(400, 1200)).toEqual(spoken(noiseLine(-30, 3), 400, 1200));
  });

  test('one voice alone is heard whole, also where the room hears louder ones, or nothing of it', () => {
    const floor = new Floor({ rules: { ungatedMembers: 6, mostSpeakers: 2, maxRateHz: 16_000 } });
    const quiet = noiseLine(-45, 9);
    const [one, listener, other] = [floor.join(quiet), floor.join(() => null), floor.join(() => null)];
    const loud = floor.joinMany(5, (index) => fromMs(400, toneLine(300 + 100 * index, 6000)));
    floor.room.setHearing(listener.legId, { heardBy: null, hears: ids(one) });
    floor.runMs(1000);
    expect(listener.between(0, 1000)).toEqual(spoken(quiet, 0, 1000));
    expect(rmsDb(other.between(600, 1000))).toBeGreaterThan(-20);
    floor.room.set(one.legId, { ...plainMember, isMuted: true });
    floor.runMs(100);
    expect(rmsDb(listener.between(1040, 1100))).toBe(Number.NEGATIVE_INFINITY);
    expect(loud.length).toBe(5);
  });

  test('what a room is recorded as has all voices in it, whispers too', () => {
    const floor = new Floor();
    const [a, b] = floor.joinMany(3, code) as [FloorMember, FloorMember];
    const heard: number[] = [];
    floor.room.addTap({
      told: (_dueMs, frame) => heard.push(frame?.[159] ?? 0),
      toldNext: () => undefined,
      gone: () => undefined,
    });
    floor.runMs(20);
    floor.room.setHearing(a.legId, { heardBy: ids(b), hears: null });
    floor.runMs(60);
    expect(heard).toEqual([21, 21, 21, 21]);
  });
});

describe.each([
  ['in one host', 1],
  ['through a ring', 2],
])('coach, agent and caller %s', (_where, hosts) => {
  test('the caller does not hear the coach, who hears both; and so it is until the coach moves', async () => {
    const stage = new MediaStage(hosts);
    const coach = await stage.phone(500);
    const phones: StagePhone[] = [coach];
    for (const hz of [900, 1700]) phones.push(await stage.phone(hz, { roomId: 'r' }));
    for (const { leg } of phones.slice(1)) leg.join(roomId('r'), { echo: false });
    await stage.clock.advance(40);
    coach.leg.join(roomId('r'), { echo: false });
    coach.leg.setHearing({ heardBy: [phones[1]!.leg.legId], hears: null });
    await stage.clock.advance(300);
    expect(await stage.listen(phones, 500)).toEqual([[900, 1700], [500, 1700], [900]]);
    coach.leg.join(roomId('r'), { echo: false });
    await stage.clock.advance(300);
    expect(await stage.listen(phones, 500)).toEqual([
      [900, 1700],
      [500, 1700],
      [500, 900],
    ]);
    expect((await stage.report()).map(({ commandsRefused }) => commandsRefused)).toEqual(Array(hosts).fill(0));
  });
});
