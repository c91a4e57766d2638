import type { Timer } from '../../base/clock.js';
import { randomFraction } from '../../base/random.js';
import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { UaContext } from './context.js';
import { refusalBy } from './session-extension.js';
import type { SessionPort } from './session-port.js';
import type { OfferReply } from './types.js';

/** RFC 3261 §14.2, RFC 3311 §5.2: tells the peer to come back in 0 … 10 s. */
export function retryAfterHeaders(context: UaContext): HeaderList {
  return [['Retry-After', String(Math.floor(randomFraction(context.random) * 11))]];
}

interface Pending {
  readonly transaction: ServerTransaction;
  readonly deadline: Timer;
}

/**
 * The peer's UPDATEs of one dialog, before and after the answer (RFC 3311 §5.2), and its PRACKs that carry an offer
 * (RFC 3262 §5), one at a time. An offer that the application has not answered when the peer's Timer F runs out gets
 * 504.
 */
export class OfferServer {
  readonly #port: SessionPort;
  #pending: Pending | null = null;

  constructor(port: SessionPort) {
    this.#port = port;
  }

  receiveUpdate(transaction: ServerTransaction): void {
    const { context } = this.#port;
    if (this.#pending !== null) {
      this.#port.respond(transaction, 500, { headers: retryAfterHeaders(context) });
      return;
    }
    const refusal = refusalBy(context.sessionExtensions(), transaction.request);
    if (refusal !== null) this.#port.respond(transaction, refusal.statusCode, refusal);
    else this.#take(transaction, sessionBody(transaction.request));
  }

  /** `carrier`: UPDATE, or a PRACK that has been matched with its response. */
  receiveOffer(transaction: ServerTransaction, carrier: 'UPDATE' | 'PRACK', offer: Buffer): void {
    const { handlers, context, dialogId } = this.#port;
    const verdict = this.#port.carry('remote', carrier, offer);
    if (verdict !== 'offer') {
      if (verdict === 'overlap') this.#port.respond(transaction, 500, { headers: retryAfterHeaders(context) });
      else this.#port.respond(transaction, 491);
      return;
    }
    const deadline = context.clock.setTimer(64 * context.timers.t1Ms, () => this.#refuse(transaction, 504));
    this.#pending = { transaction, deadline };
    if (handlers.onOffer === undefined) {
      this.#refuse(transaction, 488);
      return;
    }
    const reply: OfferReply = {
      carrier,
      dialogId,
      request: transaction.request,
      accept: (answer) => {
        if (this.#forget(transaction)) this.#accept(transaction, answer);
      },
      reject: (statusCode, headers) => this.#refuse(transaction, statusCode, headers),
    };
    this.#port.guard(() => handlers.onOffer?.(offer, reply));
  }

  stop(): void {
    const pending = this.#pending;
    if (pending !== null) this.#refuse(pending.transaction, 487);
  }

  #take(transaction: ServerTransaction, offer: Buffer | null): void {
    if (offer === null) this.#accept(transaction, null);
    else this.receiveOffer(transaction, 'UPDATE', offer);
  }

  /** False when it has its final response already. */
  #forget(transaction: ServerTransaction): boolean {
    if (this.#pending?.transaction !== transaction) return false;
    this.#pending.deadline.cancel();
    this.#pending = null;
    return true;
  }

  #refuse(transaction: ServerTransaction, statusCode: number, headers?: HeaderList): void {
    if (!this.#forget(transaction)) return;
    this.#port.withdraw();
    this.#port.respond(transaction, statusCode, { headers });
    this.#port.resumeOffers();
  }

  #accept(transaction: ServerTransaction, body: Buffer | null): void {
    const { context, parts } = this.#port;
    const { request } = transaction;
    const description = body === null ? {} : { body, contentType: 'application/sdp' };
    if (request.method === 'PRACK') {
      if (body !== null) this.#port.carry('local', '2xx-PRACK', body);
      this.#port.respond(transaction, 200, description);
    } else {
      this.#port.refresh(request);
      if (body !== null) this.#port.carry('local', '2xx-UPDATE', body);
      const headers: HeaderList = [['Contact', this.#port.contact()], ...parts.responseHeaders(request)];
      const response = context.createResponse(transaction, 200, { headers, ...description });
      transaction.respond(response);
      parts.refreshed('remote', request, response);
    }
    this.#port.resumeOffers();
  }
}
