import { fault, type Parsed, parsed } from '../../base/errors.js';
import {
  attributeName,
  type GivenSdpJson,
  listOf,
  numberAttributes,
  reservedKeys,
  type SdpMediaJson,
  sdpDirections,
  sessionConnections,
} from './json-model.js';
import { maxSdpBytes, maxSdpLines, maxSdpMedia } from './parse.js';

export type SdpJsonFault =
  | 'not-an-object'
  | 'bad-text'
  | 'bad-origin'
  | 'bad-connection'
  | 'bad-bandwidth'
  | 'bad-time'
  | 'bad-key'
  | 'bad-media'
  | 'bad-attribute'
  | 'too-many-media'
  | 'too-long';

/**
 * JSON of the mediaswitch interfaces as a session description: RFC 8866 §5, in the order v o s i u e p c b t r k a m.
 * Values are numbers or strings alike; what is missing gets its usual value, but `o` has to have an address. No value
 * can begin a line of its own: one with a line end is a fault. Never throws, whatever the value is.
 * `at` of a fault is 0 for the session, n for the n-th m-line.
 */
export function sdpFromJson(json: GivenSdpJson): Parsed<string, SdpJsonFault> {
  if (!isObject(json)) return fault('not-an-object');
  const media = listOf<SdpMediaJson>(json.m);
  if (media.length > maxSdpMedia) return fault('too-many-media');
  if (!media.every(isObject)) return fault('bad-media', media.findIndex((one) => !isObject(one)) + 1);
  const sheet = new Sheet();
  sheet.add('v', '0');
  sheet.add('o', originOf(json.o), 'bad-origin');
  // RFC 8866 §5.3: a single blank stands for no name.
  sheet.add('s', json.s === '' ? ' ' : textOf(json.s ?? '-'));
  for (const type of ['i', 'u', 'e', 'p'] as const) {
    for (const value of listOf(json[type])) sheet.add(type, textOf(value));
  }
  // RFC 8866 §9: the session level has one at most.
  for (const connection of sessionConnections(json).slice(0, 1)) addConnection(sheet, connection);
  addBandwidths(sheet, json.b);
  sheet.add('t', timeOf(json.t), 'bad-time');
  if (isThere(json.r)) sheet.add('r', repeatOf(json.r), 'bad-time');
  addKey(sheet, json.k);
  if (isThere(json.a)) addAttributes(sheet, json.a, reservedKeys.session);
  for (const one of media) addMedia(sheet, one);
  return sheet.result();
}

/** The lines so far; the first fault ends it. */
class Sheet {
  readonly #lines: string[] = [];
  #bytes = 0;
  #media = 0;
  #fault: { readonly ok: false; readonly fault: SdpJsonFault; readonly at: number } | null = null;

  /** One line. @param value null for what cannot be written */
  add(type: string, value: string | null, whenBad: SdpJsonFault = 'bad-text'): void {
    if (this.#fault !== null) return;
    if (type === 'm') this.#media += 1;
    if (value === null) this.#fault = fault(whenBad, this.#media);
    else {
      this.#bytes += Buffer.byteLength(value) + 4;
      this.#lines.push(`${type}=${value}`);
      if (this.#bytes > maxSdpBytes || this.#lines.length > maxSdpLines) this.#fault = fault('too-long', this.#media);
    }
  }

  result(): Parsed<string, SdpJsonFault> {
    return this.#fault ?? parsed(`${this.#lines.join('\r\n')}\r\n`);
  }
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** One line's worth of text; null for what is none. */
function textOf(value: unknown): string | null {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused here.
  return typeof text === 'string' && !/[\r\n\u0000]/.test(text) ? text : null;
}

/** A text of visible ASCII without blanks, and not an empty one. */
function wordOf(value: unknown): string | null {
  const text = textOf(value);
  return text !== null && /^[!-~]+$/.test(text) ? text : null;
}

/** A whole number that is not negative, as digits. @param most  how many it may have as a string */
function digitsOf(value: unknown, most = 10): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
  return typeof value === 'string' && value.length <= most && /^\d+$/.test(value) ? value : null;
}

/** A port, or a number of ports. */
function portOf(value: unknown): string | null {
  const digits = digitsOf(value);
  return digits === null || Number(digits) > 65535 ? null : String(Number(digits));
}

/** A payload type, or the name of a format. */
function formatOf(value: unknown): string | null {
  return typeof value === 'number' ? digitsOf(value) : wordOf(value);
}

/** All of them with blanks between; null where one is. */
function joined(...parts: readonly (string | null)[]): string | null {
  return parts.includes(null) ? null : parts.join(' ');
}

/** `IN IP4 192.0.2.1`: network type, family and address. */
function addressOf({ nettype = 'IN', ipver, address }: Json): string | null {
  const word = wordOf(address);
  const family = String(ipver ?? (word?.includes(':') === true ? 6 : 4));
  return joined(wordOf(nettype), family === '4' || family === '6' ? `IP${family}` : null, word);
}

function originOf(o: unknown): string | null {
  if (!isObject(o)) return null;
  const { username = '-', sessionid = 0, sessionversion = 0 } = o;
  const name = textOf(username);
  return joined(name === '' ? '-' : name, digitsOf(sessionid, 40), digitsOf(sessionversion, 40), addressOf(o));
}

function addConnection(sheet: Sheet, connection: unknown): void {
  sheet.add('c', isObject(connection) ? addressOf(connection) : null, 'bad-connection');
}

function addBandwidths(sheet: Sheet, b: unknown): void {
  for (const one of listOf(b)) {
    const [type, value] = isObject(one) ? [wordOf(one.bwtype), digitsOf(one.bandwidth)] : [null, null];
    sheet.add('b', type === null || value === null || type.includes(':') ? null : `${type}:${value}`, 'bad-bandwidth');
  }
}

function timeOf(t: unknown): string | null {
  if (!isThere(t)) return '0 0';
  return isObject(t) ? joined(digitsOf(t.start ?? 0), digitsOf(t.stop ?? 0)) : null;
}

function repeatOf(r: unknown): string | null {
  if (!isObject(r)) return null;
  const offsets = listOf(r.offsets).map((offset) =>
    typeof offset === 'number' && Number.isSafeInteger(offset) ? String(offset) : digitsOf(offset),
  );
  return joined(digitsOf(r.interval), digitsOf(r.duration), ...offsets);
}

function addKey(sheet: Sheet, k: unknown): void {
  if (!isThere(k)) return;
  const method = isObject(k) ? wordOf(k.method) : null;
  const key = isObject(k) && isThere(k.key) ? textOf(k.key) : '';
  sheet.add('k', method === null || key === null ? null : method + (key === '' ? '' : `:${key}`), 'bad-key');
}

function addMedia(sheet: Sheet, media: Json): void {
  const { c, b, k, i, rtpmap, fmtp } = media;
  const payloads = listOf<unknown>(media.payloads).map(formatOf);
  sheet.add('m', mediaLine(media, payloads), 'bad-media');
  if (isThere(i)) sheet.add('i', textOf(i));
  for (const connection of listOf(c)) addConnection(sheet, connection);
  addBandwidths(sheet, b);
  addKey(sheet, k);
  addByPayload(sheet, 'rtpmap', rtpmap, { payloads, textOf: rtpMapOf });
  addByPayload(sheet, 'fmtp', fmtp, { payloads, textOf });
  for (const name of numberAttributes) {
    const value = media[name];
    if (isThere(value)) sheet.add('a', numberOf(name, value), 'bad-attribute');
  }
  addAttributes(sheet, media, reservedKeys.media);
}

function mediaLine({ media, port, numports, proto }: Json, payloads: readonly (string | null)[]): string | null {
  const [first, several] = [portOf(port), isThere(numports) ? portOf(numports) : ''];
  if (first === null || several === null || payloads.length === 0) return null;
  return joined(wordOf(media), first + (several === '' ? '' : `/${several}`), wordOf(proto), ...payloads);
}

function numberOf(name: string, value: unknown): string | null {
  const text = textOf(value);
  return text !== null && /^\d{1,9}(\.\d{1,6})?$/.test(text) ? `${name}:${text}` : null;
}

/** Those of the m-line in its order, then the others. */
function addByPayload(
  sheet: Sheet,
  name: 'rtpmap' | 'fmtp',
  values: unknown,
  how: { readonly payloads: readonly (string | null)[]; readonly textOf: (value: unknown) => string | null },
): void {
  if (!isThere(values)) return;
  if (!isObject(values)) {
    sheet.add('a', null, 'bad-attribute');
    return;
  }
  const ofLine = how.payloads.filter((key): key is string => key !== null && Object.hasOwn(values, key));
  for (const key of new Set([...ofLine, ...Object.keys(values)])) {
    const value = joined(wordOf(key), how.textOf(values[key]));
    sheet.add('a', value === null ? null : `${name}:${value}`, 'bad-attribute');
  }
}

function rtpMapOf(map: unknown): string | null {
  if (!isObject(map)) return null;
  const [encoding, clock] = [wordOf(map.encoding), digitsOf(map.clock)];
  const params = isThere(map.params) ? wordOf(map.params) : '';
  if (encoding === null || clock === null || params === null || encoding.includes('/')) return null;
  return `${encoding}/${clock}${params === '' ? '' : `/${params}`}`;
}

/** The direction, the attributes that have no key of their own, and the a-lines kept as they were. */
function addAttributes(sheet: Sheet, attributes: unknown, reserved: ReadonlySet<string>): void {
  if (!isObject(attributes)) {
    sheet.add('a', null, 'bad-attribute');
    return;
  }
  const { direction, others } = attributes;
  if (isThere(direction)) {
    const known = sdpDirections.find((name) => name === direction);
    sheet.add('a', known ?? null, 'bad-attribute');
  }
  for (const [name, given] of Object.entries(attributes)) {
    if (reserved.has(name)) continue;
    for (const value of listOf<unknown>(given)) addAttribute(sheet, name, value);
  }
  for (const line of listOf(others)) {
    const text = textOf(line);
    sheet.add('a', text === '' ? null : text, 'bad-attribute');
  }
}

/** `true` and "" are an attribute without a value, `false` is none. */
function addAttribute(sheet: Sheet, name: string, value: unknown): void {
  if (value === false) return;
  const text = value === true ? '' : textOf(value);
  const isGood = text !== null && attributeName.test(name);
  sheet.add('a', isGood ? name + (text === '' ? '' : `:${text}`) : null, 'bad-attribute');
}
