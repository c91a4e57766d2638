import { fault, type Parsed, parsed } from '../base/errors.js';
import { type NameAddr, parseNameAddrList, splitList } from './header-values.js';
import { deltaSeconds } from './headers/delta-seconds.js';
import { type MediaType, parseMediaType } from './headers/media-type.js';
import type { SipMessage } from './message.js';

export { deltaSeconds } from './headers/delta-seconds.js';
export { type ReasonValue, reason } from './headers/reason.js';

/*
 * Typed access to the fields that a message keeps as text. What is read is kept with the fields until one of them
 * changes, and shared: read-only to the caller, who clones what he wants to change.
 */

export type HeaderFault = 'bad-contact' | 'bad-name-addr' | 'bad-number' | 'bad-content-type';

export interface Contacts {
  /** `Contact: *` (RFC 3261 §10.2.2), alone. */
  readonly wildcard: boolean;
  readonly values: NameAddr[];
}

/** Every Contact of the message, in order, over all its lines. `*` beside others is a fault. */
export function contacts(message: SipMessage): Parsed<Contacts, 'bad-contact'> {
  return message.headers.cached('contacts', () => {
    const lines = message.headers.all('contact');
    if (lines.some((line) => line.trim() === '*')) {
      return lines.length === 1 ? parsed({ wildcard: true, values: [] }) : fault('bad-contact');
    }
    const values = nameAddrs(lines);
    return values.ok ? parsed({ wildcard: false, values: values.value }) : fault('bad-contact', values.at);
  });
}

/** RFC 3261 §20.30, topmost first. */
export function recordRoutes(message: SipMessage): Parsed<NameAddr[], 'bad-name-addr'> {
  // Most messages have none, and are spared the memory of it.
  if (!message.headers.has('record-route')) return parsed([]);
  return message.headers.cached('record-route', () => nameAddrs(message.headers.all('record-route')));
}

/** RFC 3327 §4, topmost first. */
export function paths(message: SipMessage): Parsed<NameAddr[], 'bad-name-addr'> {
  return message.headers.cached('path', () => nameAddrs(message.headers.all('path')));
}

function nameAddrs(lines: readonly string[]): Parsed<NameAddr[], 'bad-name-addr'> {
  const values: NameAddr[] = [];
  for (const line of lines) {
    const read = parseNameAddrList(line);
    if (!read.ok) return read;
    values.push(...read.value);
  }
  return parsed(values);
}

/** The seconds of RFC 3261 §20.19 Expires; undefined when absent. Above 2³²−1 is a fault. */
export function expires(message: SipMessage): Parsed<number | undefined, 'bad-number'> {
  return seconds(message, 'expires');
}

/** The seconds of RFC 3261 §20.23 Min-Expires. */
export function minExpires(message: SipMessage): Parsed<number | undefined, 'bad-number'> {
  return seconds(message, 'min-expires');
}

/** The seconds of RFC 3261 §20.33 Retry-After, without its comment and parameters. */
export function retryAfter(message: SipMessage): Parsed<number | undefined, 'bad-number'> {
  return seconds(message, 'retry-after');
}

function seconds(message: SipMessage, name: string): Parsed<number | undefined, 'bad-number'> {
  const text = message.headers.get(name);
  if (text === undefined) return parsed(undefined);
  const value = deltaSeconds(/^\d+(?=$|[\s;(])/.exec(text)?.[0] ?? '');
  return value === undefined ? fault('bad-number') : parsed(value);
}

/** RFC 3261 §20.15; undefined when absent. */
export function contentType(message: SipMessage): Parsed<MediaType | undefined, 'bad-content-type'> {
  return message.headers.cached('content-type', () => {
    const text = message.headers.get('content-type');
    return text === undefined ? parsed(undefined) : parseMediaType(text);
  });
}

/**
 * The tokens of a comma list over all lines of that name (Require, Supported, Allow, Accept, …), without their
 * parameters: lower-case, except for methods, which compare by case.
 */
export function tokens(message: SipMessage, name: string): string[] {
  const key = name.toLowerCase();
  return message.headers.cached(`tokens ${key}`, () => {
    const found: string[] = [];
    for (const line of message.headers.all(key)) {
      for (const part of splitList(line)) {
        const token = part.split(';', 1)[0]!.replace(/\s+/g, '');
        if (token !== '') found.push(key === 'allow' ? token : token.toLowerCase());
      }
    }
    return found;
  });
}
