import { describe, expect, test } from 'vitest';
import type { LevelReport } from '../../rooms/levels.js';
import { plainMember } from '../../rooms/seat.js';
import { Floor, fromMs, noiseLine, rmsDb, sumOf, toneLine } from '../support/room-floor.js';

const speech = toneLine(600, 6000);
const room = noiseLine(-65, 4);

describe('a member whose background nobody hears', () => {
  test('is told so while a room leaves it out, and not while it speaks nor for 300 ms after', () => {
    const floor = new Floor();
    floor.joinMany(8, () => toneLine(500, 0));
    const says = (at: number): number => (at >= 8000 && at < 16_000 ? speech(at) : 0);
    const member = floor.join(sumOf(room, says));
    floor.runMs(3000);
    const told = (beat: number): boolean => member.unheard[beat]!;
    expect(Array.from({ length: 50 }, (_, beat) => told(beat))).not.toContain(false);
    // The beat on which it begins is asked for before anybody knows.
    expect(Array.from({ length: 64 }, (_, i) => told(51 + i))).not.toContain(true);
    expect(Array.from({ length: 25 }, (_, i) => told(118 + i))).not.toContain(false);
  });

  test('is never told so in a room of up to six, where all are heard, unless it is muted', () => {
    const floor = new Floor();
    const members = floor.joinMany(6, () => room);
    floor.room.set(members[1]!.legId, { ...plainMember, isMuted: true });
    floor.runMs(1000);
    expect(members[0]!.unheard).not.toContain(true);
    expect(members[1]!.unheard).not.toContain(false);
  });

  test('what the others hear is the same whether it leaves its background out or not', () => {
    const [plain, resting] = [new Floor(), new Floor()].map((floor, index) => {
      floor.joinMany(8, () => toneLine(500, 0));
      const member = floor.join(sumOf(room, fromMs(2000, speech)));
      if (index === 1) member.background = (at) => at < 16_000;
      floor.runMs(4000);
      return floor;
    });
    const [before, after] = [plain!, resting!].map((floor) => floor.members[0]!.between(0, 4000));
    expect(resting!.members[8]!.unheard.filter((isUnheard) => isUnheard).length).toBeGreaterThan(90);
    expect(rmsDb(before!.map((sample, i) => sample - after![i]!))).toBeLessThan(-90);
    expect(rmsDb(after!)).toBeGreaterThan(-25);
  });

  test('RFC 6464 §3 its level is that of the last background that was looked at', () => {
    const levels: number[] = [];
    const floor = new Floor({ onLevels: (report: LevelReport) => levels.push(...report.levels) });
    floor.joinMany(8, () => toneLine(500, 0));
    const member = floor.join(room);
    floor.room.set(member.legId, { ...plainMember, reportsLevel: true });
    member.background = (at) => at > 4000;
    floor.runMs(2000);
    expect(levels.length).toBe(20);
    for (const level of levels) expect(Math.abs(level - 65)).toBeLessThanOrEqual(1);
  });
});
