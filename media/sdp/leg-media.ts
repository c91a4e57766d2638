import type { SocketAddress } from '../../base/network.js';
import type { Fingerprint } from '../dtls/fingerprint.js';
import type { SrtpKeying } from '../srtp/keyed-streams.js';
import type { RtcpXr } from './rtcp-xr.js';

/** RFC 3264 §5.1: from our own point of view, never the peer's. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/**
 * Codecs a leg can carry. Names are those of RFC 3551, RFC 7587 and RFC 3952, in lower case; L16 is as many codecs as it
 * has rates.
 */
export const codecNames = [
  'opus',
  'g722',
  'pcma',
  'pcmu',
  'ilbc',
  'l16-8000',
  'l16-16000',
  'l16-44100',
  'l16-48000',
] as const;
export type CodecName = (typeof codecNames)[number];

export interface SendFormat {
  readonly codec: CodecName;
  readonly payloadType: number;
  readonly clockRateHz: number;
  /** One packet's sound, 10 to 60: the peer's `ptime` within its `maxptime`, 20 unless told, as the codec can. */
  readonly ptimeMs: number;
  /** What both sides' `a=fmtp` mean for the encoder, as `Codec.agree` says it. */
  readonly parameters: string;
}

export interface ReceiveFormat {
  readonly codec: CodecName;
  readonly payloadType: number;
  readonly clockRateHz: number;
  /** As in `SendFormat`. */
  readonly parameters: string;
}

/** telephone-event (RFC 4733) at one clock rate: the numbers differ per direction when an answer renumbers them. */
export interface TelephoneEventFormat {
  readonly sendPayloadType: number;
  readonly receivePayloadType: number;
  readonly clockRateHz: number;
}

/** Comfort noise (RFC 3389) that may come in place of sound; its clock is that of the sound (§4). */
export interface ComfortNoiseFormat {
  readonly payloadType: number;
  readonly clockRateHz: number;
  /** Under which the peer takes it; absent: the same. */
  readonly sendPayloadType?: number;
}

/** Whether our own silence is left out where the peer agreed on comfort noise. */
export const comfortNoisePolicies = ['off', 'send'] as const;
export type ComfortNoisePolicy = (typeof comfortNoisePolicies)[number];

export interface MediaAddress {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** Where the peer wants its RTCP (RFC 3605); absent: at `address`. */
  readonly rtcpAddress?: string;
}

/** The keys of a leg's SRTP and SRTCP. Null: none are known yet, and nothing is sent, or taken, in that direction. */
export interface LegSrtp {
  readonly send: SrtpKeying | null;
  readonly receive: SrtpKeying | null;
}

/** What a leg's DTLS association needs (RFC 5763). It carries our private key and is not to be logged. */
export interface LegDtls {
  /** Another text: another association (RFC 8842 §3.1), and until its handshake is done the keys of the one before. */
  readonly association: string;
  /** Ours: `active` begins. */
  readonly role: 'active' | 'passive';
  /** Of the peer's certificate. */
  readonly fingerprints: readonly Fingerprint[];
  /** Ours, DER. */
  readonly certificate: Uint8Array;
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
}

/** ICE of one leg (RFC 8445), of which we do the lite side, or that which checks where the peer is lite. */
export interface LegIce {
  readonly localUfrag: string;
  readonly localPassword: string;
  readonly remoteUfrag: string;
  /** Then it does not check, and the address of the SDP counts until we have nominated another (RFC 8445 §6.1.1). */
  readonly isRemoteLite: boolean;
  /** Of a lite peer alone: what we check it with, and where, its most wanted place first. */
  readonly checks?: { readonly remotePassword: string; readonly places: readonly SocketAddress[] };
}

/** An m-line on which the peer wants one voice alone (RFC 9143: by its mid). */
export interface LegTrack {
  readonly mid: string;
  /** Of the header extension that tells the mid with each packet, 1 … 14; 0: there is none. */
  readonly midExtensionId: number;
  /** Under which it is sent, as the SDP has announced; absent: any. */
  readonly ssrc?: number;
}

/** What an offer and its answer agreed on for one audio leg; plain data, because it crosses to the media host. */
export interface LegMedia {
  /** Where the peer wants its RTP; null while only our offer is out, or for the address 0.0.0.0. */
  readonly remote: MediaAddress | null;
  readonly direction: Direction;
  /** The peer put us on hold: sendonly, inactive or the address 0.0.0.0 (RFC 3264 §8.4). */
  readonly held: boolean;
  /** null while only our offer is out. */
  readonly send: SendFormat | null;
  readonly receive: readonly ReceiveFormat[];
  /** The one that fits the codec we send comes first: its clock rate should be that of the sound (RFC 4733 §2.1). */
  readonly telephoneEvents: readonly TelephoneEventFormat[];
  /** None where it is missing. */
  readonly comfortNoise?: readonly ComfortNoiseFormat[];
  readonly rtcpMux: boolean;
  /** Absent: RTP in the clear. With it nothing that is not protected goes out or comes in. */
  readonly srtp?: LegSrtp;
  /** With it `srtp` has no keys: they come from the handshake (RFC 5764). */
  readonly dtls?: LegDtls;
  /** Absent: packets go where the SDP says, or where the peer's come from. With it `rtcpMux` is true. */
  readonly ice?: LegIce;
  /**
   * The peer goes on asking and answering (RFC 7675), so that one of which nothing comes is gone. Absent: with ICE it does,
   * unless it is lite.
   */
  readonly consents?: boolean;
  /** The extended reports that the peer wants (RFC 3611 §5); none when left out. */
  readonly rtcpXr?: RtcpXr | null;
  /** An early dialog (RFC 3960): nobody has answered yet, and nobody has to be heard. */
  readonly isEarly?: boolean;
  /** Under which the peer tells how loud each packet is (RFC 6464), 1 … 14; absent: it does not. */
  readonly audioLevelId?: number;
  /** At most 8: in a room the peer is sent single voices on these, in place of the mix; absent: the mix. */
  readonly tracks?: readonly LegTrack[];
}
