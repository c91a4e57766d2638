import type { Timer } from '../../base/clock.js';
import type { HeaderList } from '../build.js';
import { minSessionExpires, serializeSessionExpires, sessionExpires } from '../headers/session-expires.js';
import { tokens } from '../headers.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import type { Refusal } from './request-checks.js';
import { localEnd } from './session-end.js';
import type { InvitePart, RefreshMethod, SessionExtension, SessionPart, SessionPartPort } from './session-extension.js';
import type { Usage } from './usage.js';

export interface SessionTimerOptions {
  /** What we ask for, and the longest that we grant. 1800 unless told (RFC 4028 §4). */
  readonly sessionExpiresS?: number | undefined;
  /** The shortest that we take from a peer that can ask for longer. 90 unless told, and never less (RFC 4028 §5). */
  readonly minSeS?: number | undefined;
  /** Who refreshes where we may choose; `peer` unless told. */
  readonly refresher?: 'us' | 'peer' | undefined;
}

export interface SessionTimerCounters {
  /** Our refreshes that were answered with a 2xx. */
  refreshed: number;
  /** Those that were not; the session goes on until it expires. */
  refreshFailures: number;
  /** Refreshes that came from peers. */
  refreshedByPeer: number;
  /** Sessions that we ended because nobody refreshed them. */
  expired: number;
  /** Requests refused with 422. */
  tooSmall: number;
}

/** RFC 4028 §4: no interval is shorter. */
const LEAST_S = 90;
/** What a peer that ignores §4 can bring us down to: a shorter interval would be a flood. */
const USED_AT_LEAST_S = 32;
/** Of 422 to one request. */
const MAX_RAISES = 3;
/** After a refresh that was refused. */
const RETRY_MS = 10_000;

/**
 * Session timers, both roles: RFC 4028. Added with `ua.use(new SessionTimers(…))`. The refresher sends UPDATE, or
 * re-INVITE to peers without UPDATE, at half of the interval; either side sends BYE when nobody refreshed the session
 * by min(32 s, a third) before its end (§10). A peer that does not support timers has none.
 */
export class SessionTimers implements Usage {
  readonly extensions = ['timer'];
  readonly session: SessionExtension;
  readonly counters: SessionTimerCounters = {
    refreshed: 0,
    refreshFailures: 0,
    refreshedByPeer: 0,
    expired: 0,
    tooSmall: 0,
  };

  constructor(options: SessionTimerOptions = {}) {
    const minSeS = Math.max(LEAST_S, options.minSeS ?? LEAST_S);
    const rules: Rules = {
      minSeS,
      wantedS: Math.max(minSeS, options.sessionExpiresS ?? 1800),
      weRefresh: options.refresher === 'us',
      counters: this.counters,
    };
    this.session = {
      refuse: (request) => refuse(request, rules),
      invite: () => new InviteTimer(rules),
      session: (port, invite) => new DialogTimer(port, rules, invite instanceof InviteTimer ? invite.terms : null),
    };
  }
}

interface Rules {
  readonly minSeS: number;
  readonly wantedS: number;
  readonly weRefresh: boolean;
  readonly counters: SessionTimerCounters;
}

function supportsTimer(message: SipMessage): boolean {
  return tokens(message, 'Supported').includes('timer') || tokens(message, 'Require').includes('timer');
}

/** RFC 4028 §9: 422 to a sender that can ask again; whose interval a proxy chose cannot. */
function refuse(request: SipRequest, { minSeS, counters }: Rules): Refusal | null {
  const asked = sessionExpires(request);
  const least = minSessionExpires(request);
  if (!asked.ok) return { statusCode: 400, reasonPhrase: 'Bad Session-Expires' };
  if (!least.ok) return { statusCode: 400, reasonPhrase: 'Bad Min-SE' };
  if (asked.value === undefined || asked.value.intervalS >= minSeS || !supportsTimer(request)) return null;
  counters.tooSmall += 1;
  return { statusCode: 422, headers: [['Min-SE', String(minSeS)]] };
}

/** What we ask for: raised by every 422, for the life of the session (RFC 4028 §7.3, §7.4). */
class Terms {
  intervalS: number;
  minSeS: number;
  #raises = 0;

  constructor({ wantedS, minSeS }: Rules) {
    this.intervalS = wantedS;
    this.minSeS = minSeS;
  }

  /** False for anything but a 422 that tells how to do better. */
  raise(response: SipResponse): boolean {
    if (response.statusCode !== 422 || this.#raises >= MAX_RAISES) return false;
    const least = minSessionExpires(response);
    if (!least.ok || least.value === undefined || least.value <= this.minSeS) return false;
    this.#raises += 1;
    this.minSeS = least.value;
    this.intervalS = Math.max(this.intervalS, least.value);
    return true;
  }

  /** RFC 4028 §7.4: a refresh asks for the interval that the session has, within what all can do. */
  agreed(intervalS: number): void {
    this.intervalS = Math.max(this.minSeS, intervalS);
  }

  /** The peer's own Min-SE counts for what we send too: RFC 4028 §7.4. */
  learn(request: SipRequest): void {
    const least = minSessionExpires(request);
    if (least.ok && least.value !== undefined) this.minSeS = Math.max(this.minSeS, least.value);
    this.intervalS = Math.max(this.intervalS, this.minSeS);
  }

  headers(refresher: 'uac' | 'uas' | undefined): HeaderList {
    const minSe: HeaderList = this.minSeS > LEAST_S ? [['Min-SE', String(this.minSeS)]] : [];
    return [['Session-Expires', serializeSessionExpires({ intervalS: this.intervalS, refresher })], ...minSe];
  }
}

class InviteTimer implements InvitePart {
  readonly terms: Terms;
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
    this.terms = new Terms(rules);
  }

  /** RFC 4028 §7.1. */
  headers(): HeaderList {
    return this.terms.headers(this.#rules.weRefresh ? 'uac' : undefined);
  }

  retry(response: SipResponse): boolean {
    return this.terms.raise(response);
  }
}

/** The timer of one dialog. Runs from the 2xx to the INVITE; until then UPDATEs say nothing of it. */
class DialogTimer implements SessionPart {
  readonly #port: SessionPartPort;
  readonly #rules: Rules;
  readonly #terms: Terms;
  #isEstablished = false;
  /** Null while the session does not expire. */
  #weRefresh: boolean | null = null;
  #refresh: Timer | null = null;
  #expiry: Timer | null = null;
  #hasEnded = false;

  constructor(port: SessionPartPort, rules: Rules, terms: Terms | null) {
    this.#port = port;
    this.#rules = rules;
    this.#terms = terms ?? new Terms(rules);
  }

  /** RFC 4028 §7.4: whoever refreshes goes on doing so. */
  requestHeaders(_method: RefreshMethod): HeaderList {
    if (!this.#isEstablished || this.#weRefresh === null) return [];
    return this.#terms.headers(this.#weRefresh ? 'uac' : 'uas');
  }

  retry(response: SipResponse): boolean {
    return this.#terms.raise(response);
  }

  responseHeaders(request: SipRequest): HeaderList {
    if (!this.#isEstablished && request.method !== 'INVITE') return [];
    const granted = this.#grant(request);
    if (granted === null) return [];
    const field: HeaderList[number] = ['Session-Expires', serializeSessionExpires(granted)];
    return granted.refresher === 'uac' ? [field, ['Require', 'timer']] : [field];
  }

  refreshed(exchange: { readonly request: SipRequest; readonly response: SipResponse; readonly by: string }): void {
    const { request, response } = exchange;
    const isOurs = exchange.by === 'local';
    if (request.method === 'INVITE') this.#isEstablished = true;
    if (!this.#isEstablished || this.#hasEnded) return;
    if (!isOurs && this.#weRefresh !== null) this.#rules.counters.refreshedByPeer += 1;
    this.#stop();
    const agreed = sessionExpires(response);
    if (!agreed.ok || agreed.value === undefined) {
      this.#weRefresh = null;
      return;
    }
    // RFC 4028 §7.2: a 2xx that names nobody leaves it to the side that asked.
    const refresher = agreed.value.refresher ?? 'uac';
    this.#weRefresh = (refresher === 'uac') === isOurs;
    this.#terms.agreed(agreed.value.intervalS);
    this.#start(Math.max(USED_AT_LEAST_S, agreed.value.intervalS));
  }

  ended(): void {
    this.#hasEnded = true;
    this.#stop();
  }

  /** RFC 4028 §9, table 2. */
  #grant(request: SipRequest): { intervalS: number; refresher: 'uac' | 'uas' } | null {
    const asked = sessionExpires(request);
    const supported = supportsTimer(request);
    if (!asked.ok || (asked.value === undefined && !supported)) return null;
    this.#terms.learn(request);
    const least = minSessionExpires(request);
    const floorS = Math.max(LEAST_S, least.ok ? (least.value ?? 0) : 0);
    // Never longer than asked for, never shorter than what the sender and the proxies can do.
    const longestS = asked.value?.intervalS ?? Number.POSITIVE_INFINITY;
    const intervalS = Math.min(longestS, Math.max(floorS, this.#rules.wantedS));
    if (!supported) return { intervalS, refresher: 'uas' };
    const weKeep = this.#weRefresh ?? this.#rules.weRefresh;
    return { intervalS, refresher: asked.value?.refresher ?? (weKeep ? 'uas' : 'uac') };
  }

  #start(intervalS: number): void {
    const { clock } = this.#port.context;
    const intervalMs = intervalS * 1000;
    if (this.#weRefresh === true) this.#refresh = clock.setTimer(intervalMs / 2, () => void this.#sendRefresh());
    // RFC 4028 §10: the BYE leaves before the session is over for the other side.
    const leadMs = Math.min(32_000, intervalMs / 3);
    this.#expiry = clock.setTimer(intervalMs - leadMs, () => this.#expire(), { liveness: true });
  }

  #stop(): void {
    this.#refresh?.cancel();
    this.#expiry?.cancel();
    this.#refresh = null;
    this.#expiry = null;
  }

  async #sendRefresh(): Promise<void> {
    this.#refresh = null;
    const { counters } = this.#rules;
    const result = await this.#port.refresh();
    if (result.ok) counters.refreshed += 1;
    // Success has started the timers anew; the end of the session has stopped them.
    if (result.ok || this.#hasEnded) return;
    counters.refreshFailures += 1;
    const { context, invite } = this.#port;
    context.log.warn('sip.session-refresh-failed', { sipCallId: invite.callId, statusCode: result.statusCode });
    if (this.#expiry !== null && this.#refresh === null) {
      this.#refresh = context.clock.setTimer(RETRY_MS, () => void this.#sendRefresh());
    }
  }

  #expire(): void {
    this.#stop();
    this.#rules.counters.expired += 1;
    this.#port.hangUp(localEnd('session-expired', 408, 'Session Expired'), [
      ['Reason', 'SIP ;cause=408 ;text="Session Expired"'],
    ]);
  }
}
