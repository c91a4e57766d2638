import type { Clock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { LegEvent, MediaPool } from '../../rooms/index.js';
import type { RoomTable } from '../calls/room-table.js';
import type { EnterOptions, EntryRefusal, LeaveCause, MemberDoor, RoomEntrance } from './door.js';
import { placeFor, refusalOf } from './entry.js';
import { RoomLogs } from './log.js';
import type { RoomMember, Sound } from './member.js';
import type { MemberRef, NewRoomEvent, RoomDirectory, RoomWatcher } from './news.js';
import { policyOf, type RoomPolicy } from './policy.js';
import { createRoom, type Room } from './room.js';
import { RoomRunner, type RoomRunnerServices } from './room-runner.js';
import type { RoomSounds } from './sounds.js';
import { ToneSounds } from './tone-sounds.js';

export interface RoomServiceOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: Pick<MediaPool, 'watchLevels' | 'playToRoom'>;
  /** The names and the company of the call rules. Calls of kind `sip` join and leave it by themselves, before they are answered. */
  readonly company: Pick<RoomTable, 'join' | 'leave' | 'setCounted' | 'move' | 'recheck'>;
  /** Rooms at once; 10,000 unless told. */
  readonly maxRooms?: number;
}

const MAX_ROOMS = 10_000;

/** Somebody moves from one room to another. */
interface Move {
  readonly to: RoomId;
  /** It may return from there. */
  readonly isAway: boolean;
  readonly origin: RoomId | null;
  /** What lets it in where others are refused. */
  readonly entry?: Pick<EnterOptions, 'passesLock' | 'takesPlaceOf'>;
}

/**
 * Every room there is, and who is in it: a room is made by its first member, or over the API, and gone with its last. Limit:
 * `maxRooms`, over which nobody can make one more (TOO_MANY_ROOMS), counted in `refused`.
 */
export class RoomService implements RoomEntrance, RoomDirectory {
  readonly logs: RoomLogs;
  readonly counters = { rooms_made_total: 0, room_entries_refused_total: 0 };
  readonly #options: RoomServiceOptions;
  readonly #rooms = new Map<RoomId, RoomRunner>();
  readonly #byMember = new Map<string, RoomRunner>();
  /** Who is in a side room → the room that waits for it. */
  readonly #waiting = new Map<string, RoomRunner>();
  readonly #watchers = new Map<RoomId, Set<RoomWatcher>>();
  readonly #services: RoomRunnerServices;
  #sounds: RoomSounds;
  #onReferable: () => void = () => undefined;

  constructor(options: RoomServiceOptions) {
    const { clock, log, pool } = options;
    this.#options = options;
    this.logs = new RoomLogs(clock);
    this.#sounds = new ToneSounds(pool);
    this.#services = {
      clock,
      log,
      pool,
      sounds: () => this.#sounds,
      emit: (roomId, event) => this.#emit(roomId, event),
      onJoined: (runner, member) => this.#joined(runner, member),
      onFinished: (runner) => this.#finished(runner),
    };
  }

  /** Who plays the sounds of rooms; tones alone unless told. */
  useSounds(sounds: RoomSounds): void {
    this.#sounds = sounds;
  }

  get sounds(): RoomSounds {
    return this.#sounds;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The oldest first. */
  rooms(): readonly RoomRunner[] {
    return [...this.#rooms.values()];
  }

  find(roomId: RoomId): RoomRunner | null {
    return this.#rooms.get(roomId) ?? null;
  }

  roomOf(memberId: string): RoomRunner | null {
    return this.#byMember.get(memberId) ?? null;
  }

  /** An empty room, over the API. Null: there are too many. */
  make(roomId: RoomId, policy: RoomPolicy): RoomRunner | null {
    if (this.#isFull()) return null;
    return this.#begin(roomId, { policy, isMade: true, isMeeting: true });
  }

  /** Changes what the room is like. */
  change(runner: RoomRunner, policy: RoomPolicy): void {
    runner.post({ type: 'update', policy });
    if (policy.refer === 'room') this.#onReferable();
  }

  /** Told when a room lets its members' phones have others called. */
  onReferable(listener: () => void): void {
    this.#onReferable = listener;
  }

  check(roomId: RoomId, options: EnterOptions): EntryRefusal | null {
    const refusal = this.#refusalOf(roomId, options);
    if (refusal !== null) this.counters.room_entries_refused_total += 1;
    return refusal;
  }

  #refusalOf(roomId: RoomId, options: EnterOptions): EntryRefusal | null {
    const runner = this.#rooms.get(roomId);
    if (runner === undefined && this.#isFull()) {
      return { code: 'TOO_MANY_ROOMS', statusCode: 503, text: 'Too Many Rooms' };
    }
    return refusalOf(runner?.room ?? null, runner?.room.policy ?? policyOf(options.room ?? {}), options);
  }

  entersAtOnce(roomId: RoomId, options: EnterOptions, direction: 'in' | 'out'): boolean {
    const room = this.#rooms.get(roomId)?.room ?? null;
    const policy = room?.policy ?? policyOf(options.room ?? {});
    return placeFor(room, policy, { role: options.role, direction }, options) === 'room';
  }

  keepsAlone(roomId: RoomId): boolean {
    const room = this.#rooms.get(roomId)?.room;
    // Who is in a room that ends is ended by that, and not by those who went first.
    return room !== undefined && (room.isMeeting || room.away.size > 0 || room.phase !== 'open');
  }

  enter(door: MemberDoor, roomId: RoomId, options: EnterOptions): EntryRefusal | null {
    return this.#enter(door, roomId, options, {});
  }

  #enter(
    door: MemberDoor,
    roomId: RoomId,
    options: EnterOptions,
    past: Pick<Partial<RoomMember>, 'origin' | 'sound' | 'isHeld'> & { readonly isKnown?: boolean },
  ): EntryRefusal | null {
    const refusal = past.isKnown === true ? null : this.check(roomId, options);
    if (refusal !== null) return refusal;
    const { memberId: id, kind, device, identity, direction, extraData, isSpectator, isCompany } = door;
    const runner =
      this.#rooms.get(roomId) ??
      this.#begin(roomId, {
        policy: policyOf(options.room ?? {}),
        isMade: false,
        isMeeting: options.room !== undefined,
      });
    runner.addDoor(door);
    this.#byMember.set(id, runner);
    const isCall = kind === 'sip';
    const peer = isCall || past.isKnown === true ? door.peer : this.#name(door, roomId);
    const { origin = null, sound, isHeld } = past;
    runner.post({
      type: 'enter',
      member: {
        ...{ id, kind, device, peer, identity, direction, extraData, isSpectator, isCompany, origin },
        ...(sound === undefined ? {} : { sound }),
        ...(isHeld === undefined ? {} : { isHeld }),
      },
      options,
    });
    const place = runner.room.members.get(id)?.place;
    if (place !== undefined && place !== 'room') this.#options.company.setCounted(id, false);
    return null;
  }

  /** Calls are in the table before they are answered; all others from here on. */
  #name({ memberId, peer, identity, direction }: MemberDoor, roomId: RoomId): string {
    const incoming = direction === 'in';
    const named = { memberId, roomId, wantedPeer: peer, identity, incoming, connected: true, counts: false };
    return this.#options.company.join(named).peer;
  }

  left(memberId: string, cause: LeaveCause): void {
    const runner = this.#byMember.get(memberId);
    if (runner === undefined) return;
    const door = runner.door(memberId);
    this.#gone(runner, memberId, () => runner.post({ type: 'left', id: memberId, cause }));
    this.#noReturn(memberId);
    if (door?.kind !== 'sip') this.#options.company.leave(memberId);
  }

  #gone(runner: RoomRunner, memberId: string, tell: () => void): void {
    const member = runner.room.members.get(memberId);
    const { id: roomId } = runner.room;
    this.#byMember.delete(memberId);
    tell();
    runner.removeDoor(memberId);
    if (member?.place !== 'room') return;
    for (const watcher of this.#watchers.get(roomId) ?? []) watcher.onLeft?.(memberId);
  }

  /** The room that it came from need not wait any more. */
  #noReturn(memberId: string): void {
    const waiting = this.#waiting.get(memberId);
    this.#waiting.delete(memberId);
    if (waiting === undefined) return;
    waiting.post({ type: 'away-over', id: memberId });
    this.#options.company.recheck(waiting.room.id);
  }

  /** From its room into another one, which is made where it is not there; its call or connection goes on. */
  move(memberId: string, move: Move): EntryRefusal | null {
    return this.#move(memberId, move, ({ role, echo, sound }) => ({
      // A room that is made by this is a meeting: who is put there is not ended when another one goes back.
      options: { role, echo, isMuted: sound.isMuted, skipsPin: true, skipsLobby: true, room: {}, ...move.entry },
      // Lists of members name those of the room that was.
      past: { sound: { ...sound, heardBy: null, hears: null } },
    }));
  }

  /** The same for who comes in there as a caller would: asked for the PIN, kept in the lobby. What was muted stays so. */
  moveAsCaller(memberId: string, to: RoomId, options: EnterOptions): EntryRefusal | null {
    const refusal = this.#move(memberId, { to, isAway: false, origin: null }, ({ sound, kind }) => ({
      options: {
        ...options,
        isMuted: options.isMuted || sound.isMuted || sound.isHostMuted,
        // An application was let in by its secret or token.
        ...(kind === 'stream' ? { skipsPin: true, skipsLobby: true } : {}),
      },
      past: {},
    }));
    const runner = this.#byMember.get(memberId);
    // Else it would hear its old room where it waits.
    if (runner?.room.members.get(memberId)?.place !== 'room') runner?.door(memberId)?.leg?.leave();
    return refusal;
  }

  #move(
    memberId: string,
    { to, isAway, origin }: Move,
    entryOf: (member: RoomMember) => { readonly options: EnterOptions; readonly past: { readonly sound?: Sound } },
  ): EntryRefusal | null {
    const from = this.#byMember.get(memberId);
    const door = from?.door(memberId);
    const member = from?.room.members.get(memberId);
    if (from === undefined || door === undefined || member === undefined) {
      return { code: 'ROOM_CLOSED', statusCode: 410, text: 'Room Closed' };
    }
    const { options, past } = entryOf(member);
    // Who returns has its place there, locked or full.
    const target = this.#rooms.get(to)?.room;
    const isBack = target?.phase === 'open' && target.away.has(memberId);
    const refusal = isBack ? null : this.check(to, options);
    if (refusal !== null) return refusal;
    // From one side room to the next: it is still the first that waits.
    const waits = isAway && !this.#waiting.has(memberId);
    this.#gone(from, memberId, () =>
      from.post({
        type: 'left',
        id: memberId,
        cause: 'moved',
        movedTo: to,
        isAway: waits && from.room.phase === 'open',
      }),
    );
    // The door's name follows when the table says so.
    this.#options.company.move(memberId, to);
    const entered = this.#enter(door, to, options, { ...past, origin, isHeld: member.isHeld, isKnown: true });
    if (waits) this.#waiting.set(memberId, from);
    else if (!isAway) this.#noReturn(memberId);
    return entered;
  }

  digit(memberId: string, digit: string): void {
    this.#byMember.get(memberId)?.post({ type: 'digit', id: memberId, digit });
  }

  held(memberId: string, isHeld: boolean): void {
    this.#byMember.get(memberId)?.post({ type: 'held', id: memberId, isHeld });
  }

  speaks(memberId: string): void {
    const runner = this.#byMember.get(memberId);
    const isCompany = runner?.door(memberId)?.isCompany === true;
    runner?.post({ type: 'speaks', id: memberId, isCompany });
    if (isCompany && runner?.room.members.get(memberId)?.place === 'room') {
      this.#options.company.setCounted(memberId, true);
    }
  }

  legEvent(_memberId: string, _event: LegEvent): void {
    // Doors end what is broken by themselves; levels come from the room.
  }

  /** A namesake of the same user has come: see RoomTable. */
  replaced(memberId: string): void {
    // The newcomer is about to enter: a room that would be empty in between would be over.
    queueMicrotask(() => this.#byMember.get(memberId)?.door(memberId)?.end('replaced', 'Replaced'));
  }

  closeAll(): void {
    for (const runner of this.rooms()) runner.post({ type: 'close', reason: 'drained', cause: 'room-closed' });
  }

  has(roomId: RoomId): boolean {
    return this.#rooms.has(roomId);
  }

  members(roomId: RoomId): readonly MemberRef[] {
    const runner = this.#rooms.get(roomId);
    const refs: MemberRef[] = [];
    for (const { id, place } of runner?.room.members.values() ?? []) {
      const ref = place === 'room' ? this.member(roomId, id) : null;
      if (ref !== null) refs.push(ref);
    }
    return refs;
  }

  member(roomId: RoomId, memberId: string): MemberRef | null {
    const runner = this.#rooms.get(roomId);
    const member = runner?.room.members.get(memberId);
    const door = runner?.door(memberId);
    if (member === undefined || door === undefined) return null;
    return { memberId, peer: member.peer, leg: door.leg, stream: door.stream };
  }

  watch(roomId: RoomId, watcher: RoomWatcher): () => void {
    const watchers = this.#watchers.get(roomId) ?? new Set();
    this.#watchers.set(roomId, watchers);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(roomId) === watchers) this.#watchers.delete(roomId);
    };
  }

  emit(roomId: RoomId, event: NewRoomEvent): void {
    this.logs.emit(roomId, event);
  }

  #emit(roomId: RoomId, event: NewRoomEvent): void {
    this.logs.emit(roomId, event);
    if (event.type !== 'dtmf') return;
    for (const watcher of [...(this.#watchers.get(roomId) ?? [])]) watcher.onDigit?.(event.member_id, event.digit);
  }

  #isFull(): boolean {
    return this.#rooms.size >= (this.#options.maxRooms ?? MAX_ROOMS);
  }

  #begin(roomId: RoomId, how: Pick<Room, 'policy' | 'isMade' | 'isMeeting'>): RoomRunner {
    this.counters.rooms_made_total += 1;
    this.logs.open(roomId);
    const runner = new RoomRunner(createRoom(roomId, how, this.#options.clock.epochMs()), this.#services);
    this.#rooms.set(roomId, runner);
    if (how.policy.refer === 'room') this.#onReferable();
    return runner;
  }

  #joined(runner: RoomRunner, member: RoomMember): void {
    if (member.isCompany) this.#options.company.setCounted(member.id, true);
    const { id: roomId } = runner.room;
    const ref = this.member(roomId, member.id);
    if (ref === null) return;
    for (const watcher of [...(this.#watchers.get(roomId) ?? [])]) watcher.onEntered?.(ref);
  }

  #finished(runner: RoomRunner): void {
    const { id: roomId } = runner.room;
    if (this.#rooms.get(roomId) === runner) this.#rooms.delete(roomId);
    const watchers = this.#watchers.get(roomId) ?? [];
    this.#watchers.delete(roomId);
    for (const watcher of [...watchers]) watcher.onEnded?.();
  }
}
