import type { Clock } from '../base/clock.js';
import type { LegId, RoomId, SoundId } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { Random } from '../base/random.js';
import { Awaited } from './awaited.js';
import { ControlLatency } from './control-latency.js';
import { HostSlot } from './host-slot.js';
import type {
  MediaHostView,
  MediaLeg,
  MediaLoad,
  MediaPlayer,
  MediaPool,
  MediaPoolCounts,
  MediaRecorder,
  OpenLegOptions,
  PlayOptions,
  RecordOptions,
  RoomLevelsReport,
} from './media-pool.js';
import { BindError, MediaHostLost, NoPortError } from './media-pool.js';
import type { MediaStream, StreamOptions } from './media-stream.js';
import { hostForLeg, leastLoaded } from './placement.js';
import type { LegKeeper, LegSeat, OpenOutcome } from './pool-leg.js';
import { PoolLeg } from './pool-leg.js';
import { PoolRooms, type Roomer } from './pool-rooms.js';
import { holderOf, PoolSounds, soundOf } from './pool-sounds.js';
import { PoolStream } from './pool-stream.js';
import type { HostEvent, HostPort, HostReport } from './protocol.js';
import type { RoomRules } from './room-rules.js';

export interface MediaPoolOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How many media hosts of this program; one at least, unless there are remote ones. */
  readonly hosts: number;
  /** Starts one: createWorkerHost or createInlineHost. Called again after a crash. */
  readonly spawn: (index: number) => HostPort;
  /** Hosts on other machines, which come behind those of this program. */
  readonly remotes?: readonly RemotePlace[];
  /** defaultRoomRules unless told. */
  readonly rules?: RoomRules;
  /** The port of `shared` legs in the first host, the next one in the second, and so on; 0 (default): any free ones. */
  readonly sharedPort?: number;
}

/** Where a remote host is, and what connects to it; called again after the connection was lost. */
export interface RemotePlace {
  /** Without credentials: it is logged. */
  readonly url: string;
  readonly connect: () => HostPort;
}

/** Pairs found taken by other programs before the range counts as exhausted. */
const MOST_TAKEN = 32;
/** Hosts that may be lost while one leg is opened; after that it is more likely the leg's doing. */
const MOST_LOST = 1;
/** How long a new leg waits for a host: a lost one is back in some 300 ms, where the machine is idle. */
const WAIT_MS = 5000;

/** The media hosts with their placement, restart and legs; all of it on the main thread, none of it per packet. */
export function createMediaPool(options: MediaPoolOptions): MediaPool {
  return new Pool(options);
}

class Pool implements MediaPool, LegKeeper {
  readonly #options: MediaPoolOptions;
  readonly #latency = new ControlLatency();
  readonly #slots: HostSlot[];
  readonly #started: Promise<void>;
  readonly #legs = new Map<LegId, PoolLeg>();
  readonly #streams = new Map<SoundId, PoolStream>();
  readonly #rooms: PoolRooms;
  readonly #sounds = new PoolSounds();
  #closing: Promise<void> | null = null;
  readonly #awaited = new Awaited();

  constructor(options: MediaPoolOptions) {
    this.#options = options;
    this.#rooms = new PoolRooms(options.random);
    const { hosts, spawn, remotes = [] } = options;
    const ours = Math.max(remotes.length > 0 ? 0 : 1, hosts);
    this.#slots = [
      ...Array.from({ length: ours }, (_, index) => this.#slot(index, null, () => spawn(index))),
      ...remotes.map(({ url, connect }, index) => this.#slot(ours + index, url, connect)),
    ];
    this.#started = Promise.all(this.#slots.map(startedOf)).then(
      () => undefined,
      (reason: unknown) => {
        throw new MediaHostLost(String(reason));
      },
    );
    // Told to whoever awaits ready(); nobody has to.
    this.#started.catch(() => undefined);
  }

  ready(): Promise<void> {
    return this.#started;
  }

  get load(): MediaLoad {
    let beatLatenessMs = 0;
    let busyShare = 0;
    for (const { measured } of this.#slots) {
      beatLatenessMs = Math.max(beatLatenessMs, measured.beatLatenessMs);
      busyShare = Math.max(busyShare, measured.busyShare);
    }
    const nextLatenessMs = leastLoaded(this.#up())?.measured.beatLatenessMs ?? 0;
    return { beatLatenessMs, nextLatenessMs, busyShare };
  }

  hosts(): readonly MediaHostView[] {
    return this.#slots.map(({ url, up, legCount, shared }) => ({ url, isUp: up, legs: legCount, shared }));
  }

  counts(): MediaPoolCounts {
    let ringLinks = 0;
    for (const leg of this.#legs.values()) if (leg.ringSlot !== null) ringLinks += 1;
    for (const stream of this.#streams.values()) if (stream.ringSlot !== null) ringLinks += 1;
    return {
      hosts: this.#slots.length,
      hostsUp: this.#slots.filter((slot) => slot.up).length,
      hostRestarts: this.#slots.reduce((sum, slot) => sum + slot.restarts, 0),
      legs: this.#legs.size,
      rooms: this.#rooms.places.size,
      ringLinks,
      sounds: this.#sounds.size + this.#streams.size,
      control: this.#latency.figures(),
    };
  }

  async openLeg(options: OpenLegOptions): Promise<MediaLeg> {
    let lost = 0;
    for (let taken = 0; taken < MOST_TAKEN; taken += 1) {
      const { leg, outcome } = await this.#tryOpen(options);
      if (outcome.type === 'opened') return leg;
      if (outcome.type === 'lost') {
        lost += 1;
        if (lost > MOST_LOST) throw new MediaHostLost(outcome.reason);
        continue;
      }
      if (outcome.code === 'NO_PORT') break;
      // The port that is shared is always the same one.
      if (outcome.code !== 'EADDRINUSE' || options.transport === 'shared')
        throw new BindError(outcome.code, options.address);
    }
    throw new NoPortError();
  }

  watchLevels(roomId: RoomId, listener: (report: RoomLevelsReport) => void): () => void {
    return this.#rooms.watches.add(roomId, listener);
  }

  async report(): Promise<HostReport[]> {
    const reports = await Promise.all(this.#slots.map((slot) => slot.report()));
    return reports.filter((report) => report !== null);
  }

  close(deadlineMs: number): Promise<void> {
    this.#closing ??= Promise.all(this.#slots.map((slot) => slot.close(deadlineMs))).then(() => undefined);
    this.#awaited.tell();
    return this.#closing;
  }

  join(roomer: Roomer, roomId: RoomId, echo: boolean): void {
    this.#rooms.join(roomer, roomId, echo);
  }

  playToRoom(roomId: RoomId, options: PlayOptions): MediaPlayer {
    const soundId = this.#sounds.newId();
    const holder = holderOf(soundId);
    const { places, watches } = this.#rooms;
    const slot = this.#holdRoom(roomId, holder);
    const gone = (): void => places.release(holder);
    const player = this.#sounds.play(soundId, slot, { kind: 'room', roomId }, options, gone);
    watches.renew(roomId);
    return player;
  }

  recordRoom(roomId: RoomId, options: RecordOptions): MediaRecorder {
    return this.#sounds.recordRoom(this.#rooms.places.hostOf(roomId), roomId, options);
  }

  openStream(options: StreamOptions): MediaStream {
    const soundId = this.#sounds.newId();
    const slot = this.#holdRoom(options.roomId, holderOf(soundId));
    const keeper = {
      join: (stream: PoolStream, roomId: RoomId, echo: boolean) => this.#rooms.join(stream, roomId, echo),
      record: (stream: PoolStream, record: RecordOptions) => this.record(stream, record),
      gone: (stream: PoolStream) => {
        this.#streams.delete(soundId);
        this.#rooms.release(stream);
      },
    };
    const stream = new PoolStream(soundId, slot, options, keeper);
    this.#streams.set(soundId, stream);
    this.#rooms.watches.renew(options.roomId);
    return stream;
  }

  /** The host of that room, which `holder` keeps from now on. */
  #holdRoom(roomId: RoomId, holder: LegId): HostSlot {
    const { places } = this.#rooms;
    return places.hold(roomId, holder, places.hostOf(roomId) ?? this.#slotFor(null));
  }

  play(leg: PoolLeg, options: PlayOptions): MediaPlayer {
    const place = { kind: 'leg', legId: leg.legId } as const;
    return this.#sounds.play(this.#sounds.newId(), leg.slot, place, options);
  }

  record(leg: Roomer, options: RecordOptions): MediaRecorder {
    return this.#sounds.record(leg.slot, leg.legId, options);
  }

  leave(leg: PoolLeg): void {
    this.#rooms.leave(leg);
  }

  release(leg: PoolLeg): void {
    this.#rooms.release(leg);
  }

  gone(leg: PoolLeg): void {
    this.release(leg);
    this.#legs.delete(leg.legId);
  }

  #slot(index: number, url: string | null, spawn: () => HostPort): HostSlot {
    const { clock, log } = this.#options;
    return new HostSlot({
      index,
      clock,
      log,
      spawn,
      url,
      onLegEvent: (legId, event) => this.#onLegEvent(legId, event),
      onLevels: (report) => {
        this.#rooms.watches.tell(report);
        report.legIds.forEach((legId, i) => {
          this.#legs.get(legId)?.onLevel(report.levels[i]!, report.speaking[i]!, report.beat);
        });
      },
      onSoundEvent: (event) => this.#sounds.onEvent(event),
      onStreamEvent: (event) => this.#streams.get(event.soundId)?.onEvent(event),
      rules: this.#options.rules ?? null,
      onLost: (slot, reason) => this.#onLost(slot, reason),
      onUp: () => this.#awaited.tell(),
      latency: this.#latency,
    });
  }

  async #tryOpen(options: OpenLegOptions): Promise<{ leg: PoolLeg; outcome: OpenOutcome }> {
    const { random } = this.#options;
    if (this.#up().length === 0) await this.#awaitHost();
    const slot = this.#slotFor(options.roomId);
    const leg = new PoolLeg(options, slot, this.#seatIn(slot, options), this);
    this.#legs.set(options.legId, leg);
    if (options.roomId !== null) this.#rooms.places.hold(options.roomId, options.legId, slot);
    // RFC 3550 §5.1: the sequence and the timestamp start at random values; the sequence in the lower half, because a
    // receiver of SRTP takes the first one that it hears for one of the first turn (RFC 3711 §3.3.1).
    const sequence = random.uint32() & 0x7fff;
    const outcome = await leg.open({ ssrc: random.uint32(), sequence, timestamp: random.uint32() });
    return { leg, outcome };
  }

  #seatIn(slot: HostSlot, { transport, ports }: OpenLegOptions): LegSeat {
    if (slot.url !== null) return null;
    const { sharedPort = 0 } = this.#options;
    if (transport === 'shared') return { sharedPort: sharedPort === 0 ? 0 : sharedPort + slot.index };
    const pair = ports.next();
    if (pair === null) throw new NoPortError();
    return { pair };
  }

  async #awaitHost(): Promise<void> {
    if (this.#closing === null) await this.#awaited.within(this.#options.clock, WAIT_MS);
  }

  /** The host to open a leg in. */
  #slotFor(roomId: RoomId | null): HostSlot {
    const next = leastLoaded(this.#up());
    if (next === null || this.#closing !== null) throw new MediaHostLost('no media host is up');
    const home = roomId === null ? null : this.#rooms.places.hostOf(roomId);
    // Over a wire a ring costs as much as sockets: there a crowded host would gain nothing.
    return home === null ? next : hostForLeg(home, home.sharesMemory && next.sharesMemory ? next : null);
  }

  #up(): HostSlot[] {
    return this.#slots.filter((slot) => slot.up);
  }

  #onLegEvent(legId: LegId, event: HostEvent): void {
    this.#legs.get(legId)?.onHostEvent(event);
  }

  /** A host is gone: its legs, and the legs of other hosts that were in its rooms, have nobody to hear. */
  #onLost(slot: HostSlot, reason: string): void {
    const inItsRooms = this.#rooms.places.evict(slot);
    this.#sounds.onLost(slot);
    for (const legId of [...slot.legs]) this.#legs.get(legId)?.onHostLost(reason);
    for (const stream of [...this.#streams.values()]) if (stream.slot === slot) stream.end('lost');
    for (const legId of inItsRooms) {
      const roomer: Roomer | undefined = this.#legs.get(legId) ?? this.#streams.get(soundOf(legId));
      if (roomer === undefined) continue;
      roomer.ringSlot = null;
      roomer.onRoomLost(reason);
    }
  }
}

/** A remote host that cannot be reached is tried again, and keeps nobody waiting. */
function startedOf(slot: HostSlot): Promise<void> {
  return slot.url === null ? slot.start() : slot.start().catch(() => undefined);
}
