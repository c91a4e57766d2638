import type { SocketAddress } from '../../base/network.js';
import { createRealNetwork } from '../../base/network.js';
import { type ApiClient, createApiClient } from './api-client.js';
import { eventually } from './eventually.js';
import { type Ended, Program } from './program.js';

const network = createRealNetwork();

export interface ProcessOptions {
  /** Kept over a restart by whoever made it. */
  readonly dataDir: string;
  readonly address?: string;
  /** A free one unless told. */
  readonly sipPort?: number;
  /** Base URL of a hook server; the embedded one unless told. */
  readonly hookUrl?: string;
  /** Port pairs for sound; 100 unless told, 1000 at most. */
  readonly rtpPairs?: number;
  /** Where the mediaswitch API listens by itself; nowhere unless told. Null: its usual port. */
  readonly mediaswitch?: string | null;
  /** Media threads; 1 unless told. Null: what the gateway makes of its other flags. */
  readonly mediaWorkers?: number | null;
  /** More flags. */
  readonly args?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
  /** See Program. */
  readonly wrapper?: readonly string[];
}

/** Which half of the ports is ours: two suites may run beside each other (vitest.config.ts). */
const half = Number(process.env.PORT_HALF ?? 0);
/** Never given twice: who was given one may not have bound it yet. */
const given = new Set<number>();

async function isFree(address: string, port: number): Promise<boolean> {
  const ignore = { onData: () => undefined, onClose: () => undefined };
  const tcp = await network.listenTcp({ address, port }, () => ignore).catch(() => null);
  const handlers = { onMessage: () => undefined, onError: () => undefined };
  const udp = await network.bindUdp({ address, port }, handlers).catch(() => null);
  await tcp?.close();
  await udp?.close();
  return tcp !== null && udp !== null;
}

/**
 * An even port of our half of 12000 to 19998, free for UDP and TCP as is the one after it, where some phones listen for TLS. The system
 * hands out none of these by itself, so that it stays free until it is bound.
 */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = 12_000 + 4000 * half + 2 * Math.floor(Math.random() * 2000);
    if (given.has(port)) continue;
    if (!(await isFree(address, port)) || !(await isFree(address, port + 1))) continue;
    given.add(port);
    return port;
  }
}

/** An even port of our half of 20000 to 30799: below what the system hands out by itself. */
export function rtpBase(): number {
  return 20_000 + 5400 * half + 2 * Math.floor(Math.random() * 2600);
}

/** Registries that have to be empty when no call is left, by their names in GET /metrics. */
const registries = [
  'calls',
  'rooms',
  'web_connections',
  'orphan_watches',
  'media_legs',
  'media_rooms',
  'media_sounds',
  'playbacks',
  'recordings',
  'streams',
  'rtp_ports_in_use',
  'sip_dialogs',
  'sip_sessions',
  'sip_transactions',
];

/** The gateway as its user runs it: a process of its own on loopback, with real sockets, threads and files. */
export class GatewayProcess {
  readonly program: Program;
  readonly sip: SocketAddress;
  readonly apiUrl: string;
  readonly api: ApiClient;

  private constructor(program: Program, sip: SocketAddress, http: SocketAddress) {
    this.program = program;
    this.sip = sip;
    this.apiUrl = `http://${http.address}:${http.port}`;
    this.api = createApiClient(this.apiUrl);
  }

  /** Starts it and waits until it is ready. A free port that somebody else took meanwhile is chosen anew. */
  static async start(options: ProcessOptions): Promise<GatewayProcess> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await GatewayProcess.#start(options);
      } catch (error) {
        const isTaken = error instanceof Error && error.message.includes('already in use');
        if (!isTaken || attempt === 4) throw error;
      }
    }
  }

  static async #start(options: ProcessOptions): Promise<GatewayProcess> {
    const {
      address = '127.0.0.1',
      hookUrl,
      dataDir,
      args = [],
      variables = {},
      nodeFlags = [],
      wrapper = [],
      rtpPairs = 100,
      mediaswitch = 'off',
      mediaWorkers = 1,
    } = options;
    const sip = { address, port: options.sipPort ?? (await freePort(address)) };
    const host = address.includes(':') ? `[${address}]` : address;
    const rtp = rtpBase();
    const flags = ['--sip-listen', `${host}:${sip.port}`, '--http-listen', '127.0.0.1:0', '--data-dir', dataDir];
    flags.push(...(hookUrl === undefined ? ['--hooks-listen', '127.0.0.1:0'] : ['--hook-url', hookUrl]));
    // Two gateways of two tests would fight for the usual port.
    if (mediaswitch !== null) flags.push('--mediaswitch-listen', mediaswitch);
    flags.push('--rtp-ports', `${rtp}-${rtp + rtpPairs * 2 - 1}`);
    if (mediaWorkers !== null) flags.push('--media-workers', String(mediaWorkers));
    // Whether this machine is busy must not decide whether a test's call is taken.
    const settings = { HOOKLINE_MAX_LATENESS_MS: '0', ...variables };
    const program = new Program('gateway/main.js', [...flags, ...args], settings, nodeFlags, wrapper);
    try {
      const { listening } = await program.event('ready');
      const http = (listening as (SocketAddress & { kind: string })[]).find(({ kind }) => kind === 'http');
      if (http === undefined) throw new Error('ready without http');
      return new GatewayProcess(program, sip, http);
    } catch (error) {
      await program.kill();
      throw error;
    }
  }

  /** GET /metrics, without the prefix of the names. */
  async metrics(): Promise<Readonly<Record<string, number>>> {
    const text = await (await fetch(`${this.apiUrl}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(
      lines.map((line) => {
        const [name = '', value] = line.split(' ');
        return [name.replace(/^hookline_/, ''), Number(value)];
      }),
    );
  }

  /** What is still in the registries; empty when nothing is. */
  async leftovers(): Promise<Readonly<Record<string, number>>> {
    const metrics = await this.metrics();
    return Object.fromEntries(
      registries.flatMap((name) => (metrics[name] === 0 ? [] : [[name, metrics[name] ?? Number.NaN]])),
    );
  }

  /** Waits until no call, room, port, dialog … is left. Transactions absorb repetitions for 32 s more: see `emptied`. */
  async idle(): Promise<void> {
    await this.#waitFor(({ sip_transactions: _absorbing, ...others }) => Object.keys(others).length === 0);
  }

  /** Waits until no transaction is left, whoever is still in a call; takes as long as `emptied`. */
  async quiet(): Promise<void> {
    await this.#waitFor(({ sip_transactions: absorbing = 0 }) => absorbing === 0);
  }

  /** Waits until no transaction is left either; takes half a minute of real time (RFC 3261 Timers H, J and B). */
  async emptied(): Promise<void> {
    await this.#waitFor((left) => Object.keys(left).length === 0);
  }

  async #waitFor(isEnough: (left: Readonly<Record<string, number>>) => boolean): Promise<void> {
    let left: Readonly<Record<string, number>> = {};
    const look = async (): Promise<boolean> => {
      left = await this.leftovers();
      return isEnough(left);
    };
    await eventually('empty registries', look, 90_000).catch(() => {
      throw new Error(`left: ${JSON.stringify(left)}`);
    });
  }

  /** The fields of every log line of that event. */
  logged(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.program.log.filter((line) => line.event === event);
  }

  /** Drains and ends it. */
  async stop(): Promise<Ended> {
    this.program.signal('SIGTERM');
    return this.program.ended;
  }
}
