import type { Parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { DIGIT, paramsText, type Scanner } from '../parse/scanner.js';
import { deltaSeconds } from './delta-seconds.js';
import { readAll, soleValue, type ValueFault } from './field-list.js';
import { checkText, UnwritableError } from './writable.js';

/** RFC 3261 §20.33. */
export interface RetryAfter {
  readonly seconds: number;
  /** Without its parentheses and escapes. */
  readonly comment: string | undefined;
  /** How long the callee will be there then, in seconds. */
  readonly durationS: number | undefined;
  /** `duration` included. */
  readonly params: Params;
}

/** The whole value; headers.ts has `retryAfter` for the seconds alone. */
export function retryAfterValue(message: SipMessage): Parsed<RetryAfter | undefined, ValueFault> {
  return soleValue(message, 'retry-after', readRetryAfter);
}

function readRetryAfter(text: string): RetryAfter | null {
  return readAll(text, (scanner) => {
    const seconds = deltaSeconds(scanner.run(DIGIT));
    if (seconds === undefined) return null;
    scanner.skipLws();
    const comment = scanner.peek() === OPEN ? readComment(scanner) : undefined;
    const params = new Params();
    if (comment === null || !scanner.params(params)) return null;
    const duration = params.get('duration');
    const durationS = typeof duration === 'string' ? deltaSeconds(duration) : undefined;
    return params.has('duration') && durationS === undefined ? null : { seconds, comment, durationS, params };
  });
}

const OPEN = 0x28;
const CLOSE = 0x29;
const BACKSLASH = 0x5c;

/** RFC 3261 §25.1 comment, comments inside it as they stand; null when it does not end. */
function readComment(scanner: Scanner): string | null {
  const { text } = scanner;
  const start = scanner.at + 1;
  let depth = 0;
  for (let at = scanner.at; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === OPEN) depth += 1;
    else if (code === CLOSE) {
      depth -= 1;
      if (depth === 0) {
        scanner.at = at + 1;
        return text.slice(start, at).replace(/\\([\s\S])/g, '$1');
      }
    }
  }
  return null;
}

export function serializeRetryAfter(value: {
  readonly seconds: number;
  readonly comment?: string | undefined;
  readonly durationS?: number | undefined;
}): string {
  const { seconds, comment, durationS } = value;
  if (deltaSeconds(String(seconds)) === undefined) throw new UnwritableError('Retry-After', 'is not whole seconds');
  if (comment !== undefined) checkText('Retry-After comment', comment);
  const note = comment === undefined ? '' : ` (${comment.replace(/[()\\]/g, '\\$&')})`;
  return `${seconds}${note}${durationS === undefined ? '' : paramsText(Params.of({ duration: String(durationS) }))}`;
}
