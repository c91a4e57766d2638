import type { HeaderList } from '../build.js';
import { type NameAddr, tagOf } from '../header-values.js';
import type { SubscriptionStateValue } from '../headers/event.js';
import { type EndReason, type EventValue, eventValue, parseEvent, parseSubscriptionState } from '../headers/event.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { AnyEventPackage, EventPackage } from '../packages/package.js';
import type { Params } from '../params.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Uri } from '../uri.js';
import type { UaContext } from './context.js';
import { guarded } from './guard.js';
import { ClientSubscription } from './subscriber-subscription.js';
import type { CredentialsSource, OutOfDialogRequest } from './types.js';
import type { MethodHandler, Usage } from './usage.js';

export interface SubscribeOptions<State> {
  readonly package: EventPackage<State>;
  readonly uri: Uri;
  /** See OutOfDialogRequest. */
  readonly target?: OutOfDialogRequest['target'];
  readonly sendTo?: OutOfDialogRequest['sendTo'];
  readonly route?: OutOfDialogRequest['route'];
  /** The tag is added. */
  readonly from: NameAddr;
  /** `uri` unless told. */
  readonly to?: NameAddr | undefined;
  /** The user part of our Contact. */
  readonly contactUser?: string | undefined;
  readonly eventParams?: Params | Readonly<Record<string, string | null>> | undefined;
  /** Seconds to ask for; the package's default unless told. 0 fetches the state once. */
  readonly expiresS?: number | undefined;
  readonly headers?: HeaderList | undefined;
  /** A filter, as the package defines it. */
  readonly body?: Buffer | undefined;
  readonly contentType?: string | undefined;
  readonly credentials?: CredentialsSource | undefined;
  /**
   * RFC 6665 §4.1.4: a SUBSCRIBE that forks may make several subscriptions. `first` refuses the NOTIFYs of all but one
   * with 481, `all` keeps them apart by `Notification.dialog`. `first` unless told.
   */
  readonly forks?: 'first' | 'all' | undefined;
  /** Whether it subscribes anew after an end that allows it (RFC 6665 §4.1.3). True unless told. */
  readonly retry?: boolean | undefined;
}

/** One NOTIFY, already answered. */
export interface Notification<State> {
  /** What is known now, partial documents joined with what they change; null as long as no document has come. */
  readonly state: State | null;
  /** True when this NOTIFY had a document. */
  readonly hasDocument: boolean;
  readonly subscription: SubscriptionStateValue;
  readonly request: SipRequest;
  /** Tells the dialogs of a forked subscription apart: the tag of the notifier. */
  readonly dialog: string;
}

/**
 * `unsubscribed`: by us. `fetched`: Expires was 0. `terminated`: by the notifier, with its reason. `refused`: a response
 * to SUBSCRIBE. `no-notify`: Timer N. `lost`: the notifier does not know it any more, or did not answer until it had
 * expired. `closed`: the user agent was closed.
 */
export type SubscriberEndCause =
  | 'unsubscribed'
  | 'fetched'
  | 'terminated'
  | 'refused'
  | 'no-notify'
  | 'lost'
  | 'closed';

export interface SubscriberEnd {
  readonly cause: SubscriberEndCause;
  readonly reason?: EndReason | undefined;
  readonly retryAfterS?: number | undefined;
  /** Of `refused`; 408 and 503 may be made here (RFC 3261 §8.1.3.1). */
  readonly statusCode?: number | undefined;
  readonly response?: SipResponse | undefined;
}

export interface SubscriberHandlers<State> {
  onNotify?(notification: Notification<State>): void;
  /** It has ended for now, and will be subscribed anew in so many milliseconds. */
  onRetry?(end: SubscriberEnd, afterMs: number): void;
  /** Exactly once, last. */
  onEnded?(end: SubscriberEnd): void;
}

/** A subscription of ours. */
export interface Subscription {
  /** RFC 6665 §4.1.2: `pending` and `active` as the notifier said last. */
  readonly state: 'subscribing' | 'pending' | 'active' | 'retrying' | 'ending' | 'ended';
  /** Asks for the whole state now. */
  refresh(): void;
  /** RFC 6665 §4.1.2.3: unsubscribes; resolves after the last NOTIFY, or Timer N. May be called twice. */
  end(): Promise<void>;
}

export interface SubscriberOptions {
  /**
   * A NOTIFY that belongs to no subscription, as some voice-mail servers send (RFC 3842): true takes it with 200.
   * Without this handler, and on false, it gets 481 (RFC 6665 §4.1.3).
   */
  onUnsolicited?(notification: UnsolicitedNotify): boolean;
}

export interface UnsolicitedNotify {
  readonly request: SipRequest;
  readonly event: EventValue;
  /** Undefined when it has none, or one that cannot be read. */
  readonly subscription: SubscriptionStateValue | undefined;
  readonly source: { readonly address: string; readonly port: number };
}

/**
 * The subscriber: RFC 6665 §4.1 for any number of packages and resources. `ua.use` adds it. NOTIFYs reach their
 * subscription by dialog, Event and id, those of a REFER in an INVITE dialog included; the rest is answered here.
 */
export class Subscriber implements Usage {
  readonly methods: Readonly<Record<string, MethodHandler>> = { NOTIFY: (transaction) => this.#receive(transaction) };
  readonly counters = { unsolicited: 0, unknown: 0 };
  readonly context: UaContext;
  readonly #options: SubscriberOptions;

  constructor(context: UaContext, options: SubscriberOptions = {}) {
    this.context = context;
    this.#options = options;
  }

  /** No handler is called before this returns. */
  subscribe<State>(options: SubscribeOptions<State>, handlers: SubscriberHandlers<State>): Subscription {
    const { package: eventPackage, eventParams = {} } = options;
    const event = eventValue(eventPackage.name, eventParams);
    return new ClientSubscription(
      this.context,
      { ...options, package: eventPackage as AnyEventPackage, event },
      handlers as SubscriberHandlers<unknown>,
    );
  }

  /** RFC 6665 §4.4.3: the state once. Null when the notifier gave none. Never rejects. */
  fetch<State>(
    options: SubscribeOptions<State>,
  ): Promise<{ readonly state: State | null; readonly end: SubscriberEnd }> {
    return new Promise((resolve) => {
      let state: State | null = null;
      this.subscribe(
        { ...options, expiresS: 0, retry: false },
        {
          onNotify: (notification) => {
            state = notification.state;
          },
          onEnded: (end) => resolve({ state, end }),
        },
      );
    });
  }

  /** A NOTIFY that no dialog has taken. */
  #receive(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const event = parseEvent(request);
    const handler = this.#options.onUnsolicited;
    const known = event.ok ? event.value : undefined;
    if (known !== undefined && handler !== undefined) {
      const state = parseSubscriptionState(request);
      const notification = {
        request,
        event: known,
        subscription: state.ok ? state.value : undefined,
        source: flow.remote,
      };
      if (guarded(this.context.log, () => handler(notification), false)) {
        this.counters.unsolicited += 1;
        transaction.respond(this.context.createResponse(transaction, 200));
        return;
      }
    }
    this.counters.unknown += 1;
    const reasonPhrase = tagOf(request.to) === undefined ? 'Subscription Does Not Exist' : undefined;
    transaction.respond(this.context.createResponse(transaction, 481, { reasonPhrase }));
  }
}
