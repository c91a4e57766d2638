import type { Direction } from './leg-media.js';
import { maxSdpLines } from './parse.js';

/** A connection line: `c=`, RFC 8866 §5.7. */
export interface SdpConnectionJson {
  readonly nettype: string;
  readonly ipver: 4 | 6;
  /** With the TTL and the number of addresses, where it is a multicast address that has them. */
  readonly address: string;
}

export interface SdpBandwidthJson {
  readonly bwtype: string;
  readonly bandwidth: number;
}

export interface SdpKeyJson {
  readonly method: string;
  readonly key?: string;
}

export interface SdpRtpMapJson {
  readonly encoding: string;
  /** A number where we write it; a string of digits is read too. */
  readonly clock: number | string;
  /** Channels, for audio. */
  readonly params?: string;
}

/** Several of one kind are an array, a single one is not. */
export type OneOrMore<T> = T | readonly T[];

/**
 * One m-line with what belongs to it. Any further key is an attribute: its value, "" for an attribute without one, an
 * array for one that is repeated.
 */
export interface SdpMediaJson {
  readonly media: string;
  readonly port: number;
  readonly numports?: number;
  readonly proto: string;
  /** Numbers; names where the protocol has such (`webrtc-datachannel`). */
  readonly payloads: readonly (number | string)[];
  /** By payload type. */
  readonly rtpmap?: Readonly<Record<string, SdpRtpMapJson>>;
  /** By payload type. */
  readonly fmtp?: Readonly<Record<string, string>>;
  readonly direction?: Direction;
  /** Milliseconds. */
  readonly ptime?: number;
  readonly maxptime?: number;
  readonly quality?: number;
  readonly framerate?: number;
  /** The c-lines of this m-line alone; they are in the `c` of the session as well. */
  readonly c?: readonly SdpConnectionJson[];
  readonly i?: string;
  readonly b?: OneOrMore<SdpBandwidthJson>;
  readonly k?: SdpKeyJson;
  /** Values of a-lines that do not fit the shape above, as they stand: `["port:9", "rtpmap:x"]`. */
  readonly others?: readonly string[];
  readonly [attribute: string]: unknown;
}

/** The attributes of the session; written like those of an m-line. */
export interface SdpAttributesJson {
  readonly direction?: Direction;
  readonly others?: readonly string[];
  readonly [attribute: string]: unknown;
}

/** A session description (RFC 8866 §5) as the JSON of the mediaswitch interfaces. */
export interface SdpJson {
  readonly v: number;
  readonly o: {
    readonly username: string;
    /** A string where a number would not be exact. */
    readonly sessionid: number | string;
    readonly sessionversion: number | string;
    readonly nettype: string;
    readonly ipver: 4 | 6;
    readonly address: string;
  };
  readonly s: string;
  readonly i?: string;
  readonly u?: string;
  readonly e?: OneOrMore<string>;
  readonly p?: OneOrMore<string>;
  /** That of the session, then those of the m-lines, in order. */
  readonly c: readonly SdpConnectionJson[];
  readonly b?: OneOrMore<SdpBandwidthJson>;
  readonly t: { readonly start: number; readonly stop: number };
  /** Seconds. */
  readonly r?: { readonly interval: number; readonly duration: number; readonly offsets: readonly number[] };
  readonly k?: SdpKeyJson;
  readonly a?: SdpAttributesJson;
  readonly m: readonly SdpMediaJson[];
}

/** What a description is written from: the origin and the m-lines; the rest has its usual values. */
export type GivenSdpJson = Partial<SdpJson> & Pick<SdpJson, 'o' | 'm'>;

export const sdpDirections: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** Attributes whose value is one number. */
export const numberAttributes = ['ptime', 'maxptime', 'quality', 'framerate'] as const;

/** Keys of a level that are no attributes of that name: an a-line with such a name goes into `others`. */
export const reservedKeys = {
  session: new Set(['direction', 'others', '__proto__']),
  media: new Set([
    'media',
    'port',
    'numports',
    'proto',
    'payloads',
    'rtpmap',
    'fmtp',
    'direction',
    ...numberAttributes,
    'c',
    'i',
    'b',
    'k',
    'others',
    '__proto__',
  ]),
} as const;

/** RFC 8866 §9 `token`: what an attribute may be called. */
export const attributeName = /^[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+$/;

/**
 * The connection lines of the session level. Those of the m-lines are taken off the end of `c`, where a reader of ours
 * appends them; a writer that knows no other place than `c` has none in its m-lines. No more are looked at than a text
 * may have lines.
 */
export function sessionConnections(json: GivenSdpJson): readonly SdpConnectionJson[] {
  const left = listOf<SdpConnectionJson>(json.c).slice(0, maxSdpLines);
  const ofMedia = listOf<SdpMediaJson>(json.m).flatMap((media) => listOf<SdpConnectionJson>(media?.c));
  for (const own of ofMedia.slice(0, maxSdpLines)) {
    const at = left.findLastIndex((other) => other?.address === own?.address);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

/** An array as it is, one thing as an array of it, nothing as an empty one. */
export function listOf<T>(value: unknown): readonly T[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as T];
}
