import type { RoomId } from '../../base/ids.js';
import type { RoomSettings } from '../../contract/rooms.js';
import type { LegEvent, MediaLeg, MediaStream } from '../../rooms/index.js';

/** Which way a member came: a SIP call (from a phone or a browser), a browser by WHIP or WHEP, an application's stream. */
export type MemberKind = 'sip' | 'webrtc' | 'stream';

/** What it is to the others in the room: a person on a phone or in a browser, whatever way that came, or a program. */
export type MemberDevice = 'phone' | 'browser' | 'application';

/** host: may lock, mute and send away; ends the wait of a lobby. listener: hears, and is never heard. */
export type MemberRole = 'host' | 'member' | 'listener';

/** Why a member left its room, or was sent away: stable words for applications. */
export type LeaveCause =
  | 'left'
  | 'kicked'
  | 'moved'
  | 'replaced'
  | 'room-closed'
  | 'room-expired'
  | 'pin-failed'
  | 'lobby-timeout'
  | 'failed';

/** What a member is told of itself. */
export interface MemberNews {
  readonly isMuted: boolean;
  readonly isHostMuted: boolean;
  readonly isInLobby: boolean;
  /** It may unmute itself, and is asked to. */
  readonly isAsked: boolean;
}

/**
 * One member as its door knows it. The room service tells the door what to do; the door tells the service what happened
 * (`RoomService.left`, `digit`). Calls are in gateway/calls, browsers in gateway/web, streams in gateway/streams.
 */
export interface MemberDoor {
  /** The id of the call, of the WHIP or WHEP connection, or of the stream. */
  readonly memberId: string;
  readonly kind: MemberKind;
  readonly device: MemberDevice;
  /** The name the room shows. */
  readonly peer: string;
  /** The registered user or token behind it; null: nobody that we know. */
  readonly identity: string | null;
  readonly direction: 'in' | 'out';
  /** What the application said of it (`extra_data` of a token); null: nothing. */
  readonly extraData: string | null;
  /** Its leg, which joins rooms, plays and records; null for streams. */
  readonly leg: MediaLeg | null;
  /** Null for legs. */
  readonly stream: MediaStream | null;
  /** Hears and is not heard: a WHEP player. */
  readonly isSpectator: boolean;
  /** Who is with it is not alone. No spectator is company, and no publisher without presence (`pub_scope: stream_only`). */
  readonly isCompany: boolean;
  /** Ends it: BYE, CANCEL or refusal, or the end of the connection. `left` follows. */
  end(cause: LeaveCause, text: string): void;
  /** Asks the peer to call somebody else (RFC 3515 REFER); null where the door knows no such thing. Resolves with the last status. */
  readonly refer: ((target: string) => Promise<{ readonly statusCode: number; readonly reasonPhrase: string }>) | null;
  /** The member's state changed and it can be shown: an INFO, a message. May do nothing. */
  tell(news: MemberNews): void;
}

/** What the one that brings a member in knows about it. */
export interface EnterOptions {
  readonly role: MemberRole;
  /** It came muted, and stays so until somebody unmutes it. */
  readonly isMuted: boolean;
  /** Also hears itself. */
  readonly echo: boolean;
  /** What has been proved elsewhere (a token, an answer of a hook): no PIN is asked for. */
  readonly skipsPin: boolean;
  /** Somebody who may say so put it there: it is not kept in the lobby. */
  readonly skipsLobby?: boolean;
  /** Whoever may lock the room had it rung: it comes into a locked room, and into no full one. */
  readonly passesLock?: boolean;
  /** A member that goes when it has come: it needs no place of its own. */
  readonly takesPlaceOf?: string;
  /** What the room is like if this member makes it; a room that is there stays as it is. */
  readonly room?: RoomSettings;
  /** Ids of the members that alone hear it, from its first beat on; null or left out: all. */
  readonly heardBy?: readonly string[] | null;
  /** Ids of the members that it hears alone; null or left out: all. */
  readonly hears?: readonly string[] | null;
}

export const plainEntry: EnterOptions = { role: 'member', isMuted: false, echo: false, skipsPin: false };

/** Why somebody cannot come in; `statusCode` is what a SIP caller is answered with. */
export interface EntryRefusal {
  readonly code: 'ROOM_LOCKED' | 'ROOM_FULL' | 'ROOM_CLOSED' | 'TOO_MANY_ROOMS';
  readonly statusCode: number;
  readonly text: string;
}

/** What doors need of the room service (gateway/rooms/service.ts). */
export interface RoomEntrance {
  /** Whether it could come in now, before anything is answered. */
  check(roomId: RoomId, options: EnterOptions): EntryRefusal | null;
  /**
   * Its sound is ready. It is let into the room, or asked for the PIN, or kept in the lobby; the service makes its leg or stream join. On a
   * refusal nothing was done, and the door ends the member itself.
   */
  enter(door: MemberDoor, roomId: RoomId, options: EnterOptions): EntryRefusal | null;
  /** Whether `enter` would lead it into the room itself, and not to the PIN or the lobby. */
  entersAtOnce(roomId: RoomId, options: EnterOptions, direction: 'in' | 'out'): boolean;
  /** Its members stay when all others have left: it is a meeting with rules of its own, or somebody is in a side room of it. */
  keepsAlone(roomId: RoomId): boolean;
  /** Its phone has put us on hold, or has us back. */
  held(memberId: string, isHeld: boolean): void;
  /** Its door is no spectator any more: it sends, and is a member as others are. */
  speaks(memberId: string): void;
  /** It is gone, for whatever reason; its media is about to close. Safe to call twice. */
  left(memberId: string, cause: LeaveCause): void;
  /** It pressed a key (0-9 * # A-D), however that came. */
  digit(memberId: string, digit: string): void;
  /** Level, one-way and timeout news of its leg. */
  legEvent(memberId: string, event: LegEvent): void;
}
