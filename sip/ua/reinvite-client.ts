import type { Timer } from '../../base/clock.js';
import { randomFraction } from '../../base/random.js';
import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import type { DialogRequestExtras } from '../dialog/dialog.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/layer.js';
import type { UaContext } from './context.js';
import { type DigestClient, isChallenge } from './digest-client.js';
import { endByResponse, localEnd } from './session-end.js';
import type { ReinviteResult, SessionEnd, SessionHandlers } from './types.js';

/** What offers inside a dialog need of the INVITE usage they belong to. */
export interface OfferPort {
  readonly context: UaContext;
  readonly handlers: SessionHandlers;
  readonly digest: DigestClient | null;
  /** RFC 3261 §14.1: the side that chose the Call-ID waits longer after a 491. */
  readonly ownsCallId: boolean;
  contact(): string;
  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction;
  sendAck(invite: SipRequest): void;
  /** RFC 3261 §12.2: takes the remote target from a target refresh. */
  refresh(message: SipMessage): void;
  /** True when no INVITE of the dialog is pending, ours apart. */
  mayOffer(): boolean;
  /** The server side is free again. */
  resumeOffers(): void;
  /** Runs a handler of the application; what it throws ends the session. False when it threw. */
  guard(call: () => void): boolean;
  lost(end: SessionEnd): void;
  noAck(): void;
}

interface Offer {
  readonly body: Buffer;
  readonly resolve: (result: ReinviteResult) => void;
  /** Of 491, so far. */
  glares: number;
  challenged: boolean;
}

const MAX_GLARES = 5;

/**
 * Our re-INVITEs of one dialog, one at a time: RFC 3261 §14.1. A second one while the first is on its way is
 * answered 491 here.
 */
export class ReinviteClient {
  readonly #port: OfferPort;
  #offer: Offer | null = null;
  #transaction: ClientTransaction | null = null;
  #glareTimer: Timer | null = null;
  #deadline: Timer | null = null;

  constructor(port: OfferPort) {
    this.#port = port;
  }

  /** An INVITE of ours has no final response yet. */
  get isPending(): boolean {
    return this.#transaction !== null;
  }

  start(body: Buffer): Promise<ReinviteResult> {
    if (this.#offer !== null) return Promise.resolve({ ok: false, statusCode: 491 });
    return new Promise((resolve) => {
      this.#offer = { body, resolve, glares: 0, challenged: false };
      this.resume();
    });
  }

  /** Sends what waits for its turn. */
  resume(): void {
    const offer = this.#offer;
    if (offer === null || this.#transaction !== null || this.#glareTimer !== null || !this.#port.mayOffer()) return;
    this.#send(offer, []);
  }

  /** The session ends: gives up what waits, cancels what is on its way. */
  stop(statusCode: number): void {
    const transaction = this.#transaction;
    if (this.#offer !== null) this.#settle(this.#offer, { ok: false, statusCode });
    transaction?.cancel();
  }

  #send(offer: Offer, credentials: HeaderList): void {
    const { context } = this.#port;
    const headers: HeaderList = [['Contact', this.#port.contact()], ...context.capabilities(), ...credentials];
    const transaction = this.#port.send(
      'INVITE',
      { headers, body: offer.body, contentType: 'application/sdp' },
      {
        onResponse: (response) => this.#onResponse(offer, transaction, response),
        onTimeout: () => this.#onLost(offer, localEnd('timeout', 408)),
        onTransportError: () => {
          // Of the INVITE, not of the ACK that followed its refusal.
          if (this.#transaction === transaction) this.#onLost(offer, localEnd('transport', 503));
        },
      },
    );
    this.#transaction = transaction;
    // A peer that only ever rings would block every later offer.
    this.#deadline = context.clock.setTimer(64 * context.timers.t1Ms, () => transaction.cancel());
  }

  #onResponse(offer: Offer, transaction: ClientTransaction, response: SipResponse): void {
    const { statusCode } = response;
    if (statusCode < 200) return;
    if (statusCode < 300) {
      const first = this.#offer === offer;
      if (first) this.#port.refresh(response);
      this.#port.sendAck(transaction.request);
      if (first) this.#settle(offer, { ok: true, body: sessionBody(response) ?? Buffer.alloc(0) });
      return;
    }
    if (this.#offer !== offer) return;
    this.#transactionDone();
    if (statusCode === 491 && offer.glares < MAX_GLARES) this.#waitAfterGlare(offer);
    else if (isChallenge(response) && this.#answerChallenge(offer, transaction.request, response)) return;
    else if (statusCode === 481 || statusCode === 408) this.#onLost(offer, endByResponse('timeout', response));
    else this.#settle(offer, { ok: false, statusCode });
  }

  /** RFC 3261 §14.1: 2.1 … 4 s for the owner of the Call-ID, 0 … 2 s for the other, in units of 10 ms. */
  #waitAfterGlare(offer: Offer): void {
    const { random, clock } = this.#port.context;
    const fraction = randomFraction(random);
    const units = this.#port.ownsCallId ? 210 + Math.floor(fraction * 191) : Math.floor(fraction * 201);
    offer.glares += 1;
    offer.challenged = false;
    this.#glareTimer = clock.setTimer(units * 10, () => {
      this.#glareTimer = null;
      this.resume();
    });
  }

  #answerChallenge(offer: Offer, request: SipRequest, response: SipResponse): boolean {
    const credentials = offer.challenged ? null : (this.#port.digest?.answer(request, response) ?? null);
    if (credentials === null) return false;
    offer.challenged = true;
    this.#send(offer, [credentials]);
    return true;
  }

  #onLost(offer: Offer, end: SessionEnd): void {
    if (this.#offer !== offer) return;
    this.#settle(offer, { ok: false, statusCode: end.statusCode ?? 408 });
    this.#port.lost(end);
  }

  #transactionDone(): void {
    this.#transaction = null;
    this.#deadline?.cancel();
    this.#deadline = null;
  }

  #settle(offer: Offer, result: ReinviteResult): void {
    this.#transactionDone();
    this.#glareTimer?.cancel();
    this.#glareTimer = null;
    this.#offer = null;
    offer.resolve(result);
  }
}
