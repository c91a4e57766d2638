import type { Clock } from '../base/clock.js';
import type { LegId, RoomId } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { Random } from '../base/random.js';
import type { SampleRateHz } from '../media/index.js';
import { Awaited } from './awaited.js';
import { ControlLatency } from './control-latency.js';
import { HostSlot } from './host-slot.js';
import { LevelWatches } from './level-watches.js';
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
import { hostForLeg, leastLoaded, RoomPlaces } from './placement.js';
import type { LegKeeper, OpenOutcome } from './pool-leg.js';
import { PoolLeg } from './pool-leg.js';
import { holderOf, PoolSounds } from './pool-sounds.js';
import type { HostEvent, HostPort, HostReport, RingLink, WireAddress } from './protocol.js';
import { createRingLink } from './ring.js';
import { WIRE_KEY_BYTES } from './ring-wire.js';
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
/** Ids of ring links wrap here: far more than links live at a time, and still a small integer. */
const MOST_WIRE_ID = 2 ** 29 - 1;

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
  readonly #places = new RoomPlaces<HostSlot>();
  readonly #sounds = new PoolSounds();
  readonly #watches = new LevelWatches((roomId, on) =>
    this.#places.hostOf(roomId)?.post({ type: 'watch-levels', roomId, on }),
  );
  #closing: Promise<void> | null = null;
  readonly #awaited = new Awaited();
  #wireId = 0;

  constructor(options: MediaPoolOptions) {
    this.#options = options;
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
    return this.#slots.map(({ url, up, legCount }) => ({ url, isUp: up, legs: legCount }));
  }

  counts(): MediaPoolCounts {
    let ringLinks = 0;
    for (const leg of this.#legs.values()) if (leg.ringSlot !== null) ringLinks += 1;
    return {
      hosts: this.#slots.length,
      hostsUp: this.#slots.filter((slot) => slot.up).length,
      hostRestarts: this.#slots.reduce((sum, slot) => sum + slot.restarts, 0),
      legs: this.#legs.size,
      rooms: this.#places.size,
      ringLinks,
      sounds: this.#sounds.size,
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
      if (outcome.code !== 'EADDRINUSE') throw new BindError(outcome.code, options.address);
    }
    throw new NoPortError();
  }

  watchLevels(roomId: RoomId, listener: (report: RoomLevelsReport) => void): () => void {
    return this.#watches.add(roomId, listener);
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

  /** A leg joins a room: of its own host, or through a ring of another's. A room without a place comes to the leg. */
  join(leg: PoolLeg, roomId: RoomId, echo: boolean): void {
    const { legId, slot } = leg;
    this.#closeRing(leg);
    const roomSlot = this.#places.hold(roomId, legId, slot);
    if (roomSlot === slot) {
      slot.post({ type: 'join-room', legId, roomId, echo });
      this.#watches.renew(roomId);
      return;
    }
    const link = this.#linkBetween(slot, roomSlot, leg.codecRateHz);
    if (link === null) {
      this.#places.release(legId);
      leg.onRoomLost(`hosts ${slot.index} and ${roomSlot.index} have no way for sound between them`);
      return;
    }
    leg.ringSlot = roomSlot;
    roomSlot.post({ type: 'open-ring-member', legId, roomId, echo, link });
    slot.post({ type: 'join-ring', legId, link });
    this.#watches.renew(roomId);
  }

  playToRoom(roomId: RoomId, options: PlayOptions): MediaPlayer {
    const soundId = this.#sounds.newId();
    const holder = holderOf(soundId);
    const slot = this.#places.hold(roomId, holder, this.#places.hostOf(roomId) ?? this.#slotFor(null));
    const player = this.#sounds.play(soundId, slot, { kind: 'room', roomId }, options, () =>
      this.#places.release(holder),
    );
    this.#watches.renew(roomId);
    return player;
  }

  play(leg: PoolLeg, options: PlayOptions): MediaPlayer {
    const place = { kind: 'leg', legId: leg.legId } as const;
    return this.#sounds.play(this.#sounds.newId(), leg.slot, place, options);
  }

  record(leg: PoolLeg, options: RecordOptions): MediaRecorder {
    return this.#sounds.record(leg.slot, leg.legId, options);
  }

  leave(leg: PoolLeg): void {
    this.release(leg);
    leg.slot.post({ type: 'leave-room', legId: leg.legId });
  }

  release(leg: PoolLeg): void {
    this.#closeRing(leg);
    this.#places.release(leg.legId);
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
        this.#watches.tell(report);
        report.legIds.forEach((legId, i) => {
          this.#legs.get(legId)?.onLevel(report.levels[i]!, report.speaking[i]!, report.beat);
        });
      },
      onSoundEvent: (event) => this.#sounds.onEvent(event),
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
    const pair = slot.url === null ? options.ports.next() : null;
    if (pair === null && slot.url === null) throw new NoPortError();
    const leg = new PoolLeg(options, slot, pair, this);
    this.#legs.set(options.legId, leg);
    if (options.roomId !== null) this.#places.hold(options.roomId, options.legId, slot);
    // RFC 3550 §5.1: the sequence and the timestamp start at random values; the sequence in the lower half, because a
    // receiver of SRTP takes the first one that it hears for one of the first turn (RFC 3711 §3.3.1).
    const sequence = random.uint32() & 0x7fff;
    const outcome = await leg.open({ ssrc: random.uint32(), sequence, timestamp: random.uint32() });
    return { leg, outcome };
  }

  async #awaitHost(): Promise<void> {
    if (this.#closing === null) await this.#awaited.within(this.#options.clock, WAIT_MS);
  }

  /** The host to open a leg in. */
  #slotFor(roomId: RoomId | null): HostSlot {
    const next = leastLoaded(this.#up());
    if (next === null || this.#closing !== null) throw new MediaHostLost('no media host is up');
    const home = roomId === null ? null : this.#places.hostOf(roomId);
    // Over a wire a ring costs as much as sockets: there a crowded host would gain nothing.
    return home === null ? next : hostForLeg(home, home.sharesMemory && next.sharesMemory ? next : null);
  }

  #up(): HostSlot[] {
    return this.#slots.filter((slot) => slot.up);
  }

  /** In shared memory where both hosts have it, else by their wires; null where one has none that the other reaches. */
  #linkBetween(legSlot: HostSlot, roomSlot: HostSlot, sampleRateHz: SampleRateHz): RingLink | null {
    if (legSlot.sharesMemory && roomSlot.sharesMemory) return createRingLink(sampleRateHz);
    const areBothRemote = legSlot.wireAddress !== null && roomSlot.wireAddress !== null;
    const areBothOurs = legSlot.url === null && roomSlot.url === null;
    const toRoom = this.#wireAddress(roomSlot);
    const fromRoom = this.#wireAddress(legSlot);
    if (toRoom === null || fromRoom === null || !(areBothRemote || areBothOurs)) return null;
    return { carrier: 'wire', toRoom, fromRoom, sampleRateHz };
  }

  #wireAddress({ wirePort: port, wireAddress }: HostSlot): WireAddress | null {
    if (port === null) return null;
    this.#wireId = (this.#wireId & MOST_WIRE_ID) + 1;
    const address = wireAddress === null ? {} : { address: wireAddress };
    return { ...address, port, id: this.#wireId, key: Uint8Array.from(this.#options.random.bytes(WIRE_KEY_BYTES)) };
  }

  #closeRing(leg: PoolLeg): void {
    leg.ringSlot?.post({ type: 'close-ring-member', legId: leg.legId });
    leg.ringSlot = null;
  }

  #onLegEvent(legId: LegId, event: HostEvent): void {
    this.#legs.get(legId)?.onHostEvent(event);
  }

  /** A host is gone: its legs, and the legs of other hosts that were in its rooms, have nobody to hear. */
  #onLost(slot: HostSlot, reason: string): void {
    const inItsRooms = this.#places.evict(slot);
    this.#sounds.onLost(slot);
    for (const legId of [...slot.legs]) this.#legs.get(legId)?.onHostLost(reason);
    for (const legId of inItsRooms) {
      const leg = this.#legs.get(legId);
      if (leg === undefined) continue;
      leg.ringSlot = null;
      leg.onRoomLost(reason);
    }
  }
}

/** A remote host that cannot be reached is tried again, and keeps nobody waiting. */
function startedOf(slot: HostSlot): Promise<void> {
  return slot.url === null ? slot.start() : slot.start().catch(() => undefined);
}
