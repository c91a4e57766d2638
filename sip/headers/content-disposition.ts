import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SipHeaders, SipMessage } from '../message.js';
import { Params } from '../params.js';
import { paramsText, Scanner } from '../parse/scanner.js';
import { checkParams, checkToken } from './writable.js';

/** RFC 3261 §20.11, RFC 5621 §4. */
export interface ContentDisposition {
  /** `session`, `render`, `icon`, `alert`, `signal`, …, lower-case. */
  readonly type: string;
  /** What the sender wants when the body is not understood; `required` unless told. */
  readonly handling: 'required' | 'optional';
  /** `handling` included. */
  readonly params: Params;
}

export function parseContentDisposition(text: string): Parsed<ContentDisposition, 'bad-value'> {
  const scanner = new Scanner(text);
  scanner.skipLws();
  const type = scanner.token().toLowerCase();
  const params = new Params();
  const complete = scanner.params(params);
  scanner.skipLws();
  if (type === '' || !complete || !scanner.done) return fault('bad-value', scanner.at);
  const optional = params.get('handling')?.toLowerCase() === 'optional';
  return parsed({ type, handling: optional ? 'optional' : 'required', params });
}

/** Throws an UnwritableError for a type that is no token, or parameters that cannot be written. */
export function serializeContentDisposition({ type, params }: Pick<ContentDisposition, 'type' | 'params'>): string {
  checkToken('Content-Disposition', type);
  checkParams('Content-Disposition', params);
  return type + paramsText(params);
}

/** Undefined when absent: `session` for application/sdp and `render` for the rest (RFC 3261 §20.11). */
export function contentDisposition(message: SipMessage): Parsed<ContentDisposition | undefined, 'bad-value'> {
  return dispositionOf(message.headers);
}

/** The same of the fields of a body part. */
export function dispositionOf(headers: SipHeaders): Parsed<ContentDisposition | undefined, 'bad-value'> {
  return headers.cached('content-disposition', () => {
    const text = headers.get('content-disposition');
    return text === undefined ? parsed(undefined) : parseContentDisposition(text);
  });
}
