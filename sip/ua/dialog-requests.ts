import { createResponse, type HeaderList } from '../build.js';
import { type Dialog, type DialogRequestExtras, nextRequest } from '../dialog/dialog.js';
import type { SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/layer.js';
import { type DigestClient, isChallenge, MAX_CHALLENGES } from './digest-client.js';
import { endByResponse, localEnd } from './session-end.js';
import type { InDialogOptions, SessionEnd } from './types.js';

export interface DialogRequestsPort {
  readonly digest: DigestClient | null;
  readonly dialog: Dialog;
  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction;
  /** RFC 3261 §12.2.1.2: the dialog is gone. */
  lost(end: SessionEnd): void;
}

/** `made` is true for a response that no peer sent. */
export type Answered = (response: SipResponse, made: boolean) => void;

/** Requests of ours in one dialog that are no INVITE: repeated with credentials on 401 and 407 (RFC 3261 §22.2). */
export class DialogRequests {
  readonly #port: DialogRequestsPort;
  /** Those of `request` that are on their way; settled when the user agent closes. */
  #pending: Set<() => void> | null = null;
  #pracks = 0;

  constructor(port: DialogRequestsPort) {
    this.#port = port;
  }

  /** PRACKs on their way: what is sent now could overtake them and make their sequence number come too late. */
  get isAcknowledging(): boolean {
    return this.#pracks > 0;
  }

  /** How many they are. */
  get pracks(): number {
    return this.#pracks;
  }

  /** RFC 3261 §8.1.3.1: no answer is a 408, no way to the peer a 503, both made here. */
  send(method: string, extras: DialogRequestExtras, done: Answered): void {
    let challenges = 0;
    const start = (credentials: HeaderList): void => {
      const headers = [...(extras.headers ?? []), ...credentials];
      const transaction = this.#port.send(
        method,
        { ...extras, headers },
        {
          onResponse: (response) => {
            if (response.statusCode < 200) return;
            const { request } = transaction;
            const asked = isChallenge(response) && challenges < MAX_CHALLENGES;
            const answer = asked ? (this.#port.digest?.answer(request, response) ?? null) : null;
            challenges += 1;
            if (answer === null) done(response, false);
            else start(answer);
          },
          onTimeout: () => done(createResponse(transaction.request, 408), true),
          onTransportError: () => done(createResponse(transaction.request, 503), true),
        },
      );
    };
    start([]);
  }

  /** The same as a promise that never rejects; a request without an answer, or with 408 or 481, ends the session. */
  request(method: string, options: InDialogOptions): Promise<SipResponse> {
    return this.#exchange(method, options, (response, made) => {
      const { statusCode } = response;
      if (made && statusCode === 503) this.#port.lost(localEnd('transport', 503));
      else if (made) this.#port.lost(localEnd('timeout', 408));
      else if (statusCode === 408 || statusCode === 481) this.#port.lost(endByResponse('timeout', response));
    });
  }

  /** A PRACK, whose failure ends nothing. */
  prack(extras: DialogRequestExtras): Promise<SipResponse> {
    this.#pracks += 1;
    return this.#exchange('PRACK', extras, () => {
      this.#pracks -= 1;
    });
  }

  #exchange(method: string, extras: DialogRequestExtras, done: Answered): Promise<SipResponse> {
    return new Promise((resolve) => {
      const settle = (response: SipResponse): void => {
        this.#pending?.delete(close);
        resolve(response);
      };
      const close = (): void => settle(this.made(method, 503));
      this.#pending ??= new Set();
      this.#pending.add(close);
      this.send(method, extras, (response, made) => {
        settle(response);
        done(response, made);
      });
    });
  }

  /** A response that no peer sent, to a request that did not leave. */
  made(method: string, statusCode: number): SipResponse {
    return createResponse(nextRequest(this.#port.dialog, method).request, statusCode);
  }

  close(): void {
    for (const settle of [...(this.#pending ?? [])]) settle();
  }
}
