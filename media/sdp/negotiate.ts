import ipaddr from 'ipaddr.js';
import { codecs } from '../codec/codec.js';
import type {
  CodecName,
  Direction,
  LegMedia,
  MediaAddress,
  ReceiveFormat,
  SendFormat,
  TelephoneEventFormat,
} from './leg-media.js';
import { codecNames } from './leg-media.js';
import type { MediaDescription } from './parse.js';

/** What one payload type number stands for: a codec, or telephone-event at 8000 Hz. */
export type FormatName = CodecName | 'telephone-event';

/** One payload type number and what it stands for, in the order of the m-line. */
export interface NamedFormat {
  readonly name: FormatName;
  readonly payloadType: number;
}

/** RFC 4733 §2.1: the clock is that of the audio it replaces, and all audio here has 8000 Hz. */
export const telephoneEventClockRateHz = 8000;

const DEFAULT_PTIME_MS = 20;
const MIN_PTIME_MS = 10;
const MAX_PTIME_MS = 60;

/** Why an m-line cannot carry our audio. */
export type AudioFault = 'no-audio' | 'bad-transport' | 'bad-address' | 'multicast' | 'no-common-codec';

/**
 * The formats of an m-line that we know, in its order: the first number of each name counts. A static number without
 * rtpmap has its meaning of RFC 3551 §6; an rtpmap is believed before that.
 */
export function namedFormats(media: MediaDescription): NamedFormat[] {
  const found: NamedFormat[] = [];
  for (const format of media.formats) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : -1;
    const name = formatName(media, payloadType);
    if (name === null || found.some((known) => known.name === name || known.payloadType === payloadType)) continue;
    found.push({ name, payloadType });
  }
  return found;
}

function formatName(media: MediaDescription, payloadType: number): FormatName | null {
  if (payloadType < 0 || payloadType > 127) return null;
  const map = media.rtpmaps.get(payloadType);
  if (map === undefined) return codecNames.find((name) => codecs[name].staticPayloadType === payloadType) ?? null;
  const encodingName = map.encodingName.toLowerCase();
  if (encodingName === 'telephone-event') {
    return map.clockRateHz === telephoneEventClockRateHz ? 'telephone-event' : null;
  }
  const matches = (name: CodecName): boolean =>
    codecs[name].encodingName.toLowerCase() === encodingName &&
    codecs[name].clockRateHz === map.clockRateHz &&
    codecs[name].channels === map.channels;
  return codecNames.find(matches) ?? null;
}

/** Whether an m-line can carry our audio at all; null = it can. @param ours our address, or an unspecified one */
export function audioFault(media: MediaDescription, ours: string): AudioFault | null {
  if (media.type !== 'audio' || media.port === 0) return 'no-audio';
  if (media.protocol.toUpperCase() !== 'RTP/AVP') return 'bad-transport';
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
  return { address, rtpPort: media.port, rtcpPort: rtcpMux ? media.port : (media.rtcpPort ?? nextPort) };
}

/** The peer's `ptime` within its `maxptime`, in steps of 10 ms (RFC 3264 §6.1, RFC 8866 §6.4). */
function sendPtimeMs(media: MediaDescription): number {
  const wanted = Math.min(media.ptimeMs ?? DEFAULT_PTIME_MS, media.maxptimeMs ?? MAX_PTIME_MS);
  return Math.max(MIN_PTIME_MS, Math.min(MAX_PTIME_MS, Math.floor(wanted / 10) * 10));
}

export interface Agreement {
  /** The formats that both sides have, most wanted first; each with the number for our sending. */
  readonly sendFormats: readonly NamedFormat[];
  /** The same names with the numbers under which they reach us. */
  readonly receiveFormats: readonly NamedFormat[];
  /** What we want, before the peer's direction and address are looked at. */
  readonly wanted: Direction;
  /** The m-line is an answer to our offer, which had the direction `wanted`; false = it is the peer's offer. */
  readonly answersOurs: boolean;
  readonly rtcpMux: boolean;
}

/** What an m-line of the peer and our side of it mean for the leg. There is at least one codec in `sendFormats`. */
export function legMedia(media: MediaDescription, agreement: Agreement): LegMedia {
  const { sendFormats, receiveFormats, wanted, answersOurs, rtcpMux } = agreement;
  const remote = remoteOf(media, rtcpMux);
  const remoteDirection = remote === null ? narrowed(media.direction, 'sendonly') : media.direction;
  return {
    remote,
    direction: narrowed(reversed(remoteDirection), wanted),
    // A peer that answers our own hold cannot but stop listening: that is not its doing.
    held: !canReceive(remoteDirection) && (canSend(wanted) || !answersOurs),
    send: sendFormat(media, sendFormats),
    receive: receiveFormats.flatMap(receiveFormat),
    telephoneEvent: telephoneEvent(sendFormats, receiveFormats),
    rtcpMux,
  };
}

function sendFormat(media: MediaDescription, formats: readonly NamedFormat[]): SendFormat | null {
  for (const { name, payloadType } of formats) {
    if (name === 'telephone-event') continue;
    return { codec: name, payloadType, clockRateHz: codecs[name].clockRateHz, ptimeMs: sendPtimeMs(media) };
  }
  return null;
}

export function receiveFormat({ name, payloadType }: NamedFormat): ReceiveFormat[] {
  if (name === 'telephone-event') return [];
  return [{ codec: name, payloadType, clockRateHz: codecs[name].clockRateHz }];
}

function telephoneEvent(
  sendFormats: readonly NamedFormat[],
  receiveFormats: readonly NamedFormat[],
): TelephoneEventFormat | null {
  const isEvent = (format: NamedFormat): boolean => format.name === 'telephone-event';
  const send = sendFormats.find(isEvent);
  const receive = receiveFormats.find(isEvent);
  if (send === undefined || receive === undefined) return null;
  return {
    sendPayloadType: send.payloadType,
    receivePayloadType: receive.payloadType,
    clockRateHz: telephoneEventClockRateHz,
  };
}
