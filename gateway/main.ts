#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MachineNetwork } from '../base/batched-network.js';
import { type Clock, createRealClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { LogControl, Logger } from '../base/log.js';
import { createRealNetwork, type Network } from '../base/network.js';
import { createRealRandom, type Random, randomToken } from '../base/random.js';
import type { WebSocketNetwork } from '../base/web-socket.js';
import { createRealWebSockets, UpgradeEntrance } from '../base/web-socket-network.js';
import { createHooksApp } from '../hooks-reference/app.js';
import { startHooksServer } from '../hooks-reference/server.js';
import { kernelsInUse } from '../media/index.js';
import { createWorkerHost, type MediaPool, startMediaPool } from '../rooms/index.js';
import { EVENTS_PATHS } from './api/event-door.js';
import { startHttpServer } from './api/server.js';
import { CertificateFiles } from './certificate-files.js';
import { ROOM_PATH } from './config/media-settings.js';
import { type Config, parseConfig } from './config.js';
import { buildGateway } from './gateway.js';
import { createHttpTransport } from './hooks/http-transport.js';
import { openLog } from './log.js';
import { toggleDebug } from './log-level.js';
import { backendFields, mediaBackendFigures, openMediaBackend } from './media-backend.js';
import { buildMediaRole } from './media-role.js';
import { heapShare, processFigures } from './process-figures.js';
import { Shutdown } from './shutdown.js';
import { SIP_WS_PATH } from './sip-listeners.js';
import { createSoundWorld } from './sounds/sound-world.js';
import { HooksListenError, listenProblem, startFailure, takenAddress } from './start-failure.js';
import { baseUrl, mediaStartLines, startLines } from './start-lines.js';
import { MemoryStore } from './store/memory.js';
import { openSqliteStore } from './store/sqlite.js';
import { type Store, StoreError } from './store/store.js';
import { loadTokenSecret } from './store/token-secret.js';
import { STREAMS_PATH } from './streams/stream-door.js';

/** The real world: what tests replace by fakes. */
interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly machine: MachineNetwork;
  readonly log: Logger;
  readonly logControl: LogControl;
  /** Of TLS and WSS; null without one. */
  readonly certificates: CertificateFiles | null;
  /** Log lines lost. */
  readonly logDropped: () => number;
}

/** Which flag chooses another address, of the listeners beside that of the API. */
const httpFlags = { mediaswitch: '--mediaswitch-listen', 'rtp-http': '--rtp-http-listen' } as const;

type HooksServer = Awaited<ReturnType<typeof startHooksServer>>;

interface Running {
  readonly lines: readonly string[];
  /** Takes nothing new; resolves when nothing is left, at the latest after drain_ms. */
  drain(): Promise<void>;
  /** Stops it, then closes what it was given, in reverse order. */
  stop(): Promise<void>;
}

async function openStore(config: Config, { clock, log, network }: World): Promise<Store> {
  if (config.dataDir === null) return new MemoryStore();
  try {
    return await openSqliteStore({ clock, log, directory: config.dataDir });
  } catch (thrown) {
    const taken =
      thrown instanceof StoreError && thrown.code === 'STORE_BUSY' ? await takenAddress(config, network) : null;
    throw taken === null ? thrown : new Error(taken);
  }
}

/** The reference hook server in this process; `apiUrl` is asked at each call, because port 0 is known only later. */
async function embedHooks(config: Config, random: Random, apiUrl: () => string): Promise<HooksServer | null> {
  const listen = config.embeddedHooks;
  if (listen === null) return null;
  const sipGateway = 'http://gateway';
  const app = createHooksApp({
    sipGateway,
    apiSecret: config.apiSecret,
    hookSecret: config.hookSecret,
    users: config.users,
    random,
    fetch: (url, init) => fetch(apiUrl() + url.slice(sipGateway.length), init),
  });
  try {
    return await startHooksServer(app, { host: listen.address, port: listen.port });
  } catch (thrown) {
    throw new HooksListenError(listenProblem('the embedded hook server on', listen, thrown), { cause: thrown });
  }
}

/** Without WebSockets there are no media hosts but its own. */
function openPool(config: Config, world: World, webSockets: WebSocketNetwork | null): MediaPool {
  const { clock, random, network, log, machine } = world;
  const { ungatedMembers, mostSpeakers, maxRoomRateHz: maxRateHz } = config;
  const ca = config.tlsCa === null ? undefined : [config.tlsCa.text];
  return startMediaPool({
    clock,
    random,
    network,
    nativeSrtp: machine.srtp,
    log,
    workers: config.mediaWorkers,
    sharedPort: config.webrtcPort ?? 0,
    ...(webSockets !== null && { nodes: { webSockets, urls: config.mediaUrl, secret: config.mediaSecret, ca } }),
    rules: { ungatedMembers, mostSpeakers, maxRateHz },
    isolation: config.mediaIsolation,
    mediaBackend: machine.backend,
  });
}

type Transport = ReturnType<typeof createHttpTransport>;

function figuresOf({ machine, logDropped }: World, transport: Transport): Readonly<Record<string, number>> {
  const log_lines_dropped_total = logDropped();
  return { ...processFigures(), ...mediaBackendFigures(machine), ...transport.counters(), log_lines_dropped_total };
}

/** A media node: no SIP, no hooks, no store. */
async function startMedia(config: Config, world: World): Promise<Running> {
  const { clock, machine } = world;
  const transport = createHttpTransport({ clock, allow: config.hookAllow });
  const node = buildMediaRole({
    ...world,
    config,
    httpTransport: transport.send,
    pool: openPool(config, world, null),
    spawnHost: (wireAddress) => createWorkerHost({ mediaBackend: machine.backend, wireAddress }),
    mediaBackend: machine.backend,
    memoryShare: heapShare,
    processFigures: () => figuresOf(world, transport),
    serveHttp: (api, listen, door) => {
      const room = new UpgradeEntrance();
      room.admit(door);
      return startHttpServer(api, listen, clock, { upgrades: { [ROOM_PATH]: room }, flag: httpFlags['rtp-http'] });
    },
  });
  const { listening } = await node.start();
  const stop = async (): Promise<void> => {
    await node.stop();
    await transport.close();
  };
  return { lines: mediaStartLines(config, listening), drain: () => node.drain(), stop };
}

async function start(given: Config, world: World): Promise<Running> {
  const { clock, random, machine, certificates } = world;
  const store = await openStore(given, world);
  const tokenSecret = await loadTokenSecret(store, random, given.tokenSecret);
  let apiUrl = baseUrl(given.httpListen);
  // Nobody but this process needs the embedded server; a page that reaches loopback by DNS rebinding must not.
  const hookSecret = given.hookSecret ?? (given.embeddedHooks === null ? null : randomToken(random));
  const hooks = await embedHooks({ ...given, hookSecret }, random, () => apiUrl);
  const config: Config = hooks === null ? given : { ...given, hookUrl: hooks.hookUrl, hookSecret };
  const transport = createHttpTransport({ clock, allow: config.hookAllow });
  const entrance = new UpgradeEntrance();
  const streams = new UpgradeEntrance();
  const events = new UpgradeEntrance();
  const webSockets = createRealWebSockets();
  const sounds = createSoundWorld({ clock, log: world.log, allow: config.hookAllow });
  const gateway = buildGateway({
    ...world,
    config,
    tokenSecret,
    sipDoors: { webSockets, entrance, certificates: certificates?.certificates },
    streamDoors: { webSockets, entrance: streams },
    eventEntrance: events,
    sounds,
    store,
    httpTransport: transport.send,
    pool: openPool(config, world, webSockets),
    mediaBackend: machine.backend,
    memoryShare: heapShare,
    processFigures: () => figuresOf(world, transport),
    serveHttp: async (api, listen, kind) => {
      if (kind !== 'http') return startHttpServer(api, listen, clock, { flag: httpFlags[kind] });
      const eventPaths = Object.fromEntries(EVENTS_PATHS.map((path) => [path, events]));
      const upgrades = { [SIP_WS_PATH]: entrance, [STREAMS_PATH]: streams, ...eventPaths };
      const server = await startHttpServer(api, listen, clock, { upgrades });
      apiUrl = baseUrl(server.local);
      return server;
    },
  });
  const { listening } = await gateway.start();
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await sounds.close();
    certificates?.close();
    await hooks?.close();
    await transport.close();
    await store.close();
  };
  return { lines: startLines(config, listening, machine.backend), drain: () => gateway.drain(), stop };
}

/** The listeners' certificate; null without one, an Error when it is not of use. */
function openCertificates(config: Config, clock: Clock, log: Logger): CertificateFiles | Error | null {
  if (config.tls === null) return null;
  const readFile = (file: string): string => readFileSync(file, 'utf8');
  try {
    return new CertificateFiles({ clock, log, files: config.tls, readFile });
  } catch (thrown) {
    return new Error(`${config.tls.cert.path} and ${config.tls.key.path} are of no use: ${messageOf(thrown)}`);
  }
}

/** How the program was called. */
export interface Invocation {
  /** What it is called when something is wrong. */
  readonly name: string;
  readonly argv: readonly string[];
  /** Flags that hold where nobody says anything else, in place of the settings' own defaults. */
  readonly defaults?: readonly string[];
}

/** Exit codes: 0 after a shutdown or --help, 1 when the start fails, 2 for bad settings. */
export async function main({ name, argv, defaults = [] }: Invocation): Promise<void> {
  const result = parseConfig({ argv, defaults, interfaces: createRealNetwork().interfaces() });
  if (result.kind === 'help') {
    console.log(result.text);
    return;
  }
  if (result.kind === 'problems') {
    for (const problem of result.problems) console.error(`${name}: ${problem}`);
    process.exitCode = 2;
    return;
  }
  const { config } = result;
  const output = openLog(config.logLevel, createRealClock(), process.stderr.fd);
  const exit = (code: number): void => {
    output.flush();
    process.exit(code);
  };
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      output.log.error('process.fault', { error });
      exit(1);
    });
  }
  for (const text of result.warnings) output.log.warn('config.warning', { text });
  const { log, control: logControl, dropped: logDropped } = output;
  const machine = await openMediaBackend(config.mediaBackend, createRealClock()).catch((thrown) => messageOf(thrown));
  if (typeof machine === 'string') {
    console.error(`${name}: ${machine}`);
    return exit(1);
  }
  const notNative = backendFields(machine);
  if (notNative !== null) log.info('media.backend', notNative);
  const kernels = kernelsInUse();
  if (kernels.reason !== null) log.warn('media.kernels', { kernels: kernels.kind, reason: kernels.reason });
  const { network, clock } = machine;
  const certificates = openCertificates(config, clock, log);
  if (certificates instanceof Error) {
    console.error(`${name}: tls_cert: ${certificates.message}`);
    return exit(2);
  }
  process.on('SIGHUP', () => certificates?.reload());
  // Windows has no such signal.
  if (process.platform !== 'win32') process.on('SIGUSR2', () => toggleDebug(logControl, config.logLevel, log));
  const world = { clock, random: createRealRandom(), network, machine, log, logControl, certificates, logDropped };
  const started = config.role === 'media' ? startMedia(config, world) : start(config, world);
  const shutdown = new Shutdown(clock, {
    drain: async () => (await started).drain(),
    stop: async () => (await started).stop(),
    exit,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => shutdown.signal());
  try {
    const { lines } = await started;
    for (const line of lines) console.log(line);
  } catch (thrown) {
    console.error(`${name}: ${startFailure(thrown)}`);
    exit(1);
  }
}

/** project-sip and project-rtp import this file for its `main`. */
const isProgram = process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isProgram) await main({ name: 'hookline', argv: process.argv.slice(2) });
