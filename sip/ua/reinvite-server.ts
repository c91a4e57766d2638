import { randomFraction } from '../../base/random.js';
import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import type { SipRequest } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { UaContext, UaResponseOptions } from './context.js';
import type { OfferPort } from './reinvite-client.js';
import { SuccessResender } from './success-resender.js';

/** RFC 3261 §14.2: tells the peer to come back in 0 … 10 s. */
export function retryAfterHeaders(context: UaContext): HeaderList {
  return [['Retry-After', String(Math.floor(randomFraction(context.random) * 11))]];
}

/** A 2xx of ours that waits for its ACK. */
interface Answered {
  readonly sequence: number;
  /** The ACK carries the answer to our offer. */
  readonly late: boolean;
  readonly resender: SuccessResender;
}

/** The peer's re-INVITEs of one dialog, one at a time: RFC 3261 §14.2. */
export class ReinviteServer {
  readonly #port: OfferPort;
  #pending: ServerTransaction | null = null;
  #answered: Answered | null = null;

  constructor(port: OfferPort) {
    this.#port = port;
  }

  get isPending(): boolean {
    return this.#pending !== null || this.#answered !== null;
  }

  receive(transaction: ServerTransaction): void {
    if (this.#pending !== null) {
      this.#respond(transaction, 500, { headers: retryAfterHeaders(this.#port.context) });
      return;
    }
    if (this.#answered?.late === true) {
      this.#respond(transaction, 491);
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
    if (answered.late) {
      const body = sessionBody(ack);
      this.#port.guard(() => this.#port.handlers.onReofferAnswered?.(body));
    }
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
      this.#respond(transaction, 488);
      return;
    }
    this.#pending = transaction;
    context.pendingInvites.set(transaction, {
      cancelled: () => this.#refuse(transaction, 487),
      transportFailed: () => this.#refuse(transaction, 503),
    });
    const offer = sessionBody(transaction.request);
    this.#port.guard(() =>
      handlers.onOffer?.(offer, {
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
    this.#respond(transaction, statusCode, { headers });
    this.#port.resumeOffers();
  }

  #accept(transaction: ServerTransaction, body: Buffer, late: boolean): void {
    if (!this.#forget(transaction)) return;
    const { context } = this.#port;
    this.#port.refresh(transaction.request);
    const response = context.createResponse(transaction, 200, {
      headers: [['Contact', this.#port.contact()]],
      body,
      contentType: 'application/sdp',
    });
    const resender = new SuccessResender(context.clock, context.timers, {
      resend: () => transaction.respond(response),
      giveUp: () => this.#port.noAck(),
    });
    this.#answered = { sequence: transaction.request.cseq.sequence, late, resender };
    transaction.respond(response);
  }

  #respond(transaction: ServerTransaction, statusCode: number, options?: UaResponseOptions): void {
    transaction.respond(this.#port.context.createResponse(transaction, statusCode, options));
  }
}
