import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type BrowserContextOptions, type Browser as Chromium, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { rootDir } from '../../support/dist.js';
import { eventually } from '../../support/eventually.js';
import { requirePeers } from './peers.js';
import type { ToneMember } from './tones.js';

export interface BrowserPhoneOptions {
  readonly library: 'jssip' | 'sipjs';
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly domain: string;
  /** What its microphone hears all the time; the browser's fake microphone unless told. */
  readonly toneHz?: number;
}

interface Heard {
  readonly messages: readonly string[];
  readonly notified: readonly string[];
  /** `ringing`, `established`, `ended …`, `failed …`. */
  readonly calls: readonly string[];
}

export interface BrowserOptions {
  /** A WAV file of 48 kHz that the fake microphone plays over and over; a beep unless told. */
  readonly microphone?: string;
  /** A page has the microphone only where its context was given it; else any page has it. */
  readonly isGuarded?: boolean;
}

/** One of the modules of this folder, with all that it imports, as a script. */
export async function bundlePage(name: string): Promise<string> {
  const bundle = await rolldown({
    input: join(rootDir, 'test/interop/support', name),
    platform: 'browser',
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  return output[0].code;
}

function servePage(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? script : '<!doctype html><title>phone</title><script src="/page.js"></script>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Headless Chromium with a page that holds JsSIP and SIP.js. It takes any certificate. */
export class Browser {
  /** Where its pages come from, as they say it to WebSocket servers. */
  readonly origin: string;
  readonly #server: Server;
  readonly #chromium: Chromium;

  private constructor(server: Server, browser: Chromium) {
    this.#server = server;
    this.#chromium = browser;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start({ microphone, isGuarded = false }: BrowserOptions = {}): Promise<Browser> {
    requirePeers('chromium');
    const server = await servePage(await bundlePage('browser-page.mjs'));
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--mute-audio',
      '--ignore-certificate-errors',
      '--autoplay-policy=no-user-gesture-required',
      ...(isGuarded ? [] : ['--use-fake-ui-for-media-stream']),
      '--use-fake-device-for-media-stream',
      ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}`]),
      // Without it a page finds no way to a gateway that listens on 127.0.0.1 alone.
      '--allow-loopback-in-peer-connection',
    ];
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    return new Browser(server, await chromium.launch({ executablePath, headless: true, args }));
  }

  /** A page with a phone whose WebSocket is open. */
  async phone(options: BrowserPhoneOptions): Promise<BrowserPhone> {
    const page = await this.#chromium.newPage({ ignoreHTTPSErrors: true });
    await page.goto(this.origin);
    await page.evaluate((given) => globalThis.phone.start(given), options);
    return new BrowserPhone(page, options);
  }

  /**
   * A page of ours in a context of its own: as big as told, dark or light, allowed to use the microphone or not.
   * @param script  runs before the page's own
   */
  async visit(url: string, options: BrowserContextOptions, script = ''): Promise<Page> {
    const page = await (await this.#chromium.newContext(options)).newPage();
    await page.addInitScript(script);
    await page.goto(url);
    return page;
  }

  /** Somebody else's page. */
  async page(url: string): Promise<Page> {
    const page = await this.#chromium.newPage();
    await page.goto(url);
    return page;
  }

  /** All its processes at once, as when the machine loses its power: no page is told, and no socket says goodbye. */
  async kill(): Promise<void> {
    const control = await this.#chromium.newBrowserCDPSession();
    const { processInfo } = await control.send('SystemInfo.getProcessInfo');
    const over = new Promise((resolve) => this.#chromium.once('disconnected', resolve));
    for (const { id } of processInfo) process.kill(id, 'SIGKILL');
    await over;
  }

  async close(): Promise<void> {
    await this.#chromium.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

declare global {
  var ears: { length(): number; since(from: number): string };
  var phone: {
    start(options: BrowserPhoneOptions): Promise<void>;
    act(name: string, ...args: readonly string[]): Promise<number | null>;
    heard(): Heard;
  };
}

/** What a page with the ears of browser-sound.mjs has heard since then. */
export async function heardOn(page: Page, from: number): Promise<Int16Array> {
  const bytes = Buffer.from(await page.evaluate((at) => globalThis.ears.since(at), from), 'base64');
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** One phone in a page; its actions give the status code of the final response. */
export class BrowserPhone implements ToneMember {
  readonly name: string;
  readonly toneHz: number | null;
  readonly #page: Page;

  constructor(page: Page, { library, toneHz }: BrowserPhoneOptions) {
    this.#page = page;
    this.name = library;
    this.toneHz = toneHz ?? null;
  }

  register(): Promise<number | null> {
    return this.#act('register');
  }

  unregister(): Promise<number | null> {
    return this.#act('unregister');
  }

  options(target: string): Promise<number | null> {
    return this.#act('options', target);
  }

  message(target: string, text: string): Promise<number | null> {
    return this.#act('message', target, text);
  }

  /** Resolves once the subscription is active. */
  subscribe(target: string, event: string, type: string): Promise<number | null> {
    return this.#act('subscribe', target, event, type);
  }

  /**
   * Returns once the INVITE is on its way; the outcome is in `hears('calls', …)`.
   * @param offers  `late`: the offer is left to us (RFC 3261 §13.2.1), which SIP.js alone can do
   */
  async call(target: string, offers: 'first' | 'late' = 'first'): Promise<void> {
    await this.#act('call', target, offers);
  }

  /** Takes the call that rings here. */
  async accept(): Promise<void> {
    await this.hears('calls', 'ringing');
    await this.#act('accept');
  }

  async hangUp(): Promise<void> {
    await this.#act('hangUp');
  }

  /** A re-INVITE that asks us to be silent, and has been answered. */
  async hold(): Promise<void> {
    await this.#act('hold');
  }

  async unhold(): Promise<void> {
    await this.#act('unhold');
  }

  /** A re-INVITE with new credentials. */
  async restartIce(): Promise<void> {
    await this.#act('restartIce');
  }

  async dtmf(digits: string, transport: 'info' | 'rtp'): Promise<void> {
    await this.#act('dtmf', digits, transport);
  }

  /** The descriptions in force. */
  descriptions(): Promise<{ local: string; remote: string }> {
    return this.#page.evaluate(() => globalThis.phone.act('descriptions') as never);
  }

  mark(): Promise<number> {
    return this.#page.evaluate(() => globalThis.ears.length());
  }

  since(mark: number): Promise<Int16Array> {
    return heardOn(this.#page, mark);
  }

  /** Waits for a body that came in a MESSAGE or a NOTIFY, or for news of a call. */
  hears(kind: keyof Heard, text: string): Promise<unknown> {
    return eventually(`${kind} with ${text}`, async () => {
      const heard = await this.#page.evaluate(() => globalThis.phone.heard());
      return heard[kind].some((body) => body.includes(text));
    });
  }

  /** The process of the page dies: no BYE, no end of DTLS, and its sockets are gone. */
  async crash(): Promise<void> {
    const control = await this.#page.context().newCDPSession(this.#page);
    const crashed = this.#page.waitForEvent('crash');
    control.send('Page.crash').catch(() => undefined);
    await crashed;
  }

  /** The page goes away, and its WebSocket with it. */
  close(): Promise<void> {
    return this.#page.close();
  }

  #act(name: string, ...args: readonly string[]): Promise<number | null> {
    return this.#page.evaluate(([what, rest]) => globalThis.phone.act(what, ...rest), [name, args] as const);
  }
}
