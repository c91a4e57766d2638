import type { Timer } from '../../base/clock.js';
import { randomHex } from '../../base/random.js';
import type { HeaderList } from '../build.js';
import type { NameAddr } from '../header-values.js';
import {
  type EndReason,
  type EventValue,
  parseEvent,
  sameEvent,
  serializeEvent,
  serializeSubscriptionState,
} from '../headers/event.js';
import { retryAfter } from '../headers.js';
import type { SipRequest } from '../message.js';
import type { AnyEventPackage, WatcherEvent } from '../packages/package.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import { serializeUri } from '../uri.js';
import type { Closable, UaContext } from './context.js';
import { type Outcome, type PendingRequest, requestInDialog } from './dialog-request.js';
import type { DigestClient } from './digest-client.js';
import { DocumentLine } from './document-line.js';
import { guarded } from './guard.js';
import type { DialogGuest, DialogPort } from './shared-dialog.js';

/** Why a subscription is gone: a reason that its subscriber was told, or a NOTIFY that nobody took. */
export type NotifierEnd =
  | { readonly told: true; readonly reason: EndReason }
  | { readonly told: false; readonly statusCode: number };

export interface NotifierHandlers {
  /** A SUBSCRIBE in the dialog for this subscription: answer it, and `refresh` or `end` it. */
  onSubscribe(subscription: NotifierSubscription, transaction: ServerTransaction): void;
  /** Its status has changed, or it has been made. */
  onChanged(subscription: NotifierSubscription, event: WatcherEvent): void;
  /** Exactly once; `onChanged` is not called after it. */
  onEnded(subscription: NotifierSubscription, end: NotifierEnd): void;
}

export interface NotifierOptions {
  readonly context: UaContext;
  readonly package: AnyEventPackage;
  readonly event: EventValue;
  /** The notifier's name of what is watched. */
  readonly resource: string;
  /** One of the package's types. */
  readonly contentType: string;
  readonly status: 'active' | 'pending';
  /** Polite blocking: active to its subscriber, but it sees the blank state. */
  readonly blocked: boolean;
  readonly watcher: NameAddr;
  /** Answers a proxy or subscriber that challenges our NOTIFY. */
  readonly digest: DigestClient | null;
  readonly handlers: NotifierHandlers;
}

/** A NOTIFY that was told to come later comes not later than this, and not sooner than a second. */
const MAX_RETRY_MS = 300_000;

/**
 * One subscription at its notifier: RFC 6665 §4.2. At most one NOTIFY is on its way; what happens meanwhile, or within
 * the throttle of the package (§5.4.10), is told by the one after it, so nothing queues. Ends by its expiry, by its
 * subscriber, by us, or by a NOTIFY that fails (§4.2.2); of those all but the last send a `terminated`.
 */
export class NotifierSubscription implements DialogGuest, Closable {
  /** Unique in its notifier: the id of the watcher (RFC 3858 §3). */
  readonly id: string;
  readonly resource: string;
  readonly package: AnyEventPackage;
  readonly event: EventValue;
  readonly watcher: NameAddr;
  readonly sinceMs: number;
  readonly #options: NotifierOptions;
  readonly #context: UaContext;
  readonly #documents: DocumentLine;
  #port: DialogPort | null = null;
  #status: 'active' | 'pending' | 'terminated';
  #blocked: boolean;
  #lastEvent: WatcherEvent = 'subscribe';
  #expiresAtMs = 0;
  /** Set once it is to end. */
  #end: { readonly reason: EndReason; readonly retryAfterS: number | undefined } | null = null;
  /** A NOTIFY is due although nothing has changed: after a SUBSCRIBE, or for a change of status. */
  #due = false;
  #inFlight: PendingRequest | null = null;
  #notBeforeMs = 0;
  #expiry: Timer | null = null;
  #wait: Timer | null = null;

  constructor(options: NotifierOptions) {
    const { context, resource, event } = options;
    this.#options = options;
    this.#context = context;
    this.id = randomHex(context.random, 8);
    this.resource = resource;
    this.package = options.package;
    this.event = event;
    this.watcher = options.watcher;
    this.sinceMs = context.clock.nowMs();
    this.#status = options.status;
    this.#blocked = options.blocked;
    this.#documents = new DocumentLine(options.package, { resource, contentType: options.contentType, event });
  }

  get status(): 'active' | 'pending' | 'terminated' {
    return this.#status;
  }

  /** What brought it into its status (RFC 3857 §4.7.1). */
  get lastEvent(): WatcherEvent {
    return this.#lastEvent;
  }

  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  get watcherUri(): string {
    return serializeUri(this.watcher.uri);
  }

  /** Our Contact in its dialog; empty before `open`. */
  contact(): string {
    return this.#port?.contact() ?? '';
  }

  /** The 2xx has left: starts with the state as it is now, undefined for none. The first NOTIFY leaves at once. */
  open(port: DialogPort, expiresS: number, state: unknown): void {
    this.#port = port;
    this.#context.usages.add(this);
    if (state !== undefined) this.#documents.push(state);
    this.#changed('subscribe');
    this.refresh(expiresS);
  }

  /**
   * RFC 6665 §4.2.1.4: the subscriber has asked for that much more time and has got its 2xx; 0 tells it once more and
   * ends. `request` moves the target of the dialog.
   */
  refresh(expiresS: number, request?: SipRequest): void {
    if (this.#end !== null || this.#status === 'terminated') return;
    if (request !== undefined) this.#port?.refresh(request);
    this.#expiresAtMs = this.#context.clock.nowMs() + expiresS * 1000;
    this.#expiry?.cancel();
    this.#documents.restart();
    this.#due = true;
    this.#notBeforeMs = 0;
    if (expiresS === 0) this.end('timeout');
    else {
      this.#expiry = this.#context.clock.setTimer(expiresS * 1000, () => this.end('timeout'));
      this.#proceed();
    }
  }

  /** Its subscriber, who has proved it, is there now: what comes next is told over that flow. */
  follow(flow: Flow): void {
    this.#port?.follow?.(flow);
  }

  /** The state of the resource has changed. */
  push(state: unknown): void {
    if (this.#end !== null || this.#status === 'terminated') return;
    this.#documents.push(state);
    this.#proceed();
  }

  /** The last state there will be: told together with the end. */
  conclude(state: unknown, reason: EndReason): void {
    if (this.#end !== null || this.#status === 'terminated') return;
    this.#documents.push(state);
    this.end(reason);
  }

  /** A pending or politely blocked subscription may see the state from now on. */
  approve(): void {
    if (this.#end !== null || this.#status === 'terminated') return;
    if (this.#status === 'active' && !this.#blocked) return;
    this.#status = 'active';
    this.#blocked = false;
    this.#documents.restart();
    this.#due = true;
    this.#notBeforeMs = 0;
    this.#changed('approved');
    this.#proceed();
  }

  /** RFC 6665 §4.2.2: one NOTIFY with `terminated`, as soon as none is on its way; then it is gone. */
  end(reason: EndReason, retryAfterS?: number): void {
    if (this.#end !== null || this.#status === 'terminated') return;
    this.#end = { reason, retryAfterS };
    this.#expiry?.cancel();
    this.#proceed();
  }

  /** The user agent closes: the subscriber is to look for another one (RFC 6665 §4.4.2), nothing is waited for. */
  close(): void {
    if (this.#status === 'terminated') return;
    this.#inFlight?.abandon();
    this.#inFlight = null;
    this.end('deactivated');
    this.#finish({ told: true, reason: this.#end?.reason ?? 'deactivated' });
  }

  receive(transaction: ServerTransaction): boolean {
    const { request } = transaction;
    if (request.method !== 'SUBSCRIBE' || !this.#isOurs(request)) return false;
    if (this.#end !== null) {
      transaction.respond(this.#context.createResponse(transaction, 481));
      return true;
    }
    this.#options.handlers.onSubscribe(this, transaction);
    return true;
  }

  #isOurs(request: SipRequest): boolean {
    const event = parseEvent(request);
    return event.ok && event.value !== undefined && sameEvent(event.value, this.event);
  }

  #changed(event: WatcherEvent): void {
    this.#lastEvent = event;
    this.#options.handlers.onChanged(this, event);
  }

  #proceed(): void {
    if (this.#inFlight !== null || this.#status === 'terminated') return;
    this.#wait?.cancel();
    this.#wait = null;
    if (this.#end === null) {
      const waitMs = this.#notBeforeMs - this.#context.clock.nowMs();
      if (!this.#due && (this.#isBlank || !this.#documents.hasNews)) return;
      if (waitMs > 0) {
        this.#wait = this.#context.clock.setTimer(waitMs, () => this.#proceed());
        return;
      }
    }
    this.#notify();
  }

  get #isBlank(): boolean {
    return this.#blocked || this.#status === 'pending';
  }

  #notify(): void {
    const { clock } = this.#context;
    const port = this.#port;
    if (port === null) return;
    const end = this.#end;
    const always = this.#due || end !== null;
    const document = guarded(this.#context.log, () => this.#documents.next(this.#isBlank, always, clock), null);
    this.#due = false;
    if (document === 'none') return;
    this.#notBeforeMs = clock.nowMs() + this.package.minIntervalMs;
    const headers: HeaderList = [
      ['Contact', port.contact()],
      ['Event', serializeEvent(this.event)],
      ['Subscription-State', this.#stateText()],
    ];
    const body = document === null ? {} : document;
    this.#inFlight = requestInDialog(port, this.#options.digest, 'NOTIFY', { ...body, headers }, (outcome) =>
      this.#answered(outcome, end?.reason),
    );
  }

  #stateText(): string {
    if (this.#end !== null) {
      return serializeSubscriptionState({ state: 'terminated', expiresS: undefined, ...this.#end });
    }
    const leftMs = this.#expiresAtMs - this.#context.clock.nowMs();
    const expiresS = Math.max(0, Math.ceil(leftMs / 1000));
    return serializeSubscriptionState({ state: this.#status, expiresS, reason: undefined, retryAfterS: undefined });
  }

  #answered({ response, made }: Outcome, ended: EndReason | undefined): void {
    this.#inFlight = null;
    const { statusCode } = response;
    if (ended !== undefined) {
      this.#finish({ told: true, reason: ended });
    } else if (statusCode < 300) {
      this.#port?.refresh(response);
      this.#proceed();
    } else {
      const again = made || endsSubscription.has(statusCode) ? undefined : retryAfter(response);
      if (again?.ok === true && again.value !== undefined) this.#postpone(again.value * 1000);
      else this.#finish({ told: false, statusCode });
    }
  }

  /** RFC 6665 §4.2.2: a refusal that names a time has not failed; what it did not take is told whole then. */
  #postpone(waitMs: number): void {
    this.#documents.restart();
    this.#due = true;
    this.#notBeforeMs = this.#context.clock.nowMs() + Math.min(MAX_RETRY_MS, Math.max(1000, waitMs));
    this.#proceed();
  }

  #finish(end: NotifierEnd): void {
    if (this.#status === 'terminated') return;
    this.#status = 'terminated';
    this.#lastEvent = end.told ? watcherEventOf(end.reason) : 'timeout';
    this.#expiry?.cancel();
    this.#wait?.cancel();
    this.#port?.leave(this);
    this.#context.usages.delete(this);
    this.#options.handlers.onEnded(this, end);
  }
}

/** RFC 6665 §4.2.2 and RFC 5057 §5.1: refusals of a NOTIFY that end the subscription whatever else they say. */
const endsSubscription = new Set([404, 405, 410, 416, 481, 482, 483, 484, 485, 489, 501, 604]);

const watcherEvents: Readonly<Record<string, WatcherEvent>> = {
  deactivated: 'deactivated',
  probation: 'probation',
  rejected: 'rejected',
  giveup: 'giveup',
  noresource: 'noresource',
};

function watcherEventOf(reason: EndReason): WatcherEvent {
  return watcherEvents[reason] ?? 'timeout';
}
