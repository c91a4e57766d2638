import { reason } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { SessionEnd, SessionEndCause } from './types.js';

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
