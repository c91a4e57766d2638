import { describe, expect, test } from 'vitest';
import { type MemberSettings, plainMember } from '../../rooms/seat.js';
import { Floor, type FloorMember, nothing, rmsDb, spoken, sumOf, toneLine } from '../support/room-floor.js';

const anna = toneLine(500, 3000);
const bob = toneLine(800, 3000);

function set(floor: Floor, member: FloorMember, change: Partial<MemberSettings>): void {
  expect(floor.room.set(member.legId, { ...plainMember, ...change })).toBe(true);
}

/** Anna and Bob speak, Clara listens. */
function threesome(): { floor: Floor; members: [FloorMember, FloorMember, FloorMember] } {
  const floor = new Floor();
  return { floor, members: [floor.join(anna), floor.join(bob), floor.join(nothing)] };
}

/** The largest jump from one sample to the next. */
function worstStep(samples: Int16Array): number {
  let worst = 0;
  for (let i = 1; i < samples.length; i += 1) worst = Math.max(worst, Math.abs(samples[i]! - samples[i - 1]!));
  return worst;
}

/** Of a tone of 3000 at 800 Hz, and of one at 500 Hz as well. */
const ownStep = 2 * Math.PI * (800 / 8000) * 3000;
const bothSteps = ownStep + 2 * Math.PI * (500 / 8000) * 3000;

describe('one member of a room', () => {
  test('muted it is not heard, and hears the others; it goes and comes back without a click', () => {
    const { floor, members } = threesome();
    floor.runMs(200);
    set(floor, members[0], { isMuted: true });
    floor.runMs(200);
    set(floor, members[0], {});
    floor.runMs(200);
    const [heardByAnna, , clara] = members.map((member) => member.between(0, 600));
    expect(clara!.slice(205 * 8, 400 * 8)).toEqual(spoken(bob, 205, 400));
    expect(clara!.slice(405 * 8)).toEqual(spoken(sumOf(rounded(anna), rounded(bob)), 405, 600));
    expect(worstStep(clara!)).toBeLessThan(bothSteps * 1.1);
    expect(heardByAnna).toEqual(spoken(bob, 0, 600));
  });

  test('muted it hears what all listeners hear, made once', () => {
    const { floor, members } = threesome();
    set(floor, members[0], { isMuted: true });
    floor.runMs(200);
    expect(members.map((member) => member.sharedBeats)).toEqual([10, 0, 10]);
    expect(members[2].between(0, 200)).toEqual(spoken(bob, 0, 200));
  });

  test('deaf it hears nothing and is heard; there is no click where it begins and ends', () => {
    const { floor, members } = threesome();
    floor.runMs(200);
    set(floor, members[2], { isDeaf: true });
    set(floor, members[1], { isDeaf: true });
    floor.runMs(200);
    set(floor, members[2], {});
    floor.runMs(200);
    const clara = members[2].between(0, 600);
    expect(clara.slice(205 * 8, 400 * 8).every((sample) => sample === 0)).toBe(true);
    expect(clara.slice(420 * 8)).toEqual(spoken(sumOf(rounded(anna), rounded(bob)), 420, 600));
    expect(worstStep(clara)).toBeLessThan(bothSteps * 1.1);
    expect(worstStep(members[1].between(0, 600))).toBeLessThan(ownStep);
    expect(members[1].between(205, 600).every((sample) => sample === 0)).toBe(true);
    expect(members[0].between(0, 600)).toEqual(spoken(bob, 0, 600));
    // Back with all others, once it hears what they hear.
    expect(members[2].sharedBeats).toBe(10 + 9);
  });

  test.each([-12, 6])(
    'its gain of %i dB is for all who hear it, never for itself, and comes in over one beat',
    (gainDb) => {
      const { floor, members } = threesome();
      floor.runMs(200);
      set(floor, members[0], { gainDb });
      floor.runMs(200);
      const gain = 10 ** (gainDb / 20);
      expect(members[2].between(220, 400)).toEqual(spoken(sumOf(scaled(anna, gain), rounded(bob)), 220, 400));
      expect(members[1].between(220, 400)).toEqual(spoken(scaled(anna, gain), 220, 400));
      expect(members[0].between(0, 400)).toEqual(spoken(bob, 0, 400));
      expect(worstStep(members[1].between(0, 400))).toBeLessThan(ownStep * Math.max(1, gain));
    },
  );

  test('its listening gain is for itself alone', () => {
    const { floor, members } = threesome();
    set(floor, members[2], { listenGainDb: -6 });
    floor.runMs(200);
    const both = sumOf(rounded(anna), rounded(bob));
    expect(members[2].between(0, 200)).toEqual(spoken(scaled(both, 10 ** (-6 / 20)), 0, 200));
    expect(members[0].between(0, 200)).toEqual(spoken(bob, 0, 200));
  });

  test('what a gain lifts above full scale is limited, not clipped', () => {
    const floor = new Floor();
    const loud = floor.join(toneLine(500, 20_000));
    const listener = floor.join(nothing);
    set(floor, loud, { gainDb: 20 });
    floor.runMs(1000);
    const samples = listener.between(200, 1000);
    expect(rmsDb(samples)).toBeCloseTo(-3, 0);
    // A clipped sine would stay at its top.
    const atTop = samples.filter((sample, i) => i > 0 && Math.abs(sample) > 32_000 && sample === samples[i - 1]).length;
    expect(atTop).toBe(0);
  });

  test('what is set before its first beat holds from its first sample; gains are held to −60 … 20 dB', () => {
    const { floor, members } = threesome();
    set(floor, members[0], { isMuted: true });
    set(floor, members[1], { gainDb: -1000 });
    floor.runMs(20);
    expect(members[2].between(0, 20)).toEqual(spoken(scaled(bob, 0.001), 0, 20));
  });

  test('a room does not know who is not in it', () => {
    const { floor, members } = threesome();
    floor.room.remove(members[0].legId);
    expect(floor.room.set(members[0].legId, plainMember)).toBe(false);
  });
});

function rounded(line: (at: number) => number): (at: number) => number {
  return (at) => Math.round(line(at));
}

function scaled(line: (at: number) => number, gain: number): (at: number) => number {
  return (at) => Math.round(Math.round(line(at)) * gain);
}
