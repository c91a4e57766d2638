import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { type MemberSettings, plainMember } from '../../rooms/seat.js';
import { slopeOf, steepest } from '../support/clicks.js';
import { Floor, type FloorMember, type Line, nothing, rmsDb, spoken, toneLine } from '../support/room-floor.js';

const AMPLITUDE = 8000;
const voice = toneLine(200, AMPLITUDE);
/** Of that voice, and what a fade of 5 ms adds. */
const clean = slopeOf(200, AMPLITUDE) + AMPLITUDE / 40;
const ids = (...members: readonly FloorMember[]): ReadonlySet<LegId> => new Set(members.map(({ legId }) => legId));

/** The voice, from a moment on which it is loud. */
function inMidst(line: (at: number) => number): Line {
  return (at) => line(at + 10);
}

function set(floor: Floor, member: FloorMember, change: Partial<MemberSettings>): void {
  floor.room.set(member.legId, { ...plainMember, ...change });
}

describe('who goes while it speaks', () => {
  test.each([3, 12])('in a room of %i fades within 5 ms for all others, and is gone then', (members) => {
    const floor = new Floor();
    const others = floor.joinMany(members - 1, () => nothing);
    const speaker = floor.join(inMidst(voice));
    floor.runMs(210);
    floor.room.remove(speaker.legId);
    expect(floor.room.size).toBe(members - 1);
    floor.runMs(200);
    for (const other of others) {
      expect(steepest(other.between(20, 410))).toBeLessThan(clean);
      // It is heard to fade, and not the beat after.
      expect(rmsDb(other.between(220, 225))).toBeGreaterThan(-30);
      expect(rmsDb(other.between(225, 410))).toBe(Number.NEGATIVE_INFINITY);
    }
  });

  test('goes on in the tone it had, also where that does not fit the beat', () => {
    for (const hz of [90, 130, 317, 440, 1000, 2130]) {
      const floor = new Floor();
      const listener = floor.join(nothing);
      const speaker = floor.join(inMidst(toneLine(hz, AMPLITUDE)));
      floor.runMs(100);
      floor.room.remove(speaker.legId);
      floor.runMs(100);
      const heard = listener.between(0, 200).slice(1);
      expect([hz, steepest(heard) < 1.15 * slopeOf(hz, AMPLITUDE) + AMPLITUDE / 40]).toEqual([hz, true]);
    }
  });

  test('is a whisper to those alone whom it was for, to its end', () => {
    const floor = new Floor();
    const [one, two, three] = floor.joinMany(3, () => nothing) as [FloorMember, FloorMember, FloorMember];
    const coach = floor.join(inMidst(voice));
    floor.room.setHearing(coach.legId, { heardBy: ids(one), hears: null });
    floor.room.setHearing(three.legId, { heardBy: null, hears: ids(coach) });
    floor.runMs(200);
    floor.room.remove(coach.legId);
    floor.runMs(100);
    expect(steepest(one.between(20, 300))).toBeLessThan(clean);
    expect(rmsDb(one.between(200, 205))).toBeGreaterThan(-30);
    expect(rmsDb(two.between(0, 300))).toBe(Number.NEGATIVE_INFINITY);
    // Not on its list of who hears it, though it listens to nobody else.
    expect(rmsDb(three.between(0, 300))).toBe(Number.NEGATIVE_INFINITY);
  });

  test('and is the only one that somebody hears fades for that one too', () => {
    const floor = new Floor();
    const speaker = floor.join(inMidst(voice));
    const [one] = floor.joinMany(2, () => nothing) as [FloorMember];
    floor.room.setHearing(one.legId, { heardBy: null, hears: ids(speaker) });
    floor.runMs(200);
    floor.room.remove(speaker.legId);
    floor.runMs(100);
    expect(steepest(one.between(20, 300))).toBeLessThan(clean);
    expect(rmsDb(one.between(205, 300))).toBe(Number.NEGATIVE_INFINITY);
  });

  test('is told of no more, and may come again on the same beat', () => {
    const told: string[][] = [];
    const floor = new Floor({ onLevels: ({ legIds }) => told.push([...legIds]) });
    const listener = floor.join(nothing);
    const speaker = floor.join(inMidst(voice));
    floor.room.watchLevels(true);
    floor.runMs(160);
    floor.room.remove(speaker.legId);
    expect(floor.room.remove(speaker.legId)).toBe(false);
    expect(floor.room.set(speaker.legId, plainMember)).toBe(false);
    floor.runMs(100);
    expect(told).toEqual([['m1'], []]);
    floor.room.add(speaker);
    floor.runMs(100);
    floor.room.remove(speaker.legId);
    floor.room.add(speaker);
    expect(floor.room.size).toBe(2);
    set(floor, speaker, { gainDb: -60 });
    floor.runMs(100);
    expect(rmsDb(listener.between(380, 460))).toBeLessThan(-70);
  });

  test('a thousand that come and go leave nothing, whatever they were in', () => {
    const floor = new Floor();
    const listener = floor.join(nothing);
    for (let i = 0; i < 1000; i += 1) {
      const guest = floor.join(inMidst(voice));
      if (i % 3 === 0) floor.room.setHearing(guest.legId, { heardBy: ids(listener), hears: null });
      if (i % 5 === 0) set(floor, guest, { agc: true });
      if (i % 7 > 0) floor.runMs(20 * (i % 3));
      floor.room.remove(guest.legId);
      if (i % 2 === 0) floor.runMs(20);
    }
    floor.runMs(60);
    expect(floor.room.size).toBe(1);
    expect(rmsDb(Int16Array.from(listener.heard.slice(-320)))).toBe(Number.NEGATIVE_INFINITY);
    const last = floor.join(nothing);
    floor.runMs(40);
    // Nobody has a mix of its own any more, and no rule is left.
    expect(last.sharedBeats).toBe(2);
  });
});

describe('who comes and speaks already', () => {
  test.each([3, 12])('in a room of %i is heard within 7 ms, without a click', (members) => {
    const floor = new Floor();
    const others = floor.joinMany(members - 1, () => nothing);
    floor.runMs(100);
    const speaker = floor.join(inMidst(voice));
    floor.runMs(100);
    for (const other of others) {
      expect(steepest(other.between(0, 200))).toBeLessThan(clean);
      expect(other.between(107, 200)).toEqual(spoken((at) => inMidst(voice)(at)!, 7, 100));
    }
    expect(speaker.between(0, 100).every((sample) => sample === 0)).toBe(true);
  });

  test('the same where its first sound comes later than itself', () => {
    const floor = new Floor();
    const listener = floor.join(nothing);
    floor.runMs(40);
    floor.join((at) => (at < 800 ? null : voice(at + 10)));
    floor.runMs(200);
    expect(steepest(listener.between(0, 240))).toBeLessThan(clean);
    expect(rmsDb(listener.between(145, 240))).toBeGreaterThan(-16);
  });
});

describe('a voice so quiet that it is left out where nobody hears it', () => {
  const quiet = toneLine(1000, 50);
  const own = slopeOf(1000, 50) + 2;

  test('is muted and unmuted without a click', () => {
    const floor = new Floor();
    const listener = floor.join(nothing);
    const speaker = floor.join(inMidst((at) => quiet(at + 1)));
    speaker.background = () => true;
    floor.runMs(100);
    set(floor, speaker, { isMuted: true });
    floor.runMs(100);
    set(floor, speaker, {});
    floor.runMs(100);
    expect(steepest(listener.between(0, 300).slice(1))).toBeLessThan(own);
    expect(speaker.unheard).toEqual([...Array(6).fill(false), ...Array(4).fill(true), ...Array(5).fill(false)]);
  });

  test('fades when the room grows so large that it is left out', () => {
    const floor = new Floor();
    const [listener] = floor.joinMany(5, () => nothing) as [FloorMember];
    const speaker = floor.join(inMidst((at) => quiet(at + 1)));
    speaker.background = () => true;
    floor.runMs(100);
    floor.joinMany(3, () => nothing);
    floor.runMs(100);
    expect(steepest(listener.between(0, 200).slice(1))).toBeLessThan(own);
    expect(rmsDb(listener.between(120, 200))).toBe(Number.NEGATIVE_INFINITY);
  });
});
