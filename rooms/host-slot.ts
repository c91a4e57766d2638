import type { Clock, Timer } from '../base/clock.js';
import type { LegId } from '../base/ids.js';
import type { Logger } from '../base/log.js';
import type { ControlLatency } from './control-latency.js';
import type { LevelReport } from './levels.js';
import type { Placeable } from './placement.js';
import type { SoundEvent } from './pool-sounds.js';
import type { StreamEvent } from './pool-stream.js';
import type { HostCommand, HostEvent, HostPort, HostReport, SharedReport } from './protocol.js';
import { protocolVersion } from './protocol.js';
import type { RoomRules } from './room-rules.js';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
/** A node that comes back is used again within this. */
const LONGEST_REMOTE_BACKOFF_MS = 3000;
/** A host that lived this long before it was lost starts again after the first back-off. */
const STEADY_MS = 60_000;
/** A host that does not answer for this long stands still, and nobody in it hears anything. */
const ANSWER_MS = 5000;
/** Node takes a tenth of a second to start one; on a machine that is this slow nobody would hear anything. */
const START_MS = 15_000;
/** How often a host with legs is asked whether its beat goes on, when nothing else is asked of it. */
const PING_MS = 1000;

export interface HostSlotOptions {
  readonly index: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly spawn: () => HostPort;
  /** The URL of a host on another machine; null for one of this program. */
  readonly url: string | null;
  readonly onLegEvent: (legId: LegId, event: HostEvent) => void;
  readonly onLevels: (report: LevelReport) => void;
  readonly onSoundEvent: (event: SoundEvent) => void;
  readonly onStreamEvent: (event: StreamEvent) => void;
  /** For every host that is started; null: as they are. */
  readonly rules: RoomRules | null;
  readonly onLost: (slot: HostSlot, reason: string) => void;
  readonly onUp: () => void;
  /** Of every command: from post to the news that it was applied. */
  readonly latency: ControlLatency;
}

/**
 * The place of one media host: starts it, and after a crash starts it again, after 100 ms, doubling to 10 s. A host
 * that leaves a question unanswered, or a command unapplied, for 5 s counts as crashed: with a ping each second that is
 * noticed within 6 s while it has legs. One that is not up 15 s after its start is given up as well. Where the host is on another
 * machine to start it is to connect to it, tried every 3 s at least.
 */
export class HostSlot implements Placeable {
  readonly index: number;
  /** Legs whose sockets are, or may be, in this host. */
  readonly #legs = new Set<LegId>();
  measured = { busyShare: 0, legs: 0, beatLatenessMs: 0 };
  /** Of the ports that its WebRTC legs share, as of its last word; null: it has said nothing of them. */
  shared: SharedReport | null = null;
  restarts = 0;
  /** It said ready and has not been lost. */
  up = false;
  /** Of its wire, when it is in a process of its own. */
  wirePort: number | null = null;
  /** Of a remote host's wire, as other machines reach it. */
  wireAddress: string | null = null;
  /** The URL of a remote host, which has addresses and ports of its own; null for one of this program. */
  readonly url: string | null;
  readonly #options: HostSlotOptions;
  #port: HostPort | null = null;
  #startedMs = 0;
  #backoffMs = FIRST_BACKOFF_MS;
  #restartTimer: Timer | null = null;
  #startTimer: Timer | null = null;
  #pingTimer: Timer | null = null;
  #applyTimer: Timer | null = null;
  /** When the commands after number `#applied` were posted, oldest first. Bounded by what 5 s of calls ask. */
  readonly #postedMs: number[] = [];
  #applied = 0;
  readonly #reports = new Map<number, (report: HostReport | null) => void>();
  #reportId = 0;
  #ready: { resolve: () => void; reject: (reason: string) => void } | null = null;
  #closing: (() => void) | null = null;

  constructor(options: HostSlotOptions) {
    this.index = options.index;
    this.url = options.url;
    this.#options = options;
  }

  get legCount(): number {
    return this.#legs.size;
  }

  get legs(): ReadonlySet<LegId> {
    return this.#legs;
  }

  /** It has memory in common with the other hosts of this program. */
  get sharesMemory(): boolean {
    return this.url === null && this.wirePort === null;
  }

  /** Resolves at the first `ready`; rejects with the reason when the host ends before. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
      this.#start();
    });
  }

  post(command: HostCommand): void {
    if (this.#port === null) return;
    this.#postedMs.push(this.#options.clock.nowMs());
    this.#expectApplied(this.#port);
    this.#port.post(command);
  }

  /** A leg is, or will be, in this host. */
  hold(legId: LegId): void {
    this.#legs.add(legId);
    this.#pingLater();
  }

  /** A leg is gone from this host; without legs it is at rest, and says nothing more of its load. */
  forget(legId: LegId): void {
    this.#legs.delete(legId);
    if (this.#legs.size > 0) return;
    this.measured = { busyShare: 0, legs: 0, beatLatenessMs: 0 };
    if (this.shared !== null) this.shared = { ...this.shared, legs: 0, sources: 0 };
    this.#pingTimer?.cancel();
    this.#pingTimer = null;
  }

  /** Ends the host unless the returned timer is cancelled in time. */
  expectAnswer(question: string): Timer {
    const port = this.#port;
    return this.#options.clock.setTimer(
      ANSWER_MS,
      () => {
        if (port !== null && port === this.#port) this.#kill(port, `no answer to ${question} in ${ANSWER_MS} ms`);
      },
      { liveness: true },
    );
  }

  /** Null when the host is not up, or goes away before it answers. */
  report(): Promise<HostReport | null> {
    if (!this.up) return Promise.resolve(null);
    this.#reportId += 1;
    const id = this.#reportId;
    const deadline = this.expectAnswer('report');
    return new Promise((resolve) => {
      this.#reports.set(id, (report) => {
        deadline.cancel();
        this.#reports.delete(id);
        resolve(report);
      });
      this.post({ type: 'report', id });
    });
  }

  /** Resolves when the host said `closed`, or was ended at the deadline. It is not started again. */
  close(deadlineMs: number): Promise<void> {
    this.#restartTimer?.cancel();
    this.#startTimer?.cancel();
    const port = this.#port;
    if (port === null) {
      this.#closing ??= () => undefined;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const late = this.#options.clock.setTimer(deadlineMs, () => this.#kill(port, 'not closed in time'));
      this.#closing = () => {
        late.cancel();
        resolve();
      };
      this.post({ type: 'close' });
    });
  }

  /** The oldest command has to be applied in time; one timer for all of them. */
  #expectApplied(port: HostPort): void {
    const [oldestMs] = this.#postedMs;
    if (this.#applyTimer !== null || oldestMs === undefined) return;
    const { clock } = this.#options;
    this.#applyTimer = clock.setTimer(
      Math.max(0, oldestMs + ANSWER_MS - clock.nowMs()),
      () => {
        this.#applyTimer = null;
        if (port === this.#port) this.#kill(port, `no beat in ${ANSWER_MS} ms`);
      },
      { liveness: true },
    );
  }

  #onApplied(port: HostPort, commands: number): void {
    const nowMs = this.#options.clock.nowMs();
    const applied = this.#postedMs.splice(0, commands - this.#applied);
    this.#applied = commands;
    for (const postedMs of applied) this.#options.latency.add(nowMs - postedMs);
    this.#applyTimer?.cancel();
    this.#applyTimer = null;
    this.#expectApplied(port);
  }

  #pingLater(): void {
    this.#pingTimer ??= this.#options.clock.setTimer(PING_MS, () => {
      this.#pingTimer = null;
      if (this.#postedMs.length === 0) this.post({ type: 'ping' });
      if (this.#legs.size > 0) this.#pingLater();
    });
  }

  #start(): void {
    const port = this.#options.spawn();
    const { clock } = this.#options;
    this.#port = port;
    this.#startedMs = clock.nowMs();
    this.#startTimer = clock.setTimer(START_MS, () => this.#kill(port, `not up ${START_MS} ms after its start`));
    port.onEvent((event) => {
      if (port === this.#port) this.#onEvent(port, event);
    });
    port.onExit((reason) => {
      if (port === this.#port) this.#onGone(reason);
    });
  }

  #kill(port: HostPort, reason: string): void {
    port.kill(reason);
    if (port === this.#port) this.#onGone(reason);
  }

  #onEvent(port: HostPort, event: HostEvent): void {
    switch (event.type) {
      case 'ready':
        this.#onReady(port, event);
        return;
      case 'load':
        this.measured = {
          busyShare: event.busyShare,
          legs: event.legs,
          beatLatenessMs: event.beatLatenessP99Ms,
        };
        this.shared = event.shared ?? null;
        return;
      case 'log':
        this.#options.log[event.level](event.event, event.fields);
        return;
      case 'report':
        this.#reports.get(event.id)?.(event.report);
        return;
      case 'refused':
        this.#options.log.warn('media-host.refused', { host: this.index, ...event });
        return;
      case 'applied':
        this.#onApplied(port, event.commands);
        return;
      case 'failed':
        return;
      case 'levels':
        this.#options.onLevels(event);
        return;
      case 'player-wants':
      case 'player-ended':
      case 'recorded':
      case 'recorder-ended':
        this.#options.onSoundEvent(event);
        return;
      case 'stream-heard':
      case 'stream-said':
      case 'stream-ended':
        this.#options.onStreamEvent(event);
        return;
      case 'closed':
        this.#clear();
        this.#closing?.();
        return;
      default:
        this.#options.onLegEvent(event.legId, event);
    }
  }

  #onReady(port: HostPort, { version, wirePort, wireAddress }: Extract<HostEvent, { readonly type: 'ready' }>): void {
    if (version !== protocolVersion) {
      this.#kill(port, `speaks version ${version}, not ${protocolVersion}`);
      return;
    }
    this.#startTimer?.cancel();
    this.up = true;
    const { rules } = this.#options;
    if (rules !== null) this.post({ type: 'set-rooms', rules });
    this.wirePort = wirePort;
    this.wireAddress = wireAddress ?? null;
    if (this.url !== null) this.#options.log.info('media-host.up', { host: this.index, url: this.url });
    this.#ready?.resolve();
    this.#ready = null;
    this.#options.onUp();
  }

  #onGone(reason: string): void {
    const wasUp = this.up;
    this.#clear();
    this.measured = { busyShare: 0, legs: 0, beatLatenessMs: 0 };
    this.shared = null;
    this.#ready?.reject(reason);
    this.#ready = null;
    this.#tellGone(reason, wasUp);
    this.#options.onLost(this, reason);
    if (this.#closing !== null) {
      this.#closing();
      return;
    }
    this.#restartLater();
  }

  #tellGone(reason: string, wasUp: boolean): void {
    const { log } = this.#options;
    const who = { host: this.index, ...(this.url === null ? {} : { url: this.url }) };
    if (wasUp || this.url === null) log.error('media-host.lost', { ...who, reason, legs: this.#legs.size });
    else log.warn('media-host.unreachable', { ...who, reason });
  }

  /** There is no host, and nothing is expected of one. */
  #clear(): void {
    this.#port = null;
    this.up = false;
    this.#startTimer?.cancel();
    this.#applyTimer?.cancel();
    this.#applyTimer = null;
    this.#postedMs.length = 0;
    this.#applied = 0;
    for (const settle of [...this.#reports.values()]) settle(null);
  }

  #restartLater(): void {
    const { clock } = this.#options;
    if (clock.nowMs() - this.#startedMs >= STEADY_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    this.#restartTimer = clock.setTimer(this.#backoffMs, () => {
      this.restarts += 1;
      this.#start();
    });
    const longestMs = this.url === null ? LONGEST_BACKOFF_MS : LONGEST_REMOTE_BACKOFF_MS;
    this.#backoffMs = Math.min(longestMs, this.#backoffMs * 2);
  }
}
