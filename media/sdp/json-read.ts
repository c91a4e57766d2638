import { fault, type Parsed, parsed } from '../../base/errors.js';
import {
  attributeName,
  numberAttributes,
  type OneOrMore,
  reservedKeys,
  type SdpBandwidthJson,
  type SdpConnectionJson,
  type SdpJson,
  type SdpKeyJson,
  type SdpMediaJson,
  type SdpRtpMapJson,
  sdpDirections,
} from './json-model.js';
import type { Direction } from './leg-media.js';
import { maxSdpBytes, type SdpFault, type SdpSection, splitSections } from './parse.js';

const originPattern = /^(.+) (\d{1,40}) (\d{1,40}) ([!-~]+) IP([46]) (\S+)$/;
const connectionPattern = /^([!-~]+) IP([46]) (\S+)$/;
const mediaPattern = /^([!-~]+) (\d{1,5})(?:\/(\d{1,5}))? ([!-~]+) ([!-~]+(?: [!-~]+)*)$/;
const bandwidthPattern = /^([!-9;-~]+):(\d{1,15})$/;
const rtpMapPattern = /^(\d{1,3}) ([^\s/]+)\/(\d{1,10})(?:\/(\S+))?$/;
const fmtpPattern = /^([!-~]+) (\S.*)$/;
const secondsOf: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1, '': 1 };

/**
 * A session description as JSON: RFC 8866 §5. Unknown lines, z-lines and further t- and r-lines are passed over; every
 * a-line is kept, in `others` where it does not fit. Where a direction or a number is given twice the last one counts,
 * as in parseSdp. Faults and limits are those of parseSdp. Never throws.
 * @param body  UTF-8 where it is bytes
 */
export function sdpToJson(body: Uint8Array | string): Parsed<SdpJson, SdpFault> {
  if (body.length > maxSdpBytes) return fault('too-long');
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const nul = text.indexOf('\0');
  if (nul >= 0) return fault('bad-line', nul);
  const sections = splitSections(text);
  if (!sections.ok) return sections;
  const [session, ...others] = sections.value as [SdpSection, ...SdpSection[]];
  if (session.lines[0] !== 'v=0') return fault('no-version');
  const o = originOf(valuesOf(session, 'o')[0] ?? '');
  if (o === null) return fault('bad-origin');
  const c = connectionsOf(session);
  if (c === null) return fault('bad-connection');
  const media: SdpMediaJson[] = [];
  for (const section of others) {
    const read = mediaOf(section);
    if (!read.ok) return read;
    media.push(read.value);
    c.push(...(read.value.c ?? []));
  }
  return parsed({
    v: 0,
    o,
    s: valuesOf(session, 's')[0] ?? '',
    ...sessionTexts(session),
    c,
    ...present('b', bandwidthsOf(session)),
    t: timeOf(valuesOf(session, 't')[0] ?? ''),
    ...present('r', repeatOf(valuesOf(session, 'r')[0] ?? '')),
    ...present('k', keyOf(session)),
    ...present('a', sessionAttributes(valuesOf(session, 'a'))),
    m: media,
  });
}

/** One key, or none where there is nothing. */
function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

function valuesOf(section: SdpSection, type: string): string[] {
  return section.lines.filter((line) => line.startsWith(`${type}=`)).map((line) => line.slice(2));
}

function oneOrMore<T>(values: readonly T[]): OneOrMore<T> | undefined {
  return values.length > 1 ? values : values[0];
}

function sessionTexts(session: SdpSection): Pick<SdpJson, 'i' | 'u' | 'e' | 'p'> {
  return {
    ...present('i', valuesOf(session, 'i')[0]),
    ...present('u', valuesOf(session, 'u')[0]),
    ...present('e', oneOrMore(valuesOf(session, 'e'))),
    ...present('p', oneOrMore(valuesOf(session, 'p'))),
  };
}

/** A number where it says the same, else the digits. */
function exactly(digits: string): number | string {
  const number = Number(digits);
  return Number.isSafeInteger(number) && String(number) === digits ? number : digits;
}

function originOf(value: string): SdpJson['o'] | null {
  const found = originPattern.exec(value);
  if (found === null) return null;
  const [, username, sessionid, sessionversion, nettype, ipver, address] = found as unknown as string[];
  return {
    username: username!,
    sessionid: exactly(sessionid!),
    sessionversion: exactly(sessionversion!),
    nettype: nettype!,
    ipver: ipver === '4' ? 4 : 6,
    address: address!,
  };
}

function connectionsOf(section: SdpSection): SdpConnectionJson[] | null {
  const found: SdpConnectionJson[] = [];
  for (const value of valuesOf(section, 'c')) {
    const read = connectionPattern.exec(value);
    if (read === null) return null;
    found.push({ nettype: read[1]!, ipver: read[2] === '4' ? 4 : 6, address: read[3]! });
  }
  return found;
}

function bandwidthsOf(section: SdpSection): OneOrMore<SdpBandwidthJson> | undefined {
  return oneOrMore(
    valuesOf(section, 'b').flatMap((value) => {
      const read = bandwidthPattern.exec(value);
      return read === null ? [] : [{ bwtype: read[1]!, bandwidth: Number(read[2]) }];
    }),
  );
}

function keyOf(section: SdpSection): SdpKeyJson | undefined {
  const value = valuesOf(section, 'k')[0];
  if (value === undefined || value === '') return undefined;
  const colon = value.indexOf(':');
  return colon < 0 ? { method: value } : { method: value.slice(0, colon), key: value.slice(colon + 1) };
}

function timeOf(value: string): SdpJson['t'] {
  const read = /^(\d{1,15}) (\d{1,15})$/.exec(value);
  return { start: Number(read?.[1] ?? 0), stop: Number(read?.[2] ?? 0) };
}

/** RFC 8866 §5.10: typed times are seconds here. */
function repeatOf(value: string): SdpJson['r'] {
  const seconds = value.split(' ').map((word) => {
    const read = /^(-?\d{1,15})([dhms]?)$/.exec(word);
    return read === null ? Number.NaN : Number(read[1]) * secondsOf[read[2]!]!;
  });
  const [interval, duration, ...offsets] = seconds;
  if (interval === undefined || duration === undefined || seconds.some(Number.isNaN)) return undefined;
  return { interval, duration, offsets };
}

/** The a-lines of one level that no other key tells of. */
class Attributes {
  readonly values: Record<string, string | string[]> = {};
  readonly others: string[] = [];
  readonly #reserved: ReadonlySet<string>;

  constructor(reserved: ReadonlySet<string>) {
    this.#reserved = reserved;
  }

  add(line: string): void {
    if (line === '') return;
    const [name, value] = attributeOf(line);
    if (!attributeName.test(name) || this.#reserved.has(name)) {
      this.others.push(line);
      return;
    }
    const before = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
    if (before === undefined) this.values[name] = value;
    else if (typeof before === 'string') this.values[name] = [before, value];
    else before.push(value);
  }

  /** What came of it. */
  result(): { readonly [attribute: string]: unknown; readonly others?: readonly string[] } {
    return { ...this.values, ...present('others', this.others.length === 0 ? undefined : this.others) };
  }
}

/** Name and value; "" for an attribute without one. */
function attributeOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
}

function sessionAttributes(lines: readonly string[]): SdpJson['a'] {
  if (lines.length === 0) return undefined;
  const attributes = new Attributes(reservedKeys.session);
  let direction: Direction | undefined;
  for (const line of lines) {
    if (isDirection(line)) direction = line;
    else attributes.add(line);
  }
  return { ...present('direction', direction), ...attributes.result() };
}

function isDirection(line: string): line is Direction {
  return sdpDirections.some((direction) => direction === line);
}

function mediaOf(section: SdpSection): Parsed<SdpMediaJson, SdpFault> {
  const m = mediaPattern.exec(section.m);
  if (m === null || Number(m[2]) > 65535) return fault('bad-media', section.at);
  const c = connectionsOf(section);
  if (c === null) return fault('bad-connection', section.at);
  return parsed({
    media: m[1]!,
    port: Number(m[2]),
    ...present('numports', m[3] === undefined ? undefined : Number(m[3])),
    proto: m[4]!,
    payloads: m[5]!.split(' ').map((format) => (/^\d+$/.test(format) ? exactly(format) : format)),
    ...present('c', c.length === 0 ? undefined : c),
    ...present('i', valuesOf(section, 'i')[0]),
    ...present('b', bandwidthsOf(section)),
    ...present('k', keyOf(section)),
    ...mediaAttributes(valuesOf(section, 'a')),
  });
}

function mediaAttributes(lines: readonly string[]): Partial<SdpMediaJson> {
  const attributes = new Attributes(reservedKeys.media);
  const rtpmap: Record<string, SdpRtpMapJson> = {};
  const fmtp: Record<string, string> = {};
  const numeric = new Map<string, string>();
  let direction: Direction | undefined;
  for (const line of lines) {
    const [name, value] = attributeOf(line);
    if (isDirection(line)) direction = line;
    else if (numberAttributes.some((known) => known === name)) numeric.set(name, line);
    else if (!(name === 'rtpmap' && addRtpMap(rtpmap, value)) && !(name === 'fmtp' && addFmtp(fmtp, value))) {
      attributes.add(line);
    }
  }
  const numbers: Record<string, number> = {};
  for (const [name, line] of numeric) {
    const [, value] = attributeOf(line);
    if (/^\d{1,9}(\.\d{1,6})?$/.test(value)) numbers[name] = Number(value);
    else attributes.add(line);
  }
  return {
    ...present('rtpmap', Object.keys(rtpmap).length === 0 ? undefined : rtpmap),
    ...present('fmtp', Object.keys(fmtp).length === 0 ? undefined : fmtp),
    ...present('direction', direction),
    ...numbers,
    ...attributes.result(),
  };
}

/** @returns false for what does not fit, or comes second for its number */
function addRtpMap(maps: Record<string, SdpRtpMapJson>, value: string): boolean {
  const read = rtpMapPattern.exec(value);
  if (read === null || Object.hasOwn(maps, read[1]!)) return false;
  maps[read[1]!] = { encoding: read[2]!, clock: Number(read[3]), ...present('params', read[4]) };
  return true;
}

function addFmtp(fmtps: Record<string, string>, value: string): boolean {
  const read = fmtpPattern.exec(value);
  if (read === null || read[1] === '__proto__' || Object.hasOwn(fmtps, read[1]!)) return false;
  fmtps[read[1]!] = read[2]!;
  return true;
}
