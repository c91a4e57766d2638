import type { Timer } from '../../base/clock.js';
import {
  type EventValue,
  parseEvent,
  parseSubscriptionState,
  type SubscriptionStateValue,
  sameEvent,
  serializeEvent,
} from '../headers/event.js';
import { expires, minExpires, contentType as readContentType } from '../headers.js';
import type { SipRequest } from '../message.js';
import type { AnyEventPackage } from '../packages/package.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { UaContext } from './context.js';
import { type Outcome, requestInDialog } from './dialog-request.js';
import type { DigestClient } from './digest-client.js';
import { KnownState } from './known-state.js';
import type { DialogGuest, DialogPort } from './shared-dialog.js';
import { typesOf } from './subscribe-checks.js';
import type { Notification, SubscriberEnd } from './subscriber.js';

export interface SubscriberLegOptions {
  readonly context: UaContext;
  readonly dialog: { join(guest: DialogGuest): DialogPort };
  readonly event: EventValue;
  readonly package: AnyEventPackage;
  readonly digest: DigestClient | null;
  /** Seconds to ask for; 0 for a fetch. */
  readonly expiresS: number;
  onNotify(notification: Notification<unknown>): void;
  /** Exactly once. */
  onEnded(end: SubscriberEnd): void;
}

/** RFC 6665 §4.1.2.2: refusals of a refresh that end the subscription; after any other it lives until it expires. */
const endsSubscription = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

/** A refresh leaves that long before the end, for its retransmissions, or at half time when there is less. */
const MARGIN_MS = 35_000;
/** Not every second again, whatever a notifier grants. */
const MIN_REFRESH_MS = 500;
/** What a NOTIFY or a 2xx may promise: a timer of 2³¹ ms is none. */
const MAX_EXPIRES_S = 1_000_000;
/** 423s to a refresh in a row that are answered at once. */
const MAX_BRIEF = 3;

/** One dialog of a subscription of ours: its NOTIFYs, its refreshes, its end (RFC 6665 §4.1.2.2 to §4.1.3). */
export class SubscriberLeg implements DialogGuest {
  readonly #options: SubscriberLegOptions;
  readonly #context: UaContext;
  readonly #port: DialogPort;
  readonly #known: KnownState;
  #state: 'subscribing' | 'pending' | 'active' = 'subscribing';
  #phase: 'open' | 'ending' | 'ended' = 'open';
  #askedS: number;
  #inFlight = false;
  /** A NOTIFY has to come: the first one, or the one after our SUBSCRIBE. */
  #isOwed = true;
  #expiresAtMs = Number.POSITIVE_INFINITY;
  #refresh: Timer | null = null;
  #expiry: Timer | null = null;
  #timerN: Timer | null = null;
  /** 423s since the last 2xx. */
  #briefs = 0;

  constructor(options: SubscriberLegOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#known = new KnownState(options.package);
    this.#askedS = options.expiresS;
    this.#port = options.dialog.join(this);
  }

  get state(): 'subscribing' | 'pending' | 'active' {
    return this.#state;
  }

  /** What the 2xx of a SUBSCRIBE granted; without Expires it is what was asked for. */
  granted(expiresS: number | undefined): void {
    if (this.#phase === 'open') this.#expect(expiresS ?? this.#askedS);
  }

  refresh(): void {
    if (this.#phase === 'open' && !this.#inFlight) this.#subscribe(this.#askedS);
  }

  /** Unsubscribes; `onEnded` follows with the last NOTIFY, or Timer N. */
  end(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'ending';
    this.#refresh?.cancel();
    this.#expiry?.cancel();
    if (!this.#inFlight) this.#subscribe(0);
  }

  /** The user agent closes: tells the notifier once. */
  close(): void {
    if (this.#phase === 'ended') return;
    if (this.#phase === 'open') this.#send(0, () => {});
    this.#phase = 'ended';
    this.#release();
  }

  /** Timer N of the SUBSCRIBE that made the dialog. */
  expectNotify(): void {
    if (this.#isOwed && this.#timerN === null) this.#finish({ cause: 'no-notify' });
  }

  receive(transaction: ServerTransaction): boolean {
    const { request } = transaction;
    const event = parseEvent(request);
    if (request.method !== 'NOTIFY' || !event.ok || event.value === undefined) return false;
    if (!sameEvent(event.value, this.#options.event)) return false;
    const refusal = this.#take(request);
    const { statusCode, ...more } = refusal ?? { statusCode: 200 };
    transaction.respond(this.#context.createResponse(transaction, statusCode, more));
    if (refusal === null) this.#notified(request);
    return true;
  }

  /** Null when the NOTIFY can be read. */
  #take(request: SipRequest) {
    if (!parseSubscriptionState(request).ok) return { statusCode: 400, reasonPhrase: 'Bad Subscription-State' };
    if (request.body.length === 0) return null;
    const type = readContentType(request);
    const types = typesOf(this.#options.package);
    if (!type.ok || type.value === undefined) return { statusCode: 400, reasonPhrase: 'Bad Content-Type' };
    if (!types.includes(type.value.type)) {
      return { statusCode: 415, headers: [['Accept', types.join(', ')] as const] };
    }
    return this.#known.read(request.body, type.value.type) ? null : { statusCode: 400, reasonPhrase: 'Bad Body' };
  }

  #notified(request: SipRequest): void {
    const read = parseSubscriptionState(request);
    if (!read.ok) return;
    const subscription = read.value;
    this.#port.refresh(request);
    this.#isOwed = false;
    if (this.#phase === 'open') {
      this.#timerN?.cancel();
      this.#timerN = null;
    }
    const taken = this.#known.apply();
    if (subscription.state === 'active' || subscription.state === 'pending') this.#state = subscription.state;
    this.#options.onNotify({
      state: this.#known.state,
      hasDocument: taken === 'new',
      subscription,
      request,
      dialog: this.#port.dialog.remoteTag,
    });
    this.#follow(subscription, taken === 'gap');
  }

  #follow({ state, reason, expiresS, retryAfterS }: SubscriptionStateValue, gap: boolean): void {
    if (this.#phase === 'ended') return;
    if (state === 'terminated') {
      if (this.#options.expiresS === 0) this.#finish({ cause: 'fetched', reason });
      else this.#finish({ cause: 'terminated', reason, retryAfterS });
    } else if (this.#options.expiresS === 0) {
      // RFC 6665 §4.4.3: a notifier that does not say so has ended it all the same.
      this.#finish({ cause: 'fetched' });
    } else if (this.#phase === 'open') {
      if (expiresS !== undefined) this.#expect(expiresS);
      else if (this.#expiresAtMs === Number.POSITIVE_INFINITY) this.#expect(this.#askedS);
      if (gap) this.refresh();
    }
  }

  /** It will end in so many seconds unless it is refreshed. */
  #expect(seconds: number): void {
    if (this.#options.expiresS === 0) return;
    const { clock } = this.#context;
    const leftMs = Math.min(seconds, MAX_EXPIRES_S) * 1000;
    this.#expiresAtMs = clock.nowMs() + leftMs;
    this.#expiry?.cancel();
    this.#expiry = clock.setTimer(leftMs + 1000, () => this.#finish({ cause: 'lost' }), { liveness: true });
    this.#refreshIn(Math.max(leftMs / 2, leftMs - MARGIN_MS));
  }

  #refreshIn(waitMs: number): void {
    this.#refresh?.cancel();
    this.#refresh = this.#context.clock.setTimer(Math.max(MIN_REFRESH_MS, waitMs), () => this.refresh());
  }

  #subscribe(expiresS: number): void {
    this.#inFlight = true;
    this.#isOwed = true;
    this.#timerN?.cancel();
    this.#timerN = this.#context.clock.setTimer(64 * this.#context.timers.t1Ms, () =>
      this.#finish({ cause: this.#phase === 'ending' ? 'unsubscribed' : 'no-notify' }),
    );
    this.#send(expiresS, (outcome) => {
      this.#inFlight = false;
      if (this.#phase === 'ended') return;
      if (this.#phase === 'ending' && expiresS > 0) this.#subscribe(0);
      else if (this.#phase === 'ending') this.#unsubscribed(outcome);
      else this.#refreshed(outcome);
    });
  }

  #send(expiresS: number, done: (outcome: Outcome) => void): void {
    const { event, digest, package: eventPackage } = this.#options;
    const headers = [
      ['Contact', this.#port.contact()],
      ['Event', serializeEvent(event)],
      ['Accept', typesOf(eventPackage).join(', ')],
      ['Expires', String(expiresS)],
    ] as const;
    requestInDialog(this.#port, digest, 'SUBSCRIBE', { headers }, done);
  }

  #unsubscribed({ response }: Outcome): void {
    // After a 2xx the last NOTIFY is waited for; after a refusal there is none.
    if (response.statusCode >= 300) this.#finish({ cause: 'unsubscribed' });
  }

  #refreshed({ response, made }: Outcome): void {
    const { statusCode } = response;
    if (statusCode < 300) {
      this.#briefs = 0;
      this.#port.refresh(response);
      const granted = expires(response);
      this.granted(granted.ok ? granted.value : undefined);
      return;
    }
    this.#timerN?.cancel();
    this.#timerN = null;
    this.#isOwed = false;
    const least = statusCode === 423 ? minExpires(response) : null;
    if (!made && statusCode === 481) this.#finish({ cause: 'lost' });
    else if (!made && endsSubscription.has(statusCode)) this.#finish({ cause: 'refused', statusCode, response });
    else if (least?.ok === true && least.value !== undefined && this.#mayAskAgain(least.value)) this.refresh();
    else {
      // RFC 6665 §4.1.2.2: still valid for the time that is left.
      this.#refreshIn((this.#expiresAtMs - this.#context.clock.nowMs()) / 2);
    }
  }

  /** RFC 6665 §4.1.2.2: what a 423 wants is asked for from now on, but of several in a row the later ones wait. */
  #mayAskAgain(leastS: number): boolean {
    if (leastS <= this.#askedS) return false;
    this.#askedS = leastS;
    this.#briefs += 1;
    return this.#briefs <= MAX_BRIEF;
  }

  #finish(end: SubscriberEnd): void {
    if (this.#phase === 'ended') return;
    const asked = this.#phase === 'ending';
    this.#phase = 'ended';
    this.#release();
    this.#options.onEnded(asked ? { cause: 'unsubscribed' } : end);
  }

  #release(): void {
    this.#refresh?.cancel();
    this.#expiry?.cancel();
    this.#timerN?.cancel();
    this.#port.leave(this);
  }
}
