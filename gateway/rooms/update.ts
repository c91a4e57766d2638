import type { LeaveCause } from './door.js';
import { checkAlone, type Draft } from './draft.js';
import { goOn, letIn, pinDone, placeFor } from './entry.js';
import type { RoomMember, Sound } from './member.js';
import type { RoomPolicy } from './policy.js';
import type { MemberUpdate } from './room.js';
import { cues } from './tones.js';

export function updatePolicy(draft: Draft, policy: RoomPolicy): void {
  if (draft.room.phase !== 'open') return;
  const before = draft.room.policy;
  draft.change({ policy });
  draft.emit({ type: 'room_updated', locked: policy.isLocked });
  if (policy.maxAgeMs !== before.maxAgeMs) {
    if (policy.maxAgeMs === null) draft.stopTimer('age');
    else draft.startTimer('age', Math.max(0, draft.room.createdMs + policy.maxAgeMs - draft.nowMs));
  }
  if (policy.idleMs !== before.idleMs) {
    const isQuiet = !draft.inRoom().some(isTalk);
    if (policy.idleMs === null) draft.stopTimer('idle');
    else if (isQuiet) draft.startTimer('idle', policy.idleMs);
  }
  if (policy.pin === null) noPin(draft);
  letIn(draft);
  if (policy.aloneSound !== before.aloneSound && draft.room.isAloneSoundOn) {
    draft.change({ isAloneSoundOn: false });
    draft.stop(null, 'alone');
  }
  checkAlone(draft);
}

/** What keeps a room from being idle: music that is published to nobody in particular does not. */
function isTalk({ isSpeaking, isCompany }: RoomMember): boolean {
  return isSpeaking && isCompany;
}

/** Nobody is asked any more. */
function noPin(draft: Draft): void {
  for (const member of [...draft.room.members.values()]) {
    if (member.place !== 'pin') continue;
    draft.stop(member.id, 'cue');
    goOn(draft, member, placeFor(draft.room, draft.room.policy, member, pinDone));
  }
}

export function updateMember(draft: Draft, id: string, change: MemberUpdate): void {
  const before = draft.member(id);
  if (before === undefined || draft.room.phase !== 'open') return;
  const { role = before.role, ...given } = change;
  const sound: Sound = { ...before.sound, ...given };
  const member: RoomMember = { ...before, role, sound };
  if (isSame(before, member)) return;
  draft.put(member);
  draft.emitUpdated(id);
  if (member.place === 'room') draft.do({ do: 'apply', id });
  if (sound.heardBy !== before.sound.heardBy || sound.hears !== before.sound.hears) draft.do({ do: 'hearing' });
  const { isMuted, isHostMuted } = before.sound;
  if (sound.isMuted !== isMuted || sound.isHostMuted !== isHostMuted) draft.do({ do: 'tell', id });
  if (role === 'host' && before.role !== 'host') {
    if (member.place === 'lobby') goOn(draft, member, 'room');
    else if (member.place === 'room') letIn(draft);
  }
}

/** What a host has muted it may lift now; it stays muted until it does. Nothing is asked of who can be heard. */
export function askToUnmute(draft: Draft, id: string): void {
  const member = draft.member(id);
  if (member?.place !== 'room' || draft.room.phase !== 'open') return;
  const { isMuted, isHostMuted } = member.sound;
  if (!isMuted && !isHostMuted) return;
  if (isHostMuted) {
    draft.put({ ...member, sound: { ...member.sound, isMuted: true, isHostMuted: false } });
    draft.emitUpdated(id);
  }
  draft.emit({ type: 'unmute_asked', member_id: id, peer: member.peer });
  draft.do({ do: 'tell', id, isAsked: true });
  draft.play(id, 'cue', cues.askedToUnmute);
}

/** It is a member as others are from now on, and comes muted where they do. What was muted of it stays so. */
export function beginToSpeak(draft: Draft, id: string, isCompany: boolean): void {
  const before = draft.member(id);
  if (before === undefined || !before.isSpectator || draft.room.phase !== 'open') return;
  const role = before.role === 'listener' ? 'member' : before.role;
  const isMuted = before.sound.isMuted || (draft.room.policy.mutesOnEntry && role !== 'host');
  draft.put({ ...before, isSpectator: false, isCompany, role, sound: { ...before.sound, isMuted } });
  draft.emitUpdated(id);
  if (before.place !== 'room') return;
  draft.do({ do: 'apply', id });
  if (isMuted) draft.do({ do: 'tell', id });
  checkAlone(draft);
}

function isSame(before: RoomMember, after: RoomMember): boolean {
  const names = Object.keys(after.sound) as (keyof Sound)[];
  return before.role === after.role && names.every((name) => before.sound[name] === after.sound[name]);
}

export function hold(draft: Draft, id: string, isHeld: boolean): void {
  const member = draft.member(id);
  if (member === undefined || member.isHeld === isHeld) return;
  draft.put({ ...member, isHeld });
  draft.emitUpdated(id);
  if (member.place === 'room') draft.do({ do: 'apply', id });
}

export function kick(
  draft: Draft,
  {
    id,
    cause,
    text,
    prompt,
    reason,
  }: {
    readonly id: string;
    readonly cause: LeaveCause;
    readonly text: string;
    readonly prompt: string | null;
    readonly reason?: string | undefined;
  },
): void {
  const member = draft.member(id);
  if (member === undefined) return;
  if (reason !== undefined) draft.put({ ...member, kickReason: reason });
  draft.end(id, cause, text, prompt);
}

/**
 * Who speaks, the loudest first. The active speaker stays so for as long as it speaks, and until somebody else does: it does not
 * change with every breath.
 */
export function heard(draft: Draft, ids: readonly string[]): void {
  const { policy, phase } = draft.room;
  if (phase !== 'open') return;
  const speaking = new Set(ids);
  let wasQuiet = true;
  for (const member of draft.inRoom()) {
    const { id, peer } = member;
    if (member.isSpeaking && member.isCompany) wasQuiet = false;
    const isSpeaking = speaking.has(id);
    if (member.isSpeaking === isSpeaking) continue;
    draft.put({ ...member, isSpeaking });
    draft.emit({ type: isSpeaking ? 'speaking_started' : 'speaking_stopped', member_id: id, peer });
  }
  const { activeSpeaker } = draft.room;
  const loudest = ids.find((id) => draft.member(id)?.place === 'room');
  if (loudest !== undefined && (activeSpeaker === null || !speaking.has(activeSpeaker))) {
    draft.change({ activeSpeaker: loudest });
    draft.emit({ type: 'active_speaker', member_id: loudest });
  }
  if (policy.idleMs === null) return;
  const isQuiet = !draft.inRoom().some(isTalk);
  if (wasQuiet && !isQuiet) draft.stopTimer('idle');
  else if (!wasQuiet && isQuiet) draft.startTimer('idle', policy.idleMs);
}
