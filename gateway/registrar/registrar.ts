import type { Clock } from '../../base/clock.js';
import type { SessionId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import { type Random, randomToken } from '../../base/random.js';
import {
  type ApplyResult,
  type BindingChange,
  type DigestAlgorithm,
  type Flow,
  planRegister,
  type RegisterPolicy,
  Registrar as RegistrarUsage,
  readRegister,
  type ServerTransaction,
  type Binding as SipBinding,
  type SipUri,
  type UaContext,
  type Uri,
} from '../../sip/index.js';
import type { DecisionStep } from '../decide/decider.js';
import { asksHooks, type Domain, type Domains, hookPolicy, mayBeUser } from '../decide/domains.js';
import { hostKey } from '../decide/host-key.js';
import { type Authenticator, sourceText } from './authenticator.js';
import {
  aorKey,
  type Binding,
  type CachedHa1,
  isReachable,
  isSameFlow,
  type Owner,
  ownerOf,
  sourceOf,
} from './bindings.js';
import type { BindingKeeper } from './keeper.js';

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
  /** Of the user agent that serves the REGISTERs. */
  readonly context: UaContext;
  readonly authenticator: Authenticator;
  readonly keeper: BindingKeeper;
  readonly domains: Domains;
  /** False: no host is anybody's but the domains', others get 404. */
  readonly hasHooks: boolean;
  /** The digest profile that this source belongs to, if any: it is checked locally, without the auth hook. */
  readonly serverAt: (address: string) => RegisteringServer | null;
  readonly retryAfterS: number;
}

/** What authentication brought for the bindings of a REGISTER. */
interface Grant {
  /** The id that the application was asked with, for the first new binding; others get their own. */
  sessionId: string | null;
  readonly cache: CachedHa1 | null;
}

type Bound = Exclude<BindingChange, { type: 'remove' }>;

/** A REGISTER whose changes hold. */
interface Accepted {
  readonly owner: Owner;
  readonly domain: Domain | null;
  readonly flow: Flow;
  readonly grant: Grant;
  readonly requestHost: string | null;
}

/**
 * The contract's rules and hooks (4.1, 2.1 to 2.3, 2.7) over the registrar of the SIP library: who is asked, what a
 * session id stands for, and that a phone which has moved replaces itself.
 */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #usage: RegistrarUsage;
  readonly #grants = new WeakMap<ServerTransaction, Grant>();
  readonly #counters = { refused: 0, challenged: 0 };

  constructor(options: RegistrarOptions) {
    const { context, keeper, retryAfterS } = options;
    this.#options = options;
    this.#usage = new RegistrarUsage(context, {
      store: {
        load: (key) => keeper.ofUser(ownerOf(key)).map(toSipBinding),
        apply: (key, changes, transaction) => this.#apply(ownerOf(key), changes, transaction),
      },
      policy: (key) => this.#policyOf(ownerOf(key)),
      aorKey: (aor) => this.#keyOf(aor),
      authenticate: (transaction, aor) => this.#authenticate(transaction, aor),
      // A phone that moves takes its sessions along (2.7), so there is one flow of each instance.
      outbound: false,
      path: 'off',
      date: false,
      sameness: ({ request, flow }) => sameness(request.callId, flow, this.#domainOf(request.to.uri)),
      onRefused: (transaction, statusCode, reasonPhrase) =>
        this.#noteRefused(transaction, statusCode, [{ check: 'registrar', outcome: reasonPhrase, afterMs: 0 }]),
      retryAfterS,
    });
  }

  /** REGISTERs accepted, refused and challenged since the start. */
  get counters(): { readonly accepted: number; readonly refused: number; readonly challenged: number } {
    return { ...this.#counters, accepted: this.#usage.counters.accepted };
  }

  /** Answers one REGISTER that admission has let through. Never rejects: one request's fault is its 500. */
  handle(transaction: ServerTransaction): Promise<void> {
    return this.#usage.handle(transaction);
  }

  #domainOf(uri: Uri): Domain | null {
    return 'host' in uri ? this.#options.domains.find(uri.host) : null;
  }

  /** Null for what is nobody's address (404). Whether a digest user exists is not told before it has proven itself. */
  #keyOf(aor: SipUri): string | null {
    const username = aor.user ?? '';
    const domain = this.#options.domains.find(aor.host);
    if (domain === null) return this.#options.hasHooks ? aorKey({ username, domain: null }) : null;
    if (domain.auth === 'none' && !mayBeUser(domain, username)) return null;
    return aorKey({ username, domain: domain.name });
  }

  #policyOf({ domain }: Owner): RegisterPolicy {
    return (domain === null ? null : this.#options.domains.named(domain))?.policy ?? hookPolicy;
  }

  #authenticate(transaction: ServerTransaction, aor: SipUri): 'ok' | 'answered' | Promise<'ok' | 'answered'> {
    const domain = this.#domainOf(aor);
    if (domain?.registrar === 'mediaswitch' && this.#refusesBrief(transaction, domain)) return 'answered';
    // Whether the source is one of the domain's has been asked at admission, where nothing of a request is kept.
    return domain?.auth === 'none' ? 'ok' : this.#askDigest(transaction, aor, domain);
  }

  /** Contract mediaswitch 4.3: 423 before any challenge. */
  #refusesBrief(transaction: ServerTransaction, { policy }: Domain): boolean {
    const asked = readRegister(transaction.request);
    const plan = asked === null ? null : planRegister(asked, [], policy);
    if (plan === null || plan.ok || plan.minExpiresS === undefined) return false;
    const { statusCode, reasonPhrase, minExpiresS } = plan;
    this.#noteRefused(transaction, statusCode, [{ check: 'registrar', outcome: reasonPhrase, afterMs: 0 }]);
    const headers = [['Min-Expires', String(minExpiresS)]] as const;
    transaction.respond(this.#options.context.createResponse(transaction, statusCode, { headers, reasonPhrase }));
    return true;
  }

  async #askDigest(
    transaction: ServerTransaction,
    { user = '' }: SipUri,
    domain: Domain | null,
  ): Promise<'ok' | 'answered'> {
    const { context, serverAt, authenticator } = this.#options;
    const { request, flow } = transaction;
    const server = asksHooks(domain) ? serverAt(flow.remote.address) : null;
    const profile = server !== null && server.username === user ? server : null;
    const owner = { username: user, domain: domain?.name ?? null };
    const continued = this.#continued(transaction, owner, domain);
    const auth = await authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      domain,
      expectedUser: user,
      known: (username, algorithm) =>
        profile === null
          ? this.#cachedAt(flow, { ...owner, username }, algorithm)
          : { algorithm: 'MD5', ha1: profile.ha1, untilMs: Number.POSITIVE_INFINITY },
      askDecider: profile === null,
      sessionId: continued,
    });
    if (auth.ok) {
      // A registration that ended while the application was asked does not come back under its old id.
      const sessionId = auth.sessionId === continued ? null : auth.sessionId;
      this.#grants.set(transaction, { sessionId, cache: auth.cache });
      return 'ok';
    }
    const { statusCode, headers, trace } = auth;
    const failed = domain?.registrar === 'mediaswitch' && statusCode === 403 ? 'Failed auth' : undefined;
    const reasonPhrase = auth.reasonPhrase ?? failed;
    if (statusCode === 401) {
      this.#counters.challenged += 1;
      context.respondStateless(transaction, 401, { headers });
      return 'answered';
    }
    this.#noteRefused(transaction, statusCode, trace);
    transaction.respond(context.createResponse(transaction, statusCode, { headers, reasonPhrase }));
    return 'answered';
  }

  #apply(owner: Owner, planned: readonly BindingChange[], transaction: ServerTransaction): ApplyResult {
    const { keeper, domains } = this.#options;
    const { flow, request } = transaction;
    const domain = owner.domain === null ? null : domains.named(owner.domain);
    const changes = domain?.onlyNewest === true ? lastOf(planned) : planned;
    const isNew = (change: BindingChange): boolean => isNewSession(change, flow);
    if (keeper.isFull && changes.some(isNew)) return 'full';
    const grant = this.#grants.get(transaction) ?? { sessionId: null, cache: null };
    const accepted: Accepted = { owner, domain, flow, grant, requestHost: requestHostOf(request.uri, owner) };
    for (const change of changes) {
      if (change.type === 'remove') keeper.end(change.previous.id as SessionId, 'unregistered');
      else if (isNew(change)) this.#add(change, accepted);
      else this.#refresh(change, accepted);
    }
    return 'stored';
  }

  #add(change: Bound, accepted: Accepted): void {
    const { keeper, random } = this.#options;
    const { grant, domain } = accepted;
    const moved = change.type === 'update' ? [change.previous, ...change.replaces] : change.replaces;
    for (const { id } of moved) keeper.end(id as SessionId, 'replaced');
    const sessionId = (grant.sessionId ?? randomToken(random, 18)) as SessionId;
    grant.sessionId = null;
    const earlier = domain?.registrar === 'mediaswitch' ? moved.map((binding) => binding.registeredAtMs) : [];
    const registeredAtMs = Math.min(change.binding.refreshedAtMs, ...earlier);
    keeper.add({ ...this.#bindingOf(change.binding, accepted), sessionId, registeredAtMs, ha1: grant.cache });
  }

  #refresh(change: Bound, accepted: Accepted): void {
    const { keeper } = this.#options;
    for (const { id } of change.replaces) keeper.end(id as SessionId, 'replaced');
    const sessionId = change.binding.id as SessionId;
    const ha1 = accepted.grant.cache ?? keeper.get(sessionId)?.ha1 ?? null;
    keeper.refresh({ ...this.#bindingOf(change.binding, accepted), sessionId, ha1 });
  }

  #bindingOf(binding: SipBinding, { owner, domain, flow, requestHost }: Accepted): Omit<Binding, 'sessionId' | 'ha1'> {
    const { contact, instance, callId, sequence, q, userAgent, registeredAtMs, expiresAtMs } = binding;
    return {
      username: owner.username,
      domain: owner.domain,
      realm: this.#options.authenticator.realmOf(domain),
      ...{ contact, instance, callId, sequence, q, userAgent, requestHost, registeredAtMs, expiresAtMs },
      flow: binding.flow,
      connection: flow.connectionId === null ? null : flow,
      restored: false,
    };
  }

  /** The registration that this REGISTER refreshes or ends, where it makes no new one (contract 2.1, session_id). */
  #continued({ request, flow }: ServerTransaction, owner: Owner, domain: Domain | null): SessionId | undefined {
    const { keeper } = this.#options;
    const asked = readRegister(request);
    if (asked === null) return undefined;
    const current = keeper.ofUser(owner).map(toSipBinding);
    const plan = planRegister(asked, current, this.#policyOf(owner), sameness(request.callId, flow, domain));
    if (!plan.ok) return undefined;
    const ids = plan.changes.map((change) => {
      const continues = change.type === 'remove' || (change.type === 'update' && isHere(change.binding, flow));
      return continues ? (change.binding.id as SessionId) : null;
    });
    return ids.includes(null) ? undefined : (ids[0] ?? undefined);
  }

  /** The secret of a live binding of that user at exactly that source (contract 2.1). */
  #cachedAt(flow: Flow, owner: Owner, algorithm: DigestAlgorithm): CachedHa1 | null {
    const { keeper, clock } = this.#options;
    for (const binding of keeper.ofUser(owner)) {
      if (!isSameFlow(binding.flow, flow) || binding.restored || binding.ha1 === null) continue;
      if (binding.ha1.algorithm === algorithm && binding.ha1.untilMs > clock.nowMs()) return binding.ha1;
    }
    return null;
  }

  #noteRefused({ request, flow }: ServerTransaction, statusCode: number, trace: readonly DecisionStep[]): void {
    this.#counters.refused += 1;
    this.#options.log.info('register.refused', {
      source: sourceText(flow.remote),
      to: 'user' in request.to.uri ? request.to.uri.user : null,
      statusCode,
      trace,
    });
  }
}

/**
 * Contract 2.7: one phone is one binding; from a new address it replaces the one it had. Where a user has one Contact
 * only, whatever comes replaces what was there.
 */
function sameness(callId: string, flow: Flow, domain: Domain | null) {
  return {
    isSame: (binding: SipBinding, contact: { readonly instance: string | null }): boolean =>
      binding.instance !== null && binding.instance === contact.instance,
    isReplaced: (binding: SipBinding): boolean =>
      domain?.onlyNewest === true || (binding.callId === callId && !isHere(binding, flow)),
    isPreferred: (binding: SipBinding): boolean => isHere(binding, flow),
  };
}

function isHere(binding: SipBinding, flow: Flow): boolean {
  return sourceOf(binding.flow) === sourceText(flow.remote);
}

/** A phone that comes from a new address begins a new session (contract 2.7). */
function isNewSession(change: BindingChange, flow: Flow): boolean {
  return change.type === 'add' || (change.type === 'update' && !isHere(change.previous, flow));
}

/** Of several Contacts in one REGISTER the last is kept where there may be one only. */
function lastOf(changes: readonly BindingChange[]): readonly BindingChange[] {
  const bound = changes.filter((change): change is Bound => change.type !== 'remove');
  const last = bound.pop();
  if (last === undefined || bound.length === 0) return changes;
  const previous = bound.flatMap((change) => (change.type === 'update' ? [change.previous] : []));
  const replaces = [...bound.flatMap((change) => change.replaces), ...previous, ...last.replaces];
  return [...changes.filter(({ type }) => type === 'remove'), { ...last, replaces }];
}

/** Null where it is the user's domain, as mostly. */
function requestHostOf(uri: Uri, { domain }: Owner): string | null {
  if (domain === null || !('host' in uri) || hostKey(uri.host) === domain) return null;
  return uri.host;
}

/** As the library's registrar sees it. Parameters are not given back: a 200 names the Contact and its expiry alone. */
function toSipBinding(binding: Binding): SipBinding {
  const { sessionId, registeredAtMs } = binding;
  return { ...binding, id: sessionId, params: {}, regId: null, path: [], refreshedAtMs: registeredAtMs };
}

/** The bindings of a user that an INVITE can reach, best first. */
export function reachable(bindings: readonly Binding[]): Binding[] {
  return bindings.filter(isReachable).sort((a, b) => b.q - a.q);
}
