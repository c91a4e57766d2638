import type { Timer } from '../../base/clock.js';
import { randomFraction, randomHex } from '../../base/random.js';
import { createRequest, type HeaderList } from '../build.js';
import { createTag, createUacDialog, createUasDialog, type Dialog, initialSequence } from '../dialog/dialog.js';
import { nameAddr, tagOf, withTag } from '../header-values.js';
import { type EventValue, parseEvent, sameEvent, serializeEvent } from '../headers/event.js';
import { expires, minExpires, retryAfter } from '../headers.js';
import type { SipRequest } from '../message.js';
import type { ClientTransaction, ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { Closable, DialogOwner, UaContext } from './context.js';
import { type Outcome, requestOnce } from './dialog-request.js';
import { DigestClient } from './digest-client.js';
import { EventDialog } from './event-dialog.js';
import { guarded } from './guard.js';
import { withOwnContact } from './out-of-dialog.js';
import { typesOf } from './subscribe-checks.js';
import type { SubscribeOptions, SubscriberEnd, SubscriberHandlers, Subscription } from './subscriber.js';
import { SubscriberLeg } from './subscriber-leg.js';

type Options = SubscribeOptions<unknown> & { readonly event: EventValue };

/** One initial SUBSCRIBE, until its Timer N. */
interface Attempt {
  readonly callId: string;
  readonly localTag: string;
  sequence: number;
  request: SipRequest | null;
  /** Its final response has come. */
  answered: boolean;
  timerN: Timer | null;
  /** Tags of its dialogs that have ended already: what still comes from them makes no new one. */
  readonly gone: Set<string>;
}

/** Dialogs of one forked SUBSCRIBE; the NOTIFYs of further ones get 481. */
const MAX_LEGS = 20;
const MAX_BRIEF = 3;
/** Between two subscriptions anew, doubled from one to the next. */
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 300_000;
/** A subscription that lived that long was none of a series of failures. */
const HEALTHY_MS = 30_000;

/** Refusals that may pass: RFC 3261 §21.4, §21.5. All others would be the same again. */
const passing = new Set([408, 480, 500, 502, 503, 504]);

/**
 * A subscription of ours with all its dialogs: sends the SUBSCRIBE that makes them, takes the NOTIFYs that come before
 * its 2xx or from other forks (RFC 6665 §4.1.4), and subscribes anew when all of them are gone and that makes sense.
 */
export class ClientSubscription implements Subscription, DialogOwner, Closable {
  readonly #context: UaContext;
  readonly #options: Options;
  readonly #handlers: SubscriberHandlers<unknown>;
  readonly #digest: DigestClient | null;
  readonly #legs = new Map<string, SubscriberLeg>();
  readonly #waiting: (() => void)[] = [];
  #expiresS: number;
  #attempt: Attempt | null = null;
  #phase: 'open' | 'ending' | 'ended' = 'open';
  #retry: Timer | null = null;
  #failures = 0;
  #briefs = 0;
  #startedAtMs = 0;

  constructor(context: UaContext, options: Options, handlers: SubscriberHandlers<unknown>) {
    this.#context = context;
    this.#options = options;
    this.#handlers = handlers;
    this.#expiresS = options.expiresS ?? options.package.defaultExpiresS;
    const { credentials } = options;
    this.#digest = credentials === undefined ? null : new DigestClient(credentials, context.random);
    // Throws before anything has changed, instead of in a retry.
    this.#createRequest({ callId: 'x', localTag: 'x', sequence: 1 }, []);
    context.usages.add(this);
    this.#start();
  }

  get state(): Subscription['state'] {
    if (this.#phase !== 'open') return this.#phase;
    if (this.#retry !== null) return 'retrying';
    const states = [...this.#legs.values()].map((leg) => leg.state);
    if (states.includes('active')) return 'active';
    return states.includes('pending') ? 'pending' : 'subscribing';
  }

  refresh(): void {
    for (const leg of this.#legs.values()) leg.refresh();
  }

  end(): Promise<void> {
    if (this.#phase === 'ended') return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#phase === 'open') {
      this.#phase = 'ending';
      this.#retry?.cancel();
      this.#retry = null;
      for (const leg of [...this.#legs.values()]) leg.end();
      this.#endIfIdle();
    }
    return ended;
  }

  close(): void {
    for (const leg of [...this.#legs.values()]) leg.close();
    this.#legs.clear();
    this.#finish({ cause: 'closed' });
  }

  /** A request to our tag from a dialog that is not known: the NOTIFY of a fork, or one that overtook the 2xx. */
  receive(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const event = parseEvent(request);
    const isOurs = request.method === 'NOTIFY' && event.ok && event.value !== undefined;
    const room = this.#options.forks === 'all' ? MAX_LEGS : 1;
    const attempt = this.#attempt;
    const isFull = attempt === null || this.#legs.size >= room || attempt.gone.has(tagOf(request.from) ?? '');
    if (isFull || !isOurs || !sameEvent(event.value!, this.#options.event)) {
      transaction.respond(this.#context.createResponse(transaction, 481));
      return;
    }
    // RFC 6665 §4.4.1: the NOTIFY makes the dialog; its own sequence number is taken when the dialog receives it.
    const dialog: Dialog = {
      ...createUasDialog(request, attempt.localTag),
      localSequence: attempt.sequence,
      remoteSequence: undefined,
    };
    const { leg, owner } = this.#createLeg(dialog, flow);
    owner.receive(transaction);
    if (this.#phase === 'ending') leg.end();
  }

  acknowledged(): void {}

  #start(): void {
    const { random, clock, timers } = this.#context;
    const attempt: Attempt = {
      callId: randomHex(random, 16),
      localTag: createTag(random),
      sequence: initialSequence(random) - 1,
      request: null,
      answered: false,
      timerN: null,
      gone: new Set(),
    };
    this.#attempt = attempt;
    this.#startedAtMs = clock.nowMs();
    this.#context.dialogs.await(attempt, this);
    attempt.timerN = clock.setTimer(64 * timers.t1Ms, () => this.#timedOut(attempt));
    const complete = withOwnContact(this.#context, this.#options.contactUser, this.#options.uri);
    let after: ClientTransaction | undefined;
    requestOnce(
      (extras, handlers) => {
        attempt.sequence += 1;
        const request = this.#createRequest(attempt, extras.headers ?? []);
        const transaction = this.#context.sendOut(request, this.#options, handlers, { complete, after });
        after = transaction;
        attempt.request = transaction.request;
        return transaction;
      },
      this.#digest,
      { headers: [] },
      (outcome) => this.#answered(attempt, outcome),
    );
  }

  #createRequest(
    { callId, localTag, sequence }: Pick<Attempt, 'callId' | 'localTag' | 'sequence'>,
    credentials: HeaderList,
  ): SipRequest {
    const { uri, from, to = nameAddr(uri), route = [], body, contentType, event, headers = [] } = this.#options;
    return createRequest({
      method: 'SUBSCRIBE',
      uri,
      from: withTag(from, localTag),
      to,
      callId,
      cseq: { sequence },
      route,
      headers: [
        ['Event', serializeEvent(event)],
        ['Accept', typesOf(this.#options.package).join(', ')],
        ['Expires', String(this.#expiresS)],
        ...headers,
        ...credentials,
        ...this.#context.capabilities(),
      ],
      body,
      contentType,
    });
  }

  #createLeg(dialog: Dialog, flow: Flow): { readonly leg: SubscriberLeg; readonly owner: EventDialog } {
    const { contactUser, event, package: eventPackage } = this.#options;
    const owner = new EventDialog({ context: this.#context, dialog, flow, contactUser });
    const leg = new SubscriberLeg({
      context: this.#context,
      dialog: owner,
      event,
      package: eventPackage,
      digest: this.#digest,
      expiresS: this.#expiresS,
      onNotify: (notification) => guarded(this.#context.log, () => this.#handlers.onNotify?.(notification), undefined),
      onEnded: (end) => this.#legEnded(dialog.remoteTag, end),
    });
    this.#legs.set(dialog.remoteTag, leg);
    return { leg, owner };
  }

  #answered(attempt: Attempt, { response, flow }: Outcome): void {
    attempt.answered = true;
    if (attempt !== this.#attempt) return;
    const { statusCode } = response;
    if (statusCode < 300 && flow !== null && attempt.request !== null) {
      const granted = expires(response);
      const grantedS = granted.ok ? granted.value : undefined;
      const tag = tagOf(response.to) ?? '';
      if (this.#legs.has(tag)) this.#legs.get(tag)?.granted(grantedS);
      else if (this.#legs.size === 0 && !attempt.gone.has(tag)) {
        const { leg } = this.#createLeg(createUacDialog(attempt.request, response), flow);
        leg.granted(grantedS);
        if (this.#phase === 'ending') leg.end();
      }
      if (this.#phase === 'ending') this.#endIfIdle();
      return;
    }
    // A NOTIFY says more than a response that was lost.
    if (this.#legs.size > 0) return;
    const least = statusCode === 423 ? minExpires(response) : null;
    this.#stopAttempt();
    if (least?.ok === true && least.value !== undefined && this.#briefs < MAX_BRIEF && this.#phase === 'open') {
      this.#briefs += 1;
      this.#expiresS = Math.max(this.#expiresS, least.value);
      this.#start();
      return;
    }
    const after = retryAfter(response);
    const retryAfterS = after.ok ? after.value : undefined;
    this.#ended({ cause: 'refused', statusCode, response, retryAfterS });
  }

  /** Timer N: RFC 6665 §4.1.2.4. No further fork is taken; a dialog without a NOTIFY never was one. */
  #timedOut(attempt: Attempt): void {
    if (attempt !== this.#attempt) return;
    this.#stopAttempt();
    if (this.#legs.size === 0) this.#ended({ cause: 'no-notify' });
    for (const leg of [...this.#legs.values()]) leg.expectNotify();
  }

  #stopAttempt(): void {
    if (this.#attempt === null) return;
    this.#attempt.timerN?.cancel();
    this.#context.dialogs.unawait(this.#attempt);
    this.#attempt = null;
  }

  #legEnded(remoteTag: string, end: SubscriberEnd): void {
    this.#legs.delete(remoteTag);
    this.#attempt?.gone.add(remoteTag);
    if (this.#legs.size > 0) return;
    if (this.#phase === 'ending') this.#endIfIdle();
    else {
      this.#stopAttempt();
      this.#ended(end);
    }
  }

  /** Everything of it is gone: for good, or to come again. */
  #ended(end: SubscriberEnd): void {
    if (this.#phase === 'ended') return;
    const lived = this.#context.clock.nowMs() - this.#startedAtMs;
    if (lived >= HEALTHY_MS && end.cause !== 'no-notify' && end.cause !== 'refused') this.#failures = 0;
    const waitMs = this.#phase === 'open' && this.#options.retry !== false ? this.#retryAfterMs(end) : null;
    if (waitMs === null) {
      this.#finish(this.#phase === 'ending' ? { cause: 'unsubscribed' } : end);
      return;
    }
    this.#failures += 1;
    this.#briefs = 0;
    this.#retry = this.#context.clock.setTimer(waitMs, () => {
      this.#retry = null;
      this.#start();
    });
    guarded(this.#context.log, () => this.#handlers.onRetry?.(end, waitMs), undefined);
  }

  /** RFC 6665 §4.1.3: when to subscribe again; null for never. */
  #retryAfterMs({ cause, reason, retryAfterS, statusCode = 0 }: SubscriberEnd): number | null {
    if (this.#options.expiresS === 0) return null;
    if (reason === 'rejected' || reason === 'noresource' || reason === 'invariant') return null;
    if (cause === 'refused' && !passing.has(statusCode) && retryAfterS === undefined) return null;
    const atOnce = cause === 'lost' || reason === 'deactivated' || reason === 'timeout';
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    // Half to whole of it, so that subscribers of a server that was restarted do not all come at once.
    const spreadMs = backoffMs * (0.5 + randomFraction(this.#context.random) / 2);
    if (atOnce && this.#failures === 0) return 0;
    if (retryAfterS !== undefined && !atOnce) return Math.max(retryAfterS * 1000, this.#failures === 0 ? 0 : spreadMs);
    return spreadMs;
  }

  /** While it ends: nothing is left that could still bring a dialog. */
  #endIfIdle(): void {
    if (this.#legs.size > 0 || (this.#attempt !== null && !this.#attempt.answered)) return;
    this.#stopAttempt();
    this.#finish({ cause: 'unsubscribed' });
  }

  #finish(end: SubscriberEnd): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#stopAttempt();
    this.#retry?.cancel();
    this.#context.usages.delete(this);
    guarded(this.#context.log, () => this.#handlers.onEnded?.(end), undefined);
    for (const resolve of this.#waiting) resolve();
  }
}
