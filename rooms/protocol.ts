import type { LegId, RoomId, SoundId } from '../base/ids.js';
import type { LogFields, LogLevel } from '../base/log.js';
import type { SocketAddress } from '../base/network.js';
import type {
  ComfortNoisePolicy,
  DtmfSource,
  GoneReason,
  InbandDtmf,
  LegMedia,
  LegStats,
  OneWayNews,
  QualityReport,
  SampleRateHz,
  SharedUdpCounters,
} from '../media/index.js';
import type { LevelReport } from './levels.js';
import type { RoomRules } from './room-rules.js';
import type { MemberSettings } from './seat.js';

export type { LegStats };

/** Grows when a message changes its meaning; a host that says another one in its `ready` is ended and not used. */
export const protocolVersion = 5;

/**
 * How the sound of a ring link travels, each way for itself: between threads in shared memory, single-writer
 * single-reader rings of PCM frames (rooms/ring.ts); between processes and machines as datagrams (rooms/ring-wire.ts).
 */
export type RingLink = SharedRingLink | WireRingLink;

export interface SharedRingLink {
  readonly carrier: 'memory';
  readonly toRoom: SharedArrayBuffer;
  readonly fromRoom: SharedArrayBuffer;
  /** From the room as well: one for each single track that the leg is sent (docs/adr/0026). */
  readonly tracks?: readonly SharedArrayBuffer[];
  readonly sampleRateHz: SampleRateHz;
}

export interface WireRingLink {
  readonly carrier: 'wire';
  readonly toRoom: WireAddress;
  readonly fromRoom: WireAddress;
  /** As of SharedRingLink. */
  readonly tracks?: readonly WireAddress[];
  readonly sampleRateHz: SampleRateHz;
}

/** Where the frames of one direction go. */
export interface WireAddress {
  /** Of the receiving host's wire, as its `ready` said; absent: the sender's own, which is loopback. */
  readonly address?: string;
  /** Of the receiving host's wire, as its `ready` said. */
  readonly port: number;
  /** 1 … 2³⁰, unique in the receiving host. */
  readonly id: number;
  /** WIRE_KEY_BYTES of randomness, which tell our frames from those of others. */
  readonly key: Uint8Array;
}

/** Where a leg is reached. */
export interface LegAddress {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/**
 * What the main thread tells a media host. Its port keeps their order and loses none, so that both sides number them by
 * counting: 1 is the first after the start, and `applied` says how far the host has come. Commands take effect at the next beat, in the order sent; only the sockets
 * of open-leg are bound at once, and the leg takes part from the beat after leg-opened. A leg's id is never used again.
 * All of them are plain data (bytes are Uint8Array): they cross a MessagePort, a child process or a WebSocket.
 */
export type HostCommand =
  /**
   * Binds RTP and RTCP; answered by leg-opened or leg-failed. A remote host has addresses and ports of its own: it is
   * told ports of 0 and an address of the family that is wanted, and says in leg-opened what it took.
   */
  | {
      readonly type: 'open-leg';
      readonly legId: LegId;
      readonly address: string;
      readonly rtpPort: number;
      readonly rtcpPort: number;
      readonly ssrc: number;
      readonly sequence: number;
      readonly timestamp: number;
      readonly cname: string;
      /** Silence of the peer after which media-timeout is reported; 0 = never. */
      readonly rtpTimeoutMs: number;
      /** Whether digits are looked for in the sound of a peer that agreed on no telephone-event; `off` unless told. */
      readonly inbandDtmf?: InbandDtmf | undefined;
      /** Whether silence is left out for a peer that agreed on comfort noise; `off` unless told. */
      readonly comfortNoise?: ComfortNoisePolicy | undefined;
      /** `shared`: at the port `rtpPort` (0: any) that all such legs of the host have, where ICE finds them. */
      readonly transport?: 'pair' | 'shared' | undefined;
      /** Others at which a leg at a shared port is reached as well. */
      readonly alsoAddresses?: readonly string[] | undefined;
      /** Silence of a peer that checks (RFC 7675) after which media-gone is reported; 0 = never. */
      readonly consentTimeoutMs?: number | undefined;
      /** The end of its DTLS is not yet the end of the peer. */
      readonly saysBye?: boolean | undefined;
    }
  /** What an offer and answer agreed on; also re-opens latching, because a re-INVITE may have moved the peer. */
  | { readonly type: 'set-leg'; readonly legId: LegId; readonly media: LegMedia }
  | {
      readonly type: 'join-room';
      readonly legId: LegId;
      readonly roomId: RoomId;
      /** The member also hears itself. */
      readonly echo: boolean;
    }
  | { readonly type: 'leave-room'; readonly legId: LegId }
  /** The leg's sound goes to and comes from another host's room. */
  | { readonly type: 'join-ring'; readonly legId: LegId; readonly link: RingLink }
  /** A leg of another host becomes a member of this host's room. */
  | {
      readonly type: 'open-ring-member';
      readonly legId: LegId;
      readonly roomId: RoomId;
      readonly echo: boolean;
      readonly link: RingLink;
    }
  | { readonly type: 'close-ring-member'; readonly legId: LegId }
  /** RFC 4733 digits (0-9 * # A-D), one after the other. */
  | { readonly type: 'send-dtmf'; readonly legId: LegId; readonly digits: string; readonly durationMs: number }
  /** RTCP BYE, sockets closed; answered by leg-closed. */
  | { readonly type: 'close-leg'; readonly legId: LegId }
  /** Answered by a report with the same id. */
  | { readonly type: 'report'; readonly id: number }
  /** Closes every leg, then answers closed. */
  | { readonly type: 'close' }
  /** For the rooms that are made from now on. */
  | { readonly type: 'set-rooms'; readonly rules: RoomRules }
  /** How the member that this leg is, here or through a ring, is heard and hears; gone when it leaves the room. */
  | { readonly type: 'set-member'; readonly legId: LegId; readonly settings: MemberSettings }
  /** Levels events of that room, or no more; gone with the room. A room that is not there is not watched. */
  | { readonly type: 'watch-levels'; readonly roomId: RoomId; readonly on: boolean }
  /** Does nothing: that it was applied shows that the beat goes on. */
  | { readonly type: 'ping' }
  /** Answered by leg-quality. Asked when somebody wants to see it: figures of each second do not come by themselves. */
  | { readonly type: 'ask-quality'; readonly legId: LegId }
  /** Sound from outside, whose first feed may follow at once; ends with player-ended, whatever ends it. */
  | {
      readonly type: 'open-player';
      readonly soundId: SoundId;
      readonly place: PlayerPlace;
      readonly sampleRateHz: SampleRateHz;
      /** −60 … 20 dB; 0 unless told. */
      readonly gainDb?: number | undefined;
      /** That much quieter while somebody speaks; 0 unless told. */
      readonly duckDb?: number | undefined;
      /** By a leg in a room: over the mix, not instead of it. */
      readonly over?: boolean | undefined;
      /** By a leg in a room: not at all, until it is in none. */
      readonly waits?: boolean | undefined;
    }
  /** The first feed, or the answer to one player-wants. `pcm`: mono, 16 bits little-endian. `isLast`: it ends with that. */
  | { readonly type: 'feed-player'; readonly soundId: SoundId; readonly pcm: Uint8Array; readonly isLast: boolean }
  | { readonly type: 'close-player'; readonly soundId: SoundId }
  /** Both directions of a leg or stream as `recorded` events; ends with recorder-ended. */
  | {
      readonly type: 'open-recorder';
      readonly soundId: SoundId;
      readonly legId: LegId;
      readonly sampleRateHz: SampleRateHz;
      /** 2: left what comes from the peer, right what goes to it; 1: their sum. */
      readonly channels: 1 | 2;
    }
  /** So many `recorded` events have been dealt with, all in all: the window of the recorder moves on. */
  | { readonly type: 'recorder-kept'; readonly soundId: SoundId; readonly chunks: number }
  | { readonly type: 'close-recorder'; readonly soundId: SoundId }
  /** How loud a player is from now on, and whether it stands still. */
  | { readonly type: 'set-player'; readonly soundId: SoundId; readonly gainDb: number; readonly isPaused: boolean }
  /** The mix of all in the room, mono, as `recorded` events; ends with recorder-ended, `gone` with the room. */
  | {
      readonly type: 'open-room-recorder';
      readonly soundId: SoundId;
      readonly roomId: RoomId;
      readonly sampleRateHz: SampleRateHz;
    }
  /** A member of the room whose sound comes from, and goes to, the main thread. Its id is a leg's id too; it moves as legs do. */
  | ({
      readonly type: 'open-stream';
      readonly soundId: SoundId;
      readonly roomId: RoomId;
    } & StreamShape)
  /** Sound to be said; what the buffer has no room for is dropped. `pcm`: as of feed-player. */
  | { readonly type: 'feed-stream'; readonly soundId: SoundId; readonly pcm: Uint8Array }
  /** Told by stream-said once what was fed before it is said. */
  | { readonly type: 'mark-stream'; readonly soundId: SoundId; readonly mark: number }
  /** Drops what is not said yet; its marks are told on this beat. */
  | { readonly type: 'clear-stream'; readonly soundId: SoundId }
  /** So many stream-heard events have been dealt with, all in all. */
  | { readonly type: 'stream-kept'; readonly soundId: SoundId; readonly chunks: number }
  | { readonly type: 'close-stream'; readonly soundId: SoundId }
  /** Who hears a member, and whom it hears, while it is in this room. */
  | ({ readonly type: 'set-hearing'; readonly legId: LegId } & HearingLists);

/** null: everybody in the room. Members that are not there do not count; at most 1,000 each. */
export interface HearingLists {
  readonly heardBy: readonly LegId[] | null;
  readonly hears: readonly LegId[] | null;
}

/** What a stream is like; see StreamOptions. */
export interface StreamShape {
  readonly sampleRateHz: SampleRateHz;
  readonly ways: 'both' | 'hears' | 'speaks';
  /** 20 … 500, in steps of 20. */
  readonly chunkMs: number;
  /** 20 … 60,000. */
  readonly bufferMs: number;
}

/**
 * Who hears a player: one leg, in a room or not (a player that it had is replaced), or the members of a room, which the
 * player joins and holds.
 */
export type PlayerPlace =
  | { readonly kind: 'leg'; readonly legId: LegId }
  | { readonly kind: 'room'; readonly roomId: RoomId };

/** `gone`: its leg was closed. */
export type SoundEnd = 'played' | 'closed' | 'replaced' | 'gone';

export interface HostReport {
  readonly legs: number;
  readonly rooms: number;
  readonly ringMembers: number;
  readonly openSockets: number;
  readonly players: number;
  readonly recorders: number;
  readonly streams: number;
  /** Samples that streams had no room for, and sample frames of what they heard that nobody took. */
  readonly streamDropped: number;
  /** Beats so late that the catch-up limit gave them up: their sound was never made. */
  readonly beatsSkipped: number;
  readonly beatLatenessP99Ms: number;
  /** Frames that found their ring full, over this host's ring members and ring legs. */
  readonly ringOverruns: number;
  /** Beats that found their ring empty. */
  readonly ringUnderruns: number;
  readonly commandsRefused: number;
  readonly legStats: Readonly<Record<string, LegStats>>;
  /** Of the ports that WebRTC legs share. */
  readonly shared?: SharedReport;
}

export interface SharedReport extends SharedUdpCounters {
  readonly sockets: number;
  readonly legs: number;
  readonly sources: number;
  /** DTLS datagrams for which there was no time, of all legs. */
  readonly handshakesDropped: number;
}

/** What a media host tells the main thread. `beat` is the number of the beat at which it happened. */
export type HostEvent =
  /**
   * `wirePort`: where frames of ring links arrive; null in a host that shares memory with the main thread, and in a
   * remote one that has no wire. `wireAddress`: of a remote host's wire, as other machines reach it.
   */
  | {
      readonly type: 'ready';
      readonly version: number;
      readonly wirePort: number | null;
      readonly wireAddress?: string;
    }
  /** `at`: what a remote host took, as peers reach it. */
  | {
      readonly type: 'leg-opened';
      readonly legId: LegId;
      readonly beat: number;
      readonly at?: LegAddress;
      /** Of a leg at a shared port: where it is reached, one for each of its addresses. */
      readonly places?: readonly SocketAddress[];
    }
  /** `code` is the system's (EADDRINUSE, EADDRNOTAVAIL, EMFILE), or NO_PORT of a remote host whose ports are all taken. */
  | { readonly type: 'leg-failed'; readonly legId: LegId; readonly code: string; readonly beat: number }
  | { readonly type: 'leg-closed'; readonly legId: LegId; readonly stats: LegStats; readonly beat: number }
  /** First RTP from the peer, and from where. */
  | {
      readonly type: 'media-started';
      readonly legId: LegId;
      readonly address: string;
      readonly port: number;
      readonly beat: number;
    }
  | { readonly type: 'media-timeout'; readonly legId: LegId; readonly silentMs: number; readonly beat: number }
  | {
      readonly type: 'dtmf';
      readonly legId: LegId;
      readonly digit: string;
      readonly durationMs: number;
      readonly source: DtmfSource;
      readonly beat: number;
    }
  | { readonly type: 'report'; readonly id: number; readonly report: HostReport }
  /** A command named a leg that is not here, or made no sense: a defect of the sender, logged and counted. */
  | { readonly type: 'refused'; readonly command: string; readonly legId: LegId | null; readonly reason: string }
  /** About once a second while there are legs: what placement and admission go by. */
  | {
      readonly type: 'load';
      readonly legs: number;
      readonly beatLatenessP99Ms: number;
      /** Share of one core in use since the last load event, 0 … 1. */
      readonly busyShare: number;
      readonly beat: number;
      /** As in HostReport. */
      readonly shared?: SharedReport;
    }
  /** A log line of a host that has no log of its own. */
  | { readonly type: 'log'; readonly level: LogLevel; readonly event: string; readonly fields: LogFields }
  /** A defect inside the host: its legs are being closed and nothing but its exit follows. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'closed' }
  /** How loud members were: each 100 ms, while watch-levels or set-member asks. */
  | LevelReport
  /** At the end of each beat before which commands came: all up to number `commands` have taken effect by now. */
  | { readonly type: 'applied'; readonly commands: number; readonly beat: number }
  /** Sound goes one way only between the leg and its peer, or both ways again. */
  | { readonly type: 'media-one-way'; readonly legId: LegId; readonly news: OneWayNews; readonly beat: number }
  | { readonly type: 'media-two-way'; readonly legId: LegId; readonly beat: number }
  | { readonly type: 'leg-quality'; readonly legId: LegId; readonly quality: QualityReport; readonly beat: number }
  /** There are no keys for the leg's sound, or no more, and there will be none. */
  | { readonly type: 'media-insecure'; readonly legId: LegId; readonly reason: string; readonly beat: number }
  /** There is room for so many samples; one feed is expected. */
  | { readonly type: 'player-wants'; readonly soundId: SoundId; readonly samples: number; readonly beat: number }
  | {
      readonly type: 'player-ended';
      readonly soundId: SoundId;
      readonly end: SoundEnd;
      readonly playedMs: number;
      /** Silence in between, because no feed came. */
      readonly missedMs: number;
      readonly beat: number;
    }
  /** About each 500 ms. `pcm`: 16 bits little-endian, channels interleaved. `lostFrames`: missing before it. */
  | {
      readonly type: 'recorded';
      readonly soundId: SoundId;
      readonly pcm: Uint8Array;
      readonly lostFrames: number;
      readonly beat: number;
    }
  | { readonly type: 'recorder-ended'; readonly soundId: SoundId; readonly end: SoundEnd; readonly beat: number }
  /** `pcm`: 16 bits little-endian, mono. `lostFrames`: missing before it. `atMs`: of its first sample, since the stream began. */
  | {
      readonly type: 'stream-heard';
      readonly soundId: SoundId;
      readonly pcm: Uint8Array;
      readonly lostFrames: number;
      readonly atMs: number;
      readonly beat: number;
    }
  /** So many samples are said or cleared, all in all: each 100 ms, and when a mark is reached. */
  | {
      readonly type: 'stream-said';
      readonly soundId: SoundId;
      readonly samples: number;
      readonly marks: readonly number[];
      readonly beat: number;
    }
  | { readonly type: 'stream-ended'; readonly soundId: SoundId; readonly end: SoundEnd; readonly beat: number }
  /** The leg's DTLS handshake is done: its transport is up, and there are keys. Again after each one more. */
  | { readonly type: 'media-secured'; readonly legId: LegId; readonly beat: number }
  /** The peer of a leg with `consentTimeoutMs` ended its DTLS, or nothing has come of it for that long. */
  | {
      readonly type: 'media-gone';
      readonly legId: LegId;
      readonly reason: GoneReason;
      readonly silentMs: number;
      readonly beat: number;
    };

/** The main thread's end of a host, whatever carries it. */
export interface HostPort {
  post(command: HostCommand): void;
  onEvent(listener: (event: HostEvent) => void): void;
  /** The host is gone without having said `closed`: a crash, or its thread's memory limit. */
  onExit(listener: (reason: string) => void): void;
  /** Ends a host that no longer answers, without order; onExit follows. */
  kill(reason: string): void;
}
