import type { Clock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { MemberView } from '../../contract/room-events.js';
import { createRoomBody, type RoomSettings, type RoomView } from '../../contract/rooms.js';
import type { MemberLevels, RoomCommandCode, RoomCommands, RoomResult } from '../../gateway/rooms/commands.js';
import { RoomLogs } from '../../gateway/rooms/log.js';

interface FakeRoom {
  settings: RoomSettings;
  readonly members: Map<string, MemberView>;
  readonly createdMs: number;
}

export function memberOf(memberId: string, change: Partial<MemberView> = {}): MemberView {
  return {
    member_id: memberId,
    kind: 'sip',
    device: 'phone',
    peer: memberId,
    identity: null,
    direction: 'in',
    role: 'member',
    place: 'room',
    pin_tries_left: null,
    muted: false,
    muted_by: null,
    deaf: false,
    held: false,
    gain_db: 0,
    listen_gain_db: 0,
    agc: false,
    noise_suppression: false,
    heard_by: null,
    hears: null,
    speaking: false,
    extra_data: null,
    joined_ms: 1,
    ...change,
  };
}

/** Rooms without calls or sound: what the API's routes are tested against. */
export class FakeRooms implements RoomCommands {
  readonly events: RoomLogs;
  /** What was asked of members, in order. */
  readonly asked: unknown[] = [];
  /** The next action or dial is refused so. */
  refusal: { readonly code: RoomCommandCode; readonly message?: string } | null = null;
  /** Resolved by the test: actions and dials wait for it. */
  hold: Promise<void> | null = null;
  readonly levelListeners = new Set<(levels: MemberLevels) => void>();
  readonly #rooms = new Map<string, FakeRoom>();
  readonly #clock: Clock;
  #calls = 0;

  constructor(clock: Clock, most = 1000) {
    this.#clock = clock;
    this.events = new RoomLogs(clock, { events: most });
  }

  enter(roomId: string, member: MemberView): void {
    this.#rooms.get(roomId)!.members.set(member.member_id, member);
    this.events.emit(roomId as RoomId, { type: 'member_joined', member });
  }

  list(): RoomView[] {
    return [...this.#rooms].map(([roomId, room]) => this.#view(roomId, room));
  }

  create({ room_id = `room-${this.#rooms.size + 1}`, ...settings }: { room_id?: string | undefined } & RoomSettings) {
    if (this.#rooms.has(room_id)) return refuse('ROOM_EXISTS');
    if (this.#rooms.size >= 3) return refuse('TOO_MANY_ROOMS');
    const room = { settings, members: new Map(), createdMs: this.#clock.epochMs() };
    this.#rooms.set(room_id, room);
    this.events.open(room_id as RoomId);
    return give(this.#view(room_id, room));
  }

  room(roomId: RoomId): RoomResult<RoomView> {
    return this.#in(roomId, (room) => give(this.#view(roomId, room)));
  }

  update(roomId: RoomId, settings: RoomSettings): RoomResult<RoomView> {
    return this.#in(roomId, (room) => {
      room.settings = { ...room.settings, ...settings };
      this.events.emit(roomId, { type: 'room_updated', locked: room.settings.locked ?? false });
      return give(this.#view(roomId, room));
    });
  }

  close(roomId: RoomId): RoomResult<RoomView> {
    return this.#in(roomId, (room) => {
      this.#rooms.delete(roomId);
      this.events.emit(roomId, { type: 'room_ended', reason: 'closed' });
      return give({ ...this.#view(roomId, room), state: 'ending' as const });
    });
  }

  members(roomId: RoomId): RoomResult<readonly MemberView[]> {
    return this.#in(roomId, (room) => give([...room.members.values()]));
  }

  member(roomId: RoomId, memberId: string): RoomResult<MemberView> {
    return this.#in(roomId, (room) => {
      const member = room.members.get(memberId);
      return member === undefined ? refuse('MEMBER_NOT_FOUND') : give(member);
    });
  }

  updateMember(...[roomId, memberId, change]: Parameters<RoomCommands['updateMember']>): RoomResult<MemberView> {
    const found = this.member(roomId, memberId);
    if (!found.ok) return found;
    const member = { ...found.value, ...(change as Partial<MemberView>) };
    this.#rooms.get(roomId)!.members.set(memberId, member);
    this.events.emit(roomId, { type: 'member_updated', member });
    return give(member);
  }

  async act(...[roomId, memberId, action]: Parameters<RoomCommands['act']>) {
    this.asked.push({ roomId, memberId, ...action });
    await this.hold;
    if (this.refusal !== null) return { ok: false, ...this.refusal } as const;
    const found = this.member(roomId, memberId);
    if (!found.ok) return found;
    if (action.action === 'admit' && found.value.place !== 'lobby') return refuse('NOT_IN_LOBBY');
    const other = action.action === 'move' ? action.room_id : roomId;
    return give({ member_id: memberId, room_id: other });
  }

  async dial(...[roomId, body]: Parameters<RoomCommands['dial']>) {
    this.asked.push({ roomId, ...body });
    await this.hold;
    if (this.refusal !== null) return { ok: false, ...this.refusal } as const;
    this.#calls += 1;
    return this.#in(roomId, () => give({ memberId: `call-${this.#calls}` }));
  }

  watchLevels(roomId: RoomId, listener: (levels: MemberLevels) => void): (() => void) | null {
    if (!this.#rooms.has(roomId)) return null;
    this.levelListeners.add(listener);
    return () => this.levelListeners.delete(listener);
  }

  #in<T>(roomId: string, use: (room: FakeRoom) => RoomResult<T>): RoomResult<T> {
    const room = this.#rooms.get(roomId);
    return room === undefined ? refuse('ROOM_NOT_FOUND') : use(room);
  }

  #view(roomId: string, { settings, members, createdMs }: FakeRoom): RoomView {
    const { pin, ...shown } = createRoomBody.omit({ room_id: true }).parse(settings);
    return {
      room_id: roomId,
      state: 'open',
      settings: { ...shown, has_pin: pin !== undefined && pin !== null },
      members: members.size,
      in_lobby: 0,
      created_ms: createdMs,
      last_seq: this.events.find(roomId as RoomId)?.lastSeq ?? 0,
      active_speaker: null,
    };
  }
}

function give<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

function refuse(code: RoomCommandCode): { readonly ok: false; readonly code: RoomCommandCode } {
  return { ok: false, code };
}
