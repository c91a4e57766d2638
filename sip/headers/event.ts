import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { detach, paramsText, Scanner } from '../parse/scanner.js';
import { checkParams, checkToken } from './writable.js';

/** RFC 6665 §8.2.1: the value of Event (`o`). */
export interface EventValue {
  /** Package with its templates, as written: it is compared byte by byte. */
  readonly name: string;
  /** Tells subscriptions to one package in one dialog apart; undefined when absent. */
  readonly id: string | undefined;
  /** All parameters, `id` included. */
  readonly params: Params;
}

/** RFC 6665 §4.1.3: why a subscription ended. A reason that nobody registered is kept as text. */
export type EndReason =
  | 'deactivated'
  | 'probation'
  | 'rejected'
  | 'timeout'
  | 'giveup'
  | 'noresource'
  | 'invariant'
  | (string & {});

/** RFC 6665 §8.2.3: the value of Subscription-State. */
export interface SubscriptionStateValue {
  /** `active`, `pending`, `terminated`, or an extension; lower case. */
  readonly state: string;
  readonly reason: EndReason | undefined;
  /** Seconds that are left. */
  readonly expiresS: number | undefined;
  readonly retryAfterS: number | undefined;
}

/** A token and its parameters, the form that both fields share. Its texts share nothing with the message. */
function readToken(text: string): { readonly token: string; readonly params: Params } | number {
  const scanner = new Scanner(text);
  scanner.skipLws();
  const token = scanner.token();
  const params = new Params();
  if (token === '' || !scanner.params(params)) return scanner.at;
  scanner.skipLws();
  if (!scanner.done) return scanner.at;
  const kept = new Params();
  for (const [name, value] of params) kept.set(detach(name), value === null ? null : detach(value));
  return { token: detach(token), params: kept };
}

/** The Event of a request; undefined when it has none. Two of them are a fault. */
export function parseEvent(message: SipMessage): Parsed<EventValue | undefined, 'bad-event'> {
  const lines = message.headers.all('event');
  if (lines[0] === undefined) return parsed(undefined);
  const read = lines.length > 1 ? 0 : readToken(lines[0]);
  if (typeof read === 'number') return fault('bad-event', read);
  return parsed({ name: read.token, id: read.params.get('id') ?? undefined, params: read.params });
}

/** Throws an UnwritableError for a name that is no token. */
export function serializeEvent(event: EventValue): string {
  checkToken('Event', event.name);
  checkParams('Event', event.params);
  return `${event.name}${paramsText(event.params)}`;
}

/** An Event value of ours. */
export function eventValue(name: string, params: Params | Readonly<Record<string, string | null>> = {}): EventValue {
  const own = params instanceof Params ? params : Params.of(params);
  return { name, id: own.get('id') ?? undefined, params: own };
}

/** RFC 6665 §8.2.1: the package and the id count, byte by byte; other parameters do not. */
export function sameEvent(a: EventValue, b: EventValue): boolean {
  return a.name === b.name && a.id === b.id;
}

/** The Subscription-State of a NOTIFY, which has exactly one. */
export function parseSubscriptionState(message: SipMessage): Parsed<SubscriptionStateValue, 'bad-subscription-state'> {
  const lines = message.headers.all('subscription-state');
  const read = lines.length === 1 ? readToken(lines[0]!) : 0;
  if (typeof read === 'number') return fault('bad-subscription-state', read);
  const { params } = read;
  return parsed({
    state: read.token.toLowerCase(),
    reason: params.get('reason')?.toLowerCase(),
    expiresS: secondsOf(params.get('expires')),
    retryAfterS: secondsOf(params.get('retry-after')),
  });
}

/** Absent and unreadable alike: the field's other parameters still count. Above 2³²−1 is the largest. */
function secondsOf(text: string | null | undefined): number | undefined {
  if (typeof text !== 'string' || !/^\d+$/.test(text)) return undefined;
  return Math.min(Number(text), 0xffff_ffff);
}

/** Throws an UnwritableError for a state that is no token, or a reason with line breaks. */
export function serializeSubscriptionState(value: SubscriptionStateValue): string {
  checkToken('Subscription-State', value.state);
  const params = new Params();
  if (value.expiresS !== undefined) params.set('expires', String(value.expiresS));
  if (value.reason !== undefined) params.set('reason', value.reason);
  if (value.retryAfterS !== undefined) params.set('retry-after', String(value.retryAfterS));
  checkParams('Subscription-State', params);
  return `${value.state}${paramsText(params)}`;
}
