import type { Clock, Timer } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { HeaderList } from '../build.js';
import { tagOf } from '../header-values.js';
import { retryAfter } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { ResolveError } from '../resolve/resolve-error.js';
import type { ClientTransaction, ClientTransactionHandlers, TransactionLayer } from '../transaction/layer.js';
import { TransactionRefused } from '../transaction/transaction.js';
import type { Flow, Target } from '../transport/transport.js';
import type { PenaltyList } from './failover-penalties.js';
import { StrayAnswers } from './failover-stray.js';

/** What one request with several ways to go needs. */
export interface FailoverHost {
  readonly clock: Clock;
  readonly log: Logger;
  readonly transactions: TransactionLayer;
  readonly penalties: PenaltyList;
  /** For the whole request, all attempts together. */
  readonly budgetMs: number;
  /** How long one server may stay silent while others are left: for INVITE, and for any other request. */
  readonly inviteSilenceMs: number;
  readonly silenceMs: number;
  readonly counters: { failovers: number; strays: number; straysIgnored: number };
  /** Whether nobody listens at that UDP port: ICMP. False where it cannot be told before `signal`. */
  refuses(target: Target, signal: AbortSignal): Promise<boolean>;
  /** For the BYE to those who answer too late. */
  readonly userAgent: HeaderList;
  /** The request is over, or another owner's. */
  done(request: FailoverTransaction): void;
}

export interface FailoverWork {
  readonly request: SipRequest;
  /** In the order in which to try them, or on their way. */
  readonly targets: readonly Target[] | ((signal: AbortSignal) => Promise<readonly Target[]>);
  /** The host that is looked for, for errors. */
  readonly name: string;
  /** Writes what depends on the way that the request takes: its Contact. */
  readonly complete: (request: SipRequest, target: Target) => SipRequest;
  readonly handlers: ClientTransactionHandlers;
}

interface Attempt {
  readonly target: Target;
  transaction: ClientTransaction | null;
  /** `heard`: any response; `ringing`: one that may have made a dialog. */
  state: 'silent' | 'heard' | 'ringing' | 'final';
}

/**
 * One request to one of several servers: RFC 3263 §4.3. Runs a client transaction for each, a new branch each time,
 * until one is answered. The next is tried when a server is silent (for its share of the budget, Timer B or F), has
 * nobody at its UDP port (ICMP), cannot be sent to, or answers 503; never after a response from 101 on has come, and for
 * silence or a broken connection not after a 100 either, because then the server has the request. An INVITE that was
 * given up is cancelled (RFC 3261 §9.1) and hung up when a 2xx comes all the same.
 */
export class FailoverTransaction implements ClientTransaction {
  readonly #host: FailoverHost;
  readonly #work: FailoverWork;
  readonly #deadlineMs: number;
  readonly #givenUp: ClientTransaction[] = [];
  readonly #strays: StrayAnswers;
  #left: Target[] = [];
  #attempt: Attempt | null = null;
  #resolving: AbortController | null = null;
  #probing: AbortController | null = null;
  #timer: Timer | null = null;
  #isCancelled = false;
  #isOver = false;

  constructor(host: FailoverHost, work: FailoverWork) {
    this.#host = host;
    this.#work = work;
    this.#strays = new StrayAnswers(host.transactions, host.userAgent);
    this.#deadlineMs = host.clock.nowMs() + host.budgetMs;
  }

  /** Empty until the first attempt. */
  get branch(): string {
    return this.#attempt?.transaction?.branch ?? '';
  }

  /** That of the current attempt; without a Via before the first one. */
  get request(): SipRequest {
    return this.#attempt?.transaction?.request ?? this.#work.request;
  }

  get flow(): Flow | null {
    return this.#attempt?.transaction?.flow ?? null;
  }

  /** The server of the current attempt. */
  get target(): Target | null {
    return this.#attempt?.target ?? null;
  }

  start(): void {
    const { targets } = this.#work;
    if (typeof targets === 'function') this.#resolve(targets);
    else this.#begin(targets);
  }

  /** While the server is looked for nothing has left: the request ends with a ResolveError (`aborted`). */
  cancel(headers?: HeaderList): void {
    if (this.#work.request.method !== 'INVITE' || this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.#resolving !== null) {
      this.#resolving.abort();
      this.#resolving = null;
      queueMicrotask(() => this.#fail(new ResolveError(this.#work.name, 'aborted')));
      return;
    }
    this.#timer?.cancel();
    this.#stopProbe();
    this.#attempt?.transaction?.cancel(headers);
  }

  abandon(): void {
    this.#finish();
    this.#resolving?.abort();
    this.#resolving = null;
    this.#attempt?.transaction?.abandon();
    for (const transaction of this.#givenUp) transaction.abandon();
  }

  #resolve(locate: (signal: AbortSignal) => Promise<readonly Target[]>): void {
    const aborter = new AbortController();
    this.#resolving = aborter;
    locate(aborter.signal).then(
      (targets) => {
        if (this.#resolving !== aborter) return;
        this.#resolving = null;
        this.#begin(targets);
      },
      (error: unknown) => {
        if (this.#resolving !== aborter) return;
        this.#resolving = null;
        this.#fail(error instanceof Error ? error : new Error(messageOf(error)));
      },
    );
  }

  #begin(targets: readonly Target[]): void {
    this.#left = [...this.#host.penalties.order(targets)];
    if (this.#left.length === 0) {
      queueMicrotask(() => this.#fail(new ResolveError(this.#work.name, 'not-found')));
    } else {
      this.#startNext();
    }
  }

  #startNext(): void {
    const target = this.#left.shift();
    if (target === undefined) return;
    const { clock, transactions } = this.#host;
    const { request, complete } = this.#work;
    const isFirst = this.#attempt === null;
    const attempt: Attempt = { target, transaction: null, state: 'silent' };
    this.#attempt = attempt;
    let completed: SipRequest;
    try {
      completed = complete(request, target);
    } catch (error) {
      queueMicrotask(() => this.#fail(error instanceof Error ? error : new Error(messageOf(error))));
      return;
    }
    attempt.transaction = transactions.request(completed, target, {
      onResponse: (response, flow) => this.#onResponse(attempt, response, flow),
      onTimeout: () => this.#onTimeout(attempt),
      onTransportError: (error) => this.#onTransportError(attempt, error),
      onTerminated: () => {
        if (attempt === this.#attempt) this.#work.handlers.onTerminated?.();
      },
    });
    if (this.#left.length > 0 && target.kind === 'udp') this.#probe(attempt);
    // One server alone has the timers of its transaction.
    if (isFirst && this.#left.length === 0) return;
    this.#timer = clock.setTimer(this.#patienceMs(), () => this.#onSilence(attempt), { liveness: true });
  }

  /** The datagram sockets that SIP uses hear of no ICMP error, so that one more asks while others are left. */
  #probe(attempt: Attempt): void {
    const aborter = new AbortController();
    this.#probing = aborter;
    this.#host.refuses(attempt.target, aborter.signal).then(
      (refused) => {
        if (refused && attempt === this.#attempt && attempt.state === 'silent' && !this.#isOver)
          this.#onSilence(attempt);
      },
      () => undefined,
    );
  }

  #stopProbe(): void {
    this.#probing?.abort();
    this.#probing = null;
  }

  /** The last server gets what is left of the budget; the others a share, smaller when many are left. */
  #patienceMs(): number {
    const { clock, inviteSilenceMs, silenceMs } = this.#host;
    const leftMs = Math.max(0, this.#deadlineMs - clock.nowMs());
    if (this.#left.length === 0) return leftMs;
    const silence = this.#work.request.method === 'INVITE' ? inviteSilenceMs : silenceMs;
    return Math.min(silence, leftMs / (this.#left.length + 1));
  }

  #mayGoOn(): boolean {
    return !this.#isCancelled && !this.#isOver && this.#left.length > 0 && this.#host.clock.nowMs() < this.#deadlineMs;
  }

  #next(): void {
    this.#timer?.cancel();
    this.#stopProbe();
    this.#host.counters.failovers += 1;
    this.#startNext();
  }

  #onResponse(attempt: Attempt, response: SipResponse, flow: Flow): void {
    if (attempt !== this.#attempt) {
      this.#onLateResponse(attempt, response, flow);
      return;
    }
    const { statusCode } = response;
    const { penalties } = this.#host;
    this.#timer?.cancel();
    this.#stopProbe();
    if (statusCode === 503) {
      const read = retryAfter(response);
      penalties.failed(attempt.target, read.ok ? (read.value ?? 0) * 1000 : 0);
      if (attempt.state !== 'ringing' && this.#mayGoOn()) {
        this.#next();
        return;
      }
    } else if (attempt.state === 'silent') {
      penalties.succeeded(attempt.target);
    }
    if (statusCode >= 200) {
      attempt.state = 'final';
      this.#finish();
    } else if (statusCode > 100) attempt.state = 'ringing';
    else if (attempt.state === 'silent') attempt.state = 'heard';
    this.#work.handlers.onResponse(response, flow);
  }

  /** RFC 3261 §17.1.1.2 has acknowledged a failure already; only a 2xx leaves something to do. */
  #onLateResponse(attempt: Attempt, response: SipResponse, flow: Flow): void {
    const { statusCode } = response;
    const invite = attempt.transaction?.request;
    if (invite?.method !== 'INVITE' || statusCode < 200 || statusCode > 299) return;
    this.#host.counters.strays += 1;
    const isInDialog = tagOf(invite.to) !== undefined;
    if (!isInDialog) {
      if (!this.#strays.hangUp(invite, response, flow)) this.#host.counters.straysIgnored += 1;
      return;
    }
    // Both servers lead to the same peer: hanging up would end the session that its answer belongs to.
    if (this.#isOver) return;
    this.#attempt?.transaction?.cancel();
    this.#attempt = attempt;
    attempt.state = 'final';
    this.#finish();
    this.#work.handlers.onResponse(response, flow);
  }

  /** Other servers are left, or the budget is used up, and this one has not said a word. */
  #onSilence(attempt: Attempt): void {
    this.#host.penalties.failed(attempt.target);
    this.#giveUp(attempt);
    if (this.#mayGoOn()) {
      this.#next();
      return;
    }
    this.#finish();
    this.#guarded(() => this.#work.handlers.onTimeout());
  }

  #giveUp({ transaction }: Attempt): void {
    if (transaction === null) return;
    if (transaction.request.method !== 'INVITE') {
      transaction.abandon();
      return;
    }
    // Held back until the server says something, which it may do after all.
    transaction.cancel();
    this.#givenUp.push(transaction);
  }

  #onTimeout(attempt: Attempt): void {
    if (attempt !== this.#attempt) return;
    if (attempt.state === 'silent') this.#host.penalties.failed(attempt.target);
    if (attempt.state === 'silent' && this.#mayGoOn()) {
      this.#next();
      return;
    }
    this.#finish();
    this.#work.handlers.onTimeout();
  }

  #onTransportError(attempt: Attempt, error: Error): void {
    if (attempt !== this.#attempt) return;
    const isTheirs = attempt.state === 'silent' && !(error instanceof TransactionRefused);
    if (isTheirs) this.#host.penalties.failed(attempt.target);
    if (isTheirs && this.#mayGoOn()) {
      this.#next();
      return;
    }
    this.#finish();
    this.#work.handlers.onTransportError(error);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#finish();
    this.#guarded(() => this.#work.handlers.onTransportError(error));
    this.#guarded(() => this.#work.handlers.onTerminated?.());
  }

  /** The outcome is known; what comes later is passed on or hung up, but nothing is tried any more. */
  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#stopProbe();
    this.#host.done(this);
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#host.log.error('sip.transaction.user-failed', { error: messageOf(error) });
    }
  }
}
