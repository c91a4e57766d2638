import { type Parsed, parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { quote } from '../parse/scanner.js';
import { readAll, type ValueFault, valuesOf } from './field-list.js';
import { checkText, checkToken } from './writable.js';

/** One value of Accept-Contact or Reject-Contact: RFC 3841 §9.2. */
export interface ContactPreference {
  /** The features asked for or not wanted, and what else stands there, as written. */
  readonly params: Params;
  /** Accept-Contact: contacts that do not match are not tried. */
  readonly require: boolean;
  /** Accept-Contact: a contact that does not declare a feature does not match it. */
  readonly explicit: boolean;
}

const STAR = 0x2a;

function readPreference(text: string): ContactPreference | null {
  return readAll(text, (scanner) => {
    if (!scanner.take(STAR)) return null;
    const params = new Params();
    if (!scanner.params(params)) return null;
    return { params, require: params.has('require'), explicit: params.has('explicit') };
  });
}

/** RFC 3841 §9.2. */
export function acceptContacts(message: SipMessage): Parsed<readonly ContactPreference[], ValueFault> {
  return valuesOf(message, 'accept-contact', readPreference);
}

/** RFC 3841 §9.2. */
export function rejectContacts(message: SipMessage): Parsed<readonly ContactPreference[], ValueFault> {
  return valuesOf(message, 'reject-contact', readPreference);
}

/** Feature parameters by name: `{ audio: null, methods: 'INVITE,BYE', '+sip.pnsreg': '120' }`. */
export type FeatureParams = Readonly<Record<string, string | null>>;

export function serializeContactPreference(value: {
  readonly features: FeatureParams;
  readonly require?: boolean | undefined;
  readonly explicit?: boolean | undefined;
}): string {
  let text = '*';
  for (const [name, feature] of Object.entries(value.features)) {
    checkToken('feature', name);
    if (feature !== null) checkText(name, feature);
    // RFC 3840 §9: a feature's value always stands in quotes.
    text += feature === null ? `;${name}` : `;${name}=${quote(feature)}`;
  }
  return `${text}${value.require === true ? ';require' : ''}${value.explicit === true ? ';explicit' : ''}`;
}

/** What a caller asks of proxies: RFC 3841 §9.1. Undefined where it does not say. */
export interface RequestDisposition {
  readonly routing: 'proxy' | 'redirect' | undefined;
  readonly cancel: boolean | undefined;
  readonly fork: boolean | undefined;
  readonly recurse: boolean | undefined;
  readonly search: 'parallel' | 'sequential' | undefined;
  readonly queue: boolean | undefined;
}

/** RFC 3841 §9.1. Directives that contradict each other: the first stands; unknown ones are skipped. */
export function requestDisposition(message: SipMessage): Parsed<RequestDisposition, ValueFault> {
  const read = valuesOf(message, 'request-disposition', (text) =>
    readAll(text, (scanner) => scanner.token().toLowerCase() || null),
  );
  if (!read.ok) return read;
  const first = <T extends string>(...words: T[]): T | undefined =>
    read.value.find((word): word is T => (words as string[]).includes(word));
  const flag = (word: string): boolean | undefined => {
    const found = first(word, `no-${word}`);
    return found === undefined ? undefined : found === word;
  };
  return parsed({
    routing: first('proxy', 'redirect'),
    cancel: flag('cancel'),
    fork: flag('fork'),
    recurse: flag('recurse'),
    search: first('parallel', 'sequential'),
    queue: flag('queue'),
  });
}

export function serializeRequestDisposition(value: Partial<RequestDisposition>): string {
  const flag = (word: string, on: boolean | undefined) => (on === undefined ? undefined : on ? word : `no-${word}`);
  const { routing, cancel, fork, recurse, search, queue } = value;
  const words = [
    routing,
    flag('cancel', cancel),
    flag('fork', fork),
    flag('recurse', recurse),
    search,
    flag('queue', queue),
  ];
  return words.filter((word) => word !== undefined).join(', ');
}
