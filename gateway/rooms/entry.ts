import type { EnterOptions, EntryRefusal, LeaveCause } from './door.js';
import { checkAlone, closeRoom, type Draft, endIfEmpty } from './draft.js';
import { memberViewOf, type Place, plainSound, type RoomMember } from './member.js';
import type { RoomPolicy } from './policy.js';
import type { NewMember, Room } from './room.js';
import { cues } from './tones.js';

/** Of somebody who need not be asked any more. */
export const pinDone = { skipsPin: true } as const;

/** From the prompt to the last key. */
export const PIN_TIMEOUT_MS = 30_000;

/**
 * Why somebody cannot come in. The SIP codes are none that say the called person is busy: 403 where calling again is of no use
 * (RFC 3261 §21.4.4), 480 where it may be in a while (§21.4.18), 410 for a room that is ending (§21.4.11).
 */
export function refusalOf(
  room: Pick<Room, 'phase' | 'members'> | null,
  policy: RoomPolicy,
  { role, passesLock = false, takesPlaceOf }: Pick<EnterOptions, 'role' | 'passesLock' | 'takesPlaceOf'>,
): EntryRefusal | null {
  if (room !== null && room.phase !== 'open') return { code: 'ROOM_CLOSED', statusCode: 410, text: 'Room Closed' };
  if (policy.isLocked && role !== 'host' && !passesLock)
    return { code: 'ROOM_LOCKED', statusCode: 403, text: 'Room Locked' };
  const given = takesPlaceOf !== undefined && room?.members.has(takesPlaceOf) === true ? 1 : 0;
  const members = (room?.members.size ?? 0) - given;
  if (policy.maxMembers !== null && members >= policy.maxMembers) {
    return { code: 'ROOM_FULL', statusCode: 480, text: 'Room Full' };
  }
  return null;
}

/** Where somebody is put who comes in. */
export function placeFor(
  room: Pick<Room, 'members'> | null,
  policy: RoomPolicy,
  member: Pick<RoomMember, 'role' | 'direction'>,
  { skipsPin, skipsLobby = false }: Pick<EnterOptions, 'skipsPin' | 'skipsLobby'>,
): Place {
  if (policy.pin !== null && !skipsPin) return 'pin';
  if (member.role === 'host' || skipsLobby) return 'room';
  // Who was rung by the room need not be let in.
  if (policy.hasLobby && member.direction === 'in') return 'lobby';
  return policy.waitsForHost && !hasHost(room?.members ?? new Map()) ? 'lobby' : 'room';
}

function hasHost(members: ReadonlyMap<string, RoomMember>): boolean {
  for (const { role, place } of members.values()) if (role === 'host' && place === 'room') return true;
  return false;
}

export function enter(draft: Draft, wanted: NewMember, options: EnterOptions): void {
  const { policy } = draft.room;
  const { role, echo } = options;
  const place = placeFor(draft.room, policy, { role, direction: wanted.direction }, options);
  const isMuted = options.isMuted || (policy.mutesOnEntry && role !== 'host');
  const member: RoomMember = {
    ...wanted,
    role,
    place,
    echo,
    sound: wanted.sound ?? {
      ...plainSound,
      isMuted,
      heardBy: options.heardBy ?? null,
      hears: options.hears ?? null,
    },
    isHeld: wanted.isHeld ?? false,
    isSpeaking: false,
    joinedMs: draft.nowMs,
    keys: '',
    pinTries: 0,
  };
  draft.stopTimer('empty');
  draft.setAway(wanted.id, false);
  draft.put(member);
  draft.emit({ type: 'member_joined', member: memberViewOf(member) });
  settle(draft, member);
}

/** It is where it is now: what is heard there, and for how long it may be. */
function settle(draft: Draft, member: RoomMember): void {
  const { id, place } = member;
  const { policy } = draft.room;
  switch (place) {
    case 'pin':
      draft.startTimer(`pin ${id}`, PIN_TIMEOUT_MS);
      draft.play(id, 'cue', cues.pinAsked);
      return;
    case 'lobby':
      if (policy.lobbyTimeoutMs > 0) draft.startTimer(`lobby ${id}`, policy.lobbyTimeoutMs);
      if (policy.holdSound !== null) draft.play(id, 'hold', policy.holdSound, true);
      draft.do({ do: 'tell', id });
      return;
    case 'room':
      arrive(draft, member);
  }
}

function arrive(draft: Draft, member: RoomMember): void {
  const { policy } = draft.room;
  draft.do({ do: 'join', id: member.id });
  draft.do({ do: 'apply', id: member.id });
  if (member.sound.heardBy !== null || member.sound.hears !== null) draft.do({ do: 'hearing' });
  if (member.sound.isMuted || member.sound.isHostMuted) draft.do({ do: 'tell', id: member.id });
  checkHearing(draft);
  checkAlone(draft);
  const isAnnounced = member.isCompany && draft.inRoom().length > 1;
  if (policy.entrySound !== null && isAnnounced) draft.play(null, 'cue', policy.entrySound);
  if (member.role === 'host') letIn(draft);
}

/** From where it waits to where it goes next. */
export function goOn(draft: Draft, member: RoomMember, place: Place): void {
  if (member.place === place) return;
  draft.stopTimer(`${member.place === 'pin' ? 'pin' : 'lobby'} ${member.id}`);
  draft.stop(member.id, 'hold');
  const moved: RoomMember = { ...member, place, keys: '' };
  draft.put(moved);
  draft.emitUpdated(member.id);
  settle(draft, moved);
}

/** Somebody of the lobby is let in. Who still owes the PIN is not. */
export function admit(draft: Draft, id: string): void {
  const member = draft.member(id);
  if (member?.place !== 'lobby') return;
  goOn(draft, member, 'room');
  if (draft.member(id)?.place === 'room') draft.do({ do: 'tell', id });
}

/** Lets in all for whose waiting there is no reason any more: a host has come, or the lobby was closed. */
export function letIn(draft: Draft): void {
  for (const member of [...draft.room.members.values()]) {
    if (member.place !== 'lobby') continue;
    if (placeFor(draft.room, draft.room.policy, member, pinDone) === 'room') admit(draft, member.id);
  }
}

export function lobbyTimedOut(draft: Draft, id: string): void {
  if (draft.member(id)?.place === 'lobby') draft.end(id, 'lobby-timeout', 'Nobody let you in');
}

export function leave(
  draft: Draft,
  left: {
    readonly id: string;
    readonly cause: LeaveCause;
    readonly movedTo?: string | undefined;
    readonly isAway?: boolean | undefined;
  },
): void {
  const member = draft.member(left.id);
  if (member === undefined) {
    draft.setAway(left.id, false);
    endIfEmpty(draft);
    return;
  }
  const { id, peer, place, role, kickReason } = member;
  draft.remove(id);
  for (const kind of ['pin', 'lobby', 'keys'] as const) draft.stopTimer(`${kind} ${id}`);
  draft.stop(id, 'hold');
  draft.stop(id, 'cue');
  if (member.isSpeaking) draft.emit({ type: 'speaking_stopped', member_id: id, peer });
  if (draft.room.activeSpeaker === id) {
    draft.change({ activeSpeaker: null });
    draft.emit({ type: 'active_speaker', member_id: null });
  }
  draft.emit({
    type: 'member_left',
    member_id: id,
    peer,
    cause: left.cause,
    ...(left.movedTo === undefined ? {} : { moved_to: left.movedTo }),
    ...(left.cause === 'kicked' && kickReason !== undefined ? { reason: kickReason } : {}),
  });
  if (left.isAway === true) draft.setAway(id, true);
  if (place === 'room') afterLeft(draft, member);
  if (role === 'host' && place === 'room' && draft.room.policy.endsWithHost && left.isAway !== true) {
    if (!hasHost(draft.room.members)) closeRoom(draft, 'closed', 'room-closed');
  }
  if (draft.room.phase !== 'over') endIfEmpty(draft);
}

function afterLeft(draft: Draft, { isCompany }: RoomMember): void {
  const { exitSound } = draft.room.policy;
  const others = draft.inRoom();
  if (exitSound !== null && isCompany && others.length > 0 && draft.room.phase === 'open') {
    draft.play(null, 'cue', exitSound);
  }
  checkAlone(draft);
  checkHearing(draft);
}

/** Lists may name who has come. */
function checkHearing(draft: Draft): void {
  const isListed = draft.inRoom().some(({ sound: { heardBy, hears } }) => heardBy !== null || hears !== null);
  if (isListed) draft.do({ do: 'hearing' });
}
