import type { Clock } from '../../base/clock.js';
import { createRealFiles, type Files } from '../../base/files.js';
import { isIpLiteral } from '../../base/ip-ranges.js';
import type { Logger } from '../../base/log.js';
import { systemHostsFile, systemNameServers } from '../../base/name-servers.js';
import { familyOf, type Network, type SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { DnsCache } from './dns-cache.js';
import { DnsClient, type DnsCounters } from './dns-client.js';
import { type DnsData, type DnsRecord, type DnsType, dnsName } from './dns-message.js';
import { ResolveError, type ResolveReason } from './resolve-error.js';
import { type NameServers, parseHosts, parseResolvConf, WatchedFile } from './system-files.js';

export interface ResolverOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  /** The name servers to ask, in order; those of `resolvConf` unless told. */
  readonly servers?: readonly SocketAddress[] | undefined;
  /** For `servers`: tries of each (2), and the wait for each try (5000 ms, less where the deadline leaves less). */
  readonly attempts?: number | undefined;
  readonly timeoutMs?: number | undefined;
  /** `/etc/hosts`, on Windows its own, unless told; null for none. Asked before any name server. */
  readonly hostsFile?: string | null | undefined;
  /** `/etc/resolv.conf` unless told. */
  readonly resolvConf?: string | undefined;
  readonly files?: Files | undefined;
  /** Asked where `resolvConf` names none; those that Node finds (on Windows, say) unless told, or `files` are given. */
  readonly systemServers?: (() => readonly SocketAddress[]) | undefined;
  /** For one question, all servers and attempts together; 4000 unless told. */
  readonly deadlineMs?: number | undefined;
  /** Answers remembered; the one used longest ago makes room. 10,000 unless told. */
  readonly maxEntries?: number | undefined;
  /** Questions under way; over it a new one is refused, counted `busy`. 500 unless told. */
  readonly maxPending?: number | undefined;
}

export interface ResolverCounters extends DnsCounters {
  /** Questions of our own side. */
  asked: number;
  answeredByHosts: number;
  answeredByCache: number;
  /** Questions that waited for the same one of somebody else. */
  joined: number;
  busy: number;
  /** Answers dropped from the full cache. */
  readonly evicted: number;
}

/**
 * A stub resolver: hosts file, cache by TTL, name servers. Both methods reject with a ResolveError when no answer can
 * be had, and give an empty list when the answer is that there is nothing.
 */
export interface Resolver {
  readonly counters: ResolverCounters;
  /** The records of a name, aliases (CNAME) followed, in the order of the answer. */
  query<T extends DnsType>(name: string, type: T, signal?: AbortSignal): Promise<readonly DnsData[T][]>;
  /** The addresses of a host in those families, the first family first (RFC 7984 §3); a literal is itself. */
  addresses(host: string, families: readonly (4 | 6)[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Whether the hosts file, or RFC 6761 §6.3 (`localhost`), says what the addresses of that name are. */
  isListed(host: string): Promise<boolean>;
  /** Ends what is under way; may be called twice. */
  close(): void;
}

type Outcome =
  | { readonly ok: true; readonly records: readonly DnsRecord[] }
  | { readonly ok: false; readonly reason: ResolveReason };

const MAX_ALIASES = 8;
const MAX_TTL_S = 86_400;
/** RFC 2308 §5 lets "there is none" stand for hours; a server that is added should be found sooner. */
const MAX_NEGATIVE_TTL_S = 900;
/** RFC 9520 §3.2: a failure is remembered too, so that servers in trouble are not asked again at once. */
const FAILURE_TTL_S = 1;
const DEFAULT_DEADLINE_MS = 4000;

/** See Resolver. `node:dns` is not used: it gives no TTL for SRV and NAPTR and cannot be driven by a clock of ours. */
export function createResolver(options: ResolverOptions): Resolver {
  return new StubResolver(options);
}

class StubResolver implements Resolver {
  readonly counters: ResolverCounters;
  readonly #options: ResolverOptions;
  readonly #deadlineMs: number;
  readonly #client: DnsClient;
  readonly #cache: DnsCache<Outcome>;
  readonly #pending = new Map<string, Promise<Outcome>>();
  readonly #closing = new AbortController();
  readonly #hosts: WatchedFile<ReadonlyMap<string, readonly string[]>> | null;
  readonly #conf: WatchedFile<NameServers>;

  constructor(options: ResolverOptions) {
    const {
      clock,
      random,
      network,
      files = createRealFiles(),
      systemServers = options.files === undefined ? systemNameServers : () => [],
      hostsFile = systemHostsFile(),
      maxEntries = 10_000,
    } = options;
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    const cache = new DnsCache<Outcome>(clock, maxEntries);
    this.#cache = cache;
    this.counters = {
      ...{ asked: 0, answeredByHosts: 0, answeredByCache: 0, joined: 0, busy: 0 },
      ...{
        sent: 0,
        sentByTcp: 0,
        timeouts: 0,
        unreachable: 0,
        foreign: 0,
        malformed: 0,
        truncated: 0,
        serverFailures: 0,
      },
      get evicted() {
        return cache.evicted;
      },
    };
    const { counters } = this;
    this.#client = new DnsClient({ clock, random, network, counters, deadlineMs: this.#deadlineMs });
    this.#hosts = hostsFile === null ? null : new WatchedFile(files, clock, hostsFile, parseHosts);
    const parseConf = (text: string): NameServers => parseResolvConf(text, systemServers);
    this.#conf = new WatchedFile(files, clock, options.resolvConf ?? '/etc/resolv.conf', parseConf);
  }

  async query<T extends DnsType>(name: string, type: T, signal?: AbortSignal): Promise<readonly DnsData[T][]> {
    this.counters.asked += 1;
    const known = dnsName(name);
    if (!known.ok) throw new ResolveError(name, 'bad-name');
    // RFC 6761 §6.4: such names never exist; WebSocket clients write them into their Contacts (RFC 7118 §B.1).
    if (known.value === 'invalid' || known.value.endsWith('.invalid')) return [];
    const outcome = await this.#outcomeOf(known.value, type, signal);
    if (!outcome.ok) throw new ResolveError(name, outcome.reason);
    const ofType = (record: DnsRecord): record is Extract<DnsRecord, { type: T }> => record.type === type;
    return outcome.records.filter(ofType).map((record) => record.data as DnsData[T]);
  }

  async addresses(host: string, families: readonly (4 | 6)[], signal?: AbortSignal): Promise<readonly string[]> {
    if (isIpLiteral(host)) return families.includes(familyOf(host)) ? [host] : [];
    const known = dnsName(host);
    if (!known.ok) throw new ResolveError(host, 'bad-name');
    const listed = await this.#listed(known.value);
    if (listed !== undefined) {
      this.counters.answeredByHosts += 1;
      return families.flatMap((family) => listed.filter((address) => familyOf(address) === family));
    }
    const asked = families.map((family) => this.query(host, family === 6 ? 'AAAA' : 'A', signal));
    const found = await Promise.allSettled(asked);
    const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    const failed = found.find((each) => each.status === 'rejected');
    // One family that cannot be had does not hide the other.
    if (addresses.length === 0 && failed !== undefined) throw failed.reason;
    return addresses;
  }

  async isListed(host: string): Promise<boolean> {
    const known = dnsName(host);
    return known.ok && (await this.#listed(known.value)) !== undefined;
  }

  close(): void {
    this.#closing.abort();
    this.#cache.clear();
  }

  async #listed(name: string): Promise<readonly string[] | undefined> {
    return localhost(name) ?? (await this.#hosts?.get())?.get(name);
  }

  async #outcomeOf(name: string, type: DnsType, signal: AbortSignal | undefined): Promise<Outcome> {
    const key = `${type} ${name}`;
    if (this.#closing.signal.aborted) return { ok: false, reason: 'closed' };
    if (signal?.aborted === true) return { ok: false, reason: 'aborted' };
    const remembered = this.#cache.get(key);
    if (remembered !== undefined) {
      this.counters.answeredByCache += 1;
      return remembered;
    }
    let pending = this.#pending.get(key);
    if (pending !== undefined) {
      this.counters.joined += 1;
    } else if (this.#pending.size >= (this.#options.maxPending ?? 500)) {
      this.counters.busy += 1;
      return { ok: false, reason: 'busy' };
    } else {
      pending = this.#ask(key, name, type).finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return unlessAborted(pending, signal);
  }

  /** Asks until all aliases are followed. Goes on when the caller gives up: others may wait, and the cache wants it. */
  async #ask(key: string, name: string, type: DnsType): Promise<Outcome> {
    const { clock, servers, attempts = 2, timeoutMs = 5000 } = this.#options;
    const from = servers === undefined ? await this.#conf.get() : { servers, attempts, timeoutMs };
    const deadline = new AbortController();
    const { signal: closing } = this.#closing;
    const abort = (): void => deadline.abort();
    closing.addEventListener('abort', abort, { once: true });
    const timer = clock.setTimer(this.#deadlineMs, abort);
    try {
      const { outcome, ttlS } = await this.#follow(name, type, from, deadline.signal);
      if (closing.aborted) return { ok: false, reason: 'closed' };
      this.#cache.set(key, outcome, ttlS * 1000);
      return outcome;
    } finally {
      timer.cancel();
      closing.removeEventListener('abort', abort);
    }
  }

  /** RFC 1034 §3.6.2. The answer lasts as long as the alias or record that lasts least. */
  async #follow(
    name: string,
    type: DnsType,
    from: NameServers,
    signal: AbortSignal,
  ): Promise<{ outcome: Outcome; ttlS: number }> {
    let owner = name;
    let ttlS = MAX_TTL_S;
    let aliases = 0;
    for (;;) {
      const reply = await this.#client.ask(owner, type, from, signal);
      if (!reply.ok) {
        const reason = reply.failure === 'server-failure' ? 'server-failure' : 'timeout';
        this.#options.log.warn('sip.resolve.failed', { name: owner, type, reason });
        return { outcome: { ok: false, reason }, ttlS: FAILURE_TTL_S };
      }
      const { records, negativeTtlS } = reply.answer;
      const askedFor = owner;
      for (let alias = aliasOf(records, owner, type); alias !== undefined; alias = aliasOf(records, owner, type)) {
        aliases += 1;
        if (aliases > MAX_ALIASES) return { outcome: { ok: false, reason: 'server-failure' }, ttlS: FAILURE_TTL_S };
        ttlS = Math.min(ttlS, alias.ttlS);
        owner = alias.data;
      }
      const found = records.filter((record) => record.type === type && record.name === owner);
      if (found.length > 0) {
        return { outcome: { ok: true, records: found }, ttlS: Math.min(ttlS, ...found.map((record) => record.ttlS)) };
      }
      if (owner === askedFor || negativeTtlS !== null) {
        const negative = Math.min(ttlS, negativeTtlS ?? 0, MAX_NEGATIVE_TTL_S);
        return { outcome: { ok: true, records: [] }, ttlS: negative };
      }
    }
  }
}

/** RFC 6761 §6.3. */
function localhost(name: string): readonly string[] | undefined {
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : undefined;
}

function aliasOf(records: readonly DnsRecord[], owner: string, type: DnsType) {
  if (type === 'CNAME') return undefined;
  return records.find(
    (record): record is Extract<DnsRecord, { type: 'CNAME' }> => record.type === 'CNAME' && record.name === owner,
  );
}

function unlessAborted(pending: Promise<Outcome>, signal: AbortSignal | undefined): Promise<Outcome> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve({ ok: false, reason: 'aborted' });
    signal.addEventListener('abort', abort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
