import { parse as parseAttributes } from 'sdp-transform';
import { fault, type Parsed, parsed } from '../../base/errors.js';
import { type BundleGroup, readBundles, readMid, withTransport } from './bundle-lines.js';
import { cryptoValues } from './crypto-lines.js';
import { type DtlsLines, readDtls } from './dtls-lines.js';
import { readAudioLevelId } from './extmap-lines.js';
import { type IceLines, readIce } from './ice-lines.js';
import type { Direction } from './leg-media.js';
import { type RtcpXr, readRtcpXr } from './rtcp-xr.js';
import { readMidExtensionId } from './track-lines.js';

/** A longer text is refused unread: the largest descriptions of browsers are a tenth of it. */
export const maxSdpBytes = 65536;
export const maxSdpLines = 2000;
export const maxSdpMedia = 64;

export interface Connection {
  readonly family: 4 | 6;
  /** Without the TTL of a multicast address; may be a host name. */
  readonly address: string;
}

/** `a=rtpmap` (RFC 8866 §6.6). */
export interface RtpMap {
  readonly encodingName: string;
  readonly clockRateHz: number;
  readonly channels: number;
}

/** One m-line with its attributes; what the session level says for all is filled in. */
export interface MediaDescription {
  readonly type: string;
  /** 0 = refused or switched off. */
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** null where neither level has a c-line. */
  readonly connection: Connection | null;
  readonly direction: Direction;
  readonly rtpmaps: ReadonlyMap<number, RtpMap>;
  /** The values of `a=fmtp` (RFC 8866 §6.15), as they stand. */
  readonly fmtps: ReadonlyMap<number, string>;
  /** `a=rtcp` (RFC 3605); null = the port after the RTP port. */
  readonly rtcpPort: number | null;
  /** The address of that line; null where it has none, or no port. */
  readonly rtcpAddress: string | null;
  readonly rtcpMux: boolean;
  /** `a=rtcp-xr` (RFC 3611 §5.1); null without one. */
  readonly rtcpXr: RtcpXr | null;
  readonly ptimeMs: number | null;
  readonly maxptimeMs: number | null;
  /** Values of `a=crypto` (RFC 4568), unread. They carry keys. */
  readonly crypto: readonly string[];
  /** RFC 8122, RFC 4145, RFC 8842; null without a fingerprint. */
  readonly dtls: DtlsLines | null;
  /** RFC 8839; null without credentials. */
  readonly ice: IceLines | null;
  /** RFC 5888; null without one. */
  readonly mid: string | null;
  /** The number by which the peer tells its level (RFC 6464); null without one. */
  readonly audioLevelId: number | null;
  /** The number by which a packet tells its m-line (RFC 9143 §15); 0 without one. */
  readonly midExtensionId: number;
  /** `a=bundle-only`: its port of 0 is no refusal (RFC 9143 §6). */
  readonly isBundleOnly: boolean;
}

export interface SessionDescription {
  /** Decimal, as written: it may have 64 bits. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  /** The first t-line, which an answer repeats (RFC 3264 §6). */
  readonly timing: string;
  readonly media: readonly MediaDescription[];
  readonly bundles: readonly BundleGroup[];
}

export type SdpFault =
  | 'too-long'
  | 'bad-line'
  | 'no-version'
  | 'bad-origin'
  | 'bad-connection'
  | 'bad-media'
  | 'too-many-media';

/** The lines of one level, without their line ends. */
export interface SdpSection {
  /** The value of the m-line; empty for the session level. */
  readonly m: string;
  readonly at: number;
  readonly lines: string[];
}

/** Phones are known whose user name has blanks in it. */
const originPattern = /^.+ (\d+) (\d+) IN IP[46] \S+$/;
const connectionPattern = /^IN IP([46]) ([^\s/]+)(?:\/\S*)?$/;
const mediaPattern = /^([!-~]+) (\d{1,5})(?:\/\d+)? ([!-~]+) ([!-~]+(?: [!-~]+)*)$/;
/** The attributes that anything here asks for; the others are not looked into. */
const knownAttributes =
  /^a=(?:rtpmap:|fmtp:|rtcp:|rtcp-mux$|ptime:|maxptime:|(?:sendrecv|sendonly|recvonly|inactive)$)/;

/**
 * Reads a session description: RFC 8866 §5, as far as RTP audio needs it. Lines end in CRLF, LF or CR; unknown lines
 * are passed over. `at` of a fault is the offset of the line in characters. Attribute values are read by
 * sdp-transform, which is lenient and untyped, so every value is checked again here. Never throws.
 */
export function parseSdp(text: string): Parsed<SessionDescription, SdpFault> {
  if (text.length > maxSdpBytes) return fault('too-long');
  const sections = splitSections(text);
  if (!sections.ok) return sections;
  const [session, ...mediaSections] = sections.value as [SdpSection, ...SdpSection[]];
  if (session.lines[0] !== 'v=0') return fault('no-version');
  const origin = originPattern.exec(firstValue(session, 'o') ?? '');
  if (origin === null) return fault('bad-origin');
  const shared = readLevel(session);
  if (shared === null) return fault('bad-connection');
  const media: MediaDescription[] = [];
  for (const section of mediaSections) {
    const read = readMedia(section, shared, session.lines);
    if (!read.ok) return read;
    media.push(read.value);
  }
  const bundles = readBundles(session.lines);
  return parsed({
    sessionId: origin[1]!,
    sessionVersion: origin[2]!,
    timing: firstValue(session, 't')?.match(/^\d{1,15} \d{1,15}$/)?.[0] ?? '0 0',
    media: withTransport(media, bundles),
    bundles,
  });
}

/** The session level and one section for each m-line. */
export function splitSections(text: string): Parsed<SdpSection[], SdpFault> {
  const sections: SdpSection[] = [{ m: '', at: 0, lines: [] }];
  let at = 0;
  let count = 0;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = raw.trimEnd();
    count += 1;
    if (count > maxSdpLines) return fault('too-long', at);
    if (line !== '') {
      if (!/^[a-zA-Z]=/.test(line)) return fault('bad-line', at);
      if (line.startsWith('m=')) {
        if (sections.length > maxSdpMedia) return fault('too-many-media', at);
        sections.push({ m: line.slice(2), at, lines: [] });
      } else {
        sections.at(-1)!.lines.push(line);
      }
    }
    // A line end of two characters is counted as one: `at` is for a person's eye.
    at += raw.length + 1;
  }
  return parsed(sections);
}

function firstValue(section: SdpSection, type: string): string | undefined {
  return section.lines.find((line) => line.startsWith(`${type}=`))?.slice(2);
}

interface Level {
  readonly connection: Connection | null;
  readonly rtcpXr: RtcpXr | null;
  readonly dtls: DtlsLines | null;
  readonly fields: LooseAttributes;
}

/** What sdp-transform may put there: a number, or the text where it did not look like one. */
interface LooseAttributes {
  readonly rtp?: readonly { payload: unknown; codec: unknown; rate?: unknown; encoding?: unknown }[];
  readonly fmtp?: readonly { payload: unknown; config?: unknown }[];
  readonly rtcp?: { port?: unknown; address?: unknown };
  readonly rtcpMux?: unknown;
  readonly ptime?: unknown;
  readonly maxptime?: unknown;
  readonly direction?: Direction;
}

/** null for a c-line that cannot be read. */
function readLevel(section: SdpSection, shared: Level | null = null): Level | null {
  const c = firstValue(section, 'c');
  const connection = c === undefined ? null : connectionPattern.exec(c);
  if (c !== undefined && connection === null) return null;
  const attributes = section.lines.filter((line) => knownAttributes.test(line));
  // sdp-transform keeps rtpmap lines of a media section only, so each level is shown to it as one.
  const fields: LooseAttributes = parseAttributes(['m=audio 9 RTP/AVP 0', ...attributes].join('\r\n')).media[0]!;
  return {
    connection: connection === null ? null : { family: connection[1] === '4' ? 4 : 6, address: connection[2]! },
    rtcpXr: readRtcpXr(section.lines),
    dtls: readDtls(section.lines, shared?.dtls ?? null),
    fields,
  };
}

function readMedia(
  section: SdpSection,
  shared: Level,
  sessionLines: readonly string[],
): Parsed<MediaDescription, SdpFault> {
  const m = mediaPattern.exec(section.m);
  if (m === null || Number(m[2]) > 65535) return fault('bad-media', section.at);
  const level = readLevel(section, shared);
  if (level === null) return fault('bad-connection', section.at);
  const { fields } = level;
  return parsed({
    type: m[1]!.toLowerCase(),
    port: Number(m[2]),
    protocol: m[3]!,
    formats: m[4]!.split(' '),
    connection: level.connection ?? shared.connection,
    direction: fields.direction ?? shared.fields.direction ?? 'sendrecv',
    rtpmaps: readRtpMaps(fields),
    fmtps: readFmtps(fields),
    ...readRtcp(fields),
    rtcpMux: fields.rtcpMux !== undefined,
    rtcpXr: level.rtcpXr ?? shared.rtcpXr,
    ptimeMs: integer(fields.ptime ?? shared.fields.ptime, 1, 1000),
    maxptimeMs: integer(fields.maxptime ?? shared.fields.maxptime, 1, 1000),
    crypto: cryptoValues(section.lines),
    dtls: level.dtls,
    ice: readIce(section.lines, sessionLines),
    mid: readMid(section.lines),
    audioLevelId: readAudioLevelId(section.lines),
    midExtensionId: readMidExtensionId(section.lines),
    isBundleOnly: section.lines.includes('a=bundle-only'),
  });
}

function readRtcp({ rtcp }: LooseAttributes): Pick<MediaDescription, 'rtcpPort' | 'rtcpAddress'> {
  const rtcpPort = integer(rtcp?.port, 1, 65535);
  const address = rtcp?.address === undefined ? '' : String(rtcp.address);
  return { rtcpPort, rtcpAddress: rtcpPort === null || address === '' ? null : address };
}

/** The first rtpmap of a number counts. */
function readRtpMaps(fields: LooseAttributes): ReadonlyMap<number, RtpMap> {
  const maps = new Map<number, RtpMap>();
  for (const rtp of fields.rtp ?? []) {
    const payloadType = integer(rtp.payload, 0, 127);
    const clockRateHz = integer(rtp.rate, 1, 1_000_000);
    const channels = rtp.encoding === undefined ? 1 : integer(rtp.encoding, 1, 255);
    if (payloadType === null || clockRateHz === null || channels === null || maps.has(payloadType)) continue;
    maps.set(payloadType, { encodingName: String(rtp.codec), clockRateHz, channels });
  }
  return maps;
}

/** The first of a number counts here too. */
function readFmtps(fields: LooseAttributes): ReadonlyMap<number, string> {
  const fmtps = new Map<number, string>();
  for (const { payload, config } of fields.fmtp ?? []) {
    const payloadType = integer(payload, 0, 127);
    if (payloadType !== null && config !== undefined && !fmtps.has(payloadType)) {
      fmtps.set(payloadType, String(config));
    }
  }
  return fmtps;
}

/** The whole number in a value of sdp-transform, null where there is none within the range. */
function integer(value: unknown, min: number, max: number): number | null {
  const number = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN;
  return number >= min && number <= max ? Math.floor(number) : null;
}
