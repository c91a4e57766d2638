import type { Timer } from '../../base/clock.js';
import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import { tokens } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { DialogOwner, UaContext } from './context.js';
import type { Verdict } from './offer-answer.js';
import type { ReliableSupport, ResponseOptions } from './types.js';

/** RFC 3262 §3: what the caller says of reliable provisional responses. */
export function reliableSupport(invite: SipRequest): ReliableSupport {
  if (tokens(invite, 'Require').includes('100rel')) return 'required';
  return tokens(invite, 'Supported').includes('100rel') ? 'supported' : 'none';
}

/** What the responses need of the session that they belong to. */
export interface ReliableHost {
  readonly context: UaContext;
  readonly transaction: ServerTransaction;
  /** With Contact and Record-Route. */
  createProvisional(statusCode: number, options: ResponseOptions): SipResponse;
  /** What that description is in a reliable provisional response of ours. */
  describe(body: Buffer): Verdict;
  /** The answer to our offer came in a PRACK. */
  answered(body: Buffer): void;
  /** A PRACK that carries an offer: answered there. */
  offered(prack: ServerTransaction, offer: Buffer): void;
  /** Nothing waits for its PRACK any more. */
  acknowledged(): void;
  /** RFC 3262 §3: 64·T1 without a PRACK. */
  giveUp(): void;
}

interface Waiting {
  readonly statusCode: number;
  readonly options: ResponseOptions;
}

interface Sent {
  readonly rseq: number;
  /** Null once no copies are sent any more. */
  timer: Timer | null;
  readonly deadline: Timer;
  readonly described: boolean;
  /** Our offer: the PRACK has to answer it. */
  readonly isOffer: boolean;
}

/** Responses that may wait for the PRACK of one before them; later ones are dropped. */
const MAX_WAITING = 16;

/** The response code of a PRACK that matches nothing we wait for: RFC 3262 §3. */
const NO_MATCH = 481;

/**
 * The reliable provisional responses to one INVITE of the peer, one at a time: RFC 3262 §3. Each is sent again after
 * T1, 2·T1, 4·T1 … until its PRACK.
 */
export class ReliableResponses {
  readonly #host: ReliableHost;
  readonly #waiting: Waiting[] = [];
  #rseq = 0;
  #sent: Sent | null = null;

  constructor(host: ReliableHost) {
    this.#host = host;
  }

  /** A description of ours may not have arrived: neither a 2xx nor an offer may go before its PRACK. */
  get isHolding(): boolean {
    return this.#sent?.described === true;
  }

  send(statusCode: number, options: ResponseOptions): void {
    if (this.#sent !== null) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ statusCode, options });
      return;
    }
    this.#transmit(statusCode, options);
  }

  /** RFC 3262 §3: nothing new after a final response has been decided. */
  dropWaiting(): void {
    this.#waiting.length = 0;
  }

  /** The final response is sent: no copies any more, though the PRACK of the last may still come. */
  stop(): void {
    this.dropWaiting();
    this.#sent?.timer?.cancel();
    this.#sent?.deadline.cancel();
  }

  receive(prack: ServerTransaction): void {
    const sent = this.#match(prack.request);
    if (sent === null) {
      this.#respond(prack, NO_MATCH);
      return;
    }
    const body = sessionBody(prack.request);
    if (sent.isOffer && body === null) {
      this.#respond(prack, 400, 'Missing Answer');
      return;
    }
    this.#settle(sent);
    if (sent.isOffer || body === null) this.#respond(prack, 200);
    if (body !== null && sent.isOffer) this.#host.answered(body);
    else if (body !== null) this.#host.offered(prack, body);
    const next = this.#sent === null ? this.#waiting.shift() : undefined;
    if (next !== undefined) this.#transmit(next.statusCode, next.options);
    this.#host.acknowledged();
  }

  #settle(sent: Sent): void {
    sent.timer?.cancel();
    sent.deadline.cancel();
    this.#sent = null;
  }

  /** After a final failure: answers the PRACK that is on its way, in the place of the session that is gone. */
  latecomer(): DialogOwner | null {
    if (this.#sent === null) return null;
    return {
      receive: (transaction) => {
        const { request } = transaction;
        const sent = request.method === 'PRACK' ? this.#match(request) : null;
        if (sent !== null) this.#sent = null;
        this.#respond(transaction, sent === null ? NO_MATCH : 200);
      },
      acknowledged: () => undefined,
    };
  }

  #match(prack: SipRequest): Sent | null {
    const sent = this.#sent;
    if (sent === null) return null;
    const { cseq } = this.#host.transaction.request;
    const rack = (prack.headers.get('RAck') ?? '').trim().split(/\s+/);
    const isIt = Number(rack[0]) === sent.rseq && Number(rack[1]) === cseq.sequence && rack[2] === cseq.method;
    return isIt && rack.length === 3 ? sent : null;
  }

  #transmit(statusCode: number, options: ResponseOptions): void {
    const { context, transaction } = this.#host;
    const { body, headers = [] } = options;
    const verdict = body === undefined ? null : this.#host.describe(body);
    const isNews = verdict === 'offer' || verdict === 'answer';
    // RFC 3262 §3: the first is chosen at random below 2³¹, so the numbers never wrap.
    this.#rseq = this.#rseq === 0 ? 1 + (context.random.uint32() % 0x7fff_0000) : this.#rseq + 1;
    const reliably: HeaderList = [
      ['Require', '100rel'],
      ['RSeq', String(this.#rseq)],
    ];
    const response = this.#host.createProvisional(statusCode, {
      ...options,
      headers: [...reliably, ...headers],
      body: isNews ? body : undefined,
    });
    const sent: Sent = {
      rseq: this.#rseq,
      timer: null,
      deadline: context.clock.setTimer(64 * context.timers.t1Ms, () => this.#host.giveUp(), { liveness: true }),
      described: isNews,
      isOffer: verdict === 'offer',
    };
    this.#sent = sent;
    this.#armCopy(sent, response, context.timers.t1Ms);
    transaction.respond(response);
  }

  /** Over any transport, and without the cap of T2. */
  #armCopy(sent: Sent, response: SipResponse, delayMs: number): void {
    const { context, transaction } = this.#host;
    sent.timer = context.clock.setTimer(delayMs, () => {
      transaction.respond(response);
      this.#armCopy(sent, response, delayMs * 2);
    });
  }

  #respond(transaction: ServerTransaction, statusCode: number, reasonPhrase?: string): void {
    const { context } = this.#host;
    transaction.respond(context.createResponse(transaction, statusCode, { reasonPhrase }));
  }
}
