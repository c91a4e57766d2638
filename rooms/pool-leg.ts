import type { Timer } from '../base/clock.js';
import type { LegId, RoomId } from '../base/ids.js';
import type { SocketAddress } from '../base/network.js';
import {
  codecRateOf,
  type LegMedia,
  type LegStats,
  type PortPair,
  type QualityReport,
  type SampleRateHz,
} from '../media/index.js';
import type { HostSlot } from './host-slot.js';
import type {
  LegEvent,
  MediaLeg,
  MediaPlayer,
  MediaRecorder,
  MemberChange,
  OpenLegOptions,
  PlayOptions,
  RecordOptions,
} from './media-pool.js';
import { postHearing, type Roomer } from './pool-rooms.js';
import type { HearingLists, HostEvent, LegAddress } from './protocol.js';
import { type MemberSettings, plainMember } from './seat.js';

const DIGIT_MS = 160;
/** A browser checks each 2.5 s, and a tab that was closed does not say so. */
const CONSENT_MS = 10_000;

/** What is known of a leg whose host is gone. */
const noStats: LegStats = {
  packetsReceived: 0,
  bytesReceived: 0,
  packetsLost: 0,
  packetsLate: 0,
  packetsDuplicate: 0,
  packetsRefused: 0,
  srtpAuthFailures: 0,
  srtpReplayed: 0,
  framesConcealed: 0,
  jitterMs: 0,
  packetsSent: 0,
  bytesSent: 0,
  noiseSent: 0,
  sendDropped: 0,
  remoteLostFraction: null,
  roundTripMs: null,
};

/**
 * Where a leg is to be: a pair of the gateway's own range, the port that the legs of its host share, or null where the host
 * has ports of its own.
 */
export type LegSeat = { readonly pair: PortPair } | { readonly sharedPort: number } | null;

function portsOf(seat: LegSeat): PortPair {
  if (seat === null) return { rtpPort: 0, rtcpPort: 0 };
  return 'pair' in seat ? seat.pair : { rtpPort: seat.sharedPort, rtcpPort: seat.sharedPort };
}

/** How the attempt to bind one pair of ports ended. */
export type OpenOutcome =
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly code: string }
  | { readonly type: 'lost'; readonly reason: string };

/** What a leg asks of the pool, which knows where rooms are. */
export interface LegKeeper {
  join(leg: PoolLeg, roomId: RoomId, echo: boolean): void;
  leave(leg: PoolLeg): void;
  /** The leg is in no room any more; its host will notice by itself. */
  release(leg: PoolLeg): void;
  play(leg: PoolLeg, options: PlayOptions): MediaPlayer;
  record(leg: PoolLeg, options: RecordOptions): MediaRecorder;
  /** The leg's sockets are closed, or gone with their host. */
  gone(leg: PoolLeg): void;
}

/** A leg as the main thread knows it: which host it is in, whether it still answers, and who waits for it. */
export class PoolLeg implements MediaLeg, Roomer {
  readonly legId: LegId;
  readonly slot: HostSlot;
  ssrc = 0;
  ringSlot: HostSlot | null = null;
  codecRateHz: SampleRateHz = codecRateOf(null);
  trackCount = 0;
  readonly #options: OpenLegOptions;
  readonly #keeper: LegKeeper;
  readonly #seat: LegSeat;
  #at: LegAddress;
  #places: readonly SocketAddress[] | null = null;
  #state: 'opening' | 'open' | 'lost' | 'closing' | 'closed' = 'opening';
  #opening: ((outcome: OpenOutcome) => void) | null = null;
  #answer: Timer | null = null;
  #settings: MemberSettings = plainMember;
  #isInRoom = false;
  #asked: { readonly answer: Promise<QualityReport | null>; settle(quality: QualityReport | null): void } | null = null;
  #closed: Promise<LegStats> | null = null;
  #resolveClosed: ((stats: LegStats) => void) | null = null;

  constructor(options: OpenLegOptions, slot: HostSlot, seat: LegSeat, keeper: LegKeeper) {
    this.#options = options;
    this.#keeper = keeper;
    this.#seat = seat;
    this.legId = options.legId;
    this.#at = { address: options.address, ...portsOf(seat) };
    this.slot = slot;
  }

  get address(): string {
    return this.#at.address;
  }

  get advertisedAddress(): string | null {
    return this.#seat === null ? this.#at.address : null;
  }

  get rtpPort(): number {
    return this.#at.rtpPort;
  }

  get rtcpPort(): number {
    return this.#at.rtcpPort;
  }

  get places(): readonly SocketAddress[] {
    return this.#places ?? [{ address: this.#at.address, port: this.#at.rtpPort }];
  }

  /** Asks the host to bind the pair, or one of its own. */
  open(line: { readonly ssrc: number; readonly sequence: number; readonly timestamp: number }): Promise<OpenOutcome> {
    const { legId, rtpTimeoutMs, inbandDtmf, comfortNoise, cname } = this.#options;
    this.ssrc = line.ssrc;
    this.#answer = this.slot.expectAnswer('open-leg');
    this.slot.hold(legId);
    const {
      transport = 'pair',
      alsoAddresses,
      saysBye,
      consentTimeoutMs = transport === 'shared' ? CONSENT_MS : 0,
    } = this.#options;
    const ways = { rtpTimeoutMs, inbandDtmf, comfortNoise, transport, alsoAddresses, consentTimeoutMs, saysBye };
    this.slot.post({ type: 'open-leg', legId, ...this.#at, ...line, cname, ...ways });
    return new Promise((resolve) => {
      this.#opening = resolve;
    });
  }

  set(media: LegMedia): void {
    this.codecRateHz = codecRateOf(media);
    this.trackCount = media.tracks?.length ?? 0;
    if (this.#state === 'open') this.slot.post({ type: 'set-leg', legId: this.legId, media });
  }

  join(roomId: RoomId, options: { readonly echo: boolean }): void {
    if (this.#state !== 'open') return;
    this.#keeper.join(this, roomId, options.echo);
    this.#isInRoom = true;
    if (this.#settings !== plainMember) this.#postSettings();
  }

  leave(): void {
    this.#isInRoom = false;
    if (this.#state === 'open') this.#keeper.leave(this);
  }

  setMember(change: MemberChange): void {
    this.#settings = { ...this.#settings, ...change };
    this.#postSettings();
  }

  setHearing(hearing: HearingLists): void {
    if (this.#state === 'open' && this.#isInRoom) postHearing(this, hearing);
  }

  watchLevel(on: boolean): void {
    this.#settings = { ...this.#settings, reportsLevel: on };
    this.#postSettings();
  }

  /** News from the room that the leg is in. */
  onLevel(level: number, isSpeaking: boolean, beat: number): void {
    if (this.#state === 'open' && this.#settings.reportsLevel) this.#tell({ type: 'level', level, isSpeaking, beat });
  }

  dtmf(digits: string, durationMs = DIGIT_MS): void {
    if (this.#state === 'open') this.slot.post({ type: 'send-dtmf', legId: this.legId, digits, durationMs });
  }

  play(options: PlayOptions): MediaPlayer | null {
    return this.#state === 'open' ? this.#keeper.play(this, options) : null;
  }

  record(options: RecordOptions): MediaRecorder | null {
    return this.#state === 'open' ? this.#keeper.record(this, options) : null;
  }

  quality(): Promise<QualityReport | null> {
    if (this.#state !== 'open') return Promise.resolve(null);
    if (this.#asked !== null) return this.#asked.answer;
    const deadline = this.slot.expectAnswer('ask-quality');
    let resolve: (quality: QualityReport | null) => void = () => undefined;
    const answer = new Promise<QualityReport | null>((settle) => {
      resolve = settle;
    });
    const settle = (quality: QualityReport | null): void => {
      deadline.cancel();
      this.#asked = null;
      resolve(quality);
    };
    this.#asked = { answer, settle };
    this.slot.post({ type: 'ask-quality', legId: this.legId });
    return answer;
  }

  close(): Promise<LegStats> {
    if (this.#closed !== null) return this.#closed;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#keeper.release(this);
    this.#state = 'closing';
    this.#answer = this.slot.expectAnswer('close-leg');
    this.slot.post({ type: 'close-leg', legId: this.legId });
    return this.#closed;
  }

  /** News from the leg's host. */
  onHostEvent(event: HostEvent): void {
    switch (event.type) {
      case 'leg-opened':
        this.#at = event.at ?? this.#at;
        this.#places = event.places ?? null;
        this.#opened({ type: 'opened' });
        return;
      case 'leg-failed':
        this.#end(noStats);
        this.#opened({ type: 'failed', code: event.code });
        return;
      case 'leg-closed':
        this.#end(event.stats);
        return;
      case 'leg-quality':
        this.#asked?.settle(event.quality);
        return;
      case 'media-started':
      case 'media-timeout':
      case 'media-one-way':
      case 'media-two-way':
      case 'media-insecure':
      case 'media-gone':
      case 'media-secured':
      case 'dtmf':
        if (this.#state === 'open') this.#tell(event);
        return;
      default:
        return;
    }
  }

  /** Its own host is gone, and its sockets with it. */
  onHostLost(reason: string): void {
    const wasOpen = this.#state === 'open';
    this.#end(noStats);
    this.#opened({ type: 'lost', reason });
    if (wasOpen) this.#tell({ type: 'lost', reason });
  }

  /** The host of its room is gone; its own sockets are still to be closed. */
  onRoomLost(reason: string): void {
    if (this.#state !== 'open') return;
    this.slot.post({ type: 'leave-room', legId: this.legId });
    this.#state = 'lost';
    this.#tell({ type: 'lost', reason });
  }

  /** To the host of its room. */
  #postSettings(): void {
    if (this.#state !== 'open' || !this.#isInRoom) return;
    (this.ringSlot ?? this.slot).post({ type: 'set-member', legId: this.legId, settings: this.#settings });
  }

  #opened(outcome: OpenOutcome): void {
    const opening = this.#opening;
    if (opening === null) return;
    this.#opening = null;
    this.#answer?.cancel();
    if (this.#state === 'opening') this.#state = 'open';
    opening(outcome);
  }

  /** Nothing of the leg is left in any host: the ports may rest. */
  #end(stats: LegStats): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#answer?.cancel();
    this.#asked?.settle(null);
    if (this.#seat !== null && 'pair' in this.#seat) this.#options.ports.release(this.#seat.pair);
    this.slot.forget(this.legId);
    this.#keeper.gone(this);
    this.#closed ??= Promise.resolve(stats);
    this.#resolveClosed?.(stats);
  }

  #tell(event: LegEvent): void {
    this.#options.onEvent(event);
  }
}
