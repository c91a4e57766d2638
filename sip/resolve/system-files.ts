import type { Clock } from '../../base/clock.js';
import type { Files } from '../../base/files.js';
import { isIpLiteral } from '../../base/ip-ranges.js';
import type { SocketAddress } from '../../base/network.js';
import { dnsName } from './dns-message.js';

const DNS_PORT = 53;
/** As the C library does. */
const MAX_SERVERS = 3;
const DEFAULT_TIMEOUT_MS = 5000;
const DEFAULT_ATTEMPTS = 2;
const MAX_HOSTS = 100_000;

/** Which name servers to ask, and how long and how often each. */
export interface NameServers {
  readonly servers: readonly SocketAddress[];
  readonly timeoutMs: number;
  readonly attempts: number;
}

/**
 * Reads resolv.conf(5): `nameserver`, and of `options` `timeout:` and `attempts:`. `search` and `domain` are not
 * followed: the host of a SIP URI is a full name. Without a usable server it is `others`, else the one of this machine.
 */
export function parseResolvConf(text: string, others: () => readonly SocketAddress[] = () => []): NameServers {
  let servers: SocketAddress[] = [];
  let timeoutMs = DEFAULT_TIMEOUT_MS;
  let attempts = DEFAULT_ATTEMPTS;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver') {
      const address = words[0] ?? '';
      if (isIpLiteral(address) && servers.length < MAX_SERVERS) servers.push({ address, port: DNS_PORT });
    } else if (keyword === 'options') {
      timeoutMs = optionOf(words, 'timeout', 30) * 1000 || timeoutMs;
      attempts = optionOf(words, 'attempts', 5) || attempts;
    }
  }
  if (servers.length === 0) servers = others().slice(0, MAX_SERVERS);
  if (servers.length === 0) servers.push({ address: '127.0.0.1', port: DNS_PORT });
  return { servers, timeoutMs, attempts };
}

function optionOf(words: readonly string[], name: string, max: number): number {
  const found = words.map((word) => new RegExp(`^${name}:(\\d{1,6})$`).exec(word)?.[1]).find((value) => value);
  return Math.min(Number(found ?? 0), max);
}

/** Reads hosts(5): names, lower-case, and their addresses in the order of the file. At most 100,000 names. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!isIpLiteral(address)) continue;
    for (const written of names) {
      const name = dnsName(written);
      if (!name.ok) continue;
      const addresses = hosts.get(name.value);
      if (addresses !== undefined) addresses.push(address);
      else if (hosts.size < MAX_HOSTS) hosts.set(name.value, [address]);
    }
  }
  return hosts;
}

/** How often a file is looked at for a change. */
const LOOK_EVERY_MS = 1000;

/** What a file says, read again when it has changed; looked at when asked, at most once a second. */
export class WatchedFile<T> {
  readonly #files: Files;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #value: T;
  #changedMs: number | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<T> | null = null;

  constructor(files: Files, clock: Clock, path: string, parse: (text: string) => T) {
    this.#files = files;
    this.#clock = clock;
    this.#path = path;
    this.#parse = parse;
    this.#value = parse('');
  }

  get(): Promise<T> {
    if (this.#looking !== null) return this.#looking;
    if (this.#clock.nowMs() - this.#lookedMs < LOOK_EVERY_MS) return Promise.resolve(this.#value);
    this.#looking = this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<T> {
    this.#lookedMs = this.#clock.nowMs();
    const changedMs = await this.#files.changedMs(this.#path);
    if (changedMs !== this.#changedMs) {
      this.#value = this.#parse((await this.#files.read(this.#path)) ?? '');
      this.#changedMs = changedMs;
    }
    return this.#value;
  }
}
