import { messageOf } from '../../base/errors.js';
import type { UaContext } from './context.js';
import { localEnd } from './session-end.js';
import type { AckAnswer, SessionEnd } from './types.js';

/** What comes of an offer in a 2xx: an answer for its ACK, or the end of the session behind an ACK without one. */
export type LateAnswer = { readonly body: Buffer } | { readonly end: SessionEnd };

/**
 * Asks the application for the answer to an offer that a 2xx brought (RFC 3261 §13.2.2.4), and tells it once: at once
 * when it is there, else when the promise is settled. The peer repeats its 2xx for 64·T1 (§13.3.1.4), so that is how
 * long the answer may take; then, and for what is thrown, the session is to end.
 */
export function askForAnswer(
  context: UaContext,
  ask: () => AckAnswer | Promise<AckAnswer>,
  tell: (answer: LateAnswer) => void,
): void {
  const fail = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    context.log.error('sip.session-handler-fault', { message: messageOf(error), stack });
    once({ end: localEnd('internal-error', 500) });
  };
  let isTold = false;
  const once = (answer: LateAnswer): void => {
    if (isTold) return;
    isTold = true;
    tell(answer);
  };
  const take = (body: AckAnswer): void =>
    once(body ? { body } : { end: localEnd('rejected', 488, 'Not Acceptable Here') });
  let asked: ReturnType<typeof ask>;
  try {
    asked = ask();
  } catch (error) {
    fail(error);
    return;
  }
  if (!isPromise(asked)) {
    take(asked);
    return;
  }
  const deadline = context.clock.setTimer(64 * context.timers.t1Ms, () => once({ end: localEnd('timeout', 408) }));
  void asked.then(take, fail).finally(() => deadline.cancel());
}

function isPromise(answer: AckAnswer | Promise<AckAnswer>): answer is Promise<AckAnswer> {
  return answer !== null && answer !== undefined && 'then' in answer;
}
