import type { SessionEnd, SessionEndCause } from '../../sip/index.js';
import { type DialogError, errorOf, noError } from './dialog.js';

/** Ends that have no status of their own; null: nothing went wrong. */
const statusOf: Readonly<Record<SessionEndCause, number | null>> = {
  bye: null,
  cancelled: null,
  replaced: null,
  rejected: 500,
  timeout: 408,
  'no-ack': 408,
  'no-prack': 504,
  transport: 503,
  'ring-timeout': 408,
  'no-response': 408,
  'session-expired': 408,
  'internal-error': 500,
  closed: null,
};

/** What the last event says of an end that we did not ask for: a BYE or CANCEL of the peer is no error. */
export function errorOfEnd({ cause, statusCode, reasonPhrase }: SessionEnd): DialogError {
  const usual = statusOf[cause];
  if (usual === null) return noError;
  return statusCode === null ? errorOf(usual) : errorOf(statusCode, reasonPhrase);
}
