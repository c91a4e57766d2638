import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../../base/clock.js';
import { createRealNetwork, type Network, type SocketAddress, systemCode } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { eventually } from './eventually.js';
import { GatewayProcess, type ProcessOptions, rtpBase } from './gateway-process.js';
import { FakeHookServer } from './hook-server.js';
import { FakePhone, type PhoneCall, type PhoneOptions, silentMedia } from './phone.js';
import { levelOf, Voice } from './voice.js';

export type LoopbackPhone = FakePhone & {
  /** One per call that had sound, in order. */
  readonly voices: Voice[];
};

export type LoopbackPhoneOptions = Partial<PhoneOptions> & {
  /** Says this in every call and keeps what it hears; without it the phone has no sound at all. */
  readonly toneHz?: number;
};

export interface RawSocket {
  readonly port: number;
  readonly received: readonly string[];
  send(data: Buffer | string): void;
}

const clock = createRealClock();
const random = createRealRandom();
const realNetwork = createRealNetwork();

/** A tone that is there, and one that is not, in dB below full scale; a phone says its tone at −15. */
const HEARD_DB = -24;
const UNHEARD_DB = -35;

/** Gateway processes, phones and a scripted hook server of one test, on loopback and in real time. */
export class LoopbackWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'hookline-loopback-'));
  readonly hooks = new FakeHookServer({ clock });
  readonly #closers: (() => Promise<unknown>)[] = [];
  #hookServer: { readonly url: string; readonly port: number; close(): Promise<void> } | null = null;

  /** Where gateways of this world keep their data unless told. */
  get dataDir(): string {
    return join(this.directory, 'data');
  }

  /** Serves `hooks` over HTTP; the same port as before unless it is the first time. */
  async serveHooks(): Promise<string> {
    this.#hookServer = await this.hooks.listen(this.#hookServer?.port ?? 0);
    this.closeLater(() => this.unplugHooks());
    return this.#hookServer.url;
  }

  /** The hook server is gone; its open connections break. */
  async unplugHooks(): Promise<void> {
    await this.#hookServer?.close();
  }

  async startGateway(options: Partial<ProcessOptions> = {}): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({ dataDir: this.dataDir, ...options });
    this.closeLater(() => gateway.program.kill());
    return gateway;
  }

  async addPhone(server: SocketAddress, user: string, options: LoopbackPhoneOptions = {}): Promise<LoopbackPhone> {
    const { toneHz, ...phoneOptions } = options;
    const { address = server.address, network = realNetwork } = options;
    const voices: Voice[] = [];
    const phone = await FakePhone.start({
      clock,
      random,
      network,
      address,
      port: 0,
      user,
      server,
      createMedia: async () => {
        if (toneHz === undefined) return silentMedia(address);
        const voice = await openVoice(network, address, toneHz);
        voices.push(voice);
        this.closeLater(() => voice.close());
        return {
          offer: (direction) => {
            voice.direction = direction;
            return voice.offer();
          },
          answer: (offer) => voice.answer(offer),
          use: (answer) => voice.accept(answer),
          close: () => void voice.close(),
        };
      },
      ...phoneOptions,
    });
    this.closeLater(() => phone.close());
    return Object.assign(phone, { voices });
  }

  /** A phone that has registered. */
  async addRegistered(server: SocketAddress, user: string, options: LoopbackPhoneOptions = {}): Promise<LoopbackPhone> {
    const phone = await this.addPhone(server, user, options);
    const { statusCode, reasonPhrase } = await phone.register();
    if (statusCode !== 200) throw new Error(`${user} got ${statusCode} ${reasonPhrase}`);
    return phone;
  }

  /** A UDP socket that sends any bytes to the gateway and keeps what comes back. */
  async openRaw(server: SocketAddress): Promise<RawSocket> {
    const received: string[] = [];
    const socket = await realNetwork.bindUdp(
      { address: server.address, port: 0 },
      { onMessage: (data) => received.push(data.toString('latin1')), onError: () => undefined },
    );
    this.closeLater(() => socket.close());
    return {
      port: socket.local.port,
      received,
      send: (data) => {
        const bytes = Buffer.from(data);
        socket.send(bytes, 0, bytes.length, server.port, server.address);
      },
    };
  }

  /** `session_id` of the newest register hook of a user. */
  sessionOf(username: string): string {
    const told = this.hooks.bodies('register').filter((body) => body.username === username);
    return String(told.at(-1)?.session_id ?? 'never registered');
  }

  closeLater(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function openVoice(network: Network, address: string, toneHz: number): Promise<Voice> {
  for (;;) {
    const voice = new Voice({ clock, network, random, address, rtpPort: rtpBase(), toneHz });
    try {
      await voice.open();
      return voice;
    } catch (error) {
      if (systemCode(error) !== 'EADDRINUSE') throw error;
    }
  }
}

/** Waits for a line of the call's log: `180`, `answered`, `confirmed`, `ended bye` … */
export async function reached(call: PhoneCall, line: string): Promise<PhoneCall> {
  const who = call.phone.options.user;
  await eventually(`${who} ${line}`, () => call.log.includes(line)).catch((error: unknown) => {
    throw new Error(`${String(error)}; ${who}: ${call.log.join(', ')}`);
  });
  return call;
}

/** Waits for the phone's n-th incoming call. */
export function rung(phone: FakePhone, count = 1): Promise<PhoneCall> {
  return eventually(`${phone.options.user} rings`, () => {
    const incoming = phone.calls.filter(({ direction, media }) => direction === 'in' && media !== null);
    return incoming[count - 1];
  });
}

export interface Expected {
  readonly hears: readonly number[];
  readonly not: readonly number[];
}

/**
 * Waits until half a second of what a phone hears holds every tone that it should hear, and asserts that no half second
 * on the way held one that it should not. Begins with what it hears from now on.
 */
export async function listen(phone: LoopbackPhone, { hears, not }: Expected): Promise<void> {
  const voice = phone.voices.at(-1);
  if (voice === undefined) throw new Error('no voice');
  voice.takeHeard();
  await eventually(`${phone.options.user} hears ${hears.join(' and ')} Hz`, async () => {
    const window = await halfSecond(voice);
    const wrong = not.filter((hz) => levelOf(window, hz) > UNHEARD_DB);
    if (wrong.length > 0) throw new Error(`${phone.options.user} hears ${wrong.join(' and ')} Hz`);
    return hears.every((hz) => levelOf(window, hz) > HEARD_DB);
  });
}

async function halfSecond(voice: Voice): Promise<Int16Array> {
  const window = new Int16Array(4000);
  let filled = 0;
  await eventually('half a second of sound', () => {
    const heard = voice.takeHeard();
    const part = heard.subarray(0, window.length - filled);
    window.set(part, filled);
    filled += part.length;
    return filled === window.length;
  });
  return window;
}
