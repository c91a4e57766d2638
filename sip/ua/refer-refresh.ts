import type { Timer } from '../../base/clock.js';
import type { HeaderList } from '../build.js';
import { type EventValue, serializeEvent } from '../headers/event.js';
import { expires } from '../headers.js';
import type { UaContext } from './context.js';
import { type Outcome, type PendingRequest, requestInDialog } from './dialog-request.js';
import type { DigestClient } from './digest-client.js';
import type { DialogPort } from './shared-dialog.js';

export interface ReferRefreshOptions {
  readonly context: UaContext;
  readonly digest: DigestClient | null;
  /** The dialog; null while there is none, or any more. */
  readonly port: () => DialogPort | null;
  /** The notifier does not know the subscription any more: nothing more will be told. */
  readonly onLost: () => void;
}

/** A refresh leaves that long before the end, for its retransmissions, or at half time when there is less. */
const MARGIN_MS = 35_000;
const LEAST_MS = 500;
/** What a NOTIFY may promise; a timer of 2³¹ ms is none. */
const MAX_EXPIRES_S = 1_000_000;

/**
 * Keeps the implicit subscription of a REFER for as long as its result is waited for: RFC 3515 §2.4.4, RFC 6665 §4.1.2.2.
 * How long it lasts is in every NOTIFY; the SUBSCRIBE repeats its Event, id included (RFC 3515 §2.4.6).
 */
export class ReferRefresh {
  readonly #options: ReferRefreshOptions;
  #event: EventValue | null = null;
  /** The longest that was granted, which is what is asked for again. */
  #askedS = 0;
  #endsAtMs = 0;
  #timer: Timer | null = null;
  #pending: PendingRequest | null = null;
  #isStopped = false;

  constructor(options: ReferRefreshOptions) {
    this.#options = options;
  }

  /** A NOTIFY says that the subscription lives, and for how many seconds; undefined when it does not say. */
  told(event: EventValue, expiresS: number | undefined): void {
    if (this.#isStopped) return;
    this.#event = event;
    if (expiresS !== undefined) this.#expect(expiresS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#pending?.abandon();
    this.#pending = null;
  }

  #expect(seconds: number): void {
    const { clock } = this.#options.context;
    const grantedS = Math.min(seconds, MAX_EXPIRES_S);
    this.#askedS = Math.max(this.#askedS, grantedS);
    this.#endsAtMs = clock.nowMs() + grantedS * 1000;
    this.#wait(Math.max(grantedS * 500, grantedS * 1000 - MARGIN_MS));
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.context.clock.setTimer(Math.max(LEAST_MS, ms), () => this.#send());
  }

  #send(): void {
    const { port, digest } = this.#options;
    const dialog = port();
    if (dialog === null || this.#event === null || this.#pending !== null || this.#askedS === 0) return;
    const headers: HeaderList = [
      ['Contact', dialog.contact()],
      ['Event', serializeEvent(this.#event)],
      ['Expires', String(this.#askedS)],
    ];
    this.#pending = requestInDialog(dialog, digest, 'SUBSCRIBE', { headers }, (outcome) => this.#answered(outcome));
  }

  #answered({ response, made }: Outcome): void {
    this.#pending = null;
    if (this.#isStopped) return;
    const { statusCode } = response;
    if (statusCode < 300) {
      const granted = expires(response);
      this.#expect((granted.ok ? granted.value : undefined) ?? this.#askedS);
    } else if (statusCode === 481 && !made) {
      this.#options.onLost();
    } else {
      // RFC 6665 §4.1.2.2: still valid for the time that is left.
      const leftMs = this.#endsAtMs - this.#options.context.clock.nowMs();
      if (leftMs > LEAST_MS) this.#wait(leftMs / 2);
    }
  }
}
