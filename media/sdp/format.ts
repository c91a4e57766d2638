import { type MediaDescription, write } from 'sdp-transform';
import type { Direction } from './leg-media.js';
import { type RtcpXr, rtcpXrAttribute } from './rtcp-xr.js';

/** One format of an m-line of ours. */
export interface WrittenFormat {
  readonly payloadType: number;
  readonly encodingName: string;
  readonly clockRateHz: number;
  readonly channels: number;
  /** `a=fmtp` (RFC 8866 §6.15); null = none. */
  readonly parameters: string | null;
}

/** The m-line that carries our audio. */
export interface WrittenAudio {
  readonly kind: 'audio';
  readonly protocol: string;
  /** Values of `a=crypto`, in order. */
  readonly crypto: readonly string[];
  /** Attributes that sdp-transform has no name for, or would write elsewhere, in order. */
  readonly attributes: readonly string[];
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly rtcpMux: boolean;
  /** What we want to be sent (RFC 3611 §5); null: no line. */
  readonly rtcpXr?: RtcpXr | null;
  readonly formats: readonly WrittenFormat[];
  readonly direction: Direction;
  readonly ptimeMs: number;
}

/** An m-line that we refused or that is no longer used: port 0, the rest as it came (RFC 3264 §6). */
export interface WrittenRefusal {
  readonly kind: 'refused';
  readonly type: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** RFC 5888; null without one. */
  readonly mid?: string | null;
}

export interface WrittenSession {
  readonly username: string;
  readonly sessionId: string;
  readonly sessionVersion: number;
  readonly address: string;
  /** The t-line's value. */
  readonly timing: string;
  /** `a=ice-lite` (RFC 8839 §5.3). */
  readonly isIceLite?: boolean;
  /** The m-lines of the one BUNDLE group (RFC 9143); none where it is missing. */
  readonly bundle?: readonly string[];
  readonly media: readonly (WrittenAudio | WrittenRefusal)[];
}

const DEFAULT_PTIME_MS = 20;

/** Writes a session description of ours: RFC 8866 §5. The same input gives the same text. */
export function formatSdp(session: WrittenSession): string {
  const ipVer = session.address.includes(':') ? 6 : 4;
  const [start, stop] = session.timing.split(' ');
  return write({
    version: 0,
    origin: {
      username: session.username,
      sessionId: session.sessionId,
      sessionVersion: session.sessionVersion,
      netType: 'IN',
      ipVer,
      address: session.address,
    },
    name: '-',
    connection: { version: ipVer, ip: session.address },
    ...(session.isIceLite === true ? { icelite: 'ice-lite' } : {}),
    ...(session.bundle === undefined ? {} : { groups: [{ type: 'BUNDLE', mids: session.bundle.join(' ') }] }),
    timing: { start: Number(start), stop: Number(stop) },
    media: session.media.map((media) => (media.kind === 'audio' ? audioSection(media) : refusedSection(media))),
  });
}

function audioSection(audio: WrittenAudio): MediaDescription {
  const rtcpXr = rtcpXrAttribute(audio.rtcpXr ?? null);
  const others = [...audio.attributes, ...(rtcpXr === null ? [] : [rtcpXr])];
  return {
    type: 'audio',
    port: audio.rtpPort,
    protocol: audio.protocol,
    payloads: audio.formats.map((format) => format.payloadType).join(' '),
    rtp: audio.formats.map((format) => ({
      payload: format.payloadType,
      codec: format.encodingName,
      rate: format.clockRateHz,
      ...(format.channels === 1 ? {} : { encoding: format.channels }),
    })),
    fmtp: audio.formats.flatMap((format) =>
      format.parameters === null ? [] : [{ payload: format.payloadType, config: format.parameters }],
    ),
    // RFC 3605 §2.1: needed only where RTCP is not on the port after RTP's.
    ...(audio.rtcpMux || audio.rtcpPort === audio.rtpPort + 1 ? {} : { rtcp: { port: audio.rtcpPort } }),
    ...(audio.rtcpMux ? { rtcpMux: 'rtcp-mux' } : {}),
    ...(audio.crypto.length === 0 ? {} : { crypto: audio.crypto.map(cryptoOf) }),
    // What sdp-transform has no name for, it writes as it is.
    ...(others.length === 0 ? {} : { invalid: others.map((value) => ({ value })) }),
    // RFC 3551 §4.2: 20 ms is what holds without a word, and an INVITE should stay below the 1300 bytes that send it to TCP.
    ...(audio.ptimeMs === DEFAULT_PTIME_MS ? {} : { ptime: audio.ptimeMs }),
    direction: audio.direction,
  };
}

/** Tag, suite and key, as sdp-transform wants them. */
function cryptoOf(value: string): { id: number; suite: string; config: string } {
  const [tag, suite, config] = value.split(' ') as [string, string, string];
  return { id: Number(tag), suite, config };
}

function refusedSection(refusal: WrittenRefusal): MediaDescription {
  return {
    type: refusal.type,
    port: 0,
    protocol: refusal.protocol,
    payloads: refusal.formats.join(' '),
    rtp: [],
    fmtp: [],
    ...(refusal.mid === undefined || refusal.mid === null ? {} : { mid: refusal.mid }),
  };
}
