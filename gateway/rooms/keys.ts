import type { MenuAction } from '../../contract/rooms.js';
import { closeRoom, type Draft } from './draft.js';
import { goOn, PIN_TIMEOUT_MS, pinDone, placeFor } from './entry.js';
import { PIN_TRIES, type RoomMember } from './member.js';
import type { Menu } from './policy.js';
import { countCue, cues } from './tones.js';
import { askToUnmute, updateMember, updatePolicy } from './update.js';

const MAX_PIN_KEYS = 16;
/** After a key that may be the whole of one entry of the menu or the beginning of another. */
const INTER_DIGIT_MS = 1500;
const GAIN_STEP_DB = 3;
const MOST_GAIN_DB = 20;

/** A key of a member: of the PIN while it is asked for, of the menu in the room, of nothing in the lobby. */
export function press(draft: Draft, id: string, digit: string): void {
  const member = draft.member(id);
  if (member === undefined || draft.room.phase !== 'open') return;
  if (member.place === 'pin') pressPin(draft, member, digit);
  else pressMenu(draft, member, digit);
}

/** `#` ends the PIN, `*` begins it anew; as many keys as it has need no `#`. */
function pressPin(draft: Draft, member: RoomMember, digit: string): void {
  const { pin } = draft.room.policy;
  if (digit === '*') {
    draft.put({ ...member, keys: '' });
    return;
  }
  const keys = digit === '#' ? member.keys : `${member.keys}${digit}`.slice(-MAX_PIN_KEYS);
  draft.put({ ...member, keys });
  const isWhole = digit === '#' || keys.length >= (pin?.length ?? 0);
  if (!isWhole || keys === '') return;
  if (pin === null || keys === pin) {
    draft.stop(member.id, 'cue');
    goOn(draft, { ...member, keys }, placeFor(draft.room, draft.room.policy, member, pinDone));
    return;
  }
  const pinTries = member.pinTries + 1;
  draft.put({ ...member, keys: '', pinTries });
  if (pinTries >= PIN_TRIES) {
    draft.stopTimer(`pin ${member.id}`);
    draft.end(member.id, 'pin-failed', 'Wrong PIN', cues.failed);
    return;
  }
  draft.startTimer(`pin ${member.id}`, PIN_TIMEOUT_MS);
  // To who sees it and does not hear the tones.
  draft.emitUpdated(member.id);
  draft.play(member.id, 'cue', cues.pinWrong);
}

export function pinTimedOut(draft: Draft, id: string): void {
  if (draft.member(id)?.place === 'pin') draft.end(id, 'pin-failed', 'No PIN', cues.failed);
}

function menuOf(draft: Draft, member: RoomMember): Menu {
  const { menu, hostMenu } = draft.room.policy;
  return member.role === 'host' ? { ...menu, ...hostMenu } : (menu ?? {});
}

function pressMenu(draft: Draft, member: RoomMember, digit: string): void {
  const menu = member.place === 'room' ? menuOf(draft, member) : {};
  const begins = (keys: string): boolean => Object.keys(menu).some((entry) => entry.startsWith(keys));
  // What has begun and does not go on so may be the beginning of something else.
  const before = member.keys;
  const keys = begins(`${before}${digit}`) ? `${before}${digit}` : begins(digit) ? digit : '';
  const goesOn = Object.keys(menu).some((entry) => entry.length > keys.length && entry.startsWith(keys));
  const action = keys === '' || goesOn ? undefined : menu[keys];
  draft.emit({ type: 'dtmf', member_id: member.id, peer: member.peer, digit, action: action ?? null });
  draft.put({ ...member, keys: action === undefined ? keys : '' });
  if (keys !== '' && action === undefined) draft.startTimer(`keys ${member.id}`, INTER_DIGIT_MS);
  else draft.stopTimer(`keys ${member.id}`);
  if (action !== undefined) act(draft, member.id, action);
}

/** No more keys came: they are what they are. */
export function keysTimedOut(draft: Draft, id: string): void {
  const member = draft.member(id);
  if (member === undefined || member.place !== 'room') return;
  const action = menuOf(draft, member)[member.keys];
  draft.put({ ...member, keys: '' });
  if (action !== undefined) act(draft, id, action);
}

function act(draft: Draft, id: string, action: MenuAction): void {
  const member = draft.member(id);
  if (member === undefined) return;
  const { sound } = member;
  switch (action) {
    case 'toggle_mute':
      toggleMute(draft, member);
      return;
    case 'toggle_deaf':
      updateMember(draft, id, { isDeaf: !sound.isDeaf });
      draft.play(id, 'cue', cues.done);
      return;
    case 'louder':
    case 'quieter':
      updateMember(draft, id, { gainDb: louder(sound.gainDb, action === 'louder') });
      draft.play(id, 'cue', cues.done);
      return;
    case 'listen_louder':
    case 'listen_quieter':
      updateMember(draft, id, { listenGainDb: louder(sound.listenGainDb, action === 'listen_louder') });
      draft.play(id, 'cue', cues.done);
      return;
    case 'leave':
      draft.end(id, 'left', 'Left by menu');
      return;
    case 'toggle_lock':
      updatePolicy(draft, { ...draft.room.policy, isLocked: !draft.room.policy.isLocked });
      draft.play(id, 'cue', cues.done);
      return;
    case 'mute_all':
    case 'unmute_all':
      muteAll(draft, id, action === 'mute_all');
      draft.play(id, 'cue', cues.done);
      return;
    case 'ask_to_unmute_all':
      for (const one of draft.inRoom()) askToUnmute(draft, one.id);
      draft.play(id, 'cue', cues.done);
      return;
    case 'end_room':
      closeRoom(draft, 'closed', 'room-closed');
      return;
    case 'say_count':
      draft.play(id, 'cue', countCue(draft.inRoom().length));
      return;
  }
}

function louder(gainDb: number, isUp: boolean): number {
  return Math.max(-MOST_GAIN_DB, Math.min(MOST_GAIN_DB, gainDb + (isUp ? GAIN_STEP_DB : -GAIN_STEP_DB)));
}

/** What a host has muted, only a host lifts: itself, where it is one. */
function toggleMute(draft: Draft, { id, role, sound }: RoomMember): void {
  if (sound.isHostMuted && role !== 'host') {
    draft.play(id, 'cue', cues.mutedByHost);
    draft.do({ do: 'tell', id });
    return;
  }
  const wasMuted = sound.isMuted || sound.isHostMuted;
  updateMember(draft, id, { isMuted: !wasMuted, isHostMuted: false });
  draft.play(id, 'cue', wasMuted ? cues.unmuted : cues.muted);
}

/** Hosts, and whoever pressed the keys, go on speaking. Who has muted itself stays so. */
function muteAll(draft: Draft, by: string, isHostMuted: boolean): void {
  for (const { id, role } of draft.inRoom()) {
    if (id !== by && role !== 'host') updateMember(draft, id, { isHostMuted });
  }
}
