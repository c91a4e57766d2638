import type { RoomId } from '../../base/ids.js';
import type { RoomEventBody } from '../../contract/room-events.js';
import type { MediaLeg, MediaStream } from '../../rooms/index.js';

/** What is known of a member from outside of the room service. */
export interface MemberRef {
  readonly memberId: string;
  readonly peer: string;
  readonly leg: MediaLeg | null;
  readonly stream: MediaStream | null;
}

/** The rooms as players, recorders and streams see them (gateway/sounds, gateway/recordings, gateway/streams). */
export interface RoomDirectory {
  has(roomId: RoomId): boolean;
  /** Who hears and is heard now: nobody of the lobby. */
  members(roomId: RoomId): readonly MemberRef[];
  /** A member, in the room or in its lobby; null: there is none of that id. */
  member(roomId: RoomId, memberId: string): MemberRef | null;
  /** Told when somebody came in or went, and when the room is over; returns what ends that. */
  watch(roomId: RoomId, watcher: RoomWatcher): () => void;
  /** Adds an event to the room's log, which gives it its number. A room that is over takes none but of what it had begun. */
  emit(roomId: RoomId, event: NewRoomEvent): void;
}

export interface RoomWatcher {
  onEntered?(member: MemberRef): void;
  onLeft?(memberId: string): void;
  /** A member that is in the room pressed a key (0-9 * # A-D). */
  onDigit?(memberId: string, digit: string): void;
  onEnded?(): void;
}

type WithoutNumber<T> = T extends unknown ? Omit<T, 'seq' | 'ts' | 'room_id'> : never;

/** An event before the log has given it its number and time. */
export type NewRoomEvent = WithoutNumber<RoomEventBody>;
