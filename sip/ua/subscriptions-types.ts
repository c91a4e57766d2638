import type { NameAddr } from '../header-values.js';
import type { EventValue } from '../headers/event.js';
import type { SipRequest } from '../message.js';
import type { AnyEventPackage } from '../packages/package.js';
import type { Flow } from '../transport/transport.js';
import type { NotifierEnd, NotifierHandlers, NotifierSubscription } from './notifier.js';
import type { CredentialsSource, ResponseOptions } from './types.js';

/** A SUBSCRIBE that somebody has to decide on. */
export interface SubscribeRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly package: string;
  readonly event: EventValue;
  /** The Request-URI as an address-of-record, for instance `sip:alice@example.com`. */
  readonly resource: string;
  /** Its From. Not authenticated. */
  readonly watcher: NameAddr;
  /** What will be granted; 0 asks for the state once. */
  readonly expiresS: number;
}

/**
 * RFC 6665 §4.2.1.2. `pending` is decided later with `approve` or `end('rejected')`; `blocked` looks like `active` to
 * the subscriber, who sees what the package shows to those that may not know (RFC 3856 §6.6.2).
 */
export type SubscribeDecision =
  | { readonly status: 'active' | 'pending' | 'blocked'; readonly resource?: string | undefined }
  | ({ readonly status: 'rejected'; readonly statusCode: number } & ResponseOptions);

/** One package that is served. */
export interface ServedPackage {
  readonly package: AnyEventPackage;
  /** The state of a resource now, undefined for none; without it the last pushed state is kept and used. */
  readonly current?: ((resource: string) => unknown) | undefined;
  /** Seconds; 60 unless told. */
  readonly minExpiresS?: number | undefined;
  /** Seconds; 3600, or the package's default if longer, unless told. */
  readonly maxExpiresS?: number | undefined;
}

export interface SubscriptionLimits {
  /** Subscriptions at once, of one resource, and of one source address. */
  readonly total: number;
  readonly perResource: number;
  readonly perSource: number;
  /** SUBSCRIBEs that wait for their decision. */
  readonly undecided: number;
  /** Resources whose last pushed state is kept; the one pushed longest ago goes first. */
  readonly states: number;
  readonly decisionMs: number;
}

export const defaultSubscriptionLimits: SubscriptionLimits = {
  total: 50_000,
  perResource: 2_000,
  perSource: 5_000,
  undecided: 1_000,
  states: 50_000,
  decisionMs: 10_000,
};

export interface SubscriptionsOptions {
  readonly packages: readonly ServedPackage[];
  /** Who may subscribe to what. What it throws is a 500; no answer within `decisionMs` a 503. */
  onSubscribe(request: SubscribeRequest): SubscribeDecision | Promise<SubscribeDecision>;
  /**
   * Asked before each refresh; a refusal leaves the subscription as it was. What it grants to another host than before
   * is told there from now on. Without it refreshes are granted, and NOTIFYs go to the host that they have gone to.
   */
  onRefresh?(request: SubscribeRequest, subscription: NotifierSubscription): SubscribeDecision;
  /** `request` is what `onSubscribe` was asked with, `resource` apart. */
  onStarted?(subscription: NotifierSubscription, request: SubscribeRequest): void;
  onEnded?(subscription: NotifierSubscription, end: NotifierEnd): void;
  /**
   * A SUBSCRIBE inside an INVITE dialog: shared for the sake of older phones, which RFC 6665 §4.5.2 allows while our
   * Contact is no GRUU, or refused with 403, which it demands when it is one. `share` unless told.
   */
  readonly inDialogs?: 'share' | 'refuse' | undefined;
  /** Answers challenges to our NOTIFYs. */
  readonly credentials?: CredentialsSource | undefined;
  readonly limits?: Partial<SubscriptionLimits> | undefined;
}

/** What a subscription that comes with another request than SUBSCRIBE starts with. */
export interface ImplicitSubscription {
  readonly package: AnyEventPackage;
  readonly event: EventValue;
  readonly resource: string;
  readonly contentType: string;
  readonly watcher: NameAddr;
  readonly handlers: NotifierHandlers;
}
