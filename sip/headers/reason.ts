import { splitList } from '../header-values.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { paramsText, quote, Scanner } from '../parse/scanner.js';
import { deltaSeconds } from './delta-seconds.js';
import { checkText, checkToken } from './writable.js';

/** RFC 3326 §2. */
export interface ReasonValue {
  /** `SIP`, `Q.850`, … as written. */
  readonly protocol: string;
  readonly cause?: number;
  readonly text?: string;
}

/** Every readable value of the Reason header fields; what cannot be read is left out. */
export function reason(message: SipMessage): ReasonValue[] {
  return message.headers.cached('reason', () => {
    const values: ReasonValue[] = [];
    for (const part of message.headers.all('reason').flatMap(splitList)) {
      const value = readReason(part);
      if (value !== null) values.push(value);
    }
    return values;
  });
}

/** One value; null when it cannot be read. */
export function readReason(part: string): ReasonValue | null {
  const scanner = new Scanner(part);
  const protocol = scanner.token();
  const params = new Params();
  if (protocol === '' || !scanner.params(params)) return null;
  const cause = deltaSeconds(params.get('cause') ?? '');
  const text = params.get('text');
  return {
    protocol,
    ...(cause === undefined ? {} : { cause }),
    ...(typeof text === 'string' ? { text } : {}),
  };
}

/** The text always in quotes, as the grammar asks. Throws an UnwritableError for a protocol that is no token. */
export function serializeReason({ protocol, cause, text }: ReasonValue): string {
  checkToken('Reason protocol', protocol);
  if (text !== undefined) checkText('Reason text', text);
  const params = cause === undefined ? '' : paramsText(Params.of({ cause: String(cause) }));
  return `${protocol}${params}${text === undefined ? '' : `;text=${quote(text)}`}`;
}
