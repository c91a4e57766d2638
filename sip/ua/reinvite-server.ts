import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import type { SipRequest } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import { retryAfterHeaders } from './offer-server.js';
import { refusalBy } from './session-extension.js';
import type { SessionPort } from './session-port.js';
import { SuccessResender } from './success-resender.js';

/** A 2xx of ours that waits for its ACK. */
interface Answered {
  readonly sequence: number;
  /** The ACK carries the answer to our offer. */
  readonly late: boolean;
  readonly resender: SuccessResender;
}

/** The peer's re-INVITEs of one dialog, one at a time: RFC 3261 §14.2. */
export class ReinviteServer {
  readonly #port: SessionPort;
  #pending: ServerTransaction | null = null;
  #answered: Answered | null = null;

  constructor(port: SessionPort) {
    this.#port = port;
  }

  get isPending(): boolean {
    return this.#pending !== null || this.#answered !== null;
  }

  receive(transaction: ServerTransaction): void {
    const { context, offers } = this.#port;
    if (this.#pending !== null || offers.at === 'offered-remote') {
      this.#port.respond(transaction, 500, { headers: retryAfterHeaders(context) });
      return;
    }
    // An offer of ours waits: in an UPDATE, or in a 2xx whose ACK will carry the answer.
    if (offers.at === 'offered-local') {
      this.#port.respond(transaction, 491);
      return;
    }
    const refusal = refusalBy(context.sessionExtensions(), transaction.request);
    if (refusal !== null) {
      this.#port.respond(transaction, refusal.statusCode, refusal);
      return;
    }
    // A peer that goes on has seen our 2xx: its lost ACK carried nothing that we need.
    this.#acknowledge();
    this.#offer(transaction);
  }

  /** False when the ACK belongs to no 2xx of a re-INVITE. */
  acknowledged(ack: SipRequest): boolean {
    const answered = this.#answered;
    if (answered === null || answered.sequence !== ack.cseq.sequence) return false;
    this.#acknowledge();
    const body = answered.late ? sessionBody(ack) : null;
    if (answered.late) {
      if (body !== null) this.#port.carry('remote', 'ACK', body);
      this.#port.withdraw();
      this.#port.guard(() => this.#port.handlers.onReofferAnswered?.(body));
    }
    this.#port.guard(() => this.#port.handlers.onReinviteConfirmed?.({ body }));
    this.#port.resumeOffers();
    return true;
  }

  stop(): void {
    const transaction = this.#pending;
    if (transaction !== null) this.#refuse(transaction, 487);
    this.#acknowledge();
  }

  #acknowledge(): void {
    this.#answered?.resender.stop();
    this.#answered = null;
  }

  #offer(transaction: ServerTransaction): void {
    const { handlers, context } = this.#port;
    if (handlers.onOffer === undefined) {
      this.#port.respond(transaction, 488);
      return;
    }
    this.#pending = transaction;
    context.pendingInvites.set(transaction, {
      cancelled: () => this.#refuse(transaction, 487),
      transportFailed: () => this.#refuse(transaction, 503),
    });
    const offer = sessionBody(transaction.request);
    if (offer === null) this.#port.solicit('remote');
    else this.#port.carry('remote', 'INVITE', offer);
    this.#port.guard(() =>
      handlers.onOffer?.(offer, {
        carrier: 'INVITE',
        dialogId: this.#port.dialogId,
        request: transaction.request,
        accept: (answer) => this.#accept(transaction, answer, offer === null),
        reject: (statusCode, headers) => this.#refuse(transaction, statusCode, headers),
      }),
    );
  }

  /** False when it has its final response already. */
  #forget(transaction: ServerTransaction): boolean {
    if (this.#pending !== transaction) return false;
    this.#pending = null;
    this.#port.context.pendingInvites.delete(transaction);
    return true;
  }

  #refuse(transaction: ServerTransaction, statusCode: number, headers?: HeaderList): void {
    if (!this.#forget(transaction)) return;
    this.#port.withdraw();
    this.#port.respond(transaction, statusCode, { headers });
    this.#port.resumeOffers();
  }

  #accept(transaction: ServerTransaction, body: Buffer, late: boolean): void {
    if (!this.#forget(transaction)) return;
    const { context, parts } = this.#port;
    const { request } = transaction;
    this.#port.refresh(request);
    this.#port.carry('local', '2xx-INVITE', body);
    const response = context.createResponse(transaction, 200, {
      headers: [['Contact', this.#port.contact()], ...parts.responseHeaders(request)],
      body,
      contentType: 'application/sdp',
    });
    const resender = new SuccessResender(context.clock, context.timers, {
      resend: () => transaction.respond(response),
      giveUp: () => this.#port.noAck(),
    });
    this.#answered = { sequence: request.cseq.sequence, late, resender };
    transaction.respond(response);
    parts.refreshed('remote', request, response);
  }
}
