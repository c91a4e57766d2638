import type { RoomId } from '../../base/ids.js';
import { type Random, randomToken } from '../../base/random.js';
import type { MemberView } from '../../contract/room-events.js';
import type {
  CreateRoomBody,
  DialBody,
  MemberActionBody,
  MemberActionResult,
  RoomSettings,
  RoomView,
  UpdateMemberBody,
} from '../../contract/rooms.js';
import type { MediaPool } from '../../rooms/index.js';
import { parseUri } from '../../sip/index.js';
import type { ServerDirectory } from '../admission/servers.js';
import type { CommandResult } from '../api/commands.js';
import type { EntryWish } from '../calls/call.js';
import type { OutgoingCalls } from '../calls/outgoing.js';
import type { CallService } from '../calls/service.js';
import type { MemberLevels, RoomCommandCode, RoomCommands, RoomResult } from './commands.js';
import { type EntryRefusal, type MemberDoor, plainEntry } from './door.js';
import { memberViewOf, type RoomMember } from './member.js';
import { policyOf, settingsOf } from './policy.js';
import type { MemberUpdate } from './room.js';
import type { RoomRunner } from './room-runner.js';
import type { RoomService } from './service.js';

export interface RoomCommandOptions {
  readonly rooms: RoomService;
  readonly calls: Pick<CallService, 'refusal'>;
  readonly outgoing: Pick<OutgoingCalls, 'inviteClient' | 'inviteServer'>;
  readonly servers: Pick<ServerDirectory, 'byAlias'>;
  readonly pool: Pick<MediaPool, 'watchLevels'>;
  readonly random: Random;
}

type Refusal = Extract<RoomResult<never>, { ok: false }>;

const refused = (code: RoomCommandCode, message?: string): Refusal =>
  message === undefined ? { ok: false, code } : { ok: false, code, message };
const done = <T>(value: T): RoomResult<T> => ({ ok: true, value });

/** One member as a command finds it. */
interface Found {
  readonly runner: RoomRunner;
  readonly member: RoomMember;
  readonly door: MemberDoor;
}

/** What the API may ask of rooms, done. */
export class RunningRoomCommands implements RoomCommands {
  readonly #options: RoomCommandOptions;

  constructor(options: RoomCommandOptions) {
    this.#options = options;
  }

  get events(): RoomCommands['events'] {
    return this.#options.rooms.logs;
  }

  list(): readonly RoomView[] {
    return this.#options.rooms.rooms().map((runner) => this.#view(runner));
  }

  create({ room_id: named, ...settings }: CreateRoomBody): RoomResult<RoomView> {
    const { rooms, calls, random } = this.#options;
    const refusal = calls.refusal();
    if (refusal === 'draining') return refused('DRAINING');
    const roomId = (named ?? randomToken(random, 12)) as RoomId;
    if (rooms.has(roomId)) return refused('ROOM_EXISTS');
    const missing = this.#missingSound(settings);
    if (missing !== null) return missing;
    const runner = rooms.make(roomId, policyOf(settings));
    return runner === null ? refused('TOO_MANY_ROOMS') : done(this.#view(runner));
  }

  room(roomId: RoomId): RoomResult<RoomView> {
    return this.#in(roomId, (runner) => done(this.#view(runner)));
  }

  update(roomId: RoomId, settings: RoomSettings): RoomResult<RoomView> {
    return this.#in(roomId, (runner) => {
      if (runner.room.phase !== 'open') return refused('ROOM_CLOSED');
      const missing = this.#missingSound(settings);
      if (missing !== null) return missing;
      this.#options.rooms.change(runner, policyOf(settings, runner.room.policy));
      return done(this.#view(runner));
    });
  }

  close(roomId: RoomId): RoomResult<RoomView> {
    return this.#in(roomId, (runner) => {
      runner.post({ type: 'close', reason: 'closed', cause: 'room-closed' });
      return done(this.#view(runner));
    });
  }

  members(roomId: RoomId): RoomResult<readonly MemberView[]> {
    return this.#in(roomId, ({ room }) => done([...room.members.values()].map(memberViewOf)));
  }

  member(roomId: RoomId, memberId: string): RoomResult<MemberView> {
    const found = this.#find(roomId, memberId);
    return 'code' in found ? found : done(memberViewOf(found.member));
  }

  updateMember(
    roomId: RoomId,
    memberId: string,
    change: UpdateMemberBody,
    by: 'host' | 'self' = 'host',
  ): RoomResult<MemberView> {
    const found = this.#find(roomId, memberId);
    if ('code' in found) return found;
    const { runner, member } = found;
    if (runner.room.phase !== 'open') return refused('ROOM_CLOSED');
    const isBound = by === 'self' && member.role !== 'host' && member.sound.isHostMuted;
    if (isBound && change.muted === false) return refused('MUTED_BY_HOST', 'a host has muted it');
    runner.post({ type: 'update-member', id: memberId, change: updateOf(change, by) });
    return this.member(roomId, memberId);
  }

  async act(roomId: RoomId, memberId: string, action: MemberActionBody): Promise<RoomResult<MemberActionResult>> {
    const found = this.#find(roomId, memberId);
    if ('code' in found) return found;
    const { runner, member, door } = found;
    const here = done({ member_id: memberId, room_id: roomId });
    switch (action.action) {
      case 'admit':
        if (member.place !== 'lobby') return refused('NOT_IN_LOBBY');
        runner.post({ type: 'admit', id: memberId });
        return here;
      case 'ask_to_unmute':
        if (!member.sound.isMuted && !member.sound.isHostMuted) return refused('WRONG_STATE', 'it is not muted');
        if (member.place !== 'room') return refused('NOT_IN_ROOM');
        runner.post({ type: 'ask-to-unmute', id: memberId });
        return here;
      case 'kick':
        return this.#kick(found, action);
      case 'dtmf':
        if (door.leg === null) return refused('NOT_SUPPORTED', 'a stream has no keys');
        door.leg.dtmf(action.digits, action.duration_ms);
        return here;
      case 'move':
        return this.#move(found, action.room_id as RoomId);
      case 'side_room':
        return this.#sideRoom(found, (action.room_id ?? null) as RoomId | null);
      case 'return':
        return this.#return(found);
      case 'transfer':
        return this.#transfer(found, action.to);
    }
  }

  async dial(roomId: RoomId, body: DialBody): Promise<RoomResult<{ readonly memberId: string }>> {
    const { rooms, outgoing, servers } = this.#options;
    if (!rooms.has(roomId)) return refused('ROOM_NOT_FOUND');
    const entry: EntryWish = { role: body.role ?? 'member', passesLock: true };
    const refusal = rooms.check(roomId, { ...plainEntry, ...entry });
    if (refusal !== null) return refused(refusal.code, refusal.text);
    const common = { room_id: roomId, from_number: body.from_number, hook_uri: null };
    if ('session_id' in body) {
      return dialled(outgoing.inviteClient({ ...common, dest_session_id: body.session_id, server_alias: null }, entry));
    }
    const { server, to_number: number, username, password } = body;
    const profile = servers.byAlias(server)?.profile ?? null;
    const { proxy = null, domain = null } = profile?.outbound ?? {};
    const host = profile === null ? server : (domain ?? proxy?.host ?? null);
    if (host === null) return refused('INVALID_SERVER_ALIAS', 'the profile says nothing of outgoing calls');
    const auth = username === undefined || password === undefined ? null : { username, password };
    const alias = profile?.alias ?? null;
    return dialled(
      outgoing.inviteServer(
        { ...common, dest_addr: host, dest_auth: auth, to_number: number, server_alias: alias },
        entry,
      ),
    );
  }

  watchLevels(roomId: RoomId, listener: (levels: MemberLevels) => void): (() => void) | null {
    const { rooms, pool } = this.#options;
    const runner = rooms.find(roomId);
    if (runner === null) return null;
    // Whoever looks at levels wants the events of who speaks too.
    const unfollow = runner.follow();
    const unwatch = pool.watchLevels(roomId, ({ legIds, levels, speaking, omitted }) => {
      const members: MemberLevels['members'][number][] = [];
      for (const [index, legId] of legIds.entries()) {
        const memberId = runner.memberOfLeg(legId);
        if (memberId !== null) {
          members.push({ memberId, level: levels[index] ?? 127, isSpeaking: speaking[index] === true });
        }
      }
      listener({ members, omitted });
    });
    return () => {
      unfollow();
      unwatch();
    };
  }

  #kick(
    { runner, member }: Found,
    action: Extract<MemberActionBody, { action: 'kick' }>,
  ): RoomResult<MemberActionResult> {
    const { reason, prompt = null } = action;
    if (prompt !== null && !this.#options.rooms.sounds.has(prompt))
      return refused('UNPROCESSABLE', 'prompt: no such sound');
    const text = reason ?? 'Kicked';
    runner.post({ type: 'kick', id: member.id, cause: 'kicked', text, prompt, reason });
    return done({ member_id: member.id, room_id: runner.room.id });
  }

  #move({ runner, member }: Found, to: RoomId): RoomResult<MemberActionResult> {
    if (member.place !== 'room') return refused('NOT_IN_ROOM');
    if (to === runner.room.id) return done({ member_id: member.id, room_id: to });
    return moved(member.id, to, this.#options.rooms.move(member.id, { to, isAway: false, origin: null }));
  }

  #sideRoom(found: Found, named: RoomId | null): RoomResult<MemberActionResult> {
    const { runner, member } = found;
    if (member.place !== 'room') return refused('NOT_IN_ROOM');
    const to = named ?? (`${runner.room.id}~${randomToken(this.#options.random, 6)}` as RoomId);
    if (to === runner.room.id) return refused('WRONG_STATE', 'it is in that room');
    if (to === member.origin) return this.#return(found);
    // From one side room to the next: home stays home.
    const origin = member.origin ?? runner.room.id;
    return moved(member.id, to, this.#options.rooms.move(member.id, { to, isAway: true, origin }));
  }

  #return({ member }: Found): RoomResult<MemberActionResult> {
    const { rooms } = this.#options;
    const to = member.origin;
    if (to === null || !rooms.has(to)) return refused('NOWHERE_TO_RETURN');
    return moved(member.id, to, rooms.move(member.id, { to, isAway: false, origin: null }));
  }

  async #transfer({ runner, member, door }: Found, to: string): Promise<RoomResult<MemberActionResult>> {
    if (door.refer === null) return refused('NOT_SUPPORTED', `a member of kind ${door.kind} cannot be transferred`);
    const target = parseUri(to);
    if (!target.ok || target.value.scheme === 'other') return refused('UNPROCESSABLE', 'to: not a SIP or tel URI');
    const { statusCode, reasonPhrase } = await door.refer(to);
    if (statusCode >= 300) return refused('PEER_REFUSED', `${statusCode} ${reasonPhrase}`);
    // RFC 3515 §2.4: it talks to the other one now, and our call with it is of no use any more.
    door.end('left', 'Transferred');
    return done({ member_id: member.id, room_id: runner.room.id, status_code: statusCode });
  }

  #in<T>(roomId: RoomId, use: (runner: RoomRunner) => RoomResult<T>): RoomResult<T> {
    const runner = this.#options.rooms.find(roomId);
    return runner === null ? refused('ROOM_NOT_FOUND') : use(runner);
  }

  #find(roomId: RoomId, memberId: string): Found | Refusal {
    const runner = this.#options.rooms.find(roomId);
    if (runner === null) return refused('ROOM_NOT_FOUND');
    const member = runner.room.members.get(memberId);
    const door = runner.door(memberId);
    return member === undefined || door === undefined ? refused('MEMBER_NOT_FOUND') : { runner, member, door };
  }

  #missingSound(settings: RoomSettings): Refusal | null {
    for (const name of ['entry_sound', 'exit_sound', 'alone_sound', 'hold_sound'] as const) {
      const sound = settings[name] ?? null;
      if (sound !== null && !this.#options.rooms.sounds.has(sound)) {
        return refused('UNPROCESSABLE', `${name}: no such sound`);
      }
    }
    return null;
  }

  #view({ room }: RoomRunner): RoomView {
    const members = [...room.members.values()];
    const inRoom = members.filter(({ place }) => place === 'room').length;
    return {
      room_id: room.id,
      state: room.phase === 'open' ? 'open' : 'ending',
      settings: settingsOf(room.policy),
      members: inRoom,
      in_lobby: members.length - inRoom,
      created_ms: room.createdMs,
      last_seq: this.#options.rooms.logs.find(room.id)?.lastSeq ?? 0,
      active_speaker: room.activeSpeaker,
    };
  }
}

/** A host mutes for himself to lift, and unmutes whatever the cause was; a member has its own cause. */
function muteOf(muted: boolean, by: 'host' | 'self'): MemberUpdate {
  if (!muted) return { isMuted: false, isHostMuted: false };
  return by === 'host' ? { isHostMuted: true } : { isMuted: true };
}

function updateOf(change: UpdateMemberBody, by: 'host' | 'self'): MemberUpdate {
  const { muted, deaf, gain_db: gainDb, listen_gain_db: listenGainDb, agc, noise_suppression: denoise } = change;
  const { role, heard_by: heardBy, hears } = change;
  return {
    ...(muted === undefined ? {} : muteOf(muted, by)),
    ...(deaf === undefined ? {} : { isDeaf: deaf }),
    ...(gainDb === undefined ? {} : { gainDb }),
    ...(listenGainDb === undefined ? {} : { listenGainDb }),
    ...(agc === undefined ? {} : { agc }),
    ...(denoise === undefined ? {} : { denoise }),
    ...(role === undefined ? {} : { role }),
    ...(heardBy === undefined ? {} : { heardBy }),
    ...(hears === undefined ? {} : { hears }),
  };
}

function moved(memberId: string, to: RoomId, refusal: EntryRefusal | null): RoomResult<MemberActionResult> {
  return refusal === null ? done({ member_id: memberId, room_id: to }) : refused(refusal.code, refusal.text);
}

function dialled(result: CommandResult<{ readonly sessionId: string }>): RoomResult<{ readonly memberId: string }> {
  if (result.ok) return done({ memberId: result.value.sessionId });
  const { code, message } = result;
  if (code === 'NOT_FOUND') return refused('REGISTRATION_NOT_FOUND', message);
  return refused(code === 'INVALID_HOOK_URI' ? 'BAD_REQUEST' : code, message);
}
