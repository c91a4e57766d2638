import { hostPort } from '../../base/ip-ranges.js';
import { type LogFields, type Logger, silentLogger } from '../../base/log.js';
import type { Network } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { InviteHookReply } from '../../contract/v1.js';
import { type Config, parseConfig } from '../../gateway/config.js';
import { buildGateway, type Gateway } from '../../gateway/gateway.js';
import type { HttpTransport } from '../../gateway/hooks/transport.js';
import type { SoundWorld } from '../../gateway/sounds/sound-world.js';
import { MemoryStore } from '../../gateway/store/memory.js';
import type { Store } from '../../gateway/store/store.js';
import type { CodecName, DtlsIdentity, SrtpPolicy } from '../../media/index.js';
import { createInlineHost, createMediaPool, type HostEvent, type HostPort } from '../../rooms/index.js';
import { FakeHookServer } from './hook-server.js';
import { ManualClock } from './manual-clock.js';
import { FakePhone, type PhoneMedia, type PhoneOptions } from './phone.js';
import { createSeededRandom } from './seeded-random.js';
import { type MediaNodeDeps, VirtualMediaNode } from './virtual-media-node.js';
import { VirtualNetwork } from './virtual-network.js';
import { VirtualEntrance, VirtualWebSockets } from './virtual-web-sockets.js';
import { Voice } from './voice.js';

export interface WorldOptions {
  readonly seed?: number;
  readonly lossRate?: number;
  readonly jitterMs?: number;
  /** YAML text, the settings of every gateway that does not bring its own. */
  readonly config?: string;
}

export interface GatewayOptions {
  readonly address?: string;
  readonly config?: string;
  /** What a configuration file alone cannot lead to, with a hook server always given. */
  readonly overrides?: Partial<Config>;
  readonly store?: Store;
  readonly hooks?: HttpTransport;
  /** Inline media hosts; 1 unless told. */
  readonly mediaHosts?: number;
  /** Media nodes; with them there is no inline host unless mediaHosts says so. */
  readonly mediaNodes?: readonly VirtualMediaNode[];
  /** Without it nothing is fetched and no program is run. */
  readonly sounds?: SoundWorld;
}

/** One log line of a gateway. */
export interface Line {
  readonly event: string;
  readonly fields: LogFields;
}

export interface WorldGateway {
  readonly gateway: Gateway;
  /** Where applications connect to its rooms, once it is opened at an address. */
  readonly streams: VirtualEntrance;
  /** Where the events of its rooms are read over WebSocket, once it is opened at an address. */
  readonly events: VirtualEntrance;
  readonly address: string;
  readonly log: Line[];
  readonly store: Store;
  /** Every media host that was started, restarted ones last; `kill` is a crash. */
  readonly mediaHosts: readonly HostPort[];
  /** What its media hosts say of their beats from their next load event on; null: the truth. */
  readonly mixer: { latenessMs: number | null };
  /** Calls the HTTP API without a socket. */
  api(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly json: ApiJson }>;
  /** The same with headers of the test's own; the body is bytes, or becomes JSON. */
  fetch(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Fetched>;
  stop(): Promise<void>;
}

/** A whole answer of the HTTP API. */
export interface Fetched {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** Null: it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what each test asserts
  readonly json: any;
}

export interface ApiJson {
  readonly status: boolean;
  readonly error?: string;
  // Tests look at different shapes here.
  // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what each test asserts
  readonly data?: any;
}

export type WorldPhone = FakePhone & { readonly voices: Voice[] };

/**
 * A whole world in one process on one manual clock: gateways, phones with voices, and one scriptable hook server, on
 * a made-up network with seeded loss. Nothing here waits for real time.
 */
export class VirtualWorld {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly network: VirtualNetwork;
  readonly hooks: FakeHookServer;
  readonly #options: WorldOptions;
  readonly #gateways: WorldGateway[] = [];
  readonly #phones: WorldPhone[] = [];
  readonly #mediaNodes: VirtualMediaNode[] = [];
  #phonesMade = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.random = createSeededRandom(options.seed ?? 1);
    this.network = new VirtualNetwork({
      clock: this.clock,
      random: this.random,
      lossRate: options.lossRate ?? 0,
      jitterMs: options.jitterMs ?? 0,
    });
    this.hooks = new FakeHookServer({ clock: this.clock });
  }

  async addGateway(options: GatewayOptions = {}): Promise<WorldGateway> {
    const address = options.address ?? '10.0.0.1';
    const network = this.network.host(address);
    const log: Line[] = [];
    const store = options.store ?? new MemoryStore();
    const hostDeps = { clock: this.clock, random: this.random, network, log: silentLogger };
    const hosts: HostPort[] = [];
    const mixer: WorldGateway['mixer'] = { latenessMs: null };
    const pool = createMediaPool({
      clock: this.clock,
      random: this.random,
      log: collect(log),
      hosts: options.mediaHosts ?? (options.mediaNodes === undefined ? 1 : 0),
      remotes: (options.mediaNodes ?? []).map((node) => node.placeFor(network)),
      spawn: () => {
        const host = createInlineHost(hostDeps);
        hosts.push(host);
        return { ...host, onEvent: (listener) => host.onEvent((event) => listener(withLateness(event, mixer))) };
      },
    });
    const streams = new VirtualEntrance();
    const events = new VirtualEntrance();
    const gateway = buildGateway({
      config: { ...configOf(options.config ?? this.#options.config ?? '', address, network), ...options.overrides },
      clock: this.clock,
      random: this.random,
      network,
      files: this.network.files(),
      log: collect(log),
      store,
      httpTransport: options.hooks ?? this.hooks.transport,
      pool,
      sounds: options.sounds,
      streamDoors: { webSockets: new VirtualWebSockets(network), entrance: streams },
      eventEntrance: events,
      memoryShare: () => 0,
      serveHttp: null,
    });
    await this.while(gateway.start());
    const added: WorldGateway = {
      gateway,
      streams,
      events,
      address,
      log,
      store,
      mediaHosts: hosts,
      mixer,
      api: async (method, path, body) => {
        const { status, json } = await added.fetch(method, path, body);
        return { status, json: json as ApiJson };
      },
      fetch: async (method, path, body, headers) => this.while(fetched(gateway, method, path, body, headers)),
      stop: () => this.while(gateway.stop()),
    };
    this.#gateways.push(added);
    return added;
  }

  /** A media node on a machine of its own; give it to gateways. */
  async addMediaNode(
    address: string,
    options: Partial<Omit<MediaNodeDeps, 'clock' | 'random' | 'network' | 'address'>> = {},
  ): Promise<VirtualMediaNode> {
    const { clock, random } = this;
    const network = this.network.host(address);
    const node = await VirtualMediaNode.start({ clock, random, network, address, ...options });
    this.#mediaNodes.push(node);
    return node;
  }

  /** A phone at an address of its own that says one tone in every call. */
  async addPhone(
    user: string,
    options: {
      readonly toneHz?: number;
      /** Whether its sound knows RFC 4733; true unless told. */
      readonly telephoneEvent?: boolean;
      readonly address?: string;
      readonly codecs?: readonly CodecName[];
      readonly srtp?: SrtpPolicy;
      readonly identity?: DtlsIdentity;
      /** See Voice. */
      readonly isBrowser?: boolean;
      readonly edit?: (sdp: string) => string;
    } & Partial<PhoneOptions> = {},
  ): Promise<WorldPhone> {
    this.#phonesMade += 1;
    const address = options.address ?? `10.0.1.${this.#phonesMade}`;
    const network = this.network.host(address);
    const voices: Voice[] = [];
    const { clock, random } = this;
    const phone = await FakePhone.start({
      clock,
      random,
      network,
      address,
      user,
      server: { address: '10.0.0.1', port: 5060 },
      createMedia: async () => {
        const rtpPort = 20_000 + voices.length * 2;
        const {
          toneHz = 0,
          codecs = ['pcmu', 'pcma'],
          srtp = 'off',
          identity,
          telephoneEvent = true,
          isBrowser = false,
          edit,
        } = options;
        const sound = { toneHz, codecs, srtp, identity, telephoneEvent, isBrowser, ...(edit && { edit }) };
        const voice = new Voice({ clock, network, random, address, rtpPort, ...sound });
        voices.push(voice);
        await voice.open();
        return mediaOf(voice);
      },
      ...options,
    });
    const added = Object.assign(phone, { voices });
    this.#phones.push(added);
    return added;
  }

  /** Awaits something while the clock moves on, 5 ms at a time. */
  async while<T>(promise: Promise<T>, limitMs = 120_000): Promise<T> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    promise.then(mark, mark);
    await this.clock.until(() => isDone, limitMs, 5);
    return promise;
  }

  /** The invite hook's answer from now on. */
  answerInvites(reply: Partial<InviteHookReply>): void {
    this.hooks.on('invite', { json: reply });
  }

  /** Ends everything; what is left open afterwards is a leak. */
  async close(): Promise<{ readonly sockets: string[]; readonly timers: number }> {
    for (const phone of this.#phones) {
      for (const voice of phone.voices) await this.while(voice.close());
      await this.while(phone.close());
    }
    for (const { stop } of this.#gateways) await stop();
    for (const node of this.#mediaNodes) await this.while(node.close());
    await this.clock.advance(100);
    return { sockets: this.network.openSockets(), timers: this.clock.pendingTimers };
  }
}

function mediaOf(voice: Voice): PhoneMedia {
  return {
    offer: (direction) => {
      voice.direction = direction;
      return voice.offer();
    },
    answer: (offer) => voice.answer(offer),
    use: (answer) => voice.accept(answer),
    close: () => void voice.close(),
  };
}

async function fetched(
  { api }: Gateway,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Fetched> {
  const isBytes = body instanceof Uint8Array;
  const type: Record<string, string> = body === undefined || isBytes ? {} : { 'content-type': 'application/json' };
  const init = {
    method,
    headers: { host: '127.0.0.1', ...type, ...headers },
    ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
  };
  const response = await api.request(path, init, { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  const json = isJson ? JSON.parse(bytes.toString()) : null;
  return { status: response.status, headers: response.headers, bytes, json };
}

function configOf(yaml: string, address: string, network: Network) {
  const result = parseConfig({
    argv: ['--config', 'world.yaml'],
    env: {},
    readFile: () =>
      `${yaml}\nsip_listen: ["${hostPort(address, 5060)}"]\nhook_url: http://hooks.test/hooks\ndata_dir: ":memory:"\n`,
    interfaces: network.interfaces(),
    cores: 1,
  });
  if (result.kind !== 'config') throw new Error(JSON.stringify(result));
  return result.config;
}

function collect(lines: Line[]): Logger {
  const write = (event: string, fields: LogFields = {}): void => {
    lines.push({ event, fields });
  };
  return { trace: write, debug: write, info: write, warn: write, error: write };
}

function withLateness(event: HostEvent, { latenessMs }: WorldGateway['mixer']): HostEvent {
  return event.type === 'load' && latenessMs !== null ? { ...event, beatLatenessP99Ms: latenessMs } : event;
}
