import type { Clock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';

export interface RoomMember {
  readonly memberId: string;
  readonly roomId: RoomId;
  /** The name the room shows; unique in the room. */
  readonly peer: string;
  /** The registered user behind the leg; null for trunks and unknown callers. */
  readonly identity: string | null;
  readonly incoming: boolean;
}

export interface JoinRequest {
  readonly memberId: string;
  readonly roomId: RoomId;
  readonly wantedPeer: string;
  readonly identity: string | null;
  readonly incoming: boolean;
  readonly connected: boolean;
  /** Whether it is company for the others, from now on; true unless told. Who waits in a lobby or only listens is not. */
  readonly counts?: boolean;
}

/** News for one member; delivered after the table is consistent again. */
export interface RoomTableHandlers {
  onOtherConnected(memberId: string): void;
  onAccompanied(memberId: string): void;
  onAlone(memberId: string, hadOthers: boolean): void;
  /** A newcomer of the same registered user took this member's name. */
  onReplaced(memberId: string): void;
  /** It is in another room now, where it has this name. */
  onMoved(memberId: string, roomId: RoomId, peer: string): void;
}

export interface RoomTableOptions {
  readonly clock: Clock;
  /** `rename`: only the same registered user replaces; `replace`: any namesake does (upstream's rule). */
  readonly duplicatePeer: 'rename' | 'replace';
  /** How long an ended outgoing leg marks its empty room. */
  readonly tombstoneMs?: number;
  /** Marks kept; over it the oldest goes, counted in `tombstonesDropped`. */
  readonly maxTombstones?: number;
}

interface Entry {
  readonly member: RoomMember;
  connected: boolean;
  /** It is company, and is told of company. */
  counts: boolean;
  /** This member has seen another one. */
  met: boolean;
  /** What the member was last told. */
  toldAlone: boolean;
}

interface RoomEntry {
  readonly members: Map<string, Entry>;
  /** A leg of ours was dialled into the room since it was made. */
  hadOutgoing: boolean;
}

/**
 * Who is in which room, as the call rules see it (contract 4.4): names, who is connected, who was left alone, and
 * tombstones of rooms whose dialled legs all failed before the caller came. Calls, browsers and streams are members; who waits
 * in a lobby or only listens is here for its name alone and is nobody's company. Rooms exist while they have members, so
 * their number is bounded by theirs. Sound is the media hosts' business, not this table's.
 */
export class RoomTable {
  tombstonesDropped = 0;
  readonly #options: RoomTableOptions;
  readonly #handlers: RoomTableHandlers;
  readonly #rooms = new Map<RoomId, RoomEntry>();
  readonly #byId = new Map<string, Entry>();
  /** Room → when its last dialled leg ended; in order of time. */
  readonly #tombstones = new Map<RoomId, number>();

  constructor(options: RoomTableOptions, handlers: RoomTableHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The member's final name. */
  join(request: JoinRequest): RoomMember {
    const room = this.#rooms.get(request.roomId) ?? { members: new Map<string, Entry>(), hadOutgoing: false };
    this.#rooms.set(request.roomId, room);
    this.#tombstones.delete(request.roomId);
    if (!request.incoming) room.hadOutgoing = true;
    const replaced = this.#namesakeToReplace(room, request);
    if (replaced !== null) {
      room.members.delete(replaced);
      this.#byId.delete(replaced);
    }
    const member: RoomMember = {
      memberId: request.memberId,
      roomId: request.roomId,
      peer: freeName(room, request.wantedPeer),
      identity: request.identity,
      incoming: request.incoming,
    };
    const { connected, counts = true } = request;
    const entry: Entry = { member, connected, counts, met: false, toldAlone: true };
    room.members.set(request.memberId, entry);
    this.#byId.set(request.memberId, entry);
    if (replaced !== null) this.#handlers.onReplaced(replaced);
    this.#tellCompany(room);
    if (connected) this.#tellConnected(room, request.memberId);
    else if (someoneElseConnected(room, request.memberId)) this.#handlers.onOtherConnected(request.memberId);
    return member;
  }

  markConnected(memberId: string): void {
    const entry = this.#byId.get(memberId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    if (entry === undefined || room === undefined || entry.connected) return;
    entry.connected = true;
    this.#tellConnected(room, memberId);
  }

  /** It has been let into the room, and is company from now on, or is not any more. */
  setCounted(memberId: string, counts: boolean): void {
    const entry = this.#byId.get(memberId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    if (entry === undefined || room === undefined || entry.counts === counts) return;
    entry.counts = counts;
    this.#tellCompany(room);
    if (entry.connected) this.#tellConnected(room, memberId);
    else if (someoneElseConnected(room, memberId)) this.#handlers.onOtherConnected(memberId);
  }

  /** Into another room, where it counts when `setCounted` says so, and where it has met nobody yet. */
  move(memberId: string, roomId: RoomId): void {
    const entry = this.#byId.get(memberId);
    if (entry === undefined) return;
    this.leave(memberId);
    const room = this.#rooms.get(roomId) ?? { members: new Map<string, Entry>(), hadOutgoing: false };
    this.#rooms.set(roomId, room);
    this.#tombstones.delete(roomId);
    const member = { ...entry.member, roomId, peer: freeName(room, entry.member.peer) };
    const moved: Entry = { member, connected: entry.connected, counts: false, met: false, toldAlone: true };
    room.members.set(memberId, moved);
    this.#byId.set(memberId, moved);
    this.#handlers.onMoved(memberId, roomId, member.peer);
    if (!entry.toldAlone) this.#handlers.onAlone(memberId, false);
  }

  leave(memberId: string): void {
    const entry = this.#byId.get(memberId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    if (entry === undefined || room === undefined) return;
    this.#byId.delete(memberId);
    room.members.delete(memberId);
    if (room.members.size > 0) this.#tellCompany(room);
    else this.#rooms.delete(entry.member.roomId);
    if (companyIn(room) === 0 && room.hadOutgoing) this.#bury(entry.member.roomId);
  }

  /** Somebody was about to join and is already gone: whoever waits there alone has been left. */
  passThrough(roomId: RoomId): void {
    const room = this.#rooms.get(roomId);
    if (room === undefined) return;
    const counted = [...room.members.values()].filter(({ counts }) => counts);
    for (const entry of counted) entry.met = true;
    if (counted.length !== 1) return;
    for (const entry of counted) this.#handlers.onAlone(entry.member.memberId, true);
  }

  /** Whoever is alone there now is told so, though he was not when the others left. */
  recheck(roomId: RoomId): void {
    const counted = [...(this.#rooms.get(roomId)?.members.values() ?? [])].filter(({ counts }) => counts);
    const [last] = counted;
    if (counted.length === 1 && last?.met === true) this.#handlers.onAlone(last.member.memberId, true);
  }

  /** A leg that was to be dialled into this room could not even be made. */
  dialRefused(roomId: RoomId): void {
    if (companyIn(this.#rooms.get(roomId)) === 0) this.#bury(roomId);
  }

  /** True when every leg dialled into the room has ended within the last 30 s and nobody is in it. */
  isTombstoned(roomId: RoomId): boolean {
    const endedMs = this.#tombstones.get(roomId);
    if (endedMs === undefined || companyIn(this.#rooms.get(roomId)) > 0) return false;
    return this.#options.clock.nowMs() - endedMs <= (this.#options.tombstoneMs ?? 30_000);
  }

  /** True when somebody else is in the call's room who is a caller, or whom the call can talk to. */
  isWanted(memberId: string): boolean {
    const entry = this.#byId.get(memberId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    for (const other of room?.members.values() ?? []) {
      if (other !== entry && other.counts && (other.member.incoming || other.connected)) return true;
    }
    return false;
  }

  #namesakeToReplace(room: RoomEntry, request: JoinRequest): string | null {
    for (const { member } of room.members.values()) {
      if (member.peer !== request.wantedPeer) continue;
      if (this.#options.duplicatePeer === 'replace') return member.memberId;
      if (member.identity !== null && member.identity === request.identity) return member.memberId;
    }
    return null;
  }

  #tellConnected(room: RoomEntry, memberId: string): void {
    if (room.members.get(memberId)?.counts !== true) return;
    for (const entry of [...room.members.values()]) {
      if (entry.member.memberId !== memberId) this.#handlers.onOtherConnected(entry.member.memberId);
    }
  }

  #tellCompany(room: RoomEntry): void {
    const alone = companyIn(room) === 1;
    for (const entry of [...room.members.values()]) {
      if (!entry.counts) continue;
      if (!alone) entry.met = true;
      if (entry.toldAlone === alone) continue;
      entry.toldAlone = alone;
      if (alone) this.#handlers.onAlone(entry.member.memberId, entry.met);
      else this.#handlers.onAccompanied(entry.member.memberId);
    }
  }

  #bury(roomId: RoomId): void {
    const nowMs = this.#options.clock.nowMs();
    this.#tombstones.delete(roomId);
    this.#tombstones.set(roomId, nowMs);
    for (const [oldest, endedMs] of this.#tombstones) {
      const expired = nowMs - endedMs > (this.#options.tombstoneMs ?? 30_000);
      if (!expired && this.#tombstones.size <= (this.#options.maxTombstones ?? 10_000)) break;
      if (!expired) this.tombstonesDropped += 1;
      this.#tombstones.delete(oldest);
    }
  }
}

function someoneElseConnected(room: RoomEntry, memberId: string): boolean {
  for (const { connected, counts, member } of room.members.values()) {
    if (connected && counts && member.memberId !== memberId) return true;
  }
  return false;
}

function companyIn(room: RoomEntry | undefined): number {
  let counted = 0;
  for (const { counts } of room?.members.values() ?? []) if (counts) counted += 1;
  return counted;
}

function freeName(room: RoomEntry, wanted: string): string {
  const taken = new Set<string>();
  for (const entry of room.members.values()) taken.add(entry.member.peer);
  if (!taken.has(wanted)) return wanted;
  let suffix = 2;
  while (taken.has(`${wanted}~${suffix}`)) suffix += 1;
  return `${wanted}~${suffix}`;
}
