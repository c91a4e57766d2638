import { AppError } from '../base/errors.js';
import type { LegId, RoomId } from '../base/ids.js';
import type { SocketAddress } from '../base/network.js';
import type {
  ComfortNoisePolicy,
  InbandDtmf,
  LegMedia,
  LegStats,
  PortPair,
  QualityReport,
  SampleRateHz,
} from '../media/index.js';
import type { LatencyFigures } from './control-latency.js';
import type { LevelReport } from './levels.js';
import type { MediaStream, StreamOptions } from './media-stream.js';
import type { HearingLists, HostEvent, HostReport, SharedReport, SoundEnd } from './protocol.js';
import type { MemberSettings } from './seat.js';

/** Where port pairs come from (media/transport/ports.ts): pure, on the main thread, shared by all hosts. */
export interface PortSource {
  /** The pair that has rested longest, or null when none has rested long enough. */
  next(): PortPair | null;
  /** Gives a pair back, to rest. Called once per pair taken, after its sockets are closed. */
  release(pair: PortPair): void;
}

/** What happens to one leg. `lost`: its media host, or the host of its room, is gone; only close() is left to do. */
export type LegEvent =
  | Extract<
      HostEvent,
      {
        readonly type:
          | 'media-started'
          | 'media-timeout'
          | 'media-one-way'
          | 'media-two-way'
          | 'media-insecure'
          | 'media-gone'
          | 'media-secured'
          | 'dtmf';
      }
    >
  | { readonly type: 'lost'; readonly reason: string }
  /** After watchLevel(true), each 100 ms in a room. `level`: RFC 6464 §3, −dBov, 0 … 127. */
  | { readonly type: 'level'; readonly level: number; readonly isSpeaking: boolean; readonly beat: number };

/** How a leg is heard and hears in any room: what is left out stays as it is. */
export type MemberChange = Partial<Omit<MemberSettings, 'reportsLevel'>>;

/** How loud the members of a room were for 100 ms. */
export type RoomLevelsReport = Readonly<Omit<LevelReport, 'type'>>;

export interface OpenLegOptions {
  readonly legId: LegId;
  /** The room the leg is meant for: the leg is opened where the room lives. null: in the least loaded host. */
  readonly roomId: RoomId | null;
  /** The local address that RTP is received on and sent from; in a remote host, one of its own of the same family. */
  readonly address: string;
  /** Not asked where the leg comes to a remote host. */
  readonly ports: PortSource;
  /** Silence of the peer after which media-timeout is reported; 0 = never. */
  readonly rtpTimeoutMs: number;
  /** Whether digits are looked for in the sound of a peer that agreed on no telephone-event; `off` unless told. */
  readonly inbandDtmf?: InbandDtmf;
  /** Whether silence is left out for a peer that agreed on comfort noise; `off` unless told. */
  readonly comfortNoise?: ComfortNoisePolicy;
  /** RTCP CNAME (RFC 3550 §6.5.1). */
  readonly cname: string;
  /**
   * `pair` (default): a pair of `ports`. `shared`: at the one port of its media host, where ICE finds it and RTCP goes with
   * RTP; in a remote host it has a pair of its own all the same.
   */
  readonly transport?: 'pair' | 'shared';
  /** Local addresses at which a `shared` leg is reached besides `address`. */
  readonly alsoAddresses?: readonly string[];
  /**
   * Silence of a peer that checks with ICE, as browsers do (RFC 7675), after which media-gone is reported: no check, no RTP
   * and no RTCP. It is told also when such a peer ends its DTLS. 10,000 unless told for `shared`, else 0: never.
   */
  readonly consentTimeoutMs?: number;
  /** The end of such a peer's DTLS is not told: it says BYE besides. */
  readonly saysBye?: boolean;
  readonly onEvent: (event: LegEvent) => void;
}

/** How a player or recorder ended. `played`: to its end. `lost`: with its media host. */
export type MediaSoundEnd = SoundEnd | 'lost';

export interface PlayOptions {
  readonly sampleRateHz: SampleRateHz;
  /** −60 … 20 dB; 0 unless told. */
  readonly gainDb?: number;
  /** That much quieter while a member speaks: within 80 ms, and back within half a second; 0 unless told. */
  readonly duckDb?: number;
  /** To a leg in a room: heard over the mix; else instead of it, but for when it is paused. */
  readonly over?: boolean;
  /** To a leg in a room: it stands still until the leg is in none. */
  readonly waits?: boolean;
  /** One feed of up to so many samples is expected; silence is heard meanwhile, once what there was is played. */
  readonly onWants: (samples: number) => void;
  /** Once, whatever ends it. */
  readonly onEnded: (end: MediaSoundEnd, playedMs: number) => void;
}

/** Sound that is fed from the main thread ahead of its time. */
export interface MediaPlayer {
  /** What the first feed may bring, in samples. */
  readonly capacity: number;
  /** The first at once, then one for each `onWants`. Mono, 16 bits little-endian. `isLast`: it ends when that is played. */
  feed(pcm: Uint8Array, isLast: boolean): void;
  /** Stands still, or goes on where it stood. */
  pause(on: boolean): void;
  /** How loud it is from the next beat on, −60 … 20 dB. */
  setGain(gainDb: number): void;
  /** Silence at the next beat. */
  close(): void;
}

export interface RecordOptions {
  readonly sampleRateHz: SampleRateHz;
  /** 2: left what comes from the peer, right what goes to it; 1: their sum. */
  readonly channels: 1 | 2;
  /** Half a second of 16 bits little-endian, channels interleaved; `lostFrames` sample frames are missing before it. */
  readonly onChunk: (pcm: Uint8Array, lostFrames: number) => void;
  readonly onEnded: (end: MediaSoundEnd) => void;
}

export interface MediaRecorder {
  /** One chunk is written, or whatever becomes of it: eight that are not are the most, what comes then is lost. */
  kept(): void;
  close(): void;
}

/**
 * One leg's media: bound sockets in some media host. Commands take effect at that host's next beat. After close()
 * or `lost` they do nothing.
 */
export interface MediaLeg {
  readonly legId: LegId;
  readonly address: string;
  /** What peers are told in place of any address of ours, where the leg is in a remote host; else null. */
  readonly advertisedAddress: string | null;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** Of what it sends (RFC 3550 §3), for as long as it is there. */
  readonly ssrc: number;
  /** Every address and port at which a `shared` leg is reached: its candidates. Else the one that it has. */
  readonly places: readonly SocketAddress[];
  /** Applies what an offer and answer agreed on. */
  set(media: LegMedia): void;
  /** Makes the leg a member of the room, leaving the one it was in. `echo`: it also hears itself. */
  join(roomId: RoomId, options: { readonly echo: boolean }): void;
  leave(): void;
  /** Mutes, deafens, makes louder; kept when the leg moves to another room. */
  setMember(change: MemberChange): void;
  /**
   * Who in this room hears it, and whom it hears: whisper, coach, side room. null: everybody; ids are of legs and streams, 1,000 at
   * most (the rest does not count). Changes without a click. Over when it leaves the room or moves to another.
   */
  setHearing(hearing: HearingLists): void;
  /** Level events, or no more. */
  watchLevel(on: boolean): void;
  /**
   * Sends digits (0-9 * # A-D) of `durationMs` each, 160 unless told, one after the other: as telephone-events (RFC 4733), as
   * tones where those were not agreed on and `inbandDtmf` is `auto`, else not at all.
   */
  dtmf(digits: string, durationMs?: number): void;
  /** Plays to the peer alone, in a room or not; replaces the player before. Null: it is not open. */
  play(options: PlayOptions): MediaPlayer | null;
  /** Records what the peer says and hears, in a room or not; replaces the recorder before. Null: it is not open. */
  record(options: RecordOptions): MediaRecorder | null;
  /** How it sounds; null when the leg is not open, or goes while it is asked. Those who ask at once get one answer. */
  quality(): Promise<QualityReport | null>;
  /** RTCP BYE, then the sockets close and the ports go back; safe to call twice. Never rejects. */
  close(): Promise<LegStats>;
}

export interface MediaLoad {
  /** The worst host's 99th percentile of how late its beats were, over the last ten seconds. */
  readonly beatLatenessMs: number;
  /** The same of the host that the next room would go to. */
  readonly nextLatenessMs: number;
  /** The worst host's busy share of one core, 0 … 1. */
  readonly busyShare: number;
}

export interface MediaPoolCounts {
  readonly hosts: number;
  readonly hostsUp: number;
  readonly hostRestarts: number;
  readonly legs: number;
  readonly rooms: number;
  readonly ringLinks: number;
  /** Players, recorders and streams. */
  readonly sounds: number;
  /** Commands to media hosts: how many were applied, and how long the last ones took from post to applied. */
  readonly control: LatencyFigures;
}

/** One media host's place, as of now. */
export interface MediaHostView {
  /** Of a remote host; null for one of this program. */
  readonly url: string | null;
  readonly isUp: boolean;
  readonly legs: number;
  /** Of the ports that its WebRTC legs share, as of its last second; null: it has not said. */
  readonly shared: SharedReport | null;
}

/** The media hosts as the rest of the program sees them. */
export interface MediaPool {
  /**
   * Resolves once every host has answered; rejects with MediaHostLost when one of this program cannot start. A remote
   * one that cannot be reached is tried again, and keeps nobody waiting.
   */
  ready(): Promise<void>;
  /**
   * Binds a port pair, the next one where a port is taken; in another host when the first is lost meanwhile. While no
   * host is up it waits for one, for 5 s. Throws NoPortError, BindError or MediaHostLost.
   */
  openLeg(options: OpenLegOptions): Promise<MediaLeg>;
  /**
   * The levels of a room each 100 ms, from when it has members and for as long as it does; whoever returns to it is told
   * of again. Returns what ends it.
   */
  watchLevels(roomId: RoomId, listener: (report: RoomLevelsReport) => void): () => void;
  /**
   * A member of the room that speaks and does not listen. It makes the room where there is none, and keeps it until it ends.
   * Throws MediaHostLost.
   */
  playToRoom(roomId: RoomId, options: PlayOptions): MediaPlayer;
  /**
   * Records the mix of all who are in the room, mono whatever `channels` says. It does not keep the room alive, and ends with it
   * (`gone`): at once when nobody is there.
   */
  recordRoom(roomId: RoomId, options: RecordOptions): MediaRecorder;
  /** An application as a member of the room, which it keeps. Throws MediaHostLost. */
  openStream(options: StreamOptions): MediaStream;
  readonly load: MediaLoad;
  /** In the order of their numbers. */
  hosts(): readonly MediaHostView[];
  /** For leak checks: legs, rooms and ringLinks are zero after the last leg is closed. */
  counts(): MediaPoolCounts;
  /** One report per host that is up. */
  report(): Promise<HostReport[]>;
  /** Closes every leg and host in order; what is not closed by the deadline is ended without ceremony. */
  close(deadlineMs: number): Promise<void>;
}

/** No port pair has rested long enough. */
export class NoPortError extends AppError {
  readonly code = 'NO_PORT';

  constructor() {
    super('no RTP port pair is free');
  }
}

/** The system refused the sockets for a reason that another port would not change (EADDRNOTAVAIL, EMFILE). */
export class BindError extends AppError {
  readonly code = 'MEDIA_BIND_FAILED';
  readonly systemCode: string;
  readonly address: string;

  constructor(systemCode: string, address: string) {
    super(`cannot bind RTP on ${address}: ${systemCode}`);
    this.systemCode = systemCode;
    this.address = address;
  }
}

/** The media host ended, or did not answer in time, while something was asked of it. */
export class MediaHostLost extends AppError {
  readonly code = 'MEDIA_HOST_LOST';

  constructor(reason: string) {
    super(`media host lost: ${reason}`);
  }
}
