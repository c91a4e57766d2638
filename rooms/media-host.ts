import type { Clock, Timer } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { LegId } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { NativeSrtp } from '../base/native-srtp.js';
import type { Network } from '../base/network.js';
import type { Random } from '../base/random.js';
import type { SessionEvents } from '../media/index.js';
import { Denoiser, HandshakeLane, MediaSession, SharedUdp } from '../media/index.js';
import { hearingRule } from './hearing.js';
import type { HostLeg } from './host-legs.js';
import { HostLegs, nowhere } from './host-legs.js';
import { reportOf } from './host-report.js';
import { HostRings, noLink } from './host-rings.js';
import { HostSounds } from './host-sounds.js';
import { HostStreams } from './host-streams.js';
import { LegMember, RingLeg } from './member.js';
import type { HostCommand, HostEvent, HostReport, RingLink } from './protocol.js';
import { protocolVersion } from './protocol.js';
import { RoomRegistry } from './registry.js';
import type { RingEnd } from './ring.js';
import type { RingWire } from './ring-wire.js';
import { openedOf, sharedReport } from './shared-ports.js';
import { beatMs, Ticker } from './ticker.js';

export interface MediaHostDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  /** The addon's SRTP; without it node:crypto does the work. */
  readonly nativeSrtp?: NativeSrtp | null;
  /** Share of one core in use since the last call, 0 … 1. Without it the time spent inside beats is taken. */
  readonly busyShare?: () => number;
  /** Carries ring links of a host that shares no memory with the others; closed with the host. */
  readonly wire?: RingWire;
}

export interface MediaHost {
  /** Takes effect at the next beat, in the order of the calls; but open-leg binds its sockets at once. */
  handle(command: HostCommand): void;
  /** A defect outside a beat (a datagram handler threw): the host ends as after one inside, posting `failed`. */
  fail(reason: string): void;
  /** Closes every leg, then posts `closed` (not after `failed`); resolves when all sockets are closed. */
  close(): Promise<void>;
}

type CommandOf<T extends HostCommand['type']> = Extract<HostCommand, { readonly type: T }>;

const BEATS_PER_LOAD_EVENT = 50;

/**
 * Owns whole rooms with their legs: sockets, jitter buffers, codecs, mixer, and the one beat that drives them. Driven
 * by plain messages, so that it runs alike inline, in a worker thread or under a manual clock. Its command queue is
 * filled by the main thread alone, which is bounded by its calls; it is emptied every beat. The beat runs only while
 * there is a leg, a ring member or a command.
 */
export function createMediaHost(port: { post(event: HostEvent): void }, deps: MediaHostDeps): MediaHost {
  return new Host(port, deps);
}

class Host implements MediaHost {
  readonly #port: { post(event: HostEvent): void };
  readonly #deps: MediaHostDeps;
  readonly #ticker: Ticker;
  readonly #rooms = new RoomRegistry((report) => this.#post(report));
  readonly #legs: HostLegs;
  readonly #shared: SharedUdp;
  readonly #lane: HandshakeLane;
  readonly #sounds: HostSounds;
  readonly #streams: HostStreams;
  readonly #rings: HostRings;
  #commands: HostCommand[] = [];
  #applying: HostCommand[] = [];
  #commandsRefused = 0;
  /** Numbers of the last command that came, and of the last that `applied` told. */
  #commandNumber = 0;
  #appliedNumber = 0;
  #busyMs = 0;
  #loadBeat = 0;
  #halfTimer: Timer | null = null;
  #ended = false;
  #closing: Promise<void> | null = null;

  constructor(port: { post(event: HostEvent): void }, deps: MediaHostDeps) {
    this.#port = port;
    this.#deps = deps;
    this.#shared = new SharedUdp(deps.clock, deps.network);
    this.#ticker = new Ticker(deps.clock, (beat, dueMs) => this.#beat(beat, dueMs));
    this.#lane = new HandshakeLane(deps.clock, () => this.#ticker.dueInMs);
    this.#legs = new HostLegs({
      onOpened: (leg) => this.#post({ type: 'leg-opened', ...openedOf(leg), beat: this.#ticker.beat }),
      onOpenFailed: ({ legId }, code) => this.#post({ type: 'leg-failed', legId, code, beat: this.#ticker.beat }),
      onClosed: ({ legId }, stats) => this.#post({ type: 'leg-closed', legId, stats, beat: this.#ticker.beat }),
      onDefect: (reason) => this.fail(reason),
    });
    this.#sounds = new HostSounds({
      rooms: this.#rooms,
      legOf: (legId) => this.#legs.openOf(legId),
      tappedOf: (legId) => this.#legs.openOf(legId)?.session ?? this.#streams.tappedOf(legId),
      post: (event) => this.#post(event),
      beat: () => this.#ticker.beat,
    });
    this.#streams = new HostStreams({
      rooms: this.#rooms,
      post: (event) => this.#post(event),
      beat: () => this.#ticker.beat,
      onGone: (stream) => this.#sounds.tappedGoes(stream),
    });
    this.#rings = new HostRings(this.#rooms, deps.wire ?? null);
    port.post({ type: 'ready', version: protocolVersion, wirePort: deps.wire?.port ?? null });
  }

  handle(command: HostCommand): void {
    if (this.#ended) return;
    this.#commandNumber += 1;
    this.#ticker.start();
    // Nobody hears sockets being bound, and a caller waits for it: half a beat of every call's set-up.
    try {
      if (command.type === 'open-leg') this.#applyNow(command);
      else this.#commands.push(command);
    } catch (error) {
      this.fail(messageOf(error));
    }
  }

  fail(reason: string): void {
    if (this.#ended) return;
    this.#deps.log.error('media-host.failed', { reason });
    this.#port.post({ type: 'failed', reason });
    this.#end();
    this.#closing ??= this.#closeSockets();
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  #end(): void {
    this.#ended = true;
    this.#halfTimer?.cancel();
    this.#ticker.stop();
  }

  #post(event: HostEvent): void {
    if (!this.#ended) this.#port.post(event);
  }

  async #closeAll(): Promise<void> {
    this.#sounds.close();
    this.#streams.close();
    this.#rings.closeMembers();
    for (const leg of this.#legs.open) this.#leave(leg);
    this.#ticker.stop();
    await this.#closeSockets();
    this.#post({ type: 'closed' });
    this.#end();
  }

  async #closeSockets(): Promise<void> {
    await this.#legs.closeAll();
    this.#lane.close();
    await this.#shared.close();
    await this.#deps.wire?.close();
  }

  #beat(beat: number, dueMs: number): void {
    const startMs = this.#deps.clock.nowMs();
    try {
      this.#applyCommands();
      this.#postApplied(beat);
      this.#rooms.beat(beat, dueMs);
      this.#legs.beat(dueMs);
      this.#sounds.beat();
      this.#streams.beat(dueMs);
    } catch (error) {
      this.fail(messageOf(error));
      return;
    }
    this.#busyMs += this.#deps.clock.nowMs() - startMs;
    if (this.#halfTimer === null && this.#legs.isHolding) this.#waitForHalf(dueMs);
    if (beat - this.#loadBeat >= BEATS_PER_LOAD_EVENT) this.#postLoad(beat);
    if (this.#isIdle && this.#commands.length === 0) this.#ticker.stop();
  }

  get #isIdle(): boolean {
    const members = this.#legs.size + this.#rings.members + this.#sounds.players + this.#streams.size;
    return members === 0;
  }

  /** Packets of 10, 30 and 50 ms: those that end with a beat leave in its middle. */
  #waitForHalf(dueMs: number): void {
    const { clock } = this.#deps;
    this.#halfTimer = clock.setTimer(Math.max(0, dueMs + beatMs / 2 - clock.nowMs()), () => {
      this.#halfTimer = null;
      this.#legs.halfBeat();
    });
  }

  #postLoad(beat: number): void {
    const busyShare = this.#deps.busyShare?.() ?? this.#busyMs / ((beat - this.#loadBeat) * beatMs);
    this.#busyMs = 0;
    this.#loadBeat = beat;
    const load = { legs: this.#legs.size, beatLatenessP99Ms: this.#ticker.latenessP99Ms(), busyShare, beat };
    this.#post({ type: 'load', ...load, shared: sharedReport(this.#shared, this.#lane) });
  }

  #applyCommands(): void {
    if (this.#commands.length === 0) return;
    const commands = this.#commands;
    this.#commands = this.#applying;
    this.#applying = commands;
    for (const command of commands) this.#applyNow(command);
    commands.length = 0;
  }

  #postApplied(beat: number): void {
    if (this.#appliedNumber === this.#commandNumber) return;
    this.#appliedNumber = this.#commandNumber;
    this.#post({ type: 'applied', commands: this.#appliedNumber, beat });
  }

  #applyNow(command: HostCommand): void {
    const refusal = this.#apply(command);
    if (refusal !== null) this.#refuse(command, refusal);
  }

  #refuse(command: HostCommand, reason: string): void {
    this.#commandsRefused += 1;
    const legId = 'legId' in command ? command.legId : null;
    this.#post({ type: 'refused', command: command.type, legId, reason });
  }

  /** Null, or why the command makes no sense. */
  #apply(command: HostCommand): string | null {
    switch (command.type) {
      case 'open-leg':
        return this.#openLeg(command);
      case 'close-leg':
        return this.#closeLeg(command.legId);
      case 'set-leg':
        return this.#withLeg(command.legId, (leg) => {
          leg.session.set(command.media);
          this.#rooms.tracksChanged(command.legId);
        });
      case 'join-room':
        return this.#joinRoom(command);
      case 'leave-room':
        return this.#leaveRoom(command.legId);
      case 'join-ring':
        return this.#joinRing(command.legId, command.link);
      case 'send-dtmf':
        return this.#withLeg(command.legId, (leg) => leg.session.dtmf(command.digits, command.durationMs));
      case 'open-ring-member':
        return this.#legs.get(command.legId) === undefined ? this.#rings.openMember(command) : 'leg is here already';
      case 'close-ring-member':
        return this.#rings.closeMember(command.legId);
      case 'ask-quality':
        return this.#withLeg(command.legId, ({ legId, session }) =>
          this.#post({ type: 'leg-quality', legId, quality: session.quality(), beat: this.#ticker.beat }),
        );
      case 'report':
        this.#post({ type: 'report', id: command.id, report: this.#report() });
        return null;
      case 'close':
        void this.close();
        return null;
      case 'set-rooms':
        this.#rooms.rules = command.rules;
        return null;
      case 'set-member':
        return this.#setMember(command);
      case 'set-hearing':
        return this.#rooms.setHearing(command.legId, hearingRule(command)) ? null : 'leg is in no room';
      case 'watch-levels':
        this.#rooms.watchLevels(command.roomId, command.on);
        return null;
      case 'ping':
        return null;
      case 'open-stream':
      case 'feed-stream':
      case 'mark-stream':
      case 'clear-stream':
      case 'stream-kept':
      case 'close-stream':
        return this.#streams.apply(command);
      default:
        return this.#sounds.apply(command);
    }
  }

  #withLeg(legId: LegId, run: (leg: HostLeg) => void): string | null {
    const leg = this.#legs.get(legId);
    if (leg?.state !== 'open') return leg === undefined ? 'no such leg' : `leg is ${leg.state}`;
    run(leg);
    return null;
  }

  #openLeg(command: CommandOf<'open-leg'>): string | null {
    if (this.#legs.get(command.legId) !== undefined) return 'leg exists';
    const { clock, random, network, nativeSrtp, log } = this.#deps;
    const events = this.#eventsOf(command.legId);
    const shared = command.transport === 'shared' ? this.#shared : null;
    const deps = { clock, random, network, nativeSrtp, log, events, shared, lane: this.#lane };
    this.#legs.add(command.legId, new MediaSession({ ...command, ...deps }));
    return null;
  }

  #eventsOf(legId: LegId): SessionEvents {
    const ticker = this.#ticker;
    return {
      onStarted: (address, port) => this.#post({ type: 'media-started', legId, address, port, beat: ticker.beat }),
      onTimeout: (silentMs) => this.#post({ type: 'media-timeout', legId, silentMs, beat: ticker.beat }),
      onOneWay: (news) => this.#post({ type: 'media-one-way', legId, news, beat: ticker.beat }),
      onTwoWay: () => this.#post({ type: 'media-two-way', legId, beat: ticker.beat }),
      onDtmf: (digit, durationMs, source) =>
        this.#post({ type: 'dtmf', legId, digit, durationMs, source, beat: ticker.beat }),
      onSecured: () => this.#post({ type: 'media-secured', legId, beat: ticker.beat }),
      onSecurityFailed: (reason) => this.#post({ type: 'media-insecure', legId, reason, beat: ticker.beat }),
      onGone: (reason, silentMs) => this.#post({ type: 'media-gone', legId, reason, silentMs, beat: ticker.beat }),
    };
  }

  #closeLeg(legId: LegId): string | null {
    const leg = this.#legs.get(legId);
    if (leg === undefined) return 'no such leg';
    this.#sounds.legGoes(leg);
    this.#leave(leg);
    this.#legs.close(leg);
    return null;
  }

  #joinRoom({ legId, roomId, echo }: CommandOf<'join-room'>): string | null {
    if (this.#streams.has(legId)) {
      this.#streams.join(legId, roomId);
      return null;
    }
    return this.#withLeg(legId, (leg) => {
      this.#leave(leg);
      this.#rooms.join(roomId, new LegMember(legId, leg.session, { echo, earpiece: leg, packets: leg.session }));
      leg.place = { kind: 'room' };
    });
  }

  #setMember({ legId, settings }: CommandOf<'set-member'>): string | null {
    if (!this.#rooms.set(legId, settings)) return 'leg is in no room';
    // All else that was asked for is done.
    return settings.denoise && !Denoiser.isAvailable ? 'noise suppression cannot be loaded here' : null;
  }

  #leaveRoom(legId: LegId): string | null {
    if (!this.#streams.has(legId)) return this.#withLeg(legId, (leg) => this.#leave(leg));
    this.#streams.joinRing(legId, null);
    return null;
  }

  #joinRing(legId: LegId, link: RingLink): string | null {
    if (this.#streams.has(legId)) {
      // Its old ring may have the id of the new one.
      this.#streams.joinRing(legId, null);
      const end = this.#rings.end(link, 'leg');
      this.#streams.joinRing(legId, end);
      return end === null ? noLink : null;
    }
    let end: RingEnd | null = null;
    const refusal = this.#withLeg(legId, (leg) => {
      this.#leave(leg);
      end = this.#rings.end(link, 'leg');
      if (end !== null) leg.place = { kind: 'ring', ring: new RingLeg(leg.session, end, leg), end };
    });
    return refusal ?? (end === null ? noLink : null);
  }

  #leave(leg: HostLeg): void {
    if (leg.place.kind === 'room') this.#rooms.leave(leg.legId);
    if (leg.place.kind === 'ring') this.#rings.leave(leg.place.ring, leg.place.end);
    leg.place = nowhere;
  }

  #report(): HostReport {
    return reportOf({
      legs: this.#legs,
      rooms: this.#rooms,
      rings: this.#rings,
      sounds: this.#sounds,
      streams: this.#streams,
      ticker: this.#ticker,
      commandsRefused: this.#commandsRefused,
      shared: sharedReport(this.#shared, this.#lane),
    });
  }
}
