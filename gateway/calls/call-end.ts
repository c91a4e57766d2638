/** The terminal states of the call-event hook: exactly one is reported per call. */
export type TerminalState = 'Rejected' | 'Canceled' | 'Failed' | 'Ended';

/** Why a call ended, stable words for applications, logs and metrics. */
export const endCauses = [
  'hook-rejected',
  'hook-failed',
  'no-room',
  'no-user',
  'room-tombstone',
  'media-rejected',
  'media-unavailable',
  'media-timeout',
  'media-insecure',
  'media-host-lost',
  'remote-cancelled',
  'remote-rejected',
  'remote-bye',
  'auth-failed',
  'no-response',
  'ring-timeout',
  'no-ack',
  'transport-failed',
  'wait-timeout',
  'alone-timeout',
  'orphaned',
  'others-left',
  'replaced',
  'room-refused',
  'room-closed',
  'room-expired',
  'room-left',
  'kicked',
  'pin-failed',
  'lobby-timeout',
  'api-closed',
  'drained',
  'internal-error',
] as const;
export type EndCause = (typeof endCauses)[number];

export interface CallEnd {
  readonly state: TerminalState;
  /** The SIP status that ended it; null after an answered call. */
  readonly code: number | null;
  /** The SIP reason phrase, or the cause where no SIP response was involved. */
  readonly reason: string;
  readonly cause: EndCause;
}

/** What the SIP side says when it is over; the part of a session's end that decides about the call. */
export interface SessionOutcome {
  readonly by: 'local' | 'remote';
  readonly cause: string;
  readonly statusCode: number | null;
  readonly reasonPhrase: string | null;
}

/** Statuses by which the called side, or whoever answers for it, refuses; the rest means that it could not be reached. */
function isRefusal(statusCode: number): boolean {
  if (statusCode === 401 || statusCode === 407 || statusCode === 408) return false;
  return statusCode < 500 || statusCode >= 600;
}

function outgoingFailure(outcome: SessionOutcome): CallEnd {
  const code = outcome.statusCode;
  const reason = outcome.reasonPhrase ?? outcome.cause;
  if (outcome.cause === 'ring-timeout')
    return { state: 'Failed', code: 408, reason: 'Ring timeout', cause: 'ring-timeout' };
  if (outcome.cause === 'transport') return { state: 'Failed', code: code ?? 503, reason, cause: 'transport-failed' };
  if (code === null) return { state: 'Failed', code: 408, reason: 'No response', cause: 'no-response' };
  if (code === 401 || code === 407) return { state: 'Failed', code, reason, cause: 'auth-failed' };
  if (outcome.cause !== 'rejected') return { state: 'Failed', code, reason, cause: 'no-response' };
  return { state: isRefusal(code) ? 'Rejected' : 'Failed', code, reason, cause: 'remote-rejected' };
}

/** Why our own side ended a session without the call having asked for it; null when it did not. */
function ownCause({ by, cause }: SessionOutcome): EndCause | null {
  if (by === 'remote') return null;
  if (cause === 'closed') return 'drained';
  return cause === 'internal-error' || cause === 'rejected' ? 'internal-error' : null;
}

/**
 * What a caller is told when the phones that were rung for him have failed: RFC 3261 §16.7 step 6, as far as it is news
 * for him. That one of them could not be reached, or wanted a password, is not (480, §21.4.18).
 */
export function failureOfCallee({ cause, code, reason }: CallEnd): { readonly code: number; readonly reason: string } {
  if (cause === 'media-unavailable' || cause === 'media-host-lost') {
    return { code: 503, reason: 'Service Unavailable' };
  }
  if (cause === 'ring-timeout') return { code: 408, reason: 'Request Timeout' };
  const isAnswer = cause === 'remote-rejected' && code !== null && code >= 400 && code !== 487;
  if (!isAnswer) return { code: 480, reason: 'Temporarily Unavailable' };
  return code === 503 ? { code: 500, reason: 'Server Internal Error' } : { code, reason };
}

/** The end of a call whose SIP session ended on its own. */
export function endOfSession(direction: 'in' | 'out', answered: boolean, outcome: SessionOutcome): CallEnd {
  if (outcome.cause === 'no-ack') return { state: 'Failed', code: 408, reason: 'No ACK', cause: 'no-ack' };
  if (outcome.cause === 'no-prack') return { state: 'Failed', code: 504, reason: 'No PRACK', cause: 'no-ack' };
  const own = ownCause(outcome);
  if (own !== null) {
    const reason = outcome.reasonPhrase ?? own;
    if (answered) return { state: 'Ended', code: null, reason, cause: own };
    return { state: 'Failed', code: outcome.statusCode ?? (own === 'drained' ? 503 : 500), reason, cause: own };
  }
  if (answered) {
    const broken = ['transport', 'timeout', 'session-expired'].includes(outcome.cause);
    return { state: 'Ended', code: null, reason: outcome.cause, cause: broken ? 'transport-failed' : 'remote-bye' };
  }
  if (direction === 'out') return outgoingFailure(outcome);
  if (outcome.cause === 'transport' || outcome.cause === 'timeout') {
    return { state: 'Failed', code: outcome.statusCode, reason: outcome.cause, cause: 'transport-failed' };
  }
  return { state: 'Canceled', code: 487, reason: 'Request Terminated', cause: 'remote-cancelled' };
}
