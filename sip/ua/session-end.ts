import { reason } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { phraseOf } from './out-of-dialog.js';
import type { Branch, SessionEnd, SessionEndCause } from './types.js';

type Cause = Extract<SessionEndCause, string>;

/** An end of our own making, without a message of the peer. */
export function localEnd(
  cause: Cause,
  statusCode: number | null = null,
  reasonPhrase: string | null = null,
): SessionEnd {
  return { by: 'local', cause, statusCode, reasonPhrase, reason: [] };
}

/** An end that came as a request: BYE or CANCEL. */
export function endByRequest(cause: Cause, request: SipRequest, statusCode: number | null = null): SessionEnd {
  const reasonPhrase = statusCode === 487 ? 'Request Terminated' : null;
  return { by: 'remote', cause, statusCode, reasonPhrase, reason: reason(request), request };
}

/** An end that came as a response, or did not come: `rejected`, `timeout`, `transport`. */
export function endByResponse(cause: Cause, response: SipResponse): SessionEnd {
  const { statusCode, reasonPhrase } = response;
  return { by: 'remote', cause, statusCode, reasonPhrase, reason: reason(response), response };
}

/** A binding whose connection is gone cannot be reached (480); any other failure counts as 503 (RFC 3261 §16.9). */
export function endByTransport(target: Branch['target'], error: Error): SessionEnd {
  const hasFlow = target !== undefined && 'flow' in target && target.flow !== undefined;
  return localEnd('transport', hasFlow ? 480 : 503, phraseOf(error).reasonPhrase ?? null);
}
