import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser as Chromium, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { rootDir } from '../../support/dist.js';
import { eventually } from '../../support/eventually.js';
import { requirePeers } from './peers.js';

export interface BrowserPhoneOptions {
  readonly library: 'jssip' | 'sipjs';
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly domain: string;
}

interface Heard {
  readonly messages: readonly string[];
  readonly notified: readonly string[];
}

async function bundlePage(): Promise<string> {
  const bundle = await rolldown({
    input: join(rootDir, 'test/interop/support/browser-page.mjs'),
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

  static async start(): Promise<Browser> {
    requirePeers('chromium');
    const server = await servePage(await bundlePage());
    const args = ['--no-sandbox', '--disable-gpu', '--mute-audio', '--ignore-certificate-errors'];
    const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
    return new Browser(server, await chromium.launch({ executablePath, headless: true, args }));
  }

  /** A page with a phone whose WebSocket is open. */
  async phone(options: BrowserPhoneOptions): Promise<BrowserPhone> {
    const page = await this.#chromium.newPage({ ignoreHTTPSErrors: true });
    await page.goto(this.origin);
    await page.evaluate((given) => globalThis.phone.start(given), options);
    return new BrowserPhone(page);
  }

  /** Somebody else's page. */
  async page(url: string): Promise<Page> {
    const page = await this.#chromium.newPage();
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.#chromium.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

declare global {
  var phone: {
    start(options: BrowserPhoneOptions): Promise<void>;
    act(name: string, ...args: readonly string[]): Promise<number | null>;
    heard(): Heard;
  };
}

/** One phone in a page; its actions give the status code of the final response. */
export class BrowserPhone {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
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

  /** Waits for a body that came in a MESSAGE or a NOTIFY. */
  hears(kind: keyof Heard, text: string): Promise<unknown> {
    return eventually(`${kind} with ${text}`, async () => {
      const heard = await this.#page.evaluate(() => globalThis.phone.heard());
      return heard[kind].some((body) => body.includes(text));
    });
  }

  /** The page goes away, and its WebSocket with it. */
  close(): Promise<void> {
    return this.#page.close();
  }

  #act(name: string, ...args: readonly string[]): Promise<number | null> {
    return this.#page.evaluate(([what, rest]) => globalThis.phone.act(what, ...rest), [name, args] as const);
  }
}
