import type { Parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { DIGIT, HOST, hostText, isAllOf, isIpv6, quote, VALUE } from '../parse/scanner.js';
import { readAll, type ValueFault, valuesOf } from './field-list.js';
import { checkText, UnwritableError } from './writable.js';

/** RFC 3261 §20.43. */
export interface WarningValue {
  /** 300 … 399. */
  readonly code: number;
  /** The host, with its port, or the pseudonym of who warns. */
  readonly agent: string;
  readonly text: string;
}

export function warnings(message: SipMessage): Parsed<readonly WarningValue[], ValueFault> {
  return valuesOf(message, 'warning', readWarning);
}

function readWarning(part: string): WarningValue | null {
  return readAll(part, (scanner) => {
    const code = scanner.run(DIGIT);
    if (code.length !== 3) return null;
    scanner.skipLws();
    const agent = scanner.run(VALUE);
    scanner.skipLws();
    const text = scanner.quotedString();
    return agent === '' || text === null ? null : { code: Number(code), agent, text };
  });
}

/** Throws an UnwritableError for a code, an agent or a text that cannot be written. */
export function serializeWarning({ code, agent, text }: WarningValue): string {
  if (!Number.isInteger(code) || code < 100 || code > 999) throw new UnwritableError('Warning code', 'is not one');
  if (!isAllOf(agent, VALUE)) throw new UnwritableError('Warning agent', 'is not a host or a token');
  checkText('Warning text', text);
  return `${code} ${agent} ${quote(text)}`;
}

/** The field for a response, named by who we are: `warningHeader(304, '10.0.0.1', 'Media type not available')`. */
export function warningHeader(code: number, host: string, text: string): readonly ['Warning', string] {
  if (!isAllOf(host, HOST) && !isIpv6(host)) throw new UnwritableError('Warning agent', 'is not a host');
  return ['Warning', serializeWarning({ code, agent: hostText(host), text })];
}
