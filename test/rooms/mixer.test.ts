import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LegId, RoomId } from '../../base/ids.js';
import { EncodingLine, encodingKind } from '../../media/index.js';
import { Limiter } from '../../rooms/limiter.js';
import type { Member } from '../../rooms/member.js';
import { Room } from '../../rooms/room.js';
import { defaultRoomRules } from '../../rooms/room-rules.js';
import type { SharedMix } from '../../rooms/shared-mix.js';

const samples = 160;
const pcmu = encodingKind({ codec: 'pcmu', clockRateHz: 8000, ptimeMs: 20, parameters: '' });

/** A member that says what it is told to and keeps what it hears. */
class ScriptedMember implements Member {
  readonly legId: LegId;
  readonly echo: boolean;
  readonly limiter = new Limiter(samples);
  readonly wantedRateHz = 8000;
  readonly #line = new EncodingLine(pcmu, 8000);
  says: Int16Array | null = null;
  heard: number[] | null = null;
  heardShared = false;

  constructor(name: string, echo = false) {
    this.legId = name as LegId;
    this.echo = echo;
  }

  tune(): void {}

  prepare(): void {}

  retune(): void {}

  prime(): void {}

  leave(): void {}

  hear(): Int16Array | null {
    return this.says;
  }

  heardNext(): never {
    throw new Error('the rate does not change');
  }

  tell(_dueMs: number, frame: Int16Array | null): void {
    this.heard = frame === null ? null : [...frame];
    this.heardShared = false;
  }

  tellShared(_dueMs: number, shared: SharedMix): void {
    this.heard = [...shared.frame];
    this.heardShared = true;
    shared.payloadsOf(pcmu, this.#line);
  }
}

/** Everybody is heard, however many they are: who speaks is told in speakers.test.ts. */
function roomOf(members: readonly ScriptedMember[]): Room {
  const room = new Room('r' as RoomId, { rules: { ...defaultRoomRules, ungatedMembers: 100 } });
  for (const member of members) room.add(member);
  return room;
}

/** What the member should hear, added up in the simplest way. */
function slowSum(listener: ScriptedMember, members: readonly ScriptedMember[]): number[] {
  return Array.from({ length: samples }, (_, at) => {
    let sum = 0;
    for (const member of members) if (member !== listener || listener.echo) sum += member.says?.[at] ?? 0;
    return sum;
  });
}

const frame = fc.int16Array({ minLength: samples, maxLength: samples });
const said = fc.oneof(fc.constant(null), fc.constant(new Int16Array(samples)), frame);

describe('N−1 mix of one beat', () => {
  test('every member hears the slow sum of the others, an echo member itself as well, where the sum fits', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ says: said, echo: fc.boolean() }), { maxLength: 8 }), (scripts) => {
        const members = scripts.map(({ says, echo }, index) => {
          const member = new ScriptedMember(`m${index}`, echo);
          member.says = says === null ? null : says.map((value) => Math.trunc(value / 8));
          return member;
        });
        roomOf(members).beat(1, 20);
        for (const member of members) {
          const expected = slowSum(member, members);
          expect(member.heard ?? expected.map(() => 0)).toEqual(expected);
        }
      }),
    );
  });

  test('a sum that does not fit keeps its sign and shape and never wraps', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 3, maxLength: 12 }), (frames) => {
        const members = frames.map((says, index) => {
          const member = new ScriptedMember(`m${index}`);
          member.says = says;
          return member;
        });
        roomOf(members).beat(1, 20);
        for (const member of members) {
          const expected = slowSum(member, members);
          const heard = member.heard ?? expected.map(() => 0);
          for (let i = 0; i < samples; i += 1) {
            expect(Math.abs(heard[i]!)).toBeLessThanOrEqual(Math.abs(expected[i]!));
            if (Math.abs(expected[i]!) > 40_000) expect(Math.sign(heard[i]!)).toBe(Math.sign(expected[i]!));
          }
        }
      }),
    );
  });

  test('those who say nothing share one mix, encoded once however many listen; talkers have their own', () => {
    const talkers = [new ScriptedMember('a'), new ScriptedMember('b')];
    const listeners = Array.from({ length: 50 }, (_, index) => new ScriptedMember(`l${index}`));
    talkers[0]!.says = new Int16Array(samples).fill(1000);
    talkers[1]!.says = new Int16Array(samples).fill(-300);
    const room = roomOf([...talkers, ...listeners]);
    for (let beat = 1; beat <= 10; beat += 1) room.beat(beat, beat * 20);
    expect(talkers.map((member) => member.heard?.[0])).toEqual([-300, 1000]);
    expect(talkers.some((member) => member.heardShared)).toBe(false);
    expect(listeners.every((member) => member.heardShared && member.heard?.[0] === 700)).toBe(true);
    expect(room.shared.encodings).toBe(10);
  });

  test('digital silence counts as saying nothing, and alone with it everybody shares silence', () => {
    const quiet = new ScriptedMember('quiet');
    const other = new ScriptedMember('other');
    quiet.says = new Int16Array(samples);
    roomOf([quiet, other]).beat(1, 20);
    for (const member of [quiet, other]) {
      expect(member.heard).toEqual(Array(samples).fill(0));
      expect(member.heardShared).toBe(true);
    }
  });

  test('a listener who starts to speak in a limited mix, and stops again, hears no step in loudness', () => {
    const loud = [new ScriptedMember('a'), new ScriptedMember('b')];
    for (const member of loud) member.says = new Int16Array(samples).fill(30_000);
    const listener = new ScriptedMember('c');
    const witness = new ScriptedMember('d');
    const room = roomOf([...loud, listener, witness]);
    const levels: number[] = [];
    for (let beat = 1; beat <= 60; beat += 1) {
      listener.says = beat > 20 && beat <= 40 ? new Int16Array(samples).fill(beat % 2 === 0 ? 1 : -1) : null;
      room.beat(beat, beat * 20);
      if (beat > 2) levels.push(...listener.heard!);
    }
    const steps = levels.slice(1).map((level, at) => Math.abs(level - levels[at]!));
    expect(Math.max(...steps)).toBeLessThan(100);
    expect(listener.heardShared).toBe(true);
  });
});
