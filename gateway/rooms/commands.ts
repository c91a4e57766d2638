import type { RoomId } from '../../base/ids.js';
import type { ApiErrorCode } from '../../contract/errors.js';
import type { MemberView } from '../../contract/room-events.js';
import type {
  CreateRoomBody,
  DialBody,
  MemberActionBody,
  MemberActionResult,
  RoomSettings,
  RoomView,
  UpdateMemberBody,
} from '../../contract/rooms.js';
import type { RoomEventSource } from './log.js';

/** What a command about rooms may be refused with. */
export type RoomCommandCode = Extract<
  ApiErrorCode,
  | 'BAD_REQUEST'
  | 'ROOM_NOT_FOUND'
  | 'MEMBER_NOT_FOUND'
  | 'REGISTRATION_NOT_FOUND'
  | 'ROOM_EXISTS'
  | 'ROOM_LOCKED'
  | 'ROOM_FULL'
  | 'ROOM_CLOSED'
  | 'NOT_IN_LOBBY'
  | 'NOT_IN_ROOM'
  | 'MUTED_BY_HOST'
  | 'NOWHERE_TO_RETURN'
  | 'NOT_SUPPORTED'
  | 'WRONG_STATE'
  | 'UNPROCESSABLE'
  | 'PEER_REFUSED'
  | 'INVALID_SERVER_ALIAS'
  | 'INVALID_DEST_ADDR'
  | 'INTERNAL_ERROR'
  | 'TOO_MANY_ROOMS'
  | 'MAX_CONN'
  | 'OVERLOADED'
  | 'DRAINING'
>;

export type RoomResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: RoomCommandCode; readonly message?: string };

/** How loud the members of a room were for 100 ms. */
export interface MemberLevels {
  /** Only who made a sound, or has just stopped. */
  readonly members: readonly {
    readonly memberId: string;
    /** RFC 6464 §3: −dBov, 0 (loudest) … 127 (silence). */
    readonly level: number;
    readonly isSpeaking: boolean;
  }[];
  /** Members left out: there were too many. */
  readonly omitted: number;
}

/**
 * What the API may ask of rooms; all that gateway/api knows of them. The room service does it. Nothing throws: what cannot be done
 * is a code. A room or member that is not there is ROOM_NOT_FOUND or MEMBER_NOT_FOUND everywhere.
 */
export interface RoomCommands {
  /** Rooms that are open or ending, the oldest first. */
  list(): readonly RoomView[];
  /** Makes an empty room, which stays for `empty_s`. Without `room_id` it is given one. */
  create(body: CreateRoomBody): RoomResult<RoomView>;
  room(roomId: RoomId): RoomResult<RoomView>;
  /** Changes what is given; the rest stays. */
  update(roomId: RoomId, settings: RoomSettings): RoomResult<RoomView>;
  /** Sends everybody away; the room is over when all are gone, at once where it is empty. */
  close(roomId: RoomId): RoomResult<RoomView>;
  /** Those in the room, in its lobby and at its PIN, in the order in which they came. */
  members(roomId: RoomId): RoomResult<readonly MemberView[]>;
  member(roomId: RoomId, memberId: string): RoomResult<MemberView>;
  /** `by`: the member itself mutes and unmutes for itself, and not what a host has muted (MUTED_BY_HOST). */
  updateMember(
    roomId: RoomId,
    memberId: string,
    change: UpdateMemberBody,
    by?: 'host' | 'self',
  ): RoomResult<MemberView>;
  /** Resolves once it is done, or the peer refused it; `transfer` with the last status of the REFER. */
  act(roomId: RoomId, memberId: string, action: MemberActionBody): Promise<RoomResult<MemberActionResult>>;
  /** Rings somebody into the room; resolves as soon as the leg exists. It is a member when it answers. */
  dial(roomId: RoomId, body: DialBody): Promise<RoomResult<{ readonly memberId: string }>>;
  /** The logs of rooms, also of those that are over. */
  readonly events: RoomEventSource;
  /** Each 100 ms while the room has members; null where there is no such room. Returns what ends it. */
  watchLevels(roomId: RoomId, listener: (levels: MemberLevels) => void): (() => void) | null;
}
