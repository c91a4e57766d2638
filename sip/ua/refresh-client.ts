import type { Timer } from '../../base/clock.js';
import { randomFraction } from '../../base/random.js';
import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { ClientTransaction } from '../transaction/layer.js';
import { isChallenge, MAX_CHALLENGES } from './digest-client.js';
import { askForAnswer, type LateAnswer } from './late-answer.js';
import { ReliableReceiver } from './reliable-client.js';
import { endByResponse, localEnd } from './session-end.js';
import type { RefreshMethod } from './session-extension.js';
import type { SessionPort } from './session-port.js';
import type { AckAnswer, ReinviteResult, SessionEnd } from './types.js';

interface Refresh {
  readonly method: RefreshMethod;
  /** The offer; null for an UPDATE that carries none. */
  readonly body: Buffer | null;
  readonly headers: HeaderList;
}

interface Work extends Refresh {
  readonly resolve: (result: ReinviteResult) => void;
  /** Of 491, so far. */
  glares: number;
  challenges: number;
  /** Of the INVITE that is on its way; each counts for itself (RFC 3262 §3). */
  reliable: ReliableReceiver;
  /** Came in a reliable provisional response. */
  answer: Buffer | null;
  /** Of an INVITE without an offer: asks for the answer to the one in its 2xx. */
  readonly ask?: ((offer: Buffer) => AckAnswer | Promise<AckAnswer>) | undefined;
  /** The ACK waits for that answer. */
  isAnswering: boolean;
  ackBody: Buffer | undefined;
}

const MAX_GLARES = 5;
const NO_BODY = Buffer.alloc(0);

/**
 * Our re-INVITEs (RFC 3261 §14.1) and UPDATEs (RFC 3311 §5.1) of one dialog, one at a time: each waits until offers
 * of either side are settled. A second one while the first is on its way is answered 491 here.
 */
export class RefreshClient {
  readonly #port: SessionPort;
  #work: Work | null = null;
  #transaction: ClientTransaction | null = null;
  #glareTimer: Timer | null = null;
  #deadline: Timer | null = null;

  constructor(port: SessionPort) {
    this.#port = port;
  }

  /** An INVITE of ours has no final response yet. */
  get isInviting(): boolean {
    return this.#transaction?.request.method === 'INVITE';
  }

  reinvite(body: Buffer): Promise<ReinviteResult> {
    return this.#start({ method: 'INVITE', body, headers: [] });
  }

  /** See `Session.solicit`. */
  solicit(ask: (offer: Buffer) => AckAnswer | Promise<AckAnswer>): Promise<ReinviteResult> {
    return this.#start({ method: 'INVITE', body: null, headers: [] }, ask);
  }

  /** See `Session.update`. */
  update(body: Buffer | null, headers: HeaderList = []): Promise<ReinviteResult> {
    if (!this.#port.peerAllows('UPDATE')) return Promise.resolve({ ok: false, statusCode: 405 });
    return this.#start({ method: 'UPDATE', body, headers });
  }

  /** See `Session.refresh`. */
  refresh(headers: HeaderList = []): Promise<ReinviteResult> {
    if (this.#port.peerAllows('UPDATE')) return this.#start({ method: 'UPDATE', body: null, headers });
    const body = this.#port.described;
    if (body === null) return Promise.resolve({ ok: false, statusCode: 481 });
    return this.#start({ method: 'INVITE', body, headers });
  }

  /** Sends what waits for its turn. */
  resume(): void {
    const work = this.#work;
    if (work === null || this.#transaction !== null || this.#glareTimer !== null) return;
    const mayGo = work.method === 'INVITE' ? this.#port.mayInvite() : this.#port.mayUpdate(work.body !== null);
    if (mayGo) this.#send(work, []);
  }

  /** The session ends: gives up what waits, cancels what is on its way. */
  stop(statusCode: number): void {
    const [work, transaction] = [this.#work, this.#transaction];
    // RFC 3261 §13.2.2.4: a 2xx is acknowledged, and before a BYE.
    if (work?.isAnswering === true && transaction !== null) {
      work.isAnswering = false;
      this.#port.sendAck(transaction.request);
    }
    if (work !== null) this.#settle(work, { ok: false, statusCode });
    transaction?.cancel();
  }

  #start(refresh: Refresh, ask?: Work['ask']): Promise<ReinviteResult> {
    if (!this.#port.mayRefresh(refresh.method)) return Promise.resolve({ ok: false, statusCode: 481 });
    if (this.#work !== null) return Promise.resolve({ ok: false, statusCode: 491 });
    return new Promise((resolve, reject) => {
      const reliable = new ReliableReceiver(this.#port);
      const fresh = { glares: 0, challenges: 0, reliable, answer: null, isAnswering: false, ackBody: undefined };
      this.#work = { ...refresh, ...fresh, resolve, ask };
      try {
        this.resume();
      } catch (error) {
        // What a session extension writes cannot be written: the next one may be.
        this.#work = null;
        this.#port.withdraw();
        reject(error);
      }
    });
  }

  #send(work: Work, credentials: HeaderList): void {
    const { context, parts } = this.#port;
    const { method, body } = work;
    const headers: HeaderList = [
      ['Contact', this.#port.contact()],
      // An offer that it asks for has to come in the 2xx, as `ask` promises.
      ...context.capabilities(work.ask === undefined ? [] : ['100rel']),
      ...parts.requestHeaders(method),
      ...work.headers,
      ...credentials,
    ];
    if (body !== null) this.#port.carry('local', method, body);
    else if (method === 'INVITE') this.#port.solicit('local');
    work.reliable = new ReliableReceiver(this.#port);
    const transaction = this.#port.send(
      method,
      { headers, ...(body === null ? {} : { body, contentType: 'application/sdp' }) },
      {
        onResponse: (response) => this.#onResponse(work, transaction, response),
        onTimeout: () => this.#onLost(work, localEnd('timeout', 408)),
        onTransportError: () => {
          // Of the request, not of the ACK that followed its refusal.
          if (this.#transaction === transaction) this.#onLost(work, localEnd('transport', 503));
        },
      },
    );
    this.#transaction = transaction;
    // A peer that only ever rings would block every later offer.
    if (method === 'INVITE') {
      this.#deadline = context.clock.setTimer(64 * context.timers.t1Ms, () => transaction.cancel());
    }
  }

  #onResponse(work: Work, transaction: ClientTransaction, response: SipResponse): void {
    const { statusCode } = response;
    if (statusCode < 200) {
      work.reliable.receive(
        response,
        () => this.#takeEarlyAnswer(work, response),
        () => transaction.cancel(),
      );
      return;
    }
    if (statusCode < 300) {
      this.#onSuccess(work, transaction, response);
      return;
    }
    if (this.#work !== work) return;
    this.#transactionDone();
    if (work.body !== null || work.ask !== undefined) this.#port.withdraw();
    if (statusCode === 491 && work.glares < MAX_GLARES) this.#waitAfterGlare(work);
    else if (isChallenge(response) && this.#answerChallenge(work, transaction.request, response)) return;
    else if (statusCode === 481 || statusCode === 408) this.#onLost(work, endByResponse('timeout', response));
    else if (this.#port.parts.retry(response)) this.resume();
    else this.#settle(work, { ok: false, statusCode });
  }

  #onSuccess(work: Work, transaction: ClientTransaction, response: SipResponse): void {
    if (work.isAnswering) return;
    const first = this.#work === work;
    if (first) this.#port.refresh(response);
    if (first && work.ask !== undefined) {
      this.#answerOffer(work, work.ask, transaction, response);
      return;
    }
    if (work.method === 'INVITE') this.#port.sendAck(transaction.request, work.ackBody);
    if (!first) return;
    const answer = work.body === null ? null : (work.answer ?? sessionBody(response));
    if (work.body !== null && work.answer === null) this.#takeAnswer(work, answer);
    this.#port.parts.refreshed('local', transaction.request, response);
    this.#settle(work, { ok: true, body: answer ?? NO_BODY });
  }

  /** RFC 3261 §13.2.2.4, §14.1: the ACK has the answer to the offer of the 2xx. */
  #answerOffer(work: Work, ask: NonNullable<Work['ask']>, transaction: ClientTransaction, response: SipResponse): void {
    const offer = sessionBody(response);
    if (offer !== null) this.#port.carry('remote', '2xx-INVITE', offer);
    this.#deadline?.cancel();
    work.isAnswering = true;
    const done = (answer: LateAnswer): void => {
      if (!work.isAnswering || this.#work !== work) return;
      work.isAnswering = false;
      work.ackBody = 'body' in answer ? answer.body : undefined;
      if (work.ackBody !== undefined) this.#port.carry('local', 'ACK', work.ackBody);
      this.#port.withdraw();
      this.#port.sendAck(transaction.request, work.ackBody);
      this.#port.parts.refreshed('local', transaction.request, response);
      if ('end' in answer) this.#settle(work, { ok: false, statusCode: answer.end.statusCode ?? 488 });
      else this.#settle(work, { ok: true, body: offer ?? NO_BODY });
      if ('end' in answer) this.#port.lost(answer.end);
      else this.#port.resumeOffers();
    };
    if (offer === null) done({ end: localEnd('rejected', 488) });
    else askForAnswer(this.#port.context, () => ask(offer), done);
  }

  /** The receiver has stepped the offer/answer state. */
  #takeEarlyAnswer(work: Work, response: SipResponse): void {
    if (this.#work === work && work.answer === null) work.answer = sessionBody(response);
  }

  #takeAnswer({ method }: Work, answer: Buffer | null): void {
    if (answer !== null) this.#port.carry('remote', method === 'INVITE' ? '2xx-INVITE' : '2xx-UPDATE', answer);
    // A 2xx without the answer leaves nothing to wait for.
    this.#port.withdraw();
  }

  /** RFC 3261 §14.1: 2.1 … 4 s for the owner of the Call-ID, 0 … 2 s for the other, in units of 10 ms. */
  #waitAfterGlare(work: Work): void {
    const { random, clock } = this.#port.context;
    const fraction = randomFraction(random);
    const units = this.#port.ownsCallId ? 210 + Math.floor(fraction * 191) : Math.floor(fraction * 201);
    work.glares += 1;
    work.challenges = 0;
    this.#glareTimer = clock.setTimer(units * 10, () => {
      this.#glareTimer = null;
      this.resume();
    });
  }

  #answerChallenge(work: Work, request: SipRequest, response: SipResponse): boolean {
    const credentials =
      work.challenges >= MAX_CHALLENGES ? null : (this.#port.digest?.answer(request, response) ?? null);
    if (credentials === null) return false;
    work.challenges += 1;
    this.#send(work, credentials);
    return true;
  }

  #onLost(work: Work, end: SessionEnd): void {
    if (this.#work !== work) return;
    if (work.body !== null || work.ask !== undefined) this.#port.withdraw();
    this.#settle(work, { ok: false, statusCode: end.statusCode ?? 408 });
    this.#port.lost(end);
  }

  #transactionDone(): void {
    this.#transaction = null;
    this.#deadline?.cancel();
    this.#deadline = null;
  }

  #settle(work: Work, result: ReinviteResult): void {
    this.#transactionDone();
    this.#glareTimer?.cancel();
    this.#glareTimer = null;
    this.#work = null;
    work.resolve(result);
  }
}
