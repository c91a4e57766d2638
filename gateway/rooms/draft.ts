import type { LeaveCause } from './door.js';
import { memberViewOf, type RoomMember } from './member.js';
import type { NewRoomEvent } from './news.js';
import type { Room, RoomAction, RoomEndReason, RoomStep, RoomTimer, SoundSlot } from './room.js';

/** The next state of a room while one event is worked into it, and what is to be done. The state before stays as it is. */
export class Draft {
  readonly nowMs: number;
  readonly #actions: RoomAction[] = [];
  readonly #members: Map<string, RoomMember>;
  #room: Room;

  constructor(room: Room, nowMs: number) {
    this.#members = new Map(room.members);
    this.#room = { ...room, members: this.#members };
    this.nowMs = nowMs;
  }

  get room(): Room {
    return this.#room;
  }

  done(): RoomStep {
    return [this.#room, this.#actions];
  }

  change(change: Partial<Omit<Room, 'members' | 'id'>>): void {
    this.#room = { ...this.#room, ...change };
  }

  member(id: string): RoomMember | undefined {
    return this.#members.get(id);
  }

  put(member: RoomMember): void {
    this.#members.set(member.id, member);
  }

  remove(id: string): void {
    this.#members.delete(id);
  }

  setAway(id: string, isAway: boolean): void {
    const away = new Set(this.#room.away);
    if (isAway) away.add(id);
    else away.delete(id);
    this.change({ away });
  }

  /** Those who hear and are heard, and not those who wait. */
  inRoom(): RoomMember[] {
    return [...this.#members.values()].filter(({ place }) => place === 'room');
  }

  do(action: RoomAction): void {
    this.#actions.push(action);
  }

  emit(event: NewRoomEvent): void {
    this.do({ do: 'emit', event });
  }

  emitUpdated(id: string): void {
    const member = this.#members.get(id);
    if (member !== undefined) this.emit({ type: 'member_updated', member: memberViewOf(member) });
  }

  end(id: string, cause: LeaveCause, text: string, prompt: string | null = null): void {
    this.do({ do: 'end', id, cause, text, prompt });
  }

  play(to: string | null, slot: SoundSlot, sound: string, loops = false): void {
    this.do({ do: 'play', to, slot, sound, loops });
  }

  stop(to: string | null, slot: SoundSlot): void {
    this.do({ do: 'stop', to, slot });
  }

  startTimer(timer: RoomTimer, delayMs: number): void {
    this.do({ do: 'start-timer', timer, delayMs });
  }

  stopTimer(timer: RoomTimer): void {
    this.do({ do: 'stop-timer', timer });
  }
}

const endTexts: Readonly<Record<RoomEndReason, string>> = {
  empty: 'Room empty',
  closed: 'Room closed',
  expired: 'Room expired',
  lost: 'Room lost',
  drained: 'Gateway stopping',
};

/** Sends everybody away; the room is over when the last one has gone. */
export function closeRoom(draft: Draft, reason: RoomEndReason, cause: LeaveCause): void {
  if (draft.room.phase !== 'open') return;
  draft.change({ phase: 'ending', end: { reason, cause }, away: new Set() });
  // Streams end by themselves when nobody else is left: they are told of the room's end before they see that.
  const [streams, others] = [[] as string[], [] as string[]];
  for (const { id, kind } of draft.room.members.values()) (kind === 'stream' ? streams : others).push(id);
  for (const id of [...streams, ...others]) draft.end(id, cause, endTexts[reason]);
  endIfEmpty(draft);
}

/** After somebody left: a room without members is over, at once or after a while. */
export function endIfEmpty(draft: Draft): void {
  const { members, away, phase, isMade, policy, end } = draft.room;
  if (members.size > 0 || away.size > 0) return;
  if (phase === 'open' && isMade && policy.emptyMs > 0) {
    draft.startTimer('empty', policy.emptyMs);
    return;
  }
  draft.change({ phase: 'over' });
  draft.emit({ type: 'room_ended', reason: end?.reason ?? 'empty' });
  draft.do({ do: 'finish' });
}

/** Music for the one that is alone. */
export function checkAlone(draft: Draft): void {
  const { policy, isAloneSoundOn, phase } = draft.room;
  const isWanted =
    phase === 'open' && policy.aloneSound !== null && draft.inRoom().filter(({ isCompany }) => isCompany).length === 1;
  if (isWanted === isAloneSoundOn) return;
  draft.change({ isAloneSoundOn: isWanted });
  if (isWanted && policy.aloneSound !== null) draft.play(null, 'alone', policy.aloneSound, true);
  else draft.stop(null, 'alone');
}
