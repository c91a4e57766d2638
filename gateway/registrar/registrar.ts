import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { SessionId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import { type Random, randomToken } from '../../base/random.js';
import {
  contacts,
  type DigestAlgorithm,
  detach,
  expires,
  type Flow,
  type ServerTransaction,
  type SipRequest,
} from '../../sip/index.js';
import type { Decider, DecisionStep } from '../decide/decider.js';
import { type Authenticator, type Header, sourceText } from './authenticator.js';
import { type Binding, type CachedHa1, isReachable } from './bindings.js';
import type { BindingKeeper } from './keeper.js';
import { type BindingChange, contactRequests, type ExpiryPolicy, planRegister, type RegisterRequest } from './plan.js';

/** Local credentials of a server profile that may register (contract 4.5, "Register / server MD5 auth"). */
export interface RegisteringServer {
  readonly alias: string;
  readonly username: string;
  readonly ha1: string;
}

export interface RegistrarOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly authenticator: Authenticator;
  readonly decider: Decider;
  readonly keeper: BindingKeeper;
  readonly realm: string;
  readonly policy: ExpiryPolicy;
  /** The digest profile that this source belongs to, if any: it is checked locally, without the auth hook. */
  readonly serverAt: (address: string) => RegisteringServer | null;
  readonly retryAfterS: number;
  readonly respond: (
    transaction: ServerTransaction,
    statusCode: number,
    options?: { readonly reasonPhrase?: string; readonly headers?: readonly Header[] },
  ) => void;
}

/** RFC 3261 §10.3 over the contract's registration rules (4.1, 2.1 to 2.3). */
export class Registrar {
  /** REGISTERs accepted and refused since the start. */
  readonly counters = { accepted: 0, refused: 0, challenged: 0 };
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** Answers one REGISTER that admission has let through. Never rejects: one request's fault is its 500. */
  async handle(transaction: ServerTransaction): Promise<void> {
    try {
      await this.#serve(transaction);
    } catch (error) {
      this.#options.log.error('register.fault', { message: messageOf(error) });
      this.#options.respond(transaction, 500);
    }
  }

  async #serve(transaction: ServerTransaction): Promise<void> {
    const { request, flow } = transaction;
    const user = request.to.uri.scheme === 'other' || request.to.uri.scheme === 'tel' ? undefined : request.to.uri.user;
    if (user === undefined || user === '') {
      this.#refuse(transaction, 404, [], [{ check: 'To', outcome: 'has no user', afterMs: 0 }]);
      return;
    }
    const server = this.#options.serverAt(flow.remote.address);
    const profile = server !== null && server.username === user ? server : null;
    const continued = this.#continued(request, flow, user);
    const auth = await this.#options.authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      expectedUser: user,
      known: (username, algorithm) =>
        profile === null
          ? this.#cachedAt(flow, username, algorithm)
          : { algorithm: 'MD5', ha1: profile.ha1, untilMs: Number.POSITIVE_INFINITY },
      askDecider: profile === null,
      sessionId: continued,
    });
    if (!auth.ok) {
      if (auth.statusCode === 401) this.counters.challenged += 1;
      this.#refuse(transaction, auth.statusCode, auth.headers, auth.trace, auth.reasonPhrase);
      return;
    }
    // A registration that ended while the application was asked does not come back under its old id.
    this.#register(transaction, user, auth.sessionId === continued ? null : auth.sessionId, auth.cache);
  }

  #register(transaction: ServerTransaction, username: string, sessionId: string | null, cache: CachedHa1 | null): void {
    const { request, flow } = transaction;
    const { keeper, policy } = this.#options;
    const asked = readRequest(request, flow);
    if (asked === null) {
      this.#refuse(transaction, 400, [], [{ check: 'Contact', outcome: 'cannot be read', afterMs: 0 }], 'Bad Contact');
      return;
    }
    const plan = planRegister(asked, keeper.ofUser(username), policy);
    if (!plan.ok) {
      const headers: Header[] = plan.minExpiresS === undefined ? [] : [['Min-Expires', String(plan.minExpiresS)]];
      const trace = [{ check: 'registrar', outcome: plan.reasonPhrase, afterMs: 0 }];
      this.#refuse(transaction, plan.statusCode, headers, trace, plan.reasonPhrase);
      return;
    }
    if (keeper.isFull && plan.changes.some((change) => change.type === 'add')) {
      const headers: Header[] = [['Retry-After', String(this.#options.retryAfterS)]];
      this.#refuse(transaction, 503, headers, [{ check: 'registrar', outcome: 'full', afterMs: 0 }]);
      return;
    }
    const given = { sessionId, cache };
    for (const change of plan.changes) this.#apply(change, request, flow, username, given);
    this.counters.accepted += 1;
    this.#options.respond(transaction, 200, { headers: this.#contactHeaders(username) });
  }

  #apply(
    change: BindingChange,
    request: SipRequest,
    flow: Flow,
    username: string,
    given: { sessionId: string | null; cache: CachedHa1 | null },
  ): void {
    const { keeper, clock, random, realm } = this.#options;
    if (change.type === 'remove') {
      keeper.end(change.sessionId, 'unregistered');
      return;
    }
    const nowMs = clock.epochMs();
    const known = change.type === 'refresh' ? keeper.get(change.sessionId) : undefined;
    // The first new binding of this REGISTER has the id that the application was asked with; others get their own.
    const fresh = given.sessionId ?? randomToken(random, 18);
    if (change.type === 'add') given.sessionId = null;
    const binding: Binding = {
      sessionId: known?.sessionId ?? (fresh as SessionId),
      // Kept for long: slices would keep the whole REGISTER with them.
      username: detach(username),
      realm,
      contact: detach(change.contact.text),
      instance: change.contact.instance === null ? null : detach(change.contact.instance),
      callId: request.callId,
      sequence: request.cseq.sequence,
      q: change.contact.q,
      userAgent: detach(request.headers.get('user-agent')?.slice(0, 256) ?? '') || null,
      flow: {
        kind: flow.kind,
        local: { ...flow.local },
        remote: { ...flow.remote },
        connectionId: flow.connectionId,
      },
      registeredAtMs: known?.registeredAtMs ?? nowMs,
      expiresAtMs: nowMs + change.expiresS * 1000,
      ha1: given.cache ?? known?.ha1 ?? null,
      connection: flow.connectionId === null ? null : flow,
      restored: false,
    };
    if (change.type === 'refresh') {
      keeper.refresh(binding);
      return;
    }
    for (const replaced of change.replaces) keeper.end(replaced, 'replaced');
    keeper.add(binding);
  }

  /** The registration that this REGISTER refreshes or ends, where it makes no new one (contract 2.1, session_id). */
  #continued(request: SipRequest, flow: Flow, username: string): SessionId | undefined {
    const { keeper, policy } = this.#options;
    const asked = readRequest(request, flow);
    const plan = asked === null ? null : planRegister(asked, keeper.ofUser(username), policy);
    if (plan === null || !plan.ok) return undefined;
    const continued: SessionId[] = [];
    for (const change of plan.changes) {
      if (change.type === 'add') return undefined;
      continued.push(change.sessionId);
    }
    return continued[0];
  }

  /** The secret of a live binding of that user at exactly that source (contract 2.1). */
  #cachedAt(flow: Flow, username: string, algorithm: DigestAlgorithm): CachedHa1 | null {
    const { keeper, clock } = this.#options;
    for (const binding of keeper.atSource(flow)) {
      if (binding.username !== username || binding.restored || binding.ha1 === null) continue;
      if (binding.ha1.algorithm === algorithm && binding.ha1.untilMs > clock.nowMs()) return binding.ha1;
    }
    return null;
  }

  /** RFC 3261 §10.3 step 8: every current binding with what is left of it. */
  #contactHeaders(username: string): Header[] {
    const nowMs = this.#options.clock.epochMs();
    return this.#options.keeper.ofUser(username).map((binding) => {
      const leftS = Math.max(0, Math.round((binding.expiresAtMs - nowMs) / 1000));
      return ['Contact', `<${binding.contact}>;expires=${leftS}`];
    });
  }

  #refuse(
    transaction: ServerTransaction,
    statusCode: number,
    headers: readonly Header[],
    trace: readonly DecisionStep[],
    reasonPhrase?: string,
  ): void {
    const { log, respond } = this.#options;
    if (statusCode !== 401) {
      this.counters.refused += 1;
      log.info('register.refused', {
        source: sourceText(transaction.flow.remote),
        to: 'user' in transaction.request.to.uri ? transaction.request.to.uri.user : null,
        statusCode,
        trace,
      });
    }
    respond(transaction, statusCode, { headers, ...(reasonPhrase === undefined ? {} : { reasonPhrase }) });
  }
}

function readRequest(request: SipRequest, flow: Flow): RegisterRequest | null {
  const listed = contacts(request);
  const header = expires(request);
  if (!listed.ok) return null;
  return {
    callId: request.callId,
    sequence: request.cseq.sequence,
    source: sourceText(flow.remote),
    wildcard: listed.value.wildcard,
    contacts: contactRequests(listed.value.values),
    // RFC 3261 §20.19: a malformed value counts as the default.
    expiresS: header.ok ? (header.value ?? null) : null,
  };
}

/** The bindings of a user that an INVITE can reach, best first. */
export function reachable(bindings: readonly Binding[]): Binding[] {
  return bindings.filter(isReachable).sort((a, b) => b.q - a.q);
}
