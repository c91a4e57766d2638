import { type IpRanges, privateRanges } from '../../base/ip-ranges.js';
import type { Logger } from '../../base/log.js';
import type { Flow, ServerTransaction, SipRequest, Standing } from '../../sip/index.js';
import type { DecisionStep } from '../decide/decider.js';
import { asksHooks, type Domain, type Domains } from '../decide/domains.js';
import { type Authenticator, type AuthResult, type Header, sourceText } from '../registrar/authenticator.js';
import { identityOf, ownerOfIdentity } from '../registrar/bindings.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import type { IpRules, PeerClass } from './ip-rules.js';
import type { Server, ServerDirectory } from './servers.js';
import type { SourceLimiter } from './source-limiter.js';

export interface AdmissionOptions {
  readonly log: Logger;
  readonly keeper: BindingKeeper;
  readonly servers: ServerDirectory;
  readonly domains: Domains;
  readonly rules: IpRules;
  readonly limiter: SourceLimiter;
  readonly authenticator: Authenticator;
  readonly unknownCall: 'hook' | 'challenge' | 'reject';
  readonly denyMode: 'reject' | 'drop';
  /** Passwords can be guessed (no users file, embedded hook server): only near sources may come. */
  readonly privateSourcesOnly: boolean;
  readonly retryAfterS: number;
  /** Who may call into domains that have a control server without proving who he is. */
  readonly trusted: IpRanges;
  /** Methods other than REGISTER and INVITE that only users may use; whoever `trusted` contains need not prove it. */
  readonly forUsers: { readonly methods: ReadonlySet<string>; readonly trusted: IpRanges };
}

export type Verdict =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly statusCode: number; readonly headers: readonly Header[] }
  /** Not even an answer. */
  | { readonly kind: 'dropped' };

/** `proven`: it is the one the call is with, who may be spoken to there from now on. */
export type Foreign = Verdict | { readonly kind: 'proven' };

export type Caller =
  | {
      readonly kind: 'admitted';
      /** The registered or authenticated user; null for servers and unknown callers. */
      readonly username: string | null;
      /** The user among those of all domains. */
      readonly identity: string | null;
      readonly server: Server | null;
      readonly trace: readonly DecisionStep[];
    }
  | (Extract<AuthResult, { ok: false }> & { readonly kind: 'refused' });

/** Whom a call is with, as it was found out when the call began. */
export interface CallPeer {
  /** See identityOf; null for servers and unknown callers. */
  readonly identity: string | null;
  readonly serverAlias: string | null;
  /** Of the called user, by which the caller was judged; null: the hooks', and for calls of ours. */
  readonly domain: string | null;
}

/** An office of phones behind one address registers at once after a power cut; calls come one by one. */
const COST = { INVITE: 1, other: 0.2 };

/** Who may come at all, and who a caller is: contract 2.6 and the limits per source. */
export class Admission {
  readonly counters = { denied: 0, limited: 0 };
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * The first look at a request: before any challenge, any hook, any work. What claims to be of a dialog has no limit of
   * requests, but whom a rule keeps out of calls it keeps out of theirs too; what is in a dialog without being its own
   * is judged as outside.
   */
  admit(transaction: Pick<ServerTransaction, 'request' | 'flow'>, standing: Standing = 'new'): Verdict {
    const { request, flow } = transaction;
    const { method } = request;
    const { address } = flow.remote;
    if (standing === 'unknown' || standing === 'foreign') {
      const { allowed, rule } = this.#options.rules.evaluate('call', this.#classOf(flow), address);
      return allowed ? { kind: 'admitted' } : this.#deny(transaction, `ip rule: ${rule}`);
    }
    const { limiter, rules, privateSourcesOnly, forUsers } = this.#options;
    const isForUsers = forUsers.methods.has(method);
    const isJudged = method === 'REGISTER' || method === 'INVITE' || isForUsers;
    const domain = isJudged ? this.domainOf(request) : null;
    const isListed = domain?.allow?.contains(address) === true;
    const peer = this.#classOf(flow);
    // Trunks and registered phones have limits of their own: max_calls, and hooks in flight per user or trunk. Who is
    // believed without a password is no stranger.
    const isTrusted = method === 'INVITE' && this.#isTrusted(domain, address);
    const isKnown = isTrusted || peer !== 'unknown' || (isListed && domain?.auth === 'none');
    const isLimited = !isKnown && standing === 'new';
    if (isLimited && !limiter.take(address, method === 'INVITE' ? COST.INVITE : COST.other)) {
      this.counters.limited += 1;
      return { kind: 'refused', statusCode: 503, headers: [['Retry-After', String(this.#options.retryAfterS)]] };
    }
    if (!isJudged || (isForUsers && forUsers.trusted.contains(address))) return { kind: 'admitted' };
    const isCall = method === 'INVITE' || method === 'MESSAGE';
    const verdict = rules.evaluate(isCall ? 'call' : 'register', peer, address);
    if (!verdict.allowed) return this.#deny(transaction, `ip rule: ${verdict.rule}`);
    // A trunk proves itself, or is believed, by its profile; but where nothing is proven the list is all there is.
    const isTrunk = peer === 'server' && method === 'INVITE' && domain?.auth !== 'none';
    if (domain?.allow && !isListed && !isTrunk) return this.#deny(transaction, `not in allow of ${domain.name}`);
    if (privateSourcesOnly && asksHooks(domain) && !privateRanges.contains(address)) {
      return this.#deny(transaction, 'only loopback and private addresses while anybody may register');
    }
    // A registration is no proof towards a control server: its callers show credentials each time.
    const isProven = isTrusted || (peer === 'client' && !isControlled(domain));
    const challenge = method === 'REGISTER' || isProven ? null : this.#challengeOf(transaction, domain);
    return challenge ?? { kind: 'admitted' };
  }

  /**
   * The challenge of a request whose sender would be challenged later on, and that brings no credentials: it is answered
   * here, where nothing of it is kept (RFC 3261 §26.3.2.4). Null when there is nothing to prove.
   */
  #challengeOf({ request, flow }: Pick<ServerTransaction, 'request' | 'flow'>, domain: Domain | null): Verdict | null {
    if (request.headers.has('Authorization')) return null;
    const { servers, forUsers } = this.#options;
    const isForUsers = forUsers.methods.has(request.method);
    if (isForUsers && domain?.auth === 'none') return null;
    const server = isForUsers ? null : servers.at(flow.remote.address);
    const mustProve =
      server === null
        ? isForUsers || this.#unknownCall(domain) === 'challenge'
        : server.profile.auth !== 'none' && server.inbound !== null;
    if (!mustProve) return null;
    const { statusCode, headers } = this.#options.authenticator.challenge(false, server === null ? domain : null);
    return { kind: 'refused', statusCode, headers };
  }

  /**
   * By whom a request outside dialogs is decided: To of a REGISTER, From of what only users may send, Request-URI of the
   * others; null: the hooks.
   */
  domainOf({ method, uri, from, to }: SipRequest): Domain | null {
    const proven = this.#options.forUsers.methods.has(method) ? from.uri : uri;
    const subject = method === 'REGISTER' ? to.uri : proven;
    return 'host' in subject ? this.#options.domains.find(subject.host) : null;
  }

  /** Who sent this INVITE; challenges where the caller has to prove it. */
  async identify(request: SipRequest, flow: Flow): Promise<Caller> {
    const { keeper, servers, authenticator } = this.#options;
    const domain = this.domainOf(request);
    const unknownCall = this.#unknownCall(domain);
    const fromUser = 'user' in request.from.uri ? (request.from.uri.user ?? null) : null;
    if (this.#isTrusted(domain, flow.remote.address)) return admittedAs(null, null, step('trusted', 'address'));
    const user = isControlled(domain)
      ? undefined
      : keeper.sources.ownerAt(flow, fromUser, (registeredIn) => this.#isProof(registeredIn, domain));
    if (user !== undefined) {
      const username = user?.username ?? null;
      return admittedAs(username, user && identityOf(user), step('registered at source', String(username)));
    }
    const called = 'user' in request.uri ? request.uri.user : undefined;
    const server = servers.at(flow.remote.address, called);
    if (server !== null) return this.#identifyServer(request, flow, server);
    if (unknownCall === 'reject') {
      return { kind: 'refused', ok: false, statusCode: 403, headers: [], trace: [step('unknown_call', 'reject')] };
    }
    if (unknownCall === 'hook' || unknownCall === 'believe') {
      return admittedAs(
        null,
        null,
        unknownCall === 'hook' ? step('unknown_call', 'hook') : step('domain', 'auth none'),
      );
    }
    const result = await authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      domain,
      expectedUser: isControlled(domain) ? (fromUser ?? '') : null,
      known: () => null,
      askDecider: true,
    });
    if (!result.ok) return { kind: 'refused', ...result };
    if (isControlled(domain) && !this.#isOf(domain, request)) {
      return { kind: 'refused', ok: false, statusCode: 403, headers: [], trace: [step('From', 'of another domain')] };
    }
    const identity = identityOf({ username: result.username, domain: domain?.name ?? null });
    return admittedAs(result.username, identity, step('digest', result.username));
  }

  /**
   * A request in a call that comes from elsewhere than the call is with: it is let through when its sender would be
   * the same one in a call of his own from there. A user is known by a registration at that source or proves himself
   * with digest; a server has the addresses of its profile; who was nobody is as good as anybody who may call unproven.
   */
  async admitForeign({ request, flow }: Pick<ServerTransaction, 'request' | 'flow'>, peer: CallPeer): Promise<Foreign> {
    const { keeper, servers, domains, authenticator, privateSourcesOnly } = this.#options;
    const { address } = flow.remote;
    const { identity, serverAlias } = peer;
    if (serverAlias !== null && servers.isAt(serverAlias, address)) return proven;
    const owner = identity === null ? null : ownerOfIdentity(identity);
    if (owner !== null && keeper.sources.isAt(owner, flow)) return proven;
    const domainName = owner === null ? peer.domain : owner.domain;
    const domain = domainName === null ? null : domains.named(domainName);
    if (domain === null && domainName !== null) return this.#deny({ request, flow }, 'its domain is no more');
    if (domain?.allow?.contains(address) === false) {
      return this.#deny({ request, flow }, `not in allow of ${domain.name}`);
    }
    if (privateSourcesOnly && asksHooks(domain) && !privateRanges.contains(address)) {
      return this.#deny({ request, flow }, 'only loopback and private addresses while anybody may register');
    }
    if (owner === null || domain?.auth === 'none') {
      const unknownCall = this.#unknownCall(domain);
      if (unknownCall === 'hook' || unknownCall === 'believe') return { kind: 'admitted' };
      return this.#deny({ request, flow }, 'a call with another host');
    }
    const question = {
      request,
      sourceAddress: address,
      domain,
      expectedUser: owner.username,
      known: () => null,
      askDecider: true,
    };
    const result = await authenticator.verify(question);
    return result.ok ? proven : { kind: 'refused', ...result };
  }

  #isTrusted(domain: Domain | null, address: string): boolean {
    return isControlled(domain) && this.#options.trusted.contains(address);
  }

  /** Whether the caller says that he is of that domain. */
  #isOf(domain: Domain | null, { from: { uri } }: SipRequest): boolean {
    return 'host' in uri && this.#options.domains.find(uri.host) === domain;
  }

  /** A registration that took no password says who somebody is in its own domain alone. */
  #isProof(registeredIn: string | null, domain: Domain | null): boolean {
    if (registeredIn === null || registeredIn === domain?.name) return true;
    return this.#options.domains.named(registeredIn)?.auth === 'digest';
  }

  /** What a caller has to do whom nobody knows: a domain with users of its own wants to see one of them. */
  #unknownCall(domain: Domain | null): 'hook' | 'challenge' | 'reject' | 'believe' {
    if (domain?.auth === 'none') return 'believe';
    if (isControlled(domain)) return 'challenge';
    const { unknownCall } = this.#options;
    return unknownCall === 'hook' && !asksHooks(domain) ? 'challenge' : unknownCall;
  }

  async #identifyServer(request: SipRequest, flow: Flow, server: Server): Promise<Caller> {
    const named = step('server profile', server.profile.alias);
    const inbound = server.inbound;
    if (server.profile.auth === 'none' || inbound === null) {
      return { kind: 'admitted', username: null, identity: null, server, trace: [named] };
    }
    const result = await this.#options.authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      domain: null,
      expectedUser: null,
      known: (username, algorithm) =>
        username === inbound.username && algorithm === 'MD5'
          ? { algorithm, ha1: inbound.ha1, untilMs: Number.POSITIVE_INFINITY }
          : null,
      askDecider: false,
    });
    if (!result.ok) return { kind: 'refused', ...result, trace: [named, ...result.trace] };
    return {
      kind: 'admitted',
      username: null,
      identity: null,
      server,
      trace: [named, step('digest', result.username)],
    };
  }

  #classOf(flow: Flow): PeerClass {
    if (this.#options.keeper.sources.isKnown(flow)) return 'client';
    return this.#options.servers.at(flow.remote.address) === null ? 'unknown' : 'server';
  }

  #deny(
    transaction: Pick<ServerTransaction, 'request' | 'flow'>,
    why: string,
  ): Exclude<Verdict, { readonly kind: 'admitted' }> {
    this.counters.denied += 1;
    this.#options.log.info('admission.denied', {
      method: transaction.request.method,
      source: sourceText(transaction.flow.remote),
      why,
    });
    return this.#options.denyMode === 'drop' ? { kind: 'dropped' } : { kind: 'refused', statusCode: 403, headers: [] };
  }
}

/** Its control server decides about its calls. */
function isControlled(domain: Domain | null): boolean {
  return domain?.routing === 'control';
}

function admittedAs(username: string | null, identity: string | null, how: DecisionStep): Caller {
  return { kind: 'admitted', username, identity, server: null, trace: [how] };
}

const proven: Foreign = { kind: 'proven' };

function step(check: string, outcome: string): DecisionStep {
  return { check, outcome, afterMs: 0 };
}
