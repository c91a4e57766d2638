import type { RoomId } from '../../base/ids.js';
import type { RoomEventBody } from '../../contract/room-events.js';
import type { EnterOptions, LeaveCause, MemberRole } from './door.js';
import { closeRoom, Draft, endIfEmpty } from './draft.js';
import { admit, enter, leave, lobbyTimedOut } from './entry.js';
import { keysTimedOut, pinTimedOut, press } from './keys.js';
import type { RoomMember, Sound } from './member.js';
import type { NewRoomEvent } from './news.js';
import type { RoomPolicy } from './policy.js';
import { askToUnmute, beginToSpeak, heard, hold, kick, updateMember, updatePolicy } from './update.js';

export type RoomEndReason = Extract<RoomEventBody, { type: 'room_ended' }>['reason'];

/** One room as its rules see it: plain data. */
export interface Room {
  readonly id: RoomId;
  readonly phase: 'open' | 'ending' | 'over';
  /** Why it ends; null while it is open. */
  readonly end: { readonly reason: RoomEndReason; readonly cause: LeaveCause } | null;
  readonly policy: RoomPolicy;
  /** Over the API: it stays a while without members. */
  readonly isMade: boolean;
  /** It has rules of its own: members stay when the others leave. */
  readonly isMeeting: boolean;
  /** By id, in the order in which they came. */
  readonly members: ReadonlyMap<string, RoomMember>;
  /** Who is in a side room and may return: the room waits for them. */
  readonly away: ReadonlySet<string>;
  readonly activeSpeaker: string | null;
  readonly isAloneSoundOn: boolean;
  readonly createdMs: number;
}

/** `lobby`, `pin` and `keys` are one member's. */
export type RoomTimer = 'age' | 'idle' | 'empty' | `${'lobby' | 'pin' | 'keys'} ${string}`;

/** What a new member brings. */
export type NewMember = Pick<
  RoomMember,
  'id' | 'kind' | 'device' | 'peer' | 'identity' | 'direction' | 'extraData' | 'isSpectator' | 'isCompany' | 'origin'
> & {
  /** As it was in another room. */
  readonly sound?: Sound;
  readonly isHeld?: boolean;
};

export type MemberUpdate = Partial<Sound> & { readonly role?: MemberRole };

export type RoomEvent =
  | { readonly type: 'enter'; readonly member: NewMember; readonly options: EnterOptions }
  /** `awayFor`: it goes to a side room, from which it may return. */
  | {
      readonly type: 'left';
      readonly id: string;
      readonly cause: LeaveCause;
      readonly movedTo?: RoomId;
      readonly isAway?: boolean;
    }
  /** Who was in a side room will not return, or has. */
  | { readonly type: 'away-over'; readonly id: string }
  | { readonly type: 'digit'; readonly id: string; readonly digit: string }
  | { readonly type: 'admit'; readonly id: string }
  /** Who only listened has begun to send. */
  | { readonly type: 'speaks'; readonly id: string; readonly isCompany: boolean }
  /** A host would like to hear it. */
  | { readonly type: 'ask-to-unmute'; readonly id: string }
  | {
      readonly type: 'kick';
      readonly id: string;
      readonly cause: LeaveCause;
      readonly text: string;
      readonly prompt: string | null;
      /** What the others are told, and a page tells the member; `text` is its phone's. */
      readonly reason?: string | undefined;
    }
  | { readonly type: 'held'; readonly id: string; readonly isHeld: boolean }
  | { readonly type: 'update'; readonly policy: RoomPolicy }
  | { readonly type: 'update-member'; readonly id: string; readonly change: MemberUpdate }
  /** Who speaks now, the loudest first. */
  | { readonly type: 'heard'; readonly ids: readonly string[] }
  | { readonly type: 'timer'; readonly timer: RoomTimer }
  | { readonly type: 'close'; readonly reason: RoomEndReason; readonly cause: LeaveCause };

/** What is played where: one sound at a time in each slot of a member or of the room. */
export type SoundSlot = 'hold' | 'alone' | 'cue';

export type RoomAction =
  | { readonly do: 'emit'; readonly event: NewRoomEvent }
  /** Its sound flows from here on, and it is company for others. */
  | { readonly do: 'join'; readonly id: string }
  /** Its sound is to be as the state says; hearing lists of all, where they changed. */
  | { readonly do: 'apply'; readonly id: string }
  | { readonly do: 'hearing' }
  /** The door ends it; `left` follows. `prompt`: it hears that before. */
  | {
      readonly do: 'end';
      readonly id: string;
      readonly cause: LeaveCause;
      readonly text: string;
      readonly prompt: string | null;
    }
  /** `isAsked`: to unmute itself. */
  | { readonly do: 'tell'; readonly id: string; readonly isAsked?: boolean }
  /** `to`: a member; null: all of the room. */
  | {
      readonly do: 'play';
      readonly to: string | null;
      readonly slot: SoundSlot;
      readonly sound: string;
      readonly loops: boolean;
    }
  | { readonly do: 'stop'; readonly to: string | null; readonly slot: SoundSlot }
  | { readonly do: 'start-timer'; readonly timer: RoomTimer; readonly delayMs: number }
  | { readonly do: 'stop-timer'; readonly timer: RoomTimer }
  /** The room is over and forgotten. */
  | { readonly do: 'finish' };

export type RoomStep = readonly [Room, readonly RoomAction[]];

/** A room over the API waits at least so long for its first member. */
const LEAST_EMPTY_MS = 60_000;

/** A room that begins: by its first member, who enters next, or (`isMade`) over the API. */
export function createRoom(
  id: RoomId,
  { policy, isMade, isMeeting }: Pick<Room, 'policy' | 'isMade' | 'isMeeting'>,
  nowMs: number,
): RoomStep {
  const draft = new Draft(
    {
      id,
      phase: 'open',
      end: null,
      policy,
      isMade,
      isMeeting,
      members: new Map(),
      away: new Set(),
      activeSpeaker: null,
      isAloneSoundOn: false,
      createdMs: nowMs,
    },
    nowMs,
  );
  if (policy.maxAgeMs !== null) draft.startTimer('age', policy.maxAgeMs);
  if (policy.idleMs !== null) draft.startTimer('idle', policy.idleMs);
  if (isMade) draft.startTimer('empty', Math.max(LEAST_EMPTY_MS, policy.emptyMs));
  return draft.done();
}

/**
 * One event in the life of a room: the next state and what to do, in order. Pure; an event about a member that is not there
 * any more changes nothing. O(members).
 */
export function step(room: Room, event: RoomEvent, nowMs: number): RoomStep {
  if (room.phase === 'over') return [room, []];
  const draft = new Draft(room, nowMs);
  handle(draft, event);
  return draft.done();
}

function handle(draft: Draft, event: RoomEvent): void {
  switch (event.type) {
    case 'enter':
      enter(draft, event.member, event.options);
      return;
    case 'left':
      leave(draft, event);
      return;
    case 'away-over':
      draft.setAway(event.id, false);
      endIfEmpty(draft);
      return;
    case 'digit':
      press(draft, event.id, event.digit);
      return;
    case 'admit':
      admit(draft, event.id);
      return;
    case 'speaks':
      beginToSpeak(draft, event.id, event.isCompany);
      return;
    case 'ask-to-unmute':
      askToUnmute(draft, event.id);
      return;
    case 'kick':
      kick(draft, event);
      return;
    case 'held':
      hold(draft, event.id, event.isHeld);
      return;
    case 'update':
      updatePolicy(draft, event.policy);
      return;
    case 'update-member':
      updateMember(draft, event.id, event.change);
      return;
    case 'heard':
      heard(draft, event.ids);
      return;
    case 'timer':
      timedOut(draft, event.timer);
      return;
    case 'close':
      closeRoom(draft, event.reason, event.cause);
      return;
  }
}

function timedOut(draft: Draft, timer: RoomTimer): void {
  switch (timer) {
    case 'age':
    case 'idle':
      closeRoom(draft, 'expired', 'room-expired');
      return;
    case 'empty':
      if (draft.room.members.size === 0) closeRoom(draft, 'empty', 'room-closed');
      return;
    default: {
      const space = timer.indexOf(' ');
      const id = timer.slice(space + 1);
      const kind = timer.slice(0, space);
      if (kind === 'lobby') lobbyTimedOut(draft, id);
      else if (kind === 'pin') pinTimedOut(draft, id);
      else keysTimedOut(draft, id);
    }
  }
}
