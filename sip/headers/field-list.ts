import { fault, type Parsed, parsed } from '../../base/errors.js';
import { type NameAddr, parseNameAddrList, splitList } from '../header-values.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { paramsText, Scanner } from '../parse/scanner.js';

/*
 * How the accessors of this folder read: every value of a field over all its lines, kept with the message until one of
 * its fields changes. What was read is shared: read-only to the caller.
 */

/** A field that does not follow its grammar. `at` is the index of the value among the field's values. */
export type ValueFault = 'bad-value';

/** The values of a comma list, over all lines of that name; none is an empty list. */
export function valuesOf<T>(
  message: SipMessage,
  name: string,
  read: (text: string) => T | null,
): Parsed<readonly T[], ValueFault> {
  return message.headers.cached(`values ${name}`, () => {
    const values: T[] = [];
    for (const line of message.headers.all(name)) {
      for (const part of splitList(line)) {
        const value = read(part);
        if (value === null) return fault('bad-value', values.length);
        values.push(value);
      }
    }
    return parsed(values);
  });
}

/** The value of a field that stands once (its first line, if it stands there more often); undefined when absent. */
export function soleValue<T>(
  message: SipMessage,
  name: string,
  read: (text: string) => T | null,
): Parsed<T | undefined, ValueFault> {
  return message.headers.cached(`value ${name}`, () => {
    const text = message.headers.get(name);
    if (text === undefined) return parsed(undefined);
    const value = read(text);
    return value === null ? fault('bad-value') : parsed(value);
  });
}

/** name-addr or addr-spec with parameters, over all lines. */
export function addressesOf(message: SipMessage, name: string): Parsed<readonly NameAddr[], ValueFault> {
  return message.headers.cached(`addresses ${name}`, () => {
    const values: NameAddr[] = [];
    for (const line of message.headers.all(name)) {
      const read = parseNameAddrList(line);
      if (!read.ok) return fault('bad-value', values.length);
      values.push(...read.value);
    }
    return parsed(values);
  });
}

/** A token (or `*`) with parameters. */
export interface ParamValue {
  readonly value: string;
  readonly params: Params;
}

/** `token *( SEMI generic-param )`. */
export function readParamValue(text: string): ParamValue | null {
  return readAll(text, (scanner) => {
    const value = scanner.token();
    const params = new Params();
    return value !== '' && scanner.params(params) ? { value, params } : null;
  });
}

export function serializeParamValue({ value, params }: ParamValue): string {
  return value + paramsText(params);
}

/** What `read` makes of the whole text, white space around it allowed; null when something is left. */
export function readAll<T>(text: string, read: (scanner: Scanner) => T | null): T | null {
  const scanner = new Scanner(text);
  scanner.skipLws();
  const value = read(scanner);
  if (value === null) return null;
  scanner.skipLws();
  return scanner.done ? value : null;
}

/** RFC 3261 §25.1 qvalue: 0 … 1 with up to three digits; 1 when absent; null for anything else. */
export function qOf(params: Params): number | null {
  const text = params.get('q');
  if (text === undefined) return 1;
  return text !== null && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : null;
}

/** The parameters that are given a value, in their order: for serialisers. */
export function paramsOf(entries: Readonly<Record<string, string | number | null | undefined>>): Params {
  const params = new Params();
  for (const [name, value] of Object.entries(entries)) {
    if (value !== undefined) params.set(name, value === null ? null : String(value));
  }
  return params;
}
