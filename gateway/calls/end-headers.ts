import type { CallAction, Phase } from './call.js';
import type { SessionOutcome } from './call-end.js';

/** Of a call that ends before there was a session. */
export const neverDialled: SessionOutcome = { by: 'local', cause: 'closed', statusCode: null, reasonPhrase: null };

/** What the message that ends a session carries beside its status. */
export function endHeaders(
  phase: Phase,
  { statusCode, retryAfterS }: Extract<CallAction, { do: 'end-session' }>,
  /** Of a 503 that says nothing of its own; null: the peer is none that could be told. */
  usualRetryAfterS: number | null,
): [string, string][] {
  const headers: [string, string][] = [];
  if (usualRetryAfterS !== null && statusCode === 503) {
    headers.push(['Retry-After', String(retryAfterS ?? usualRetryAfterS)]);
  }
  if (phase.at === 'ending' && phase.end.state === 'Ended' && phase.end.cause !== 'others-left') {
    // RFC 3326 §2: 16 is normal clearing, 41 a temporary failure, after which calling again makes sense.
    const cause = phase.end.cause === 'media-host-lost' ? 41 : 16;
    headers.push(['Reason', `Q.850;cause=${cause};text="${phase.end.reason.replace(/["\\\r\n]/g, ' ')}"`]);
  }
  return headers;
}
