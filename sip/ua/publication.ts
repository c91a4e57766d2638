import type { Timer } from '../../base/clock.js';
import { randomFraction } from '../../base/random.js';
import type { HeaderList } from '../build.js';
import type { NameAddr } from '../header-values.js';
import { eventValue, serializeEvent } from '../headers/event.js';
import { expires, minExpires, retryAfter } from '../headers.js';
import type { SipResponse } from '../message.js';
import type { EventPackage } from '../packages/package.js';
import { Params } from '../params.js';
import { detach } from '../parse/scanner.js';
import type { Uri } from '../uri.js';
import { checkWritten } from './checked-options.js';
import type { Closable } from './context.js';
import { guarded } from './guard.js';
import { resourceOf } from './subscribe-checks.js';
import type { CredentialsSource, OutOfDialogRequest } from './types.js';
import type { UserAgent } from './user-agent.js';

export interface PublisherOptions<State> {
  readonly package: EventPackage<State>;
  readonly uri: Uri;
  /** See OutOfDialogRequest. */
  readonly target?: OutOfDialogRequest['target'];
  readonly sendTo?: OutOfDialogRequest['sendTo'];
  readonly route?: OutOfDialogRequest['route'];
  /** `uri` unless told. */
  readonly from?: NameAddr | undefined;
  /** Seconds to ask for; 3600 unless told. */
  readonly expiresS?: number | undefined;
  readonly headers?: HeaderList | undefined;
  readonly credentials?: CredentialsSource | undefined;
}

/** `removed`: by us. `refused`: a response that would be the same again. `closed`: the user agent was closed. */
export interface PublisherEnd {
  readonly cause: 'removed' | 'refused' | 'closed';
  readonly statusCode?: number | undefined;
  readonly response?: SipResponse | undefined;
}

export interface PublisherHandlers {
  /** The compositor has what was published last. */
  onPublished?(): void;
  /** It does not for now; tried again in so many milliseconds. */
  onRetry?(response: SipResponse, afterMs: number): void;
  /** Exactly once, last. */
  onEnded?(end: PublisherEnd): void;
}

const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 300_000;
/** A refresh leaves that long before the end, for its retransmissions, or at half time when there is less. */
const MARGIN_MS = 35_000;
const MAX_EXPIRES_S = 1_000_000;
/** 412s and 423s in a row that are answered at once. */
const MAX_REPAIRS = 3;
/** Refusals that may pass: RFC 3261 §21.4, §21.5. */
const passing = new Set([408, 480, 500, 502, 503, 504]);

/**
 * Keeps one piece of event state published: RFC 3903 §4. One PUBLISH is on its way at a time (§4.1); states that are
 * given meanwhile replace each other. A 412 publishes anew (§4.3), a 423 asks for more time, what may pass is tried
 * again with growing waits.
 */
export class Publisher<State> implements Closable {
  readonly #ua: Pick<UserAgent, 'request' | 'context'>;
  readonly #options: PublisherOptions<State>;
  readonly #handlers: PublisherHandlers;
  readonly #waiting: (() => void)[] = [];
  #phase: 'open' | 'ending' | 'ended' = 'open';
  #state: { readonly value: State } | null = null;
  /** The state has changed since it was sent. */
  #isDue = false;
  #etag: string | null = null;
  #expiresS: number;
  #inFlight = false;
  #isRemoving = false;
  #version = 0;
  #failures = 0;
  #repairs = 0;
  #timer: Timer | null = null;

  constructor(
    ua: Pick<UserAgent, 'request' | 'context'>,
    options: PublisherOptions<State>,
    handlers: PublisherHandlers = {},
  ) {
    checkWritten(options);
    checkWritten({ contentType: options.package.contentType });
    serializeEvent(eventValue(options.package.name));
    this.#ua = ua;
    this.#options = options;
    this.#handlers = handlers;
    this.#expiresS = options.expiresS ?? 3600;
  }

  get state(): 'idle' | 'publishing' | 'published' | 'ending' | 'ended' {
    if (this.#phase !== 'open') return this.#phase;
    if (this.#state === null) return 'idle';
    return this.#etag === null || this.#isDue ? 'publishing' : 'published';
  }

  /** From now on this is the state; kept published until `end`. */
  publish(state: State): void {
    if (this.#phase !== 'open') return;
    this.#state = { value: state };
    this.#isDue = true;
    this.#ua.context.usages.add(this);
    // A wait after failures goes on; the newer state leaves with the next try.
    if (this.#failures === 0) this.#proceed();
  }

  /** RFC 3903 §4.5: removes it; resolves when that is answered or has failed. May be called twice. */
  end(): Promise<void> {
    if (this.#phase === 'ended') return Promise.resolve();
    const ended = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#phase = 'ending';
    this.#proceed();
    return ended;
  }

  /** The user agent closes: what is published is left to expire. */
  close(): void {
    this.#finish({ cause: 'closed' });
  }

  #proceed(): void {
    if (this.#inFlight || this.#phase === 'ended') return;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#phase === 'ending') {
      if (this.#etag === null) this.#finish({ cause: 'removed' });
      else this.#send(null, 0);
    } else if (this.#state !== null) {
      this.#send(this.#isDue || this.#etag === null ? this.#state : null, this.#expiresS);
    }
  }

  /** RFC 3903 §4.1: with a body initial or modify, without one refresh, with Expires 0 remove. */
  #send(state: { readonly value: State } | null, expiresS: number): void {
    const { package: eventPackage, uri, target, sendTo, route, from, headers = [], credentials } = this.#options;
    const match: HeaderList = this.#etag === null ? [] : [['SIP-If-Match', this.#etag]];
    const sent: HeaderList = [
      ['Event', serializeEvent(eventValue(eventPackage.name))],
      ...match,
      ['Expires', String(expiresS)],
      ...headers,
    ];
    const body = state === null ? undefined : this.#write(state.value);
    const { contentType } = eventPackage;
    this.#inFlight = true;
    this.#isRemoving = expiresS === 0;
    this.#isDue = false;
    const way = { uri, target, sendTo, route };
    this.#ua
      .request({ method: 'PUBLISH', ...way, from, headers: sent, body, contentType, credentials })
      .then((response) => this.#answered(response));
  }

  #write(state: State): Buffer {
    const { package: eventPackage, uri } = this.#options;
    const { clock } = this.#ua.context;
    const version = this.#version;
    this.#version += 1;
    return eventPackage.serialize(state, {
      resource: resourceOf(uri),
      version,
      full: true,
      contentType: eventPackage.contentType,
      eventParams: new Params(),
      nowMs: clock.nowMs(),
      epochMs: clock.epochMs(),
    });
  }

  #answered(response: SipResponse): void {
    this.#inFlight = false;
    const { statusCode } = response;
    if (this.#phase === 'ended') return;
    if (this.#isRemoving) this.#finish({ cause: 'removed', statusCode, response });
    else if (statusCode < 300) this.#taken(response);
    else if (this.#phase === 'ending') this.#finish({ cause: 'removed', statusCode, response });
    else if (this.#repaired(response)) this.#proceed();
    else this.#failed(response);
  }

  #taken(response: SipResponse): void {
    this.#failures = 0;
    this.#repairs = 0;
    const etag = response.headers.get('SIP-ETag')?.trim();
    this.#etag = etag === undefined || etag === '' ? null : detach(etag);
    if (this.#phase === 'ending') {
      this.#proceed();
      return;
    }
    const granted = expires(response);
    const seconds = granted.ok && granted.value !== undefined ? granted.value : this.#expiresS;
    const leftMs = Math.min(seconds, MAX_EXPIRES_S) * 1000;
    this.#wait(Math.max(RETRY_MIN_MS, leftMs / 2, leftMs - MARGIN_MS));
    guarded(this.#ua.context.log, () => this.#handlers.onPublished?.(), undefined);
    if (this.#isDue) this.#proceed();
  }

  /** RFC 3903 §4.2, §4.3: what the next PUBLISH can do better at once. */
  #repaired(response: SipResponse): boolean {
    const least = response.statusCode === 423 ? minExpires(response) : null;
    if (this.#repairs >= MAX_REPAIRS) return false;
    if (response.statusCode === 412) {
      this.#etag = null;
    } else if (least?.ok === true && least.value !== undefined && least.value > this.#expiresS) {
      this.#expiresS = least.value;
    } else {
      return false;
    }
    this.#isDue = true;
    this.#repairs += 1;
    return true;
  }

  #failed(response: SipResponse): void {
    const { statusCode } = response;
    const after = retryAfter(response);
    const told = after.ok ? after.value : undefined;
    if (!passing.has(statusCode) && told === undefined && statusCode !== 412 && statusCode !== 423) {
      this.#finish({ cause: 'refused', statusCode, response });
      return;
    }
    const { log, random } = this.#ua.context;
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    const waitMs = Math.max((told ?? 0) * 1000, backoffMs * (0.5 + randomFraction(random) / 2));
    this.#failures += 1;
    this.#repairs = 0;
    this.#isDue = true;
    this.#wait(waitMs);
    guarded(log, () => this.#handlers.onRetry?.(response, waitMs), undefined);
  }

  #wait(waitMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#ua.context.clock.setTimer(waitMs, () => this.#proceed());
  }

  #finish(end: PublisherEnd): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#timer?.cancel();
    this.#ua.context.usages.delete(this);
    guarded(this.#ua.context.log, () => this.#handlers.onEnded?.(end), undefined);
    for (const resolve of this.#waiting) resolve();
  }
}
