import type { LegId, RoomId } from '../base/ids.js';
import type { HearingRule } from './hearing.js';
import type { LevelReport } from './levels.js';
import type { Member } from './member.js';
import { Room } from './room.js';
import { defaultRoomRules, type RoomRules } from './room-rules.js';
import type { MemberSettings } from './seat.js';

/** The rooms of one media host: a room is made by its first member and gone with its last. */
export class RoomRegistry {
  /** Of the rooms made from now on. */
  rules: RoomRules = defaultRoomRules;
  readonly #onLevels: (report: LevelReport) => void;
  readonly #rooms = new Map<RoomId, Room>();
  /** The rooms again, in order of their making, for the beat. */
  readonly #beating: Room[] = [];
  readonly #roomOf = new Map<LegId, Room>();

  /** @param onLevels  see RoomOptions */
  constructor(onLevels: (report: LevelReport) => void = () => undefined) {
    this.#onLevels = onLevels;
  }

  get size(): number {
    return this.#rooms.size;
  }

  get members(): number {
    return this.#roomOf.size;
  }

  get(roomId: RoomId): Room | undefined {
    return this.#rooms.get(roomId);
  }

  /** Puts the member in the room; it leaves the room it was in. */
  join(roomId: RoomId, member: Member): void {
    this.leave(member.legId);
    let room = this.#rooms.get(roomId);
    if (room === undefined) {
      room = new Room(roomId, { rules: this.rules, onLevels: this.#onLevels });
      this.#rooms.set(roomId, room);
      this.#beating.push(room);
    }
    room.add(member);
    this.#roomOf.set(member.legId, room);
  }

  /** False when it was in no room. */
  leave(legId: LegId): boolean {
    const room = this.#roomOf.get(legId);
    if (room === undefined) return false;
    this.#roomOf.delete(legId);
    room.remove(legId);
    if (room.size === 0) {
      room.close();
      this.#rooms.delete(room.roomId);
      this.#beating.splice(this.#beating.indexOf(room), 1);
    }
    return true;
  }

  /** False when it is in no room. */
  set(legId: LegId, settings: MemberSettings): boolean {
    return this.#roomOf.get(legId)?.set(legId, settings) ?? false;
  }

  /** False when it is in no room. */
  setHearing(legId: LegId, rule: HearingRule): boolean {
    return this.#roomOf.get(legId)?.setHearing(legId, rule) ?? false;
  }

  /** The leg is sent other tracks than before, or the mix; where it is in no room, it is the next one's to know. */
  tracksChanged(legId: LegId): void {
    this.#roomOf.get(legId)?.tracksChanged(legId);
  }

  watchLevels(roomId: RoomId, on: boolean): void {
    this.#rooms.get(roomId)?.watchLevels(on);
  }

  /** One beat of every room. O(members × samples), no allocation. */
  beat(beat: number, dueMs: number): void {
    const rooms = this.#beating;
    for (let i = 0; i < rooms.length; i += 1) rooms[i]!.beat(beat, dueMs);
  }
}
