import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { LegId, RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { MediaPool, RoomLevelsReport } from '../../rooms/index.js';
import { NamedTimers } from '../calls/timers.js';
import { Announcements } from './announcements.js';
import type { MemberDoor } from './door.js';
import { isHearable, type RoomMember } from './member.js';
import type { NewRoomEvent } from './news.js';
import type { Room, RoomAction, RoomEvent, RoomStep, RoomTimer, SoundSlot } from './room.js';
import { step } from './room.js';
import type { PlayingSound, RoomSounds } from './sounds.js';

/** Longest that a farewell is heard before its member is ended. */
const MAX_FAREWELL_MS = 15_000;

export interface RoomRunnerServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: Pick<MediaPool, 'watchLevels'>;
  readonly sounds: () => RoomSounds;
  emit(roomId: RoomId, event: NewRoomEvent): void;
  /** It hears and is heard from now on: it is company for others. */
  onJoined(room: RoomRunner, member: RoomMember): void;
  onFinished(room: RoomRunner): void;
}

/**
 * Runs one room: takes its events one at a time through the pure step, carries out the actions on media, doors, sounds and
 * timers. Decides nothing itself.
 */
export class RoomRunner {
  readonly #services: RoomRunnerServices;
  readonly #doors = new Map<string, MemberDoor>();
  readonly #timers: NamedTimers<RoomTimer | `farewell ${string}`>;
  readonly #sounds = new Map<string, PlayingSound>();
  readonly #announcements = new Announcements((sound, onEnded) => this.#play(null, 'cue', sound, false, onEnded));
  readonly #mailbox: RoomEvent[] = [];
  readonly #farewells = new Map<string, () => void>();
  /** Members whose lists of who hears whom are not the usual ones. */
  readonly #listed = new Set<string>();
  /** Who is to be told who speaks. */
  #followers = 0;
  #unwatch: (() => void) | null = null;
  #lastHeard = '';
  #room: Room;
  #busy = false;

  constructor([room, actions]: RoomStep, services: RoomRunnerServices) {
    this.#room = room;
    this.#services = services;
    this.#timers = new NamedTimers(services.clock, (timer) => this.#timedOut(timer));
    this.#run(actions);
    this.#checkLevels();
  }

  get room(): Room {
    return this.#room;
  }

  door(id: string): MemberDoor | undefined {
    return this.#doors.get(id);
  }

  addDoor(door: MemberDoor): void {
    this.#doors.set(door.memberId, door);
  }

  removeDoor(id: string): void {
    this.#doors.delete(id);
    this.#timers.stop(`farewell ${id}`);
    this.#farewells.delete(id);
    this.#listed.delete(id);
  }

  /** One event at a time; what an action raises waits until the actions before it are done. */
  post(event: RoomEvent): void {
    this.#mailbox.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift()) {
        const [room, actions] = step(this.#room, next, this.#services.clock.epochMs());
        this.#room = room;
        this.#run(actions);
      }
    } finally {
      this.#busy = false;
    }
    this.#checkLevels();
  }

  /** Speaking and active-speaker events are made while somebody follows them, and while `idle_s` needs them. */
  follow(): () => void {
    let isOn = true;
    this.#followers += 1;
    this.#checkLevels();
    return () => {
      if (!isOn) return;
      isOn = false;
      this.#followers -= 1;
      this.#checkLevels();
    };
  }

  #run(actions: readonly RoomAction[]): void {
    for (const action of actions) {
      try {
        this.#perform(action);
      } catch (error) {
        // One member's fault is not its room's.
        const { id: roomId } = this.#room;
        this.#services.log.error('room.fault', { roomId, action: action.do, message: messageOf(error) });
      }
    }
  }

  #perform(action: RoomAction): void {
    switch (action.do) {
      case 'emit':
        this.#services.emit(this.#room.id, action.event);
        return;
      case 'join':
        this.#join(action.id);
        return;
      case 'apply':
        this.#apply(action.id);
        return;
      case 'hearing':
        this.#tellHearing();
        return;
      case 'end':
        this.#end(action);
        return;
      case 'tell':
        this.#tell(action);
        return;
      case 'play':
        if (action.to === null && action.slot === 'cue') this.#announcements.play(action.sound);
        else this.#play(action.to, action.slot, action.sound, action.loops);
        return;
      case 'stop':
        this.#stopSound(action.to, action.slot);
        return;
      case 'start-timer':
        this.#timers.start(action.timer, action.delayMs);
        return;
      case 'stop-timer':
        this.#timers.stop(action.timer);
        return;
      case 'finish':
        this.#finish();
        return;
    }
  }

  #join(id: string): void {
    const member = this.#room.members.get(id);
    const door = this.#doors.get(id);
    if (member === undefined || door === undefined) return;
    door.leg?.join(this.#room.id, { echo: member.echo });
    door.stream?.join(this.#room.id);
    this.#services.onJoined(this, member);
  }

  #apply(id: string): void {
    const member = this.#room.members.get(id);
    if (member === undefined) return;
    const { isDeaf, gainDb, listenGainDb, agc, denoise } = member.sound;
    const change = { isMuted: !isHearable(member), isDeaf, gainDb, listenGainDb, agc, denoise };
    const door = this.#doors.get(id);
    (door?.leg ?? door?.stream)?.setMember(change);
  }

  /** Names of members become those of their legs; who is not there now is told of when it comes. */
  #tellHearing(): void {
    const legOf = (id: string): LegId[] => {
      const door = this.#doors.get(id);
      const leg = this.#room.members.get(id)?.place === 'room' ? (door?.leg ?? door?.stream) : undefined;
      return leg == null ? [] : [leg.legId];
    };
    for (const [id, { leg, stream }] of this.#doors) {
      const member = this.#room.members.get(id);
      if (member === undefined || member.place !== 'room') continue;
      const { heardBy, hears } = member.sound;
      const isListed = heardBy !== null || hears !== null;
      if (!isListed && !this.#listed.delete(id)) continue;
      if (isListed) this.#listed.add(id);
      const lists = { heardBy: heardBy?.flatMap(legOf) ?? null, hears: hears?.flatMap(legOf) ?? null };
      (leg ?? stream)?.setHearing(lists);
    }
  }

  #tell({ id, isAsked = false }: Extract<RoomAction, { do: 'tell' }>): void {
    const member = this.#room.members.get(id);
    if (member === undefined) return;
    const { isMuted, isHostMuted } = member.sound;
    this.#doors.get(id)?.tell({ isMuted, isHostMuted, isInLobby: member.place === 'lobby', isAsked });
  }

  #end({ id, cause, text, prompt }: Extract<RoomAction, { do: 'end' }>): void {
    const door = this.#doors.get(id);
    if (door === undefined) return;
    const end = (): void => {
      this.#timers.stop(`farewell ${id}`);
      this.#doors.get(id)?.end(cause, text);
    };
    if (prompt === null || door.leg === null) {
      end();
      return;
    }
    this.#farewells.set(id, end);
    this.#timers.start(`farewell ${id}`, MAX_FAREWELL_MS);
    if (!this.#play(id, 'cue', prompt, false, end)) end();
  }

  #timedOut(timer: RoomTimer | `farewell ${string}`): void {
    if (!isFarewell(timer)) {
      this.post({ type: 'timer', timer });
      return;
    }
    this.#farewells.get(timer.slice('farewell '.length))?.();
  }

  /** False when nothing is heard: there is no such sound. */
  #play(to: string | null, slot: SoundSlot, sound: string, loops: boolean, onEnded?: () => void): boolean {
    const leg = to === null ? null : (this.#doors.get(to)?.leg ?? null);
    if (to !== null && leg === null) return false;
    this.#stopSound(to, slot);
    const key = `${slot} ${to ?? ''}`;
    const place = leg === null ? { kind: 'room' as const, roomId: this.#room.id } : { kind: 'leg' as const, leg };
    let playing: PlayingSound | null = null;
    playing = this.#services.sounds().playTo(place, sound, {
      loops,
      onEnded: () => {
        if (playing !== null && this.#sounds.get(key) === playing) this.#sounds.delete(key);
        onEnded?.();
      },
    });
    if (playing === null) {
      this.#services.log.warn('room.sound-missing', { roomId: this.#room.id, sound });
      return false;
    }
    this.#sounds.set(key, playing);
    return true;
  }

  #stopSound(to: string | null, slot: SoundSlot): void {
    const key = `${slot} ${to ?? ''}`;
    this.#sounds.get(key)?.stop();
    this.#sounds.delete(key);
  }

  #finish(): void {
    this.#timers.stopAll();
    this.#announcements.close();
    for (const sound of this.#sounds.values()) sound.stop();
    this.#sounds.clear();
    this.#unwatch?.();
    this.#unwatch = null;
    this.#services.onFinished(this);
  }

  #checkLevels(): void {
    const { phase, policy, id } = this.#room;
    const isWanted = phase === 'open' && (this.#followers > 0 || policy.idleMs !== null);
    if (isWanted === (this.#unwatch !== null)) return;
    this.#unwatch?.();
    this.#unwatch = isWanted ? this.#services.pool.watchLevels(id, (report) => this.#onLevels(report)) : null;
    if (!isWanted) this.#heard([]);
  }

  /** Only what differs from the last 100 ms is an event. */
  #onLevels({ legIds, levels, speaking }: RoomLevelsReport): void {
    const loud: { readonly id: string; readonly level: number }[] = [];
    for (const [index, legId] of legIds.entries()) {
      const id = speaking[index] === true ? this.memberOfLeg(legId) : null;
      if (id !== null) loud.push({ id, level: levels[index] ?? 127 });
    }
    this.#heard(loud.sort((a, b) => a.level - b.level).map(({ id }) => id));
  }

  #heard(ids: readonly string[]): void {
    const key = ids.toSorted().join(' ');
    if (key === this.#lastHeard) return;
    this.#lastHeard = key;
    this.post({ type: 'heard', ids });
  }

  /** Legs are named as their members are; streams may have names of their own. */
  memberOfLeg(legId: LegId): string | null {
    const named = legId as string;
    if (this.#doors.has(named)) return named;
    for (const [id, { leg, stream }] of this.#doors) if ((leg ?? stream)?.legId === legId) return id;
    return null;
  }
}

function isFarewell(timer: string): timer is `farewell ${string}` {
  return timer.startsWith('farewell ');
}
