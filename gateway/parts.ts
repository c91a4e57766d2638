import type { Clock } from '../base/clock.js';
import type { Files } from '../base/files.js';
import { IpRanges } from '../base/ip-ranges.js';
import type { Logger } from '../base/log.js';
import type { Network } from '../base/network.js';
import { type Random, randomHex } from '../base/random.js';
import { createDtlsIdentity, PortAllocator } from '../media/index.js';
import type { MediaPool } from '../rooms/index.js';
import {
  createLocator,
  createResolver,
  DigestAuthenticator,
  type Flow,
  type Resolver,
  SessionTimers,
  type Target,
  TransportLayer,
  UserAgent,
} from '../sip/index.js';
import { Admission } from './admission/admission.js';
import { IpRules } from './admission/ip-rules.js';
import { OverloadGuard } from './admission/overload.js';
import { ServerLoad } from './admission/server-load.js';
import { ServerDirectory } from './admission/servers.js';
import { SourceLimiter } from './admission/source-limiter.js';
import type { MediaPath } from './calls/call-media.js';
import { IncomingCalls } from './calls/incoming.js';
import { InfoKeys } from './calls/info-keys.js';
import { OutgoingCalls } from './calls/outgoing.js';
import { Redirects } from './calls/redirect.js';
import { CallService } from './calls/service.js';
import { callSettingsOf, RETRY_AFTER_S } from './calls/settings.js';
import type { Config } from './config.js';
import { type ControlClient, createControlClient } from './control/control-client.js';
import { RegistrationNews } from './control/registration-news.js';
import { createBuiltinDecider, createNobody } from './decide/builtin.js';
import type { Decider } from './decide/decider.js';
import { Domains, mayBeUser } from './decide/domains.js';
import { createHookDecider } from './decide/hooks.js';
import { createBindingNews, createSelectDecider } from './decide/select.js';
import { Directory } from './directory/directory.js';
import { Registrations } from './directory/registrations.js';
import { createHookClient, type HookClient } from './hooks/client.js';
import type { HttpTransport } from './hooks/transport.js';
import { MessageRelay } from './messages/relay.js';
import { SenderGate } from './presence/sender-gate.js';
import { PresenceServer } from './presence/server.js';
import { UserBook } from './presence/users.js';
import { Authenticator } from './registrar/authenticator.js';
import { ownerOfIdentity } from './registrar/bindings.js';
import { keepAliveTarget, pingPhone } from './registrar/keep-alive.js';
import { BindingKeeper } from './registrar/keeper.js';
import { Pinger } from './registrar/pinger.js';
import { Registrar } from './registrar/registrar.js';
import { TrunkRegistrations } from './registrar/trunks.js';
import { createListeners, type SipDoors } from './sip-listeners.js';
import type { Store } from './store/store.js';

/** The world that the parts live in. */
export interface PartsDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** WebSockets and certificates; without them SIP is served on UDP and TCP only. */
  readonly sipDoors?: SipDoors | undefined;
  readonly log: Logger;
  readonly store: Store;
  readonly httpTransport: HttpTransport;
  readonly pool: MediaPool;
  /** Used share of the memory that this process may have, 0 … 1. */
  readonly memoryShare: () => number;
  /** Where resolv.conf and the hosts file are read; the machine's files unless told. */
  readonly files?: Files;
}
const MAX_BINDINGS = 100_000;
const MAX_SOURCES = 10_000;

/** SIP: sockets, transactions, dialogs. */
export interface SipParts {
  readonly transport: TransportLayer;
  readonly resolver: Resolver;
  readonly userAgent: UserAgent;
  /** Null when they are switched off. */
  readonly sessionTimers: SessionTimers | null;
  /** Where RTP for a peer is bound, and what its SDP shows. */
  readonly pathFor: (peer: Flow | Target) => MediaPath;
}

function createSessionTimers({ sessionExpiresS, minSeS, sessionRefresher }: Config): SessionTimers | null {
  return sessionExpiresS === 0
    ? null
    : new SessionTimers({ sessionExpiresS, minSeS, refresher: sessionRefresher === 'us' ? 'us' : 'peer' });
}

export function createSip({ config, clock, random, network, sipDoors, log, files }: PartsDeps): SipParts {
  const localNets = IpRanges.of(config.localNet);
  const isPrivate = (address: string): boolean => localNets.contains(address);
  const transport = new TransportLayer({
    clock,
    random,
    network,
    log,
    publicIp: config.publicIp ?? undefined,
    isLocalNet: isPrivate,
    locateSentBy: async (sentBy) => (await locator.locateSentBy?.(sentBy)) ?? [],
    ...createListeners(config, sipDoors),
  });
  const servers = config.dnsServers ?? undefined;
  const resolver = createResolver({ clock, random, network, log, files, servers });
  const locator = createLocator({ clock, random, resolver, transport });
  const userAgent = new UserAgent({
    clock,
    random,
    log,
    transport,
    userAgent: 'Hookline',
    nat: config.nat,
    isPrivate,
    locator,
  });
  const sessionTimers = createSessionTimers(config);
  if (sessionTimers !== null) userAgent.use(sessionTimers);
  const pathFor = (peer: Flow | Target): MediaPath => {
    const flow = 'local' in peer ? peer : transport.findFlow(peer);
    const { host } = transport.localFor(peer);
    return { bindAddress: flow?.local.address ?? host, advertisedAddress: host };
  };
  return { transport, resolver, userAgent, sessionTimers, pathFor };
}

/** The application's side: its hooks, and the decider that asks them; and the domains that need no application. */
export interface DecisionParts {
  readonly hooks: HookClient;
  readonly hookDecider: Decider;
  readonly domains: Domains;
  /** Tells control servers what happens in their domains. */
  readonly control: ControlClient;
}

/** Stands in for the base of the hooks where they are off: only a call's own hook_uri is posted to then. */
const NO_HOOKS = 'http://hooks.invalid';

export function createDecisions({ config, clock, log, store, httpTransport }: PartsDeps): DecisionParts {
  const hooks = createHookClient({
    clock,
    log,
    store,
    transport: httpTransport,
    hookUrl: config.hookUrl ?? NO_HOOKS,
    hookSecret: config.hookSecret,
  });
  const hookDecider =
    config.hookUrl === null
      ? createNobody()
      : createHookDecider({ hooks, errorCode: config.hookErrorCode, retryAfterS: RETRY_AFTER_S });
  const control = createControlClient({ clock, transport: httpTransport });
  return { hooks, hookDecider, domains: new Domains(config.domains), control };
}

/** Who may register and call, and who has registered. */
export interface AdmissionParts {
  readonly limiter: SourceLimiter;
  readonly decider: Decider;
  readonly servers: ServerDirectory;
  readonly keeper: BindingKeeper;
  readonly pinger: Pinger;
  readonly registrar: Registrar;
  readonly admission: Admission;
  readonly authenticator: Authenticator;
  /** Our own registrations. */
  readonly trunks: TrunkRegistrations;
}

export function createAdmission(
  deps: PartsDeps,
  sip: SipParts,
  { hookDecider, domains }: DecisionParts,
): AdmissionParts {
  const { config, clock, random, log, store } = deps;
  const { realm } = config;
  const retryAfterS = RETRY_AFTER_S;
  const limiter = new SourceLimiter(clock, { perSecond: 20, pending: 10, maxSources: MAX_SOURCES });
  const servers = new ServerDirectory(config.servers, realm);
  const pinger = new Pinger({
    clock,
    random,
    intervalMs: ({ domain }) => (domain === null ? 0 : (domains.named(domain)?.pingMs ?? 0)),
    ping: (binding) => pingPhone(sip, binding),
    onSilent: (sessionId) => keeper.end(sessionId, 'silent'),
  });
  const keeper: BindingKeeper = new BindingKeeper({
    clock,
    random,
    log,
    store,
    decider: createBindingNews(domains, hookDecider),
    isUser: ({ username, domain }) => {
      const served = domain === null ? null : domains.named(domain);
      return domain === null || (served !== null && mayBeUser(served, username));
    },
    maxBindings: MAX_BINDINGS,
    pinger,
    keepAlive: (binding) => {
      const target = keepAliveTarget(binding);
      const flow = target === null ? null : sip.transport.findFlow(target);
      if (flow !== null) sip.transport.keepAlive(flow);
    },
  });
  domains.onUsersGone(({ domain, isGone, username }) => {
    if (username !== undefined) keeper.endUser({ username, domain });
    else keeper.endUsers((owner) => owner.domain === domain && isGone(owner.username));
  });
  const builtin = createBuiltinDecider({ random, bindingsOf: (owner) => keeper.ofUser(owner) });
  const decider = createSelectDecider({ domains, hooks: hookDecider, builtin });
  const authenticator = new Authenticator({
    clock,
    random,
    digest: new DigestAuthenticator({ clock, random }),
    decider,
    limiter,
    realm,
    algorithms: config.digestAlgorithms,
    qop: config.digestQop,
    checkUri: config.digestUri === 'check',
    retryAfterS,
  });
  const registrar = new Registrar({
    clock,
    random,
    log,
    context: sip.userAgent.context,
    authenticator,
    keeper,
    domains,
    hasHooks: config.hookUrl !== null,
    serverAt: (address) => {
      const server = servers.at(address);
      if (server === null || server.inbound === null || server.profile.auth !== 'digest') return null;
      return { alias: server.profile.alias, ...server.inbound };
    },
    retryAfterS,
  });
  const { unknownCall, denyMode, privateSourcesOnly } = config;
  const rules = new IpRules(config.ipRules);
  const forUsers = { methods: methodsForUsers(config), trusted: IpRanges.of(config.presenceTrusted) };
  const trusted = IpRanges.of(config.trusted);
  const policy = { unknownCall, denyMode, privateSourcesOnly, retryAfterS, trusted, forUsers };
  const admission = new Admission({ log, keeper, servers, domains, rules, limiter, authenticator, ...policy });
  const { userAgent } = sip;
  const trunks = new TrunkRegistrations({ log, context: userAgent.context, servers });
  return { limiter, decider, servers, keeper, pinger, registrar, admission, authenticator, trunks };
}

/** The domains that applications push, and who of them is registered. */
export interface DirectoryParts {
  readonly directory: Directory;
  readonly registrations: Registrations;
}

export function createDirectory(
  { config, log, store }: PartsDeps,
  { domains, control }: DecisionParts,
  { keeper, pinger }: AdmissionParts,
): DirectoryParts {
  const directory = new Directory({ log, domains, store, persists: config.dirPersist === 'on' });
  keeper.listen(new RegistrationNews({ domains, control }));
  return { directory, registrations: new Registrations({ directory, keeper, pinger }) };
}

function methodsForUsers({ presence, messages }: Config): ReadonlySet<string> {
  return new Set([...(presence === 'on' ? ['SUBSCRIBE', 'PUBLISH'] : []), ...(messages === 'on' ? ['MESSAGE'] : [])]);
}

/** The calls themselves. */
export interface CallParts {
  readonly ports: PortAllocator;
  readonly load: ServerLoad;
  readonly overload: OverloadGuard;
  readonly service: CallService;
  readonly incoming: IncomingCalls;
  readonly redirects: Redirects;
  readonly outgoing: OutgoingCalls;
}

export function createCalls(
  deps: PartsDeps,
  sip: SipParts,
  { hooks, domains }: DecisionParts,
  { limiter, decider, admission, keeper, servers }: AdmissionParts,
): CallParts {
  const { config, clock, random, network, log, pool } = deps;
  const load = new ServerLoad();
  const ports = new PortAllocator({ clock, fromPort: config.rtpPorts.from, toPort: config.rtpPorts.to });
  const overload = new OverloadGuard({
    clock,
    maxLatenessMs: config.maxLatenessMs,
    mixerLatenessMs: () => pool.load.nextLatenessMs,
    memoryShare: deps.memoryShare,
  });
  const infoKeys = new InfoKeys(sip.userAgent);
  const service = new CallService({
    clock,
    random,
    log,
    hooks,
    pool,
    ports,
    load,
    overload,
    cname: `hookline-${randomHex(random, 6)}`,
    isFlowOf: (identity, flow) => keeper.sources.isAt(ownerOfIdentity(identity), flow),
    admitForeign: async (transaction, peer) => {
      const verdict = await admission.admitForeign(transaction, peer);
      const { userAgent } = sip;
      if (verdict.kind === 'refused') userAgent.respondStateless(transaction, verdict.statusCode, verdict);
      else if (verdict.kind === 'dropped') transaction.drop();
      return verdict.kind;
    },
    onRequest: (call, transaction) => infoKeys.receive(call, transaction),
    settings: callSettingsOf(config, createDtlsIdentity(random, clock.epochMs())),
  });
  const { transport, userAgent, pathFor } = sip;
  const outgoing = new OutgoingCalls({
    service,
    keeper,
    servers,
    load,
    network,
    transport,
    locate: (uri) => userAgent.locate(uri),
    invite: (options, handlers) => userAgent.invite(options, handlers),
    requestUri: config.requestUri,
    pathFor,
    domains,
  });
  const incoming = new IncomingCalls({ service, admission, limiter, load, decider, outgoing, pathFor });
  const redirects = new Redirects({
    clock,
    log,
    context: userAgent.context,
    admission,
    bindingsOf: (owner) => keeper.ofUser(owner),
    hasHooks: config.hookUrl !== null,
  });
  return { ports, load, overload, service, incoming, redirects, outgoing };
}

/** What users have of the gateway beside calls. */
export interface PresenceParts {
  /** Null when it is switched off. */
  readonly presence: PresenceServer | null;
  readonly messages: MessageRelay | null;
}

export function createPresence(
  { config, clock, log }: PartsDeps,
  { userAgent }: SipParts,
  { domains }: DecisionParts,
  { keeper, authenticator }: AdmissionParts,
  { service }: CallParts,
): PresenceParts {
  const users = new UserBook({ keeper, domains, hasHooks: config.hookUrl !== null });
  const gate = new SenderGate({ users, authenticator, trusted: IpRanges.of(config.presenceTrusted) });
  const common = { clock, log, userAgent, users, gate, retryAfterS: RETRY_AFTER_S };
  const { presence, presenceMax: max, messages, requestUri } = config;
  const server = presence === 'off' ? null : new PresenceServer({ ...common, keeper, calls: service.reporter, max });
  domains.onUsersGone((gone) => server?.usersGone(gone));
  return {
    presence: server,
    messages: messages === 'off' ? null : new MessageRelay({ ...common, requestUri }),
  };
}
