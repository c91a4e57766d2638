import { privateRanges } from '../../base/ip-ranges.js';
import type { Logger } from '../../base/log.js';
import type { Flow, ServerTransaction, SipRequest } from '../../sip/index.js';
import type { DecisionStep } from '../decide/decider.js';
import { type Authenticator, type AuthResult, type Header, sourceText } from '../registrar/authenticator.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import type { IpRules, PeerClass } from './ip-rules.js';
import type { Server, ServerDirectory } from './servers.js';
import type { SourceLimiter } from './source-limiter.js';

export interface AdmissionOptions {
  readonly log: Logger;
  readonly keeper: BindingKeeper;
  readonly servers: ServerDirectory;
  readonly rules: IpRules;
  readonly limiter: SourceLimiter;
  readonly authenticator: Authenticator;
  readonly unknownCall: 'hook' | 'challenge' | 'reject';
  readonly denyMode: 'reject' | 'drop';
  /** Passwords can be guessed (no users file, embedded hook server): only near sources may come. */
  readonly privateSourcesOnly: boolean;
  readonly retryAfterS: number;
}

export type Verdict =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly statusCode: number; readonly headers: readonly Header[] }
  /** Not even an answer. */
  | { readonly kind: 'dropped' };

export type Caller =
  | {
      readonly kind: 'admitted';
      /** The registered or authenticated user; null for servers and unknown callers. */
      readonly username: string | null;
      readonly server: Server | null;
      readonly trace: readonly DecisionStep[];
    }
  | (Extract<AuthResult, { ok: false }> & { readonly kind: 'refused' });

/** An office of phones behind one address registers at once after a power cut; calls come one by one. */
const COST = { INVITE: 1, other: 0.2 };

/** Who may come at all, and who a caller is: contract 2.6 and the limits per source. */
export class Admission {
  readonly counters = { denied: 0, limited: 0 };
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** The first look at a request outside dialogs: before any challenge, any hook, any work. */
  admit(transaction: Pick<ServerTransaction, 'request' | 'flow'>): Verdict {
    const { method } = transaction.request;
    const { address } = transaction.flow.remote;
    const { limiter, rules, privateSourcesOnly, authenticator } = this.#options;
    const peer = this.#classOf(transaction.flow);
    // Trunks and registered phones have limits of their own: max_calls, and hooks in flight per user or trunk.
    if (peer === 'unknown' && !limiter.take(address, method === 'INVITE' ? COST.INVITE : COST.other)) {
      this.counters.limited += 1;
      return { kind: 'refused', statusCode: 503, headers: [['Retry-After', String(this.#options.retryAfterS)]] };
    }
    if (method !== 'REGISTER' && method !== 'INVITE') return { kind: 'admitted' };
    const verdict = rules.evaluate(method === 'INVITE' ? 'call' : 'register', peer, address);
    if (!verdict.allowed) return this.#deny(transaction, `ip rule: ${verdict.rule}`);
    if (privateSourcesOnly && !privateRanges.contains(address)) {
      return this.#deny(transaction, 'only loopback and private addresses while anybody may register');
    }
    if (method === 'INVITE' && peer !== 'client' && this.#mustProve(transaction)) {
      const { statusCode, headers } = authenticator.challenge(false);
      return { kind: 'refused', statusCode, headers };
    }
    return { kind: 'admitted' };
  }

  /**
   * An INVITE that `identify` would challenge, and that brings no credentials: it is answered here, where nothing of it
   * is kept (RFC 3261 §26.3.2.4).
   */
  #mustProve({ request, flow }: Pick<ServerTransaction, 'request' | 'flow'>): boolean {
    if (request.headers.has('Authorization')) return false;
    const server = this.#options.servers.at(flow.remote.address);
    if (server === null) return this.#options.unknownCall === 'challenge';
    return server.profile.auth !== 'none' && server.inbound !== null;
  }

  /** Who sent this INVITE; challenges where the caller has to prove it. */
  async identify(request: SipRequest, flow: Flow): Promise<Caller> {
    const { keeper, servers, unknownCall, authenticator } = this.#options;
    const fromUser = 'user' in request.from.uri ? (request.from.uri.user ?? null) : null;
    const username = keeper.userAt(flow, fromUser);
    const bound = keeper.atSource(flow).length > 0;
    if (bound)
      return { kind: 'admitted', username, server: null, trace: [step('registered at source', String(username))] };
    const called = 'user' in request.uri ? request.uri.user : undefined;
    const server = servers.at(flow.remote.address, called);
    if (server !== null) return this.#identifyServer(request, flow, server);
    if (unknownCall === 'reject') {
      return { kind: 'refused', ok: false, statusCode: 403, headers: [], trace: [step('unknown_call', 'reject')] };
    }
    if (unknownCall === 'hook')
      return { kind: 'admitted', username: null, server: null, trace: [step('unknown_call', 'hook')] };
    const result = await authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      expectedUser: null,
      known: () => null,
      askDecider: true,
    });
    if (!result.ok) return { kind: 'refused', ...result };
    return { kind: 'admitted', username: result.username, server: null, trace: [step('digest', result.username)] };
  }

  async #identifyServer(request: SipRequest, flow: Flow, server: Server): Promise<Caller> {
    const named = step('server profile', server.profile.alias);
    const inbound = server.inbound;
    if (server.profile.auth === 'none' || inbound === null) {
      return { kind: 'admitted', username: null, server, trace: [named] };
    }
    const result = await this.#options.authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      expectedUser: null,
      known: (username, algorithm) =>
        username === inbound.username && algorithm === 'MD5'
          ? { algorithm, ha1: inbound.ha1, untilMs: Number.POSITIVE_INFINITY }
          : null,
      askDecider: false,
    });
    if (!result.ok) return { kind: 'refused', ...result, trace: [named, ...result.trace] };
    return { kind: 'admitted', username: null, server, trace: [named, step('digest', result.username)] };
  }

  #classOf(flow: Flow): PeerClass {
    if (this.#options.keeper.atSource(flow).length > 0) return 'client';
    return this.#options.servers.at(flow.remote.address) === null ? 'unknown' : 'server';
  }

  #deny(transaction: Pick<ServerTransaction, 'request' | 'flow'>, why: string): Verdict {
    this.counters.denied += 1;
    this.#options.log.info('admission.denied', {
      method: transaction.request.method,
      source: sourceText(transaction.flow.remote),
      why,
    });
    return this.#options.denyMode === 'drop' ? { kind: 'dropped' } : { kind: 'refused', statusCode: 403, headers: [] };
  }
}

function step(check: string, outcome: string): DecisionStep {
  return { check, outcome, afterMs: 0 };
}
