import { codecs } from '../codec/codec.js';
import { type CodecName, codecNames } from './leg-media.js';
import type { MediaDescription, RtpMap } from './parse.js';

/** Clock rates at which telephone-event is understood: those of the codecs here (RFC 4733 §2.1). */
const eventClockRatesHz = [8000, 16_000, 44_100, 48_000] as const;
type EventName = `telephone-event/${(typeof eventClockRatesHz)[number]}`;

/** RFC 3389 §4: comfort noise has a static number at 8000 Hz, and other clocks are of no use here. */
export const comfortNoise = { payloadType: 13, clockRateHz: 8000 } as const;

/** What one payload type number stands for: a codec, telephone-event at one clock rate, or comfort noise. */
export type FormatName = CodecName | EventName | 'CN';

/** One payload type number and what it stands for, in the order of the m-line. */
export interface NamedFormat {
  readonly name: FormatName;
  readonly payloadType: number;
  /** `a=fmtp` of the side whose m-line it is; null where there is none. */
  readonly fmtp: string | null;
}

/**
 * RFC 4733 §2.4.1: the digits, `*`, `#`, A–D and flash. At other clock rates the default, which is all but flash, will do:
 * an INVITE with credentials should stay below the 1300 bytes that send it to TCP (RFC 3261 §18.1.1).
 */
const TELEPHONE_EVENTS = '0-16';

export function isEventName(name: FormatName): name is EventName {
  return name.startsWith('telephone-event/');
}

export function isCodec(name: FormatName): name is CodecName {
  return name !== 'CN' && !isEventName(name);
}

export function eventClockRateHz(name: EventName): number {
  return Number(name.slice('telephone-event/'.length));
}

/** telephone-event at 8000 Hz, which every phone knows, and at the clock rates of the codecs. */
export function eventNamesFor(names: readonly CodecName[]): EventName[] {
  return eventClockRatesHz
    .filter((rateHz) => rateHz === 8000 || names.some((name) => codecs[name].clockRateHz === rateHz))
    .map((rateHz): EventName => `telephone-event/${rateHz}`);
}

/** What we say in `a=fmtp`. @param offered  what the offer that is answered says; null in an offer */
export function ownFmtp(name: FormatName, offered: string | null): string | null {
  if (isCodec(name)) return codecs[name].ownFmtp(offered);
  return name === 'telephone-event/8000' ? TELEPHONE_EVENTS : null;
}

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
    found.push({ name, payloadType, fmtp: media.fmtps.get(payloadType) ?? null });
  }
  return found;
}

function formatName(media: MediaDescription, payloadType: number): FormatName | null {
  if (payloadType < 0 || payloadType > 127) return null;
  const map = media.rtpmaps.get(payloadType);
  if (map === undefined && payloadType === comfortNoise.payloadType) return 'CN';
  if (map === undefined) return codecNames.find((name) => codecs[name].staticPayloadType === payloadType) ?? null;
  const encodingName = map.encodingName.toLowerCase();
  if (encodingName === 'telephone-event') {
    const rateHz = eventClockRatesHz.find((known) => known === map.clockRateHz);
    return rateHz === undefined ? null : `telephone-event/${rateHz}`;
  }
  if (encodingName === 'cn') return map.clockRateHz === comfortNoise.clockRateHz ? 'CN' : null;
  return codecNames.find((name) => isMapOf(map, name)) ?? null;
}

function isMapOf(map: RtpMap, name: CodecName): boolean {
  const { encodingName, clockRateHz, channels } = codecs[name];
  if (encodingName.toLowerCase() !== map.encodingName.toLowerCase()) return false;
  return clockRateHz === map.clockRateHz && channels === map.channels;
}
