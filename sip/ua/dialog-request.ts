import { createResponse } from '../build.js';
import type { DialogRequestExtras } from '../dialog/dialog.js';
import type { SipResponse } from '../message.js';
import type { ClientTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import { type DigestClient, isChallenge, MAX_CHALLENGES } from './digest-client.js';
import type { DialogPort } from './shared-dialog.js';

/** The final response of one request. */
export interface Outcome {
  readonly response: SipResponse;
  /** RFC 3261 §8.1.3.1: no peer sent it; a 408 stands for no answer, a 503 for no way to the peer. */
  readonly made: boolean;
  /** Null for a response that was made here. */
  readonly flow: Flow | null;
}

export interface PendingRequest {
  /** Forgets it; its outcome is not told any more. */
  abandon(): void;
}

type Sender = (extras: DialogRequestExtras, handlers: Parameters<DialogPort['send']>[2]) => ClientTransaction;

/**
 * One request in a dialog, to its final response; 401 and 407 are answered (RFC 3261 §22.2). `done` is called
 * exactly once and not before this function has returned.
 */
export function requestInDialog(
  port: DialogPort,
  digest: DigestClient | null,
  method: string,
  extras: DialogRequestExtras,
  done: (outcome: Outcome) => void,
): PendingRequest {
  return requestOnce((more, handlers) => port.send(method, more, handlers), digest, extras, done);
}

/** The same for any way to send; the sender numbers the requests. */
export function requestOnce(
  send: Sender,
  digest: DigestClient | null,
  extras: DialogRequestExtras,
  done: (outcome: Outcome) => void,
): PendingRequest {
  let transaction: ClientTransaction;
  let challenges = 0;
  const start = (more: DialogRequestExtras): void => {
    transaction = send(more, {
      onResponse: (response, flow) => {
        if (response.statusCode < 200) return;
        const asked = isChallenge(response) && challenges < MAX_CHALLENGES;
        const answer = asked ? (digest?.answer(transaction.request, response) ?? null) : null;
        challenges += 1;
        if (answer === null) done({ response, made: false, flow });
        else start({ ...extras, headers: [...(extras.headers ?? []), ...answer] });
      },
      onTimeout: () => done({ response: createResponse(transaction.request, 408), made: true, flow: null }),
      onTransportError: () => done({ response: createResponse(transaction.request, 503), made: true, flow: null }),
    });
  };
  start(extras);
  return { abandon: () => transaction.abandon() };
}
