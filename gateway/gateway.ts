import type { Clock } from '../base/clock.js';
import { delay } from '../base/clock.js';
import { IpRanges } from '../base/ip-ranges.js';
import type { Logger } from '../base/log.js';
import type { Network, SocketAddress } from '../base/network.js';
import { type Random, randomHex } from '../base/random.js';
import { type CodecName, PortAllocator } from '../media/index.js';
import type { MediaPool } from '../rooms/index.js';
import {
  DigestAuthenticator,
  type Flow,
  type ServerTransaction,
  type Target,
  TransportLayer,
  UserAgent,
} from '../sip/index.js';
import { Admission } from './admission/admission.js';
import { IpRules } from './admission/ip-rules.js';
import { ServerLoad } from './admission/server-load.js';
import { ServerDirectory } from './admission/servers.js';
import { SourceLimiter } from './admission/source-limiter.js';
import { type Api, createApi } from './api/app.js';
import type { MediaPath } from './calls/call-media.js';
import { IncomingCalls } from './calls/incoming.js';
import { OutgoingCalls } from './calls/outgoing.js';
import { CallService } from './calls/service.js';
import { createCommands } from './commands.js';
import type { Config } from './config.js';
import { createHookDecider } from './decide/hooks.js';
import { createHookClient } from './hooks/client.js';
import type { HttpTransport } from './hooks/transport.js';
import { Authenticator } from './registrar/authenticator.js';
import { keepAliveTarget } from './registrar/keep-alive.js';
import { BindingKeeper } from './registrar/keeper.js';
import { Registrar } from './registrar/registrar.js';
import type { Store } from './store/store.js';

/** An HTTP listener around the API; the real one is gateway/api/server.ts. */
export interface HttpListener {
  readonly local: SocketAddress;
  close(): Promise<void>;
}

export interface GatewayDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  readonly store: Store;
  readonly httpTransport: HttpTransport;
  readonly pool: MediaPool;
  /** Opens the HTTP listener; null in library mode, where the API is called through `api.fetch`. */
  readonly serveHttp: ((api: Api, listen: SocketAddress) => Promise<HttpListener>) | null;
}

export interface Listening extends SocketAddress {
  readonly kind: string;
}

/** What is left; all zero once every call has ended and its timers have run out. */
export interface Leftovers {
  readonly calls: number;
  readonly rooms: number;
  readonly orphanWatches: number;
  readonly mediaLegs: number;
  readonly mediaRooms: number;
  readonly portsInUse: number;
  readonly dialogs: number;
  readonly sessions: number;
  readonly transactions: number;
}

export interface Gateway {
  readonly api: Api;
  /** Opens everything; rejects with ListenError or HttpListenError when an address is taken. */
  start(): Promise<{ readonly listening: readonly Listening[] }>;
  /** No new calls; resolves when the last call has ended, at the latest after drain_ms, when the rest get BYE. */
  drain(): Promise<void>;
  /** Ends calls that are left, delivers or keeps what is owed to hooks, closes everything. May be called twice. */
  stop(): Promise<void>;
  leftovers(): Leftovers;
  counters(): Readonly<Record<string, number>>;
}

/** Retry-After of our 503s. */
const RETRY_AFTER_S = 5;
/** How long stop() waits for answers to our last BYEs, and then for hooks that are being delivered. */
const LAST_WORDS_MS = 2000;
const MAX_BINDINGS = 100_000;

/** Puts the parts together: SIP, media, hooks, API. Nothing runs before start(). */
export function buildGateway(deps: GatewayDeps): Gateway {
  return new RunningGateway(deps);
}

class RunningGateway implements Gateway {
  readonly api: Api;
  readonly #deps: GatewayDeps;
  readonly #userAgent: UserAgent;
  readonly #transport: TransportLayer;
  readonly #service: CallService;
  readonly #keeper: BindingKeeper;
  readonly #hooks: ReturnType<typeof createHookClient>;
  readonly #ports: PortAllocator;
  readonly #admission: Admission;
  readonly #registrar: Registrar;
  readonly #limiter: SourceLimiter;
  readonly #load = new ServerLoad();
  #http: HttpListener | null = null;
  #isReady = false;
  #stopped: Promise<void> | null = null;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    const { config, clock, random, network, log, store, pool } = deps;
    const localNets = IpRanges.of(config.localNet);
    const isPrivate = (address: string): boolean => localNets.contains(address);
    this.#hooks = createHookClient({
      clock,
      log,
      store,
      transport: deps.httpTransport,
      hookUrl: config.hookUrl,
      hookSecret: config.hookSecret,
    });
    const decider = createHookDecider({
      hooks: this.#hooks,
      realm: config.realm,
      errorCode: config.hookErrorCode,
      retryAfterS: RETRY_AFTER_S,
    });
    this.#transport = new TransportLayer({
      clock,
      random,
      network,
      log,
      publicIp: config.publicIp ?? undefined,
      isLocalNet: isPrivate,
      listens: config.sipListen.flatMap((listen) => config.sipTransports.map((kind) => ({ kind, ...listen }))),
    });
    this.#userAgent = new UserAgent({
      clock,
      random,
      log,
      transport: this.#transport,
      userAgent: 'Hookline',
      nat: config.nat,
      isPrivate,
    });
    this.#limiter = new SourceLimiter(clock, { perSecond: 20, pending: 10, maxSources: 10_000 });
    const servers = new ServerDirectory(config.servers, config.realm);
    const authenticator = new Authenticator({
      clock,
      random,
      digest: new DigestAuthenticator({ clock, random }),
      decider,
      limiter: this.#limiter,
      realm: config.realm,
      algorithms: config.digestAlgorithms,
      qop: config.digestQop,
      retryAfterS: RETRY_AFTER_S,
    });
    this.#keeper = new BindingKeeper({
      clock,
      random,
      log,
      store,
      decider,
      maxBindings: MAX_BINDINGS,
      keepAlive: (binding) => {
        const target = keepAliveTarget(binding);
        const flow = target === null ? null : this.#transport.findFlow(target);
        if (flow !== null) this.#transport.keepAlive(flow);
      },
    });
    this.#registrar = new Registrar({
      clock,
      random,
      log,
      authenticator,
      decider,
      keeper: this.#keeper,
      realm: config.realm,
      policy: { minS: 60, defaultS: 180, maxS: 180, maxContacts: 10 },
      serverAt: (address) => {
        const server = servers.at(address);
        if (server === null || server.inbound === null || server.profile.auth !== 'digest') return null;
        return { alias: server.profile.alias, ...server.inbound };
      },
      retryAfterS: RETRY_AFTER_S,
      respond: (transaction, statusCode, options) => this.#userAgent.respond(transaction, statusCode, options),
    });
    this.#admission = new Admission({
      log,
      keeper: this.#keeper,
      servers,
      rules: new IpRules(config.ipRules),
      limiter: this.#limiter,
      authenticator,
      unknownCall: config.unknownCall,
      denyMode: config.denyMode,
      privateSourcesOnly: config.privateSourcesOnly,
      retryAfterS: RETRY_AFTER_S,
    });
    this.#ports = new PortAllocator({ clock, fromPort: config.rtpPorts.from, toPort: config.rtpPorts.to });
    this.#service = new CallService({
      clock,
      random,
      log,
      hooks: this.#hooks,
      pool,
      ports: this.#ports,
      load: this.#load,
      cname: `hookline-${randomHex(random, 6)}`,
      settings: {
        timeouts: {
          waitOtherPeersMs: config.waitOtherPeersTimeoutMs,
          emptyGraceMs: config.emptyGraceMs,
          acceptAloneMs: config.acceptAloneTimeoutMs,
          outgoingAloneMs: config.outgoingAloneTimeoutMs,
        },
        ringTimeoutMs: config.ringTimeoutMs,
        rtpTimeoutMs: config.rtpTimeoutMs,
        codecs: offerOrder,
        duplicatePeer: config.duplicatePeer,
        callEvents: config.callEvents,
        maxConn: config.maxConn,
        retryAfterS: RETRY_AFTER_S,
      },
    });
    const incoming = new IncomingCalls({
      service: this.#service,
      admission: this.#admission,
      limiter: this.#limiter,
      load: this.#load,
      decider,
      pathFor: (flow) => this.#pathFor(flow),
    });
    const outgoing = new OutgoingCalls({
      service: this.#service,
      keeper: this.#keeper,
      servers,
      load: this.#load,
      network,
      transport: this.#transport,
      invite: (options, handlers) => this.#userAgent.invite(options, handlers),
      requestUri: config.requestUri,
      pathFor: (target) => this.#pathFor(target),
    });
    this.#userAgent.flowClosed((flow) => this.#keeper.connectionClosed(flow));
    this.#userAgent.admit((transaction) => this.#admit(transaction));
    this.#userAgent.onInvite((session) => incoming.take(session));
    this.#userAgent.handle('REGISTER', (transaction) => void this.#registrar.handle(transaction));
    const commands = createCommands({
      service: this.#service,
      outgoing,
      keeper: this.#keeper,
      isReady: () => this.#isReady && !this.#service.draining,
      counters: () => this.counters(),
    });
    this.api = createApi(commands, {
      apiSecret: config.apiSecret,
      apiAllow: config.apiAllow,
      corsOrigin: config.corsOrigin,
      errorFormat: config.errorFormat,
      log,
    });
  }

  async start(): Promise<{ readonly listening: readonly Listening[] }> {
    const { config, pool, serveHttp, log } = this.#deps;
    await pool.ready();
    await this.#hooks.start();
    await this.#userAgent.start();
    if (serveHttp !== null) this.#http = await serveHttp(this.api, config.httpListen);
    const restored = await this.#keeper.restore();
    this.#isReady = true;
    const listening: Listening[] = this.#transport.listening.map(({ kind, address, port }) => ({
      kind,
      address,
      port,
    }));
    if (this.#http !== null) listening.push({ kind: 'http', ...this.#http.local });
    log.info('ready', { listening, restoredBindings: restored });
    return { listening };
  }

  async drain(): Promise<void> {
    const { config, log } = this.#deps;
    this.#service.draining = true;
    log.info('drain.began', { calls: this.#service.table.size, drainMs: config.drainMs });
    await this.#within(config.drainMs, this.#service.table.emptied());
    log.info('drain.ended', { callsLeft: this.#service.table.size });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  leftovers(): Leftovers {
    const media = this.#deps.pool.counts();
    const sip = this.#userAgent.counts();
    return {
      calls: this.#service.table.size,
      rooms: this.#service.rooms.size,
      orphanWatches: this.#service.orphans.size,
      mediaLegs: media.legs,
      mediaRooms: media.rooms,
      portsInUse: this.#ports.inUse,
      dialogs: sip.dialogs,
      sessions: sip.sessions,
      transactions: sip.transactions,
    };
  }

  counters(): Readonly<Record<string, number>> {
    const { reporter, table, rooms } = this.#service;
    const { load } = this.#deps.pool;
    return {
      calls: table.size,
      calls_total: table.total,
      calls_answered_total: reporter.counters.answered,
      calls_rejected_total: reporter.counters.rejected,
      calls_canceled_total: reporter.counters.canceled,
      calls_failed_total: reporter.counters.failed,
      calls_ended_total: reporter.counters.ended,
      rooms: rooms.size,
      room_tombstones_dropped_total: rooms.tombstonesDropped,
      registrations: this.#keeper.size,
      registrations_accepted_total: this.#registrar.counters.accepted,
      registrations_refused_total: this.#registrar.counters.refused,
      registrations_expired_total: this.#keeper.counters.expired,
      admission_denied_total: this.#admission.counters.denied,
      admission_limited_total: this.#limiter.refused,
      admission_sources_forgotten_total: this.#limiter.forgotten,
      server_max_calls_refused_total: this.#load.refused,
      rtp_ports_in_use: this.#ports.inUse,
      mixer_lateness_ms: load.beatLatenessMs,
      ...this.#hooks.counters(),
    };
  }

  /** In reverse order of start(); what a step cannot finish in time does not keep the next one waiting. */
  async #stop(): Promise<void> {
    const { pool, store, config } = this.#deps;
    this.#service.draining = true;
    this.#isReady = false;
    this.#service.table.closeAll('drained');
    await this.#within(LAST_WORDS_MS, this.#service.table.emptied());
    await this.#http?.close();
    this.#service.orphans.close();
    this.#keeper.shutdown(config.dataDir !== null);
    await this.#userAgent.close();
    await pool.close(LAST_WORDS_MS);
    await this.#hooks.drain(LAST_WORDS_MS);
    await this.#hooks.close();
    await store.flush();
  }

  /** Waits for `done`, but no longer than this. */
  async #within(limitMs: number, done: Promise<void>): Promise<void> {
    const finished = new AbortController();
    const limit = delay(this.#deps.clock, limitMs, finished.signal).catch(() => undefined);
    await Promise.race([done, limit]);
    finished.abort();
  }

  #admit(transaction: ServerTransaction): boolean {
    const verdict = this.#admission.admit(transaction);
    if (verdict.kind === 'admitted') return true;
    if (verdict.kind === 'refused') {
      this.#userAgent.respond(transaction, verdict.statusCode, { headers: verdict.headers });
    } else transaction.drop();
    return false;
  }

  #pathFor(peer: Flow | Target): MediaPath {
    const flow = 'local' in peer ? peer : this.#transport.findFlow(peer);
    const { host } = this.#transport.localFor(peer);
    return { bindAddress: flow?.local.address ?? host, advertisedAddress: host };
  }
}

/** Our offers' order (contract 5.3). */
const offerOrder: readonly CodecName[] = ['pcma', 'pcmu'];
