import type { Timer } from '../../base/clock.js';
import { createRequest, type HeaderList } from '../build.js';
import { type NameAddr, nameAddr, parseNameAddr, serializeNameAddr, withTag } from '../header-values.js';
import { retryAfter } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { Params } from '../params.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/layer.js';
import { type Flow, sameFlow, type Target, targetOf } from '../transport/transport.js';
import type { SipUri } from '../uri.js';
import { AskedExpiry } from './asked-expiry.js';
import type { UaContext } from './context.js';
import { CredentialAnswers } from './credential-answers.js';
import { isChallenge } from './digest-client.js';
import { FlowRecovery } from './flow-recovery.js';
import { phraseOf, withHeaders } from './out-of-dialog.js';
import { type GrantedRegistration, type OurContact, readGranted, redirectTargets } from './registration-answer.js';
import { refreshDelayMs } from './registration-timing.js';
import type {
  OutboundProxy,
  RegistrationContact,
  RegistrationEvent,
  RegistrationOptions,
} from './registration-types.js';
import type { SendTo } from './way-out.js';

/** What all flows of a registration share. */
export interface FlowShared {
  readonly context: UaContext;
  readonly options: RegistrationOptions & { readonly registrar: SipUri };
  readonly callId: string;
  readonly fromTag: string;
  /** RFC 3261 §10.2.4: rises with every REGISTER of this Call-ID. */
  nextSequence(): number;
  /** Whether another flow than this one is registered. */
  othersUp(flow: RegistrationFlow): boolean;
  tell(event: RegistrationEvent): void;
}

/** A redirect is followed so often in one round. */
const MAX_REDIRECTS = 5;
/** A Retry-After counts up to here. */
const MAX_RETRY_AFTER_MS = 3_600_000;

type State = 'idle' | 'registering' | 'registered' | 'waiting' | 'ended';

/**
 * One REGISTER kept alive over one flow: RFC 3261 §10.2, RFC 5626 §4.2 to §4.5. `registered` lasts through refreshes
 * that go well; a failure waits (`waiting`) and begins anew.
 */
export class RegistrationFlow {
  readonly #shared: FlowShared;
  readonly #index: number;
  readonly #proxy: OutboundProxy | null;
  readonly #answers: CredentialAnswers | null;
  #state: State = 'idle';
  readonly #asked: AskedExpiry;
  /** False once the first hop has said that it keeps no flows (439). */
  #outbound: boolean;
  #registrar: SipUri;
  #via: SipUri | null = null;
  #redirects = 0;
  readonly #recovery = new FlowRecovery();
  #granted: GrantedRegistration | null = null;
  #flow: Flow | null = null;
  /** While the registrar may still know us. */
  #boundUntilMs = 0;
  #transaction: ClientTransaction | null = null;
  #timer: Timer | null = null;
  #keeper: { stop(): void } | null = null;
  #ended: (() => void) | null = null;

  constructor(shared: FlowShared, index: number, proxy: OutboundProxy | null) {
    const { options, context } = shared;
    this.#shared = shared;
    this.#index = index;
    this.#proxy = proxy;
    this.#asked = new AskedExpiry(options.expiresS ?? 3600);
    this.#outbound = options.instanceId !== undefined && options.outbound !== false;
    this.#registrar = options.registrar;
    this.#answers =
      options.credentials === undefined ? null : new CredentialAnswers(options.credentials, context.random);
  }

  get isRegistered(): boolean {
    return this.#state === 'registered';
  }

  get granted(): GrantedRegistration | null {
    return this.isRegistered ? this.#granted : null;
  }

  /** The flow that the registrar knows us by; null while there is none. */
  get flow(): Flow | null {
    return this.#flow;
  }

  start(): void {
    if (this.#state === 'idle') this.#register();
  }

  /** Registers now instead of at the next refresh or retry: the network is back, say. */
  refresh(): void {
    if (this.#state === 'registered' || this.#state === 'waiting') this.#register();
  }

  /**
   * Removes our Contacts, or every one (`Contact: *`, RFC 3261 §10.2.2), and calls back once that is answered or has
   * failed. What was never sent to a registrar is not removed.
   */
  stop(all: boolean, done: () => void): void {
    const mayBeBound = this.#state === 'registering' || this.#boundUntilMs > this.#shared.context.clock.nowMs();
    const wasEnded = this.#state === 'ended';
    this.#quiet();
    this.#state = 'ended';
    if (!mayBeBound || wasEnded) {
      done();
      return;
    }
    this.#ended = () => {
      this.#shared.tell({ state: 'unregistered', flow: this.#index });
      done();
    };
    this.#answers?.begin();
    this.#send(0, all);
  }

  /** Stops without a word, or without waiting for the answer to the last one. */
  abandon(): void {
    this.#quiet();
    this.#state = 'ended';
    this.#finish();
  }

  /** A stream connection is gone; RFC 5626 §4.5. */
  flowClosed(flow: Flow): void {
    if (this.#flow === null || !sameFlow(this.#flow, flow)) return;
    this.#flow = null;
    if (this.#state === 'registered') this.#flowFailed('Flow Closed');
  }

  #register(): void {
    this.#quiet();
    if (this.#state !== 'registered') {
      this.#state = 'registering';
      this.#shared.tell({ state: 'registering', flow: this.#index });
    }
    this.#redirects = 0;
    this.#asked.begin();
    this.#answers?.begin();
    this.#send(this.#asked.seconds, false);
  }

  #send(expiresS: number, all: boolean, after?: ClientTransaction): void {
    const target = this.#target();
    const next = target ?? this.#registrar;
    if ('scheme' in next && !this.#shared.context.canReach(next)) {
      if (this.#ended === null) this.#fail(503, 'No Address');
      else this.#finish();
      return;
    }
    const request = this.#createRequest(expiresS);
    const answers = this.#answers?.headers(request) ?? [];
    for (const [name, value] of answers) request.headers.append(name, value);
    const complete = (made: SipRequest, peer: Target): SipRequest => {
      const contacts = all ? ['*'] : this.#contacts(peer).map(serializeNameAddr);
      return withHeaders(
        made,
        contacts.map((value) => ['Contact', value] as const),
      );
    };
    const handlers: ClientTransactionHandlers = {
      onResponse: (response, flow) => {
        if (this.#transaction !== transaction || response.statusCode < 200) return;
        this.#transaction = null;
        this.#receive(transaction, response, flow, { expiresS, all });
      },
      onTimeout: () => this.#lost(transaction, 408, 'Request Timeout'),
      onTransportError: (error) => this.#lost(transaction, 503, phraseOf(error).reasonPhrase ?? 'Transport Error'),
    };
    const transaction = this.#shared.context.sendOut(request, { target }, handlers, { complete, after });
    this.#transaction = transaction;
  }

  #lost(transaction: ClientTransaction, statusCode: number, reasonPhrase: string): void {
    if (this.#transaction !== transaction) return;
    this.#transaction = null;
    // What does not answer is not the way any more.
    this.#flow = null;
    if (this.#ended !== null) this.#finish();
    // A refresh found that its connection is gone.
    else if (statusCode === 503 && this.#state === 'registered') this.#flowFailed(reasonPhrase);
    else this.#fail(statusCode, reasonPhrase);
  }

  #receive(
    transaction: ClientTransaction,
    response: SipResponse,
    flow: Flow,
    sent: { readonly expiresS: number; readonly all: boolean },
  ): void {
    const { statusCode } = response;
    if (this.#mayRepeat(transaction.request, response)) {
      // A nonce is worth something only at the server that made it.
      this.#send(sent.expiresS, sent.all, isChallenge(response) ? transaction : undefined);
    } else if (this.#ended !== null) {
      this.#finish();
    } else if (statusCode < 300) {
      this.#accepted(response, flow, sent.expiresS);
    } else if (statusCode === 423 && this.#asked.raise(response)) {
      this.#send(this.#asked.seconds, false);
    } else {
      const wait = retryAfter(response);
      this.#fail(statusCode, response.reasonPhrase, (wait.ok ? (wait.value ?? 0) : 0) * 1000);
    }
  }

  /** The same once more, with an answer to its challenge, to another place, or without outbound (RFC 5626 §4.2.1). */
  #mayRepeat(request: SipRequest, response: SipResponse): boolean {
    const { statusCode } = response;
    if (isChallenge(response)) return this.#answers?.take(request, response) === true;
    if (statusCode >= 300 && statusCode < 400) return this.#redirected(response);
    if (statusCode !== 439 || !this.#outbound) return false;
    this.#outbound = false;
    return true;
  }

  #accepted(response: SipResponse, flow: Flow, askedS: number): void {
    const { context, options } = this.#shared;
    const granted = readGranted(response, this.#ours(flow), askedS);
    if (granted.expiresS === 0) {
      this.#fail(response.statusCode, 'Contact Not Bound');
      return;
    }
    const nowMs = context.clock.nowMs();
    const isNew = this.#flow === null || !sameFlow(this.#flow, flow);
    this.#state = 'registered';
    this.#granted = granted;
    this.#flow = flow;
    this.#boundUntilMs = nowMs + granted.expiresS * 1000;
    this.#keepAlive(granted, flow);
    this.#recovery.registered({ isNew, isKept: this.#keeper !== null }, nowMs);
    const refreshInMs = refreshDelayMs(granted.expiresS, options.refreshAt);
    this.#timer = context.clock.setTimer(refreshInMs, () => this.#register());
    const { expiresS, serviceRoute, gruus } = granted;
    this.#shared.tell({ state: 'registered', flow: this.#index, expiresS, refreshInMs, serviceRoute, gruus });
  }

  /** RFC 3261 §8.1.3.4, §21.3: 305 names a proxy, any other another registrar; sips stays sips. */
  #redirected(response: SipResponse): boolean {
    this.#redirects += 1;
    const { registrar } = this.#shared.options;
    const [first] = redirectTargets(response).filter(({ scheme }) => registrar.scheme === 'sip' || scheme === 'sips');
    if (first === undefined || this.#redirects > MAX_REDIRECTS) return false;
    if (response.statusCode === 305) this.#via = first;
    else this.#registrar = { ...first, headers: '' };
    this.#flow = null;
    return true;
  }

  #flowFailed(reasonPhrase: string): void {
    const { context, options } = this.#shared;
    const waitMs = this.#recovery.lostMs(context.clock.nowMs(), context.random, this.#othersUp, options.backoff);
    this.#again(503, reasonPhrase, waitMs);
  }

  #fail(statusCode: number, reasonPhrase: string, atLeastMs = 0): void {
    const { context, options } = this.#shared;
    const waitMs = this.#recovery.failedMs(context.random, this.#othersUp, options.backoff);
    this.#again(statusCode, reasonPhrase, Math.max(waitMs, Math.min(atLeastMs, MAX_RETRY_AFTER_MS)));
  }

  get #othersUp(): boolean {
    return this.#shared.othersUp(this);
  }

  #again(statusCode: number, reasonPhrase: string, retryInMs: number): void {
    const { context, options } = this.#shared;
    this.#quiet();
    this.#state = 'waiting';
    this.#granted = null;
    // A redirect holds as long as it serves.
    this.#registrar = options.registrar;
    this.#via = null;
    this.#timer = context.clock.setTimer(retryInMs, () => this.#register());
    this.#shared.tell({ state: 'failed', flow: this.#index, statusCode, reasonPhrase, retryInMs });
  }

  #keepAlive(granted: GrantedRegistration, flow: Flow): void {
    this.#keeper?.stop();
    this.#keeper = null;
    const isWanted = granted.isOutbound || granted.flowTimerS !== null || this.#shared.options.keepAlive === true;
    if (!isWanted) return;
    const intervalMs = granted.flowTimerS === null ? null : granted.flowTimerS * 1000;
    this.#keeper = this.#shared.context.keepAlive(flow, intervalMs, {
      failed: (failure) => {
        this.#flow = null;
        if (this.#state === 'registered') this.#flowFailed(`Flow Failed: ${failure}`);
      },
      answered: () => this.#recovery.keepAliveAnswered(),
    });
  }

  #finish(): void {
    const ended = this.#ended;
    this.#ended = null;
    ended?.();
  }

  /** No timer, no transaction, no keep-alive. */
  #quiet(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#transaction?.abandon();
    this.#transaction = null;
    this.#keeper?.stop();
    this.#keeper = null;
  }

  /** Undefined: as any request to that URI. */
  #target(): SendTo | undefined {
    if (this.#flow?.isOpen === true) return targetOf(this.#flow);
    const { options } = this.#shared;
    if (this.#via !== null) return this.#via;
    if (this.#proxy !== null) return this.#proxy.target ?? this.#proxy.uri;
    return this.#registrar === options.registrar ? options.target : undefined;
  }

  #createRequest(expiresS: number): SipRequest {
    const { context, options, callId, fromTag } = this.#shared;
    const to = nameAddr(options.aor);
    const { instanceId, gruu = true } = options;
    const supported = ['path', ...(this.#outbound ? ['outbound'] : [])];
    if (instanceId !== undefined && gruu) supported.push('gruu');
    const headers: HeaderList = [
      ['Expires', String(expiresS)],
      ['Supported', supported.join(', ')],
      ...(options.headers ?? []),
      ...context.userAgent(),
    ];
    return createRequest({
      method: 'REGISTER',
      uri: this.#registrar,
      from: withTag(options.from ?? to, fromTag),
      to,
      callId,
      cseq: { sequence: this.#shared.nextSequence() },
      route: this.#route(),
      headers,
    });
  }

  #route(): NameAddr[] {
    const proxy = this.#via ?? this.#proxy?.uri ?? null;
    return proxy === null ? [] : [nameAddr({ ...proxy, params: proxy.params.clone().set('lr', null) })];
  }

  #contacts(peer: Flow | Target): NameAddr[] {
    const { instanceId } = this.#shared.options;
    return this.#wanted(peer).map(({ uri, q, params = {} }) => {
      const written = Params.of(params);
      if (q !== undefined) written.set('q', String(q));
      if (instanceId !== undefined) written.set('+sip.instance', `<${instanceId}>`);
      if (this.#outbound) written.set('reg-id', String(this.#index + 1));
      return nameAddr(uri, written);
    });
  }

  #wanted(peer: Flow | Target): readonly RegistrationContact[] {
    const { options, context } = this.#shared;
    if (options.contacts !== undefined) return options.contacts;
    return [{ uri: contactUri(context, options.aor, peer) }];
  }

  #ours(flow: Flow): OurContact[] {
    const { instanceId } = this.#shared.options;
    return this.#wanted(flow).map(({ uri }) => ({
      uri,
      instance: instanceId === undefined ? null : `<${instanceId}>`,
      regId: this.#outbound ? this.#index + 1 : null,
    }));
  }
}

/** Our Contact for a user towards that peer. */
export function contactUri(context: UaContext, aor: SipUri, peer: Flow | Target): SipUri {
  const read = parseNameAddr(context.contact(aor.user, peer, aor.scheme === 'sips'));
  return read.ok && 'host' in read.value.uri ? read.value.uri : aor;
}
