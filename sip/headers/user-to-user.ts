import type { Parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { isAllOf, paramsText, QUOTE_CODE, quote, TOKEN, VALUE } from '../parse/scanner.js';
import { paramsOf, readAll, type ValueFault, valuesOf } from './field-list.js';
import { checkParams, checkText } from './writable.js';

/** RFC 7433 §4.1: data of an application that call control carries and does not look at. */
export interface UserToUser {
  /** As written; in the encoding `hex` see `userToUserBytes`. */
  readonly data: string;
  /** The package; `isdn-uui` unless told. */
  readonly purpose: string;
  readonly content: string | undefined;
  /** `hex` unless told. */
  readonly encoding: string;
  readonly params: Params;
}

export function userToUser(message: SipMessage): Parsed<readonly UserToUser[], ValueFault> {
  return valuesOf(message, 'user-to-user', (text) =>
    readAll(text, (scanner) => {
      const data = scanner.peek() === QUOTE_CODE ? scanner.quotedString() : scanner.run(VALUE) || null;
      const params = new Params();
      if (data === null || !scanner.params(params)) return null;
      const word = (name: string, usual: string) => params.get(name)?.toLowerCase() ?? usual;
      const content = params.get('content') ?? undefined;
      return { data, purpose: word('purpose', 'isdn-uui'), content, encoding: word('encoding', 'hex'), params };
    }),
  );
}

/** The octets of a value in hex; null when it is something else. */
export function userToUserBytes({ data, encoding }: Pick<UserToUser, 'data' | 'encoding'>): Buffer | null {
  return encoding === 'hex' && /^(?:[0-9a-f]{2})*$/i.test(data) ? Buffer.from(data, 'hex') : null;
}

/** Octets are written in hex, a text as it is. Throws an UnwritableError for a text with line breaks. */
export function serializeUserToUser(value: {
  readonly data: Uint8Array | string;
  readonly purpose?: string | undefined;
  readonly content?: string | undefined;
}): string {
  const { data, purpose, content } = value;
  const isText = typeof data === 'string';
  const text = isText ? data : Buffer.from(data).toString('hex');
  checkText('User-to-User', text);
  const params = paramsOf({ purpose, content, encoding: isText ? undefined : 'hex' });
  checkParams('User-to-User', params);
  return (isAllOf(text, TOKEN) ? text : quote(text)) + paramsText(params);
}
