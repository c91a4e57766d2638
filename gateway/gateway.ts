import { delay } from '../base/clock.js';
import type { LogControl } from '../base/log.js';
import type { SocketAddress } from '../base/network.js';
import type { WebSocketEntrance } from '../base/web-socket.js';
import { kernelsInUse } from '../media/index.js';
import type { ServerTransaction, Standing } from '../sip/index.js';
import { type Api, createApi, createMediaswitchApi } from './api/app.js';
import { createRoomApi, type RoomApiParts } from './api/room-parts.js';
import { HttpListenError } from './api/server.js';
import { addStreamRoutes } from './api/streams.js';
import { createCommands } from './commands.js';
import type { Domains } from './decide/domains.js';
import { createDialogs, type DialogParts } from './dialogs/dialog-parts.js';
import { type FigureSources, figuresOf, type Leftovers, leftoversOf } from './figures.js';
import {
  type AdmissionParts,
  type CallParts,
  createAdmission,
  createCalls,
  createDecisions,
  createDirectory,
  createPresence,
  createSip,
  type DecisionParts,
  type DirectoryParts,
  type PartsDeps,
  type PresenceParts,
  type SipParts,
} from './parts.js';

import { createRooms, type RoomParts } from './rooms/parts.js';
import { createRtpParts, type RtpParts } from './rtp-server/parts.js';
import { SIP_WS_PATH } from './sip-listeners.js';
import { createSoundParts, type SoundParts } from './sounds/parts.js';
import { createInlineSoundWorld, type SoundWorld } from './sounds/sound-world.js';
import { createStreams, type StreamDoors, type StreamParts } from './streams/parts.js';
import { createWebParts, type WebParts } from './web/parts.js';

/** An HTTP listener around the API; the real one is gateway/api/server.ts. */
export interface HttpListener {
  readonly local: SocketAddress;
  close(): Promise<void>;
}

/** Which of the HTTP listeners: the whole API, the mediaswitch routes alone, or the RTP server API. */
export type HttpKind = 'http' | 'mediaswitch' | 'rtp-http';

export interface GatewayDeps extends PartsDeps {
  /** Opens the HTTP listener; null in library mode, where the API is called through `api.fetch`. */
  readonly serveHttp: ((api: Api, listen: SocketAddress, kind: HttpKind) => Promise<HttpListener>) | null;
  /** WebSockets of applications; without them there are no streams. */
  readonly streamDoors?: StreamDoors | undefined;
  /** The way in at EVENTS_PATHS of the HTTP listener; without it events are read over HTTP alone. */
  readonly eventEntrance?: WebSocketEntrance | undefined;
  /** Decodes files, fetches URLs and runs programs; without it files are decoded in this thread, and no more. */
  readonly sounds?: SoundWorld | undefined;
  /** The level of `log`, for the API; without it GET /log/level is not served. */
  readonly logControl?: LogControl | undefined;
  /** Signs the tokens of browsers; `token_secret`, else one that ends with this process. */
  readonly tokenSecret?: string;
  /** What carries RTP, for the `ready` line; `dgram` unless told. */
  readonly mediaBackend?: 'dgram' | 'native';
  /** What GET /metrics tells of the process around the gateway, by name. */
  readonly processFigures?: () => Readonly<Record<string, number>>;
}

export interface Listening extends SocketAddress {
  readonly kind: string;
  /** Where only one path of a WebSocket listener serves. */
  readonly path?: string;
}

export interface Gateway {
  readonly api: Api;
  /** The domains decided here; those put in at run time come before the configured ones. */
  readonly domains: Domains;
  /** Every room there is. */
  readonly rooms: RoomParts;
  /** Opens everything; rejects with ListenError or HttpListenError when an address is taken. */
  start(): Promise<{ readonly listening: readonly Listening[] }>;
  /** No new calls; resolves when the last call has ended, at the latest after drain_ms, when the rest get BYE. */
  drain(): Promise<void>;
  /** Ends calls that are left, delivers or keeps what is owed to hooks, closes everything. May be called twice. */
  stop(): Promise<void>;
  leftovers(): Leftovers;
  counters(): Readonly<Record<string, number>>;
}

/** How long stop() waits for answers to our last BYEs, and then for hooks that are being delivered. */
const LAST_WORDS_MS = 2000;

/** Puts the parts together: SIP, media, hooks, API. Nothing runs before start(). */
export function buildGateway(deps: GatewayDeps): Gateway {
  return new RunningGateway(deps);
}

class RunningGateway implements Gateway {
  readonly api: Api;
  readonly domains: Domains;
  readonly rooms: RoomParts;
  readonly #deps: GatewayDeps;
  readonly #sip: SipParts;
  readonly #decisions: DecisionParts;
  readonly #admission: AdmissionParts;
  readonly #directory: DirectoryParts;
  readonly #calls: CallParts;
  readonly #web: WebParts;
  readonly #presence: PresenceParts;
  readonly #dialogs: DialogParts;
  readonly #streams: StreamParts;
  readonly #sounds: SoundParts;
  /** Null without rtp_http_listen. */
  readonly #rtp: RtpParts | null;
  readonly #roomApi: RoomApiParts;
  /** The mediaswitch routes alone. */
  readonly #mediaswitchApi: Api;
  readonly #http: { readonly kind: HttpKind; readonly listener: HttpListener }[] = [];
  #isReady = false;
  #stopped: Promise<void> | null = null;

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    this.#sip = createSip(deps);
    this.#decisions = createDecisions(deps);
    this.domains = this.#decisions.domains;
    this.#admission = createAdmission(deps, this.#sip, this.#decisions);
    this.#directory = createDirectory(deps, this.#decisions, this.#admission);
    this.#calls = createCalls(deps, this.#sip, this.#decisions, this.#admission);
    this.#rtp = this.#createRtp();
    const { entrance } = this.#calls.service;
    this.#web = createWebParts({
      ...deps,
      ports: this.#calls.ports,
      calls: this.#calls.service,
      entrance,
      listening: () => this.#sip.transport.listening.map(({ address }) => address),
      tokenSecret: deps.tokenSecret ?? deps.config.tokenSecret,
    });
    this.#streams = createStreams(deps, {
      entrance,
      rooms: entrance,
      doors: deps.streamDoors,
      readToken: (token) => this.#web.readStreamToken(token),
    });
    this.#presence = createPresence(deps, this.#sip, this.#decisions, this.#admission, this.#calls);
    this.#dialogs = createDialogs(deps, {
      sip: this.#sip,
      decisions: this.#decisions,
      admission: this.#admission,
      calls: this.#calls,
      presence: this.#presence,
    });
    this.rooms = createRooms(deps, {
      sip: this.#sip,
      decisions: this.#decisions,
      admission: this.#admission,
      calls: this.#calls,
      dialogs: this.#dialogs,
    });
    const world = deps.sounds ?? createInlineSoundWorld();
    this.#sounds = createSoundParts({ ...deps, ...world, directory: this.rooms.service });
    this.rooms.service.useSounds(this.#sounds.roomSounds);
    const { userAgent } = this.#sip;
    const { keeper, registrar } = this.#admission;
    const { service, incoming, redirects, outgoing } = this.#calls;
    userAgent.flowClosed((flow) => keeper.connectionClosed(flow));
    userAgent.admit((transaction, standing) => this.#admit(transaction, standing));
    userAgent.interceptInvites((transaction) => redirects.take(transaction));
    userAgent.onInvite((session) => {
      const domain = this.#admission.admission.domainOf(session.invite);
      return domain?.routing === 'control' ? this.#dialogs.service.take(session, domain) : incoming.take(session);
    });
    userAgent.handle('REGISTER', (transaction) => void registrar.handle(transaction));
    const commands = createCommands({
      service,
      outgoing,
      keeper,
      presence: this.#presence.presence,
      isReady: () => this.#isReady && !service.draining && deps.pool.counts().hostsUp > 0,
      counters: () => this.counters(),
      log: deps.log,
      logControl: deps.logControl ?? null,
    });
    const { clock, config } = deps;
    const { hooks } = this.#decisions;
    const { apiSecret, apiAllow, corsOrigin, errorFormat, roomEvents } = config;
    const { roomTokens } = this.#web;
    const options = { apiSecret, apiAllow, corsOrigin, errorFormat, roomTokens, log: deps.log };
    this.#roomApi = createRoomApi({
      ...{ clock, hooks, roomEvents, access: options },
      commands: this.rooms.commands,
      entrance: deps.eventEntrance,
    });
    const once = this.#roomApi.keys.guard();
    const mediaswitch = { ...this.#directory, dialogs: this.#dialogs.commands };
    this.api = createApi(commands, options, mediaswitch, [
      this.#roomApi.addRoutes,
      this.#web.routes(options),
      (app) => addStreamRoutes(app, this.#streams.service, once),
      (app) => this.#sounds.addRoutes(app, once),
    ]);
    this.#mediaswitchApi = createMediaswitchApi(mediaswitch, options);
  }

  async start(): Promise<{ readonly listening: readonly Listening[] }> {
    const { pool, log, mediaBackend = 'dgram' } = this.#deps;
    await pool.ready();
    await this.#decisions.hooks.start();
    const { keeper } = this.#admission;
    await this.#directory.directory.restore();
    const restored = await keeper.restore();
    await this.#sip.userAgent.start();
    await this.#sounds.start();
    await this.#listenHttp();
    await this.#listenRtpHttp();
    this.#calls.overload.start();
    this.#streams.start();
    this.#roomApi.start();
    keeper.tellRestored();
    this.#admission.trunks.start();
    this.#isReady = true;
    const listening: Listening[] = this.#sip.transport.listening.map(({ kind, address, port }) => ({
      kind,
      address,
      port,
    }));
    for (const { kind, listener } of this.#http) {
      listening.push({ kind, ...listener.local });
      if (kind === 'http' && this.#servesWebSockets())
        listening.push({ kind: 'ws', ...listener.local, path: SIP_WS_PATH });
    }
    log.info('ready', { listening, restoredBindings: restored, mediaBackend, mediaKernels: kernelsInUse().kind });
    return { listening };
  }

  async drain(): Promise<void> {
    const { config, log } = this.#deps;
    this.#calls.service.draining = true;
    log.info('drain.began', { calls: this.#callsLeft, drainMs: config.drainMs });
    const emptied = Promise.all([this.#allCallsEnded(), this.#web.service.emptied(), this.#rtp?.server.drain()]).then(
      () => undefined,
    );
    await this.#within(config.drainMs, emptied);
    log.info('drain.ended', { callsLeft: this.#callsLeft });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  leftovers(): Leftovers {
    return leftoversOf(this.#figureSources());
  }

  counters(): Readonly<Record<string, number>> {
    const sources = this.#figureSources();
    return {
      ...figuresOf(sources),
      ...this.rooms.service.logs.counters(),
      ...this.#roomApi.counters(),
      ...this.#streams.counters(),
      ...this.#sounds.counters(),
      ...this.#rtp?.server.counters(),
      ...this.#deps.processFigures?.(),
    };
  }

  /** Over the same media pool and ports as the calls. */
  #createRtp(): RtpParts | null {
    if (this.#deps.config.rtpHttpListen === null) return null;
    const { ports, overload } = this.#calls;
    return createRtpParts({
      ...this.#deps,
      ports,
      control: this.#decisions.control,
      refusal: () => overload.check(),
      counters: () => this.counters(),
      isReady: () => this.#isReady,
    });
  }

  async #listenHttp(): Promise<void> {
    const { config, serveHttp, log } = this.#deps;
    if (serveHttp === null) return;
    this.#http.push({ kind: 'http', listener: await serveHttp(this.api, config.httpListen, 'http') });
    const at = config.mediaswitchListen;
    if (at === null) return;
    try {
      this.#http.push({ kind: 'mediaswitch', listener: await serveHttp(this.#mediaswitchApi, at, 'mediaswitch') });
    } catch (thrown) {
      // Nobody asked for this port, and there may be another gateway or a mediaswitch on this machine.
      if (at.isGiven || !(thrown instanceof HttpListenError)) throw thrown;
      log.warn('mediaswitch.not-listening', { address: at.address, port: at.port, reason: thrown.systemCode });
    }
  }

  async #listenRtpHttp(): Promise<void> {
    const { config, serveHttp } = this.#deps;
    const listen = config.rtpHttpListen;
    if (listen === null || serveHttp === null || this.#rtp === null) return;
    this.#http.push({ kind: 'rtp-http', listener: await serveHttp(this.#rtp.api, listen, 'rtp-http') });
  }

  #servesWebSockets(): boolean {
    const { config, sipDoors } = this.#deps;
    return sipDoors?.entrance !== undefined && config.sipTransports.includes('ws');
  }

  #figureSources(): FigureSources {
    const { pool, store } = this.#deps;
    return {
      sip: this.#sip,
      decisions: this.#decisions,
      admission: this.#admission,
      directory: this.#directory,
      calls: this.#calls,
      presence: this.#presence,
      dialogs: this.#dialogs,
      web: this.#web,
      pool,
      store,
    };
  }

  /** In reverse order of start(); what a step cannot finish in time does not keep the next one waiting. */
  async #stop(): Promise<void> {
    const { pool, store } = this.#deps;
    this.#calls.service.draining = true;
    this.#isReady = false;
    this.#streams.stop();
    this.#calls.service.table.closeAll('drained');
    this.#dialogs.service.closeAll();
    await this.#within(LAST_WORDS_MS, this.#allCallsEnded());
    this.#web.service.endAll('the gateway is shutting down');
    this.rooms.service.closeAll();
    if (this.#rtp !== null) await this.#within(LAST_WORDS_MS, this.#rtp.server.stop());
    this.#roomApi.close();
    // After its readers: to them the gateway has gone, and not their room.
    this.rooms.service.logs.close();
    for (const { listener } of [...this.#http].reverse()) await listener.close();
    await this.#presence.presence?.close(LAST_WORDS_MS);
    this.#calls.service.orphans.close();
    this.#calls.overload.stop();
    this.#admission.keeper.shutdown(store.durable);
    await this.#within(LAST_WORDS_MS, this.#admission.trunks.stop());
    await this.#sip.userAgent.close();
    this.#sip.resolver.close();
    await this.#within(LAST_WORDS_MS, this.#sounds.close());
    await pool.close(LAST_WORDS_MS);
    const { hooks, control } = this.#decisions;
    await Promise.all([hooks.drain(LAST_WORDS_MS), control.drain(LAST_WORDS_MS)]);
    await hooks.close();
    await store.flush();
  }

  get #callsLeft(): number {
    return this.#calls.service.table.size + this.#dialogs.service.table.size + this.#web.service.size;
  }

  async #allCallsEnded(): Promise<void> {
    await Promise.all([this.#calls.service.table.emptied(), this.#dialogs.service.table.emptied()]);
  }

  /** Waits for `done`, but no longer than this. */
  async #within(limitMs: number, done: Promise<void>): Promise<void> {
    const finished = new AbortController();
    const limit = delay(this.#deps.clock, limitMs, finished.signal).catch(() => undefined);
    await Promise.race([done, limit]);
    finished.abort();
  }

  /** Stateless where it refuses: a flood leaves nothing behind, and a lost answer is asked for again. */
  #admit(transaction: ServerTransaction, standing: Standing): boolean {
    const verdict = this.#admission.admission.admit(transaction, standing);
    if (verdict.kind === 'admitted') return true;
    const { request, flow } = transaction;
    transaction.drop();
    if (verdict.kind === 'refused') {
      this.#sip.userAgent.transactions.respondStateless(request, flow, verdict.statusCode, verdict.headers);
    }
    return false;
  }
}
