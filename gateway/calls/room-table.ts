import type { Clock } from '../../base/clock.js';
import type { CallId, RoomId } from '../../base/ids.js';

export interface RoomMember {
  readonly callId: CallId;
  readonly roomId: RoomId;
  /** The name the room shows; unique in the room. */
  readonly peer: string;
  /** The registered user behind the leg; null for trunks and unknown callers. */
  readonly identity: string | null;
  readonly incoming: boolean;
}

export interface JoinRequest {
  readonly callId: CallId;
  readonly roomId: RoomId;
  readonly wantedPeer: string;
  readonly identity: string | null;
  readonly incoming: boolean;
  readonly connected: boolean;
}

/** News for one member; delivered after the table is consistent again. */
export interface RoomTableHandlers {
  onOtherConnected(callId: CallId): void;
  onAccompanied(callId: CallId): void;
  onAlone(callId: CallId, hadOthers: boolean): void;
  /** A newcomer of the same registered user took this member's name. */
  onReplaced(callId: CallId): void;
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
  /** This member has seen another one. */
  met: boolean;
  /** What the member was last told. */
  toldAlone: boolean;
}

interface RoomEntry {
  readonly members: Map<CallId, Entry>;
  /** A leg of ours was dialled into the room since it was made. */
  hadOutgoing: boolean;
}

/**
 * Who is in which room, as the call rules see it (contract 4.4): names, who is connected, who was left alone, and
 * tombstones of rooms whose dialled legs all failed before the caller came. Rooms exist while they have members, so
 * their number is bounded by the number of calls. Sound is the media hosts' business, not this table's.
 */
export class RoomTable {
  tombstonesDropped = 0;
  readonly #options: RoomTableOptions;
  readonly #handlers: RoomTableHandlers;
  readonly #rooms = new Map<RoomId, RoomEntry>();
  readonly #byCall = new Map<CallId, Entry>();
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
    const room = this.#rooms.get(request.roomId) ?? { members: new Map<CallId, Entry>(), hadOutgoing: false };
    this.#rooms.set(request.roomId, room);
    this.#tombstones.delete(request.roomId);
    if (!request.incoming) room.hadOutgoing = true;
    const replaced = this.#namesakeToReplace(room, request);
    if (replaced !== null) {
      room.members.delete(replaced);
      this.#byCall.delete(replaced);
    }
    const member: RoomMember = {
      callId: request.callId,
      roomId: request.roomId,
      peer: freeName(room, request.wantedPeer),
      identity: request.identity,
      incoming: request.incoming,
    };
    const entry: Entry = { member, connected: request.connected, met: false, toldAlone: true };
    room.members.set(request.callId, entry);
    this.#byCall.set(request.callId, entry);
    if (replaced !== null) this.#handlers.onReplaced(replaced);
    this.#tellCompany(room);
    if (request.connected) this.#tellConnected(room, request.callId);
    else if (someoneElseConnected(room, request.callId)) this.#handlers.onOtherConnected(request.callId);
    return member;
  }

  markConnected(callId: CallId): void {
    const entry = this.#byCall.get(callId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    if (entry === undefined || room === undefined || entry.connected) return;
    entry.connected = true;
    this.#tellConnected(room, callId);
  }

  leave(callId: CallId): void {
    const entry = this.#byCall.get(callId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    if (entry === undefined || room === undefined) return;
    this.#byCall.delete(callId);
    room.members.delete(callId);
    if (room.members.size > 0) {
      this.#tellCompany(room);
      return;
    }
    this.#rooms.delete(entry.member.roomId);
    if (room.hadOutgoing) this.#bury(entry.member.roomId);
  }

  /** Somebody was about to join and is already gone: whoever waits there alone has been left. */
  passThrough(roomId: RoomId): void {
    const room = this.#rooms.get(roomId);
    if (room === undefined) return;
    for (const entry of room.members.values()) entry.met = true;
    if (room.members.size !== 1) return;
    for (const entry of [...room.members.values()]) this.#handlers.onAlone(entry.member.callId, true);
  }

  /** A leg that was to be dialled into this room could not even be made. */
  dialRefused(roomId: RoomId): void {
    if (!this.#rooms.has(roomId)) this.#bury(roomId);
  }

  /** True when every leg dialled into the room has ended within the last 30 s and nobody is in it. */
  isTombstoned(roomId: RoomId): boolean {
    const endedMs = this.#tombstones.get(roomId);
    if (endedMs === undefined || this.#rooms.has(roomId)) return false;
    return this.#options.clock.nowMs() - endedMs <= (this.#options.tombstoneMs ?? 30_000);
  }

  /** True when somebody else is in the call's room who is a caller, or whom the call can talk to. */
  isWanted(callId: CallId): boolean {
    const entry = this.#byCall.get(callId);
    const room = entry === undefined ? undefined : this.#rooms.get(entry.member.roomId);
    for (const other of room?.members.values() ?? []) {
      if (other !== entry && (other.member.incoming || other.connected)) return true;
    }
    return false;
  }

  #namesakeToReplace(room: RoomEntry, request: JoinRequest): CallId | null {
    for (const { member } of room.members.values()) {
      if (member.peer !== request.wantedPeer) continue;
      if (this.#options.duplicatePeer === 'replace') return member.callId;
      if (member.identity !== null && member.identity === request.identity) return member.callId;
    }
    return null;
  }

  #tellConnected(room: RoomEntry, callId: CallId): void {
    for (const entry of [...room.members.values()]) {
      if (entry.member.callId !== callId) this.#handlers.onOtherConnected(entry.member.callId);
    }
  }

  #tellCompany(room: RoomEntry): void {
    const alone = room.members.size === 1;
    for (const entry of [...room.members.values()]) {
      if (!alone) entry.met = true;
      if (entry.toldAlone === alone) continue;
      entry.toldAlone = alone;
      if (alone) this.#handlers.onAlone(entry.member.callId, entry.met);
      else this.#handlers.onAccompanied(entry.member.callId);
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

function someoneElseConnected(room: RoomEntry, callId: CallId): boolean {
  for (const entry of room.members.values()) if (entry.connected && entry.member.callId !== callId) return true;
  return false;
}

function freeName(room: RoomEntry, wanted: string): string {
  const taken = new Set<string>();
  for (const entry of room.members.values()) taken.add(entry.member.peer);
  if (!taken.has(wanted)) return wanted;
  let suffix = 2;
  while (taken.has(`${wanted}~${suffix}`)) suffix += 1;
  return `${wanted}~${suffix}`;
}
