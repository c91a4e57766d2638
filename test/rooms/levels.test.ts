import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import type { LevelReport } from '../../rooms/levels.js';
import { plainMember } from '../../rooms/seat.js';
import { Floor, noiseLine, nothing, toneLine } from '../support/room-floor.js';

const reporting = { ...plainMember, reportsLevel: true };

interface Told {
  readonly beat: number;
  readonly omitted: number;
  readonly members: [LegId, number, boolean][];
}

function watched(): { floor: Floor; told: Told[]; lent: Set<LevelReport> } {
  const told: Told[] = [];
  const lent = new Set<LevelReport>();
  const onLevels = (report: LevelReport): void => {
    lent.add(report);
    const { beat, omitted, legIds, levels, speaking } = report;
    told.push({ beat, omitted, members: legIds.map((legId, i) => [legId, levels[i]!, speaking[i]!]) });
  };
  return { floor: new Floor({ onLevels }), told, lent };
}

describe('levels of a room', () => {
  test('RFC 6464 §3 each 100 ms, in −dBov, of all who make a sound; speakers first', () => {
    const { floor, told, lent } = watched();
    floor.joinMany(6, () => nothing);
    floor.join(noiseLine(-55, 1));
    floor.join(toneLine(500, 32_767));
    floor.join(toneLine(700, 3276.7));
    floor.runMs(3000);
    floor.room.watchLevels(true);
    floor.runMs(1000);
    expect(told).toHaveLength(10);
    for (const { members } of told)
      expect(members).toEqual([
        ['m7', 3, true],
        ['m8', 23, true],
        ['m6', 55, false],
      ]);
    expect(told.map(({ beat }) => beat)).toEqual(Array.from({ length: 10 }, (_, i) => 155 + i * 5));
    // One report, used again and again.
    expect(lent.size).toBe(1);
  });

  test('nobody is told before it was asked for, nor after', () => {
    const { floor, told } = watched();
    floor.joinMany(3, () => toneLine(500, 3000));
    floor.runMs(1000);
    floor.room.watchLevels(true);
    floor.runMs(100);
    floor.room.watchLevels(false);
    floor.runMs(1000);
    expect(told).toHaveLength(1);
  });

  test('of one member alone, silent or not; in a room of any size', () => {
    const { floor, told } = watched();
    const [asked] = floor.joinMany(3, () => toneLine(500, 3276.7));
    floor.room.set(asked!.legId, reporting);
    floor.runMs(100);
    asked!.line = nothing;
    floor.runMs(500);
    floor.room.remove(asked!.legId);
    floor.runMs(500);
    expect(told.map(({ members }) => members)).toEqual([
      [['m0', 23, true]],
      // 300 ms of hangover.
      [['m0', 127, true]],
      [['m0', 127, true]],
      [['m0', 127, true]],
      [['m0', 127, false]],
      [['m0', 127, false]],
    ]);
  });

  test('who is muted has a level and does not speak', () => {
    const { floor, told } = watched();
    const [muted] = floor.joinMany(2, () => toneLine(500, 3276.7));
    floor.room.set(muted!.legId, { ...plainMember, isMuted: true });
    floor.room.watchLevels(true);
    floor.runMs(100);
    expect(told[0]!.members).toEqual([
      ['m1', 23, true],
      ['m0', 23, false],
    ]);
  });

  test('of more than 500 who make a sound the speakers are told of, and how many are left out', () => {
    const { floor, told } = watched();
    floor.joinMany(600, (index) => (index % 100 === 99 ? toneLine(500, 3000) : () => 1));
    floor.room.watchLevels(true);
    floor.runMs(100);
    expect(told[0]!.omitted).toBe(100);
    expect(told[0]!.members.filter(([, , speaks]) => speaks).map(([legId]) => legId)).toEqual([
      'm99',
      'm199',
      'm299',
      'm399',
      'm499',
      'm599',
    ]);
  });
});
