import type { HeaderList } from '../build.js';
import { createUasDialog } from '../dialog/dialog.js';
import { detachNameAddr, tagOf } from '../header-values.js';
import { type EndReason, type EventValue, parseEvent } from '../headers/event.js';
import type { SipRequest } from '../message.js';
import type { EventPackage, WatcherList } from '../packages/package.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { DialogOwner, UaContext } from './context.js';
import { Decision } from './decision.js';
import { DigestClient } from './digest-client.js';
import { EventDialog } from './event-dialog.js';
import { guarded } from './guard.js';
import { type NotifierEnd, NotifierSubscription } from './notifier.js';
import type { Refusal } from './request-checks.js';
import {
  acceptedType,
  type Checked,
  grantedExpiry,
  hasOneContact,
  refused,
  resourceOf,
  typesOf,
  userOf,
} from './subscribe-checks.js';
import { SubscriptionTable } from './subscription-table.js';
import {
  defaultSubscriptionLimits,
  type ImplicitSubscription,
  type ServedPackage,
  type SubscribeDecision,
  type SubscribeRequest,
  type SubscriptionLimits,
  type SubscriptionsOptions,
} from './subscriptions-types.js';
import type { ResponseOptions } from './types.js';
import type { MethodHandler, Usage } from './usage.js';

/** Retry-After of what a limit refuses, seconds. */
const BUSY_S = 30;

/**
 * The notifier: RFC 6665 §4.2 for any number of packages. `ua.use` adds it. Limits are those of SubscriptionLimits; a
 * SUBSCRIBE beyond one gets 503, counted `refused`; states beyond `states` are counted `statesDropped`.
 */
export class Subscriptions implements Usage {
  readonly methods: Readonly<Record<string, MethodHandler>> = {
    SUBSCRIBE: (transaction) => this.#receive(transaction),
  };
  readonly events: readonly string[];
  readonly counters = { started: 0, refreshed: 0, ended: 0, unheard: 0, denied: 0, refused: 0, statesDropped: 0 };
  readonly context: UaContext;
  readonly #options: SubscriptionsOptions;
  readonly #limits: SubscriptionLimits;
  readonly #served: ReadonlyMap<string, ServedPackage>;
  readonly #table: SubscriptionTable;
  /** Packages of which a SUBSCRIBE makes no subscription (RFC 3515 §2.4.4). */
  readonly #implicit = new Set<string>();
  #undecided = 0;

  constructor(context: UaContext, options: SubscriptionsOptions) {
    this.context = context;
    this.#options = options;
    this.#limits = { ...defaultSubscriptionLimits, ...options.limits };
    this.#served = new Map(options.packages.map((served) => [served.package.name, served]));
    this.#table = new SubscriptionTable(this.#limits.states, () => {
      this.counters.statesDropped += 1;
    });
    this.events = [...this.#served.keys()];
  }

  /** Subscriptions that have not ended, implicit ones apart. */
  get size(): number {
    return this.#table.size;
  }

  /** The state of the resource is this from now on: whoever is subscribed is told. */
  notify<State>(eventPackage: EventPackage<State>, resource: string, state: State): void {
    const { name } = eventPackage;
    if (this.#served.get(name)?.current === undefined) this.#table.keep(name, resource, state);
    for (const subscription of this.#table.of(name, resource)) subscription.push(state);
  }

  /** Those that watch the resource now. */
  of(eventPackage: { readonly name: string }, resource: string): readonly NotifierSubscription[] {
    return this.#table.of(eventPackage.name, resource);
  }

  /** Ends every subscription to the resource and forgets its state: `noresource` when it is gone (RFC 6665 §4.1.3). */
  end(eventPackage: { readonly name: string }, resource: string, reason: EndReason, retryAfterS?: number): void {
    this.#table.forget(eventPackage.name, resource);
    for (const subscription of this.#table.of(eventPackage.name, resource)) subscription.end(reason, retryAfterS);
  }

  /** RFC 3857 §4.7: the watchers of a resource, the state of its winfo package. */
  watchers(packageName: string, resource: string): WatcherList {
    return this.#table.watchers(packageName, resource);
  }

  /** From now on a SUBSCRIBE makes no subscription to this package: another request does (RFC 3515 §2.4.4). */
  implicit(packageName: string): void {
    this.#implicit.add(packageName);
  }

  /** Grants a SUBSCRIBE for an implicit subscription: longer, or its end. */
  refreshImplicit(subscription: NotifierSubscription, transaction: ServerTransaction, maxExpiresS: number): void {
    const rules = { defaultExpiresS: maxExpiresS, minExpiresS: 0, maxExpiresS };
    const expiry = grantedExpiry(transaction.request, rules);
    if (!expiry.ok) {
      this.#refuse(transaction, expiry.refusal);
      return;
    }
    this.#grant(transaction, expiry.value, subscription.contact());
    subscription.refresh(expiry.value, transaction.request);
  }

  /** A subscription that another request than SUBSCRIBE has made (RFC 3515 §2.4.4); its answer has not left yet. */
  createImplicit(options: ImplicitSubscription): NotifierSubscription {
    return new NotifierSubscription({
      context: this.context,
      status: 'active',
      blocked: false,
      digest: this.#digest(),
      ...options,
    });
  }

  /** The dialog of a request that makes a subscription: a new one, or the one that it came in; null when that is gone. */
  dialogFor(transaction: ServerTransaction): Pick<Required<DialogOwner>, 'join'> | null {
    const { request, flow, localTag } = transaction;
    if (tagOf(request.to) !== undefined) {
      const owner = this.context.dialogs.findForRequest(request);
      return owner?.join === undefined ? null : { join: (guest) => owner.join?.(guest) ?? null };
    }
    const dialog = createUasDialog(request, localTag);
    return new EventDialog({ context: this.context, dialog, flow, contactUser: userOf(request.uri), keepsHost: true });
  }

  #digest(): DigestClient | null {
    const { credentials } = this.#options;
    return credentials === undefined ? null : new DigestClient(credentials, this.context.random);
  }

  /** A SUBSCRIBE that belongs to no subscription of ours yet. */
  #receive(transaction: ServerTransaction): void {
    const checked = this.#check(transaction.request);
    if (checked.ok) this.#decide(transaction, checked.value);
    else this.#refuse(transaction, checked.refusal);
  }

  #check(request: SipRequest): Checked<Asked> {
    const event = parseEvent(request);
    if (!event.ok) return refused({ statusCode: 400, reasonPhrase: 'Bad Event' });
    const name = event.value?.name ?? '';
    const served = this.#served.get(name);
    // RFC 3515 §2.4.4: a subscription to `refer` comes with a REFER alone.
    if (this.#implicit.has(name)) return refused({ statusCode: 403 });
    if (event.value === undefined || served === undefined)
      return refused({ statusCode: 489, headers: this.#allowEvents() });
    if (!hasOneContact(request)) return refused({ statusCode: 400, reasonPhrase: 'Bad Contact' });
    if (tagOf(request.to) !== undefined && this.#options.inDialogs === 'refuse') return refused({ statusCode: 403 });
    const types = typesOf(served.package);
    const contentType = acceptedType(request, types);
    if (contentType === null) return refused({ statusCode: 406, headers: [['Accept', types.join(', ')]] });
    const expiry = grantedExpiry(request, rulesOf(served));
    if (!expiry.ok) return expiry;
    return { ok: true, value: { served, event: event.value, contentType, expiresS: expiry.value } };
  }

  #decide(transaction: ServerTransaction, asked: Asked): void {
    const { total, perSource, undecided, decisionMs } = this.#limits;
    const source = transaction.flow.remote.address;
    if (this.#table.size >= total || this.#table.fromSource(source) >= perSource || this.#undecided >= undecided) {
      this.#busy(transaction);
      return;
    }
    const subject = subscribeRequest(transaction, asked);
    this.#undecided += 1;
    new Decision(this.context, decisionMs, () => this.#options.onSubscribe(subject), {
      onDecided: (decision) => this.#decided(transaction, asked, decision),
      onFailed: () => this.#refuse(transaction, { statusCode: 500 }),
      onLate: () => this.#busy(transaction),
      onDone: () => {
        this.#undecided -= 1;
      },
    }).start();
  }

  #decided(transaction: ServerTransaction, asked: Asked, decision: SubscribeDecision): void {
    if (decision.status === 'rejected') {
      this.counters.denied += 1;
      this.#refuse(transaction, decision);
      return;
    }
    const { served, expiresS } = asked;
    const resource = decision.resource ?? resourceOf(transaction.request.uri);
    if (this.#table.of(served.package.name, resource).length >= this.#limits.perResource) {
      this.#busy(transaction);
      return;
    }
    const source = transaction.flow.remote.address;
    const subscription = this.#create(transaction, asked, decision, resource);
    const port = this.dialogFor(transaction)?.join(subscription) ?? null;
    if (port === null) {
      this.#refuse(transaction, { statusCode: 481 });
      return;
    }
    this.counters.started += 1;
    this.#table.add(subscription, source);
    this.#grant(transaction, expiresS, port.contact());
    subscription.open(port, expiresS, this.#current(served, resource));
    const subject = subscribeRequest(transaction, asked);
    guarded(this.context.log, () => this.#options.onStarted?.(subscription, subject), undefined);
  }

  #create(
    { request, flow }: ServerTransaction,
    asked: Asked,
    { status }: { readonly status: 'active' | 'pending' | 'blocked' },
    resource: string,
  ): NotifierSubscription {
    return new NotifierSubscription({
      context: this.context,
      package: asked.served.package,
      event: asked.event,
      resource,
      contentType: asked.contentType,
      status: status === 'pending' ? 'pending' : 'active',
      blocked: status === 'blocked',
      watcher: detachNameAddr(request.from),
      digest: this.#digest(),
      handlers: {
        onSubscribe: (one, refresh) => this.#refresh(one, refresh, asked),
        onChanged: (one) => this.#tellWatchers(one),
        onEnded: (one, end) => this.#ended(one, end, flow.remote.address),
      },
    });
  }

  #current(served: ServedPackage, resource: string): unknown {
    const { name, watches } = served.package;
    const { current } = served;
    if (current !== undefined) return guarded(this.context.log, () => current(resource), undefined);
    return watches === undefined ? this.#table.kept(name, resource) : this.watchers(watches, resource);
  }

  #refresh(subscription: NotifierSubscription, transaction: ServerTransaction, asked: Asked): void {
    const { request } = transaction;
    const expiry = grantedExpiry(request, rulesOf(asked.served));
    if (!expiry.ok) {
      this.#refuse(transaction, expiry.refusal);
      return;
    }
    const subject = subscribeRequest(transaction, { ...asked, expiresS: expiry.value });
    const decision = this.#options.onRefresh?.({ ...subject, resource: subscription.resource }, subscription);
    if (decision?.status === 'rejected') {
      this.counters.denied += 1;
      this.#refuse(transaction, decision);
      return;
    }
    if (decision !== undefined && expiry.value > 0) subscription.follow(transaction.flow);
    this.counters.refreshed += 1;
    this.#grant(transaction, expiry.value, subscription.contact());
    subscription.refresh(expiry.value, request);
  }

  /** RFC 6665 §4.2.1.1: always 200; a NOTIFY follows at once. */
  #grant(transaction: ServerTransaction, expiresS: number, contact: string): void {
    const headers: HeaderList = [
      ['Contact', contact],
      ['Expires', String(expiresS)],
    ];
    transaction.respond(this.context.createResponse(transaction, 200, { headers, copyRecordRoute: true }));
  }

  #ended(subscription: NotifierSubscription, end: NotifierEnd, source: string): void {
    this.#table.remove(subscription, source);
    this.counters.ended += 1;
    if (!end.told) this.counters.unheard += 1;
    this.#tellWatchers(subscription);
    guarded(this.context.log, () => this.#options.onEnded?.(subscription, end), undefined);
  }

  /** RFC 3857 §4.7: a change of a subscription is an event of the package that watches its package. */
  #tellWatchers(changed: NotifierSubscription): void {
    const { resource } = changed;
    for (const { package: template } of this.#served.values()) {
      if (template.watches !== changed.package.name) continue;
      const interested = this.#table.of(template.name, resource);
      if (interested.length === 0) continue;
      const list = this.#table.watchers(changed.package.name, resource, changed);
      for (const subscription of interested) subscription.push(list);
    }
  }

  /** RFC 6665 §8.2: what a 489 names. */
  #allowEvents(): HeaderList {
    return this.context.capabilities().filter(([name]) => name === 'Allow-Events');
  }

  #busy(transaction: ServerTransaction): void {
    this.counters.refused += 1;
    this.#refuse(transaction, { statusCode: 503, headers: [['Retry-After', String(BUSY_S)]] });
  }

  #refuse(transaction: ServerTransaction, { statusCode, ...options }: Refusal & ResponseOptions): void {
    transaction.respond(this.context.createResponse(transaction, statusCode, options));
  }
}

interface Asked {
  readonly served: ServedPackage;
  readonly event: EventValue;
  readonly contentType: string;
  readonly expiresS: number;
}

function subscribeRequest({ request, flow }: ServerTransaction, asked: Asked): SubscribeRequest {
  return {
    request,
    flow,
    package: asked.served.package.name,
    event: asked.event,
    resource: resourceOf(request.uri),
    watcher: request.from,
    expiresS: asked.expiresS,
  };
}

function rulesOf({ package: { defaultExpiresS }, minExpiresS = 60, maxExpiresS }: ServedPackage) {
  return { defaultExpiresS, minExpiresS, maxExpiresS: maxExpiresS ?? Math.max(3600, defaultExpiresS) };
}
