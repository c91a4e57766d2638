import ipaddr from 'ipaddr.js';
import { codecs } from '../codec/codec.js';
import { isRtp, type SecurityFault } from './crypto-lines.js';
import {
  comfortNoise,
  eventClockRateHz,
  type FormatName,
  isCodec,
  isEventName,
  type NamedFormat,
} from './format-names.js';
import type {
  Direction,
  LegMedia,
  MediaAddress,
  ReceiveFormat,
  SendFormat,
  TelephoneEventFormat,
} from './leg-media.js';
import type { MediaDescription } from './parse.js';

const DEFAULT_PTIME_MS = 20;
const MAX_PTIME_MS = 60;
const DISCARD_PORT = 9;

/** Why an m-line cannot carry our audio. */
export type AudioFault = 'no-audio' | SecurityFault | 'bad-address' | 'multicast' | 'no-common-codec';

/**
 * Whether an m-line can carry our audio at all; null = it can.
 * @param ours    our address, or an unspecified one
 * @param checks  where the sound goes is found by ICE: what the c-line says is not looked at (RFC 8445 §12.1)
 */
export function audioFault(media: MediaDescription, ours: string, checks = false): AudioFault | null {
  if (media.type !== 'audio' || media.port === 0) return 'no-audio';
  if (!isRtp(media.protocol)) return 'bad-transport';
  if (checks) return null;
  if (media.connection === null) return 'bad-address';
  const { address } = media.connection;
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return 'bad-address';
  if (isNull(address)) return null;
  const parsedAddress = ipaddr.process(address);
  if (parsedAddress.range() === 'multicast') return 'multicast';
  if (!isNull(ours) && parsedAddress.kind() !== ipaddr.process(ours).kind()) return 'bad-address';
  return null;
}

/** `0.0.0.0` and `::`: send nothing there (RFC 3264 §8.4, RFC 6337 §5.3). */
function isNull(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === 'unspecified';
}

/** The same stream seen from the other end. */
export function reversed(direction: Direction): Direction {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

/** What both allow; both from the same end's point of view. */
export function narrowed(a: Direction, b: Direction): Direction {
  const sends = canSend(a) && canSend(b);
  const receives = canReceive(a) && canReceive(b);
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

function canSend(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

function canReceive(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** Where the peer wants its RTP; null for the null address. */
function remoteOf(media: MediaDescription, rtcpMux: boolean): MediaAddress | null {
  const address = media.connection?.address ?? '0.0.0.0';
  if (isNull(address)) return null;
  // The last port has none after it; RTCP is then lost, RTP is not.
  const nextPort = Math.min(media.port + 1, 65535);
  if (rtcpMux) return { address, rtpPort: media.port, rtcpPort: media.port };
  const remote = { address, rtpPort: media.port, rtcpPort: media.rtcpPort ?? nextPort };
  const rtcpAddress = rtcpAddressOf(media.rtcpAddress, address);
  return rtcpAddress === null ? remote : { ...remote, rtcpAddress };
}

/**
 * RFC 3605 §2.1: the address of `a=rtcp` where it is another one that our sockets reach as they reach `address`. Gateways on
 * the way are known that put a public address into the c-line and leave the private one here: that one is not taken.
 */
function rtcpAddressOf(named: string | null, address: string): string | null {
  if (named === null || named === address || !ipaddr.isValid(named) || !ipaddr.isValid(address)) return null;
  const [rtcp, rtp] = [ipaddr.process(named), ipaddr.process(address)];
  const isOther = rtcp.toString() !== rtp.toString();
  const isAlike = rtcp.kind() === rtp.kind() && (rtcp.range() === rtp.range() || rtcp.range() === 'unicast');
  return isOther && isAlike ? named : null;
}

/**
 * Before its candidates have come a peer has no address (RFC 8840 §4.1.1), with mDNS it never tells one, and one of another
 * family than ours is not where it is: that is no hold, and checks will show where it is. Null: what the m-line says will do.
 */
function checkedRemote(media: MediaDescription, { checksFrom = null }: Agreement): MediaAddress | null {
  if (checksFrom === null || (audioFault(media, checksFrom) === null && !isNull(media.connection?.address ?? ''))) {
    return null;
  }
  return { address: '0.0.0.0', rtpPort: DISCARD_PORT, rtcpPort: DISCARD_PORT };
}

export interface Agreement {
  /** The formats that both sides have, most wanted first; each with the number for our sending and the peer's fmtp. */
  readonly sendFormats: readonly NamedFormat[];
  /** The same names with the numbers under which they reach us, and our own fmtp. */
  readonly receiveFormats: readonly NamedFormat[];
  /** What we want, before the peer's direction and address are looked at. */
  readonly wanted: Direction;
  /** The m-line is an answer to our offer, which had the direction `wanted`; false = it is the peer's offer. */
  readonly answersOurs: boolean;
  readonly rtcpMux: boolean;
  /** Extended reports are not for anybody (RFC 3611). */
  readonly rtcpXrOff?: boolean;
  /** The peer checks where its packets go (ICE), towards this address of ours; null or absent: the SDP says where. */
  readonly checksFrom?: string | null;
}

/** What an m-line of the peer and our side of it mean for the leg. There is at least one codec in `sendFormats`. */
export function legMedia(media: MediaDescription, agreement: Agreement): LegMedia {
  const { sendFormats, receiveFormats, wanted, answersOurs, rtcpMux } = agreement;
  const remote = checkedRemote(media, agreement) ?? remoteOf(media, rtcpMux);
  const send = sendFormat(media, sendFormats, receiveFormats);
  const remoteDirection = remote === null ? narrowed(media.direction, 'sendonly') : media.direction;
  return {
    remote,
    direction: narrowed(reversed(remoteDirection), wanted),
    // A peer that answers our own hold cannot but stop listening: that is not its doing.
    held: !canReceive(remoteDirection) && (canSend(wanted) || !answersOurs),
    send,
    receive: receiveFormats.flatMap((ours) => receiveFormat(ours, fmtpOf(sendFormats, ours.name))),
    telephoneEvents: telephoneEvents(sendFormats, receiveFormats, send?.clockRateHz ?? 8000),
    ...noiseIn(sendFormats, receiveFormats),
    rtcpMux,
    ...(media.rtcpXr === null || agreement.rtcpXrOff === true ? {} : { rtcpXr: media.rtcpXr }),
    // RFC 8285 §6: an answer has no number that the offer did not have, and ours has none.
    ...(media.audioLevelId === null || answersOurs ? {} : { audioLevelId: media.audioLevelId }),
  };
}

function noiseIn(theirs: readonly NamedFormat[], ours: readonly NamedFormat[]): Pick<LegMedia, 'comfortNoise'> {
  const found = ours.find(({ name }) => name === 'CN');
  if (found === undefined) return {};
  const { payloadType } = found;
  const { clockRateHz } = comfortNoise;
  const sendPayloadType = theirs.find(({ name }) => name === 'CN')?.payloadType ?? payloadType;
  return {
    comfortNoise: [{ payloadType, clockRateHz, ...(sendPayloadType === payloadType ? {} : { sendPayloadType }) }],
  };
}

function fmtpOf(formats: readonly NamedFormat[], name: FormatName): string | null {
  return formats.find((format) => format.name === name)?.fmtp ?? null;
}

/** RFC 3264 §6.1, RFC 8866 §6.4: the peer's `ptime` within its `maxptime`. */
function sendFormat(
  media: MediaDescription,
  theirs: readonly NamedFormat[],
  ours: readonly NamedFormat[],
): SendFormat | null {
  for (const { name, payloadType, fmtp } of theirs) {
    if (!isCodec(name)) continue;
    const codec = codecs[name];
    const parameters = codec.agree(fmtpOf(ours, name), fmtp);
    const ptimeMs = codec.ptimeMs(parameters, media.ptimeMs ?? DEFAULT_PTIME_MS, media.maxptimeMs ?? MAX_PTIME_MS);
    return { codec: name, payloadType, clockRateHz: codec.clockRateHz, ptimeMs, parameters };
  }
  return null;
}

/** @param theirs  the peer's `a=fmtp` for it; null where it said nothing, or not yet */
export function receiveFormat({ name, payloadType, fmtp }: NamedFormat, theirs: string | null): ReceiveFormat[] {
  if (!isCodec(name)) return [];
  const codec = codecs[name];
  return [{ codec: name, payloadType, clockRateHz: codec.clockRateHz, parameters: codec.agree(fmtp, theirs) }];
}

/** Those that both directions have; the one at `clockRateHz` first. */
export function telephoneEvents(
  sendFormats: readonly NamedFormat[],
  receiveFormats: readonly NamedFormat[],
  clockRateHz: number,
): TelephoneEventFormat[] {
  return receiveFormats
    .flatMap(({ name, payloadType }) => {
      const send = sendFormats.find((format) => format.name === name);
      if (!isEventName(name) || send === undefined) return [];
      return [
        { sendPayloadType: send.payloadType, receivePayloadType: payloadType, clockRateHz: eventClockRateHz(name) },
      ];
    })
    .sort((a, b) => Number(b.clockRateHz === clockRateHz) - Number(a.clockRateHz === clockRateHz));
}
