import type { Clock } from '../../base/clock.js';
import { isIpLiteral } from '../../base/ip-ranges.js';
import { familyOf, type SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { isSecure, type Target, type TransportKind } from '../transport/transport.js';
import { defaultPort } from '../transport/via.js';
import type { SipUri } from '../uri.js';
import { type DnsData, type DnsType, dnsName } from './dns-message.js';
import { chooseNaptr } from './naptr.js';
import { ResolveError } from './resolve-error.js';
import type { Resolver } from './resolver.js';
import { orderSrv } from './srv-order.js';
import { namedKind } from './uri-target.js';

export interface LocateOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Finds the servers of a SIP URI: RFC 3263. */
export interface Locator {
  /**
   * RFC 3263 §4: where requests to the URI go, in the order in which to try it; empty when its domain names nothing
   * for us. Rejects with a ResolveError when that could not be found out. `maddr` is not followed, as in responses.
   */
  locate(uri: SipUri, options?: LocateOptions): Promise<readonly Target[]>;
  /** The servers of one SRV name of that host, `_im._sip.example.com` for instance (RFC 3861 §3.1); empty without one. */
  locateService?(
    service: { readonly name: string; readonly host: string },
    options?: LocateOptions,
  ): Promise<readonly Target[]>;
  /** RFC 3263 §5: where responses go whose connection is gone, by the sent-by of their top Via. */
  locateSentBy?(sentBy: SentByHost, options?: LocateOptions): Promise<readonly Target[]>;
}

export interface SentByHost {
  readonly kind: TransportKind;
  readonly host: string;
  readonly port?: number | undefined;
}

export interface LocatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly resolver: Pick<Resolver, 'query' | 'addresses'> & Partial<Pick<Resolver, 'isListed'>>;
  /** What we listen on tells which transports and address families of a domain are of use. */
  readonly transport: { readonly listening: readonly ({ readonly kind: TransportKind } & SocketAddress)[] };
  /** Transports that we dial without listening, beside those of `transport`: a TLS client's. */
  readonly alsoDials?: readonly TransportKind[] | undefined;
  /** For a domain that leaves the choice to us; UDP, TCP, TLS, WS, WSS unless told. */
  readonly preference?: readonly TransportKind[] | undefined;
  /** For all questions of one URI; 4000 unless told. */
  readonly deadlineMs?: number | undefined;
}

const DEFAULT_DEADLINE_MS = 4000;
const DEFAULT_PREFERENCE: readonly TransportKind[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];
/** Servers of one SRV name that are looked up, and addresses that one URI leads to at most; the rest is not used. */
const MAX_SERVERS = 16;
const MAX_TARGETS = 24;

/** Service and protocol labels of RFC 3263 §4.2; those of WebSocket after the same pattern (RFC 7118 §5.3 names none). */
const srvLabels: Readonly<Record<string, string>> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
  ws: '_sip._ws',
  wss: '_sips._ws',
};

/** One search: its name for TLS, its time, and what went wrong on the way. */
interface Search {
  readonly host: string;
  readonly tcpAllowed: boolean;
  readonly signal: AbortSignal;
  failure: ResolveError | null;
}

export function createLocator(options: LocatorOptions): Locator {
  return new DnsLocator(options);
}

class DnsLocator implements Locator {
  readonly #options: LocatorOptions;

  constructor(options: LocatorOptions) {
    this.#options = options;
  }

  async locate(uri: SipUri, options: LocateOptions = {}): Promise<readonly Target[]> {
    const named = namedKind(uri);
    if (named === 'unknown') throw new ResolveError(uri.host, 'unsupported');
    const tcpAllowed = named === null;
    const kind = named ?? this.#defaultKind(uri);
    if (isIpLiteral(uri.host)) {
      return [toTarget(kind, uri.host, uri.port ?? defaultPort(kind), tcpAllowed)];
    }
    return this.#search(uri.host, tcpAllowed, options.signal, async (search) => {
      // What the hosts file says of a name is meant to overrule DNS, its services included.
      const isListed = (await this.#options.resolver.isListed?.(uri.host)) === true;
      if (isListed) return this.#byAddress(search, kind, uri.host, uri.port ?? defaultPort(kind));
      if (uri.port !== undefined) return this.#byAddress(search, kind, uri.host, uri.port);
      if (named !== null) return this.#byService(search, kind);
      return this.#byDomain(search, uri, kind);
    });
  }

  async locateService(
    { name, host }: { readonly name: string; readonly host: string },
    { signal }: LocateOptions = {},
  ): Promise<readonly Target[]> {
    const kind = this.#defaultKind({ scheme: 'sip' });
    return this.#search(host, true, signal, async (search) => (await this.#bySrv(search, kind, name)) ?? []);
  }

  async locateSentBy({ kind, host, port }: SentByHost, options: LocateOptions = {}): Promise<readonly Target[]> {
    if (isIpLiteral(host)) return [toTarget(kind, host, port ?? defaultPort(kind), false)];
    return this.#search(host, false, options.signal, (search) =>
      port === undefined ? this.#byService(search, kind) : this.#byAddress(search, kind, host, port),
    );
  }

  /** Gives the search its deadline, and its result the last touch. */
  async #search(
    host: string,
    tcpAllowed: boolean,
    signal: AbortSignal | undefined,
    find: (search: Search) => Promise<readonly Target[]>,
  ): Promise<readonly Target[]> {
    const name = dnsName(host);
    if (!name.ok) throw new ResolveError(host, 'bad-name');
    const isGivenUp = (): boolean => signal?.aborted === true;
    if (isGivenUp()) throw new ResolveError(host, 'aborted');
    const deadline = new AbortController();
    const timer = this.#options.clock.setTimer(this.#deadlineMs, () => deadline.abort());
    const abort = (): void => deadline.abort();
    signal?.addEventListener('abort', abort, { once: true });
    const search: Search = { host: name.value, tcpAllowed, signal: deadline.signal, failure: null };
    try {
      const found = distinct(await find(search)).slice(0, MAX_TARGETS);
      if (isGivenUp()) throw new ResolveError(host, 'aborted');
      if (found.length > 0) return found;
      if (deadline.signal.aborted) throw new ResolveError(host, 'timeout');
      if (search.failure !== null) throw search.failure;
      return found;
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', abort);
    }
  }

  /** RFC 3263 §4.1 without `transport` and port: NAPTR, else SRV of every transport that fits, else the host itself. */
  async #byDomain(search: Search, uri: SipUri, kind: TransportKind): Promise<readonly Target[]> {
    const secureOnly = uri.scheme === 'sips';
    const rules = await this.#records(search, search.host, 'NAPTR', 1 / 3);
    const choices = chooseNaptr(rules, (offered) => this.#supported().includes(offered), secureOnly);
    const chosen = await Promise.all(
      choices.map((choice) =>
        choice.next === 'srv'
          ? this.#bySrv(search, choice.kind, choice.name)
          : this.#byAddress(search, choice.kind, choice.name, defaultPort(choice.kind)),
      ),
    );
    const offered = chosen.flatMap((targets) => targets ?? []);
    if (offered.length > 0) return offered;
    const kinds = this.#supported().filter((each) => (secureOnly ? each === 'tls' : each === 'udp' || each === 'tcp'));
    const services = await Promise.all(kinds.map((each) => this.#bySrv(search, each, srvName(each, search.host))));
    if (services.some((targets) => targets !== null)) return services.flatMap((targets) => targets ?? []);
    return this.#byAddress(search, kind, search.host, defaultPort(kind));
  }

  /** RFC 3263 §4.2 with the transport known and no port: SRV, else the host itself. */
  async #byService(search: Search, kind: TransportKind): Promise<readonly Target[]> {
    const label = srvLabels[kind];
    const targets = label === undefined ? null : await this.#bySrv(search, kind, `${label}.${search.host}`);
    return targets ?? this.#byAddress(search, kind, search.host, defaultPort(kind));
  }

  /** The servers of a service in the order of RFC 2782; null when the name has no SRV records. */
  async #bySrv(search: Search, kind: TransportKind, name: string): Promise<readonly Target[] | null> {
    const records = await this.#records(search, name, 'SRV', 2 / 3);
    if (records.length === 0) return null;
    const servers = orderSrv(records, this.#options.random).slice(0, MAX_SERVERS);
    const found = await Promise.all(servers.map(({ target, port }) => this.#byAddress(search, kind, target, port)));
    return found.flat();
  }

  async #byAddress(search: Search, kind: TransportKind, host: string, port: number): Promise<readonly Target[]> {
    try {
      const addresses = await this.#options.resolver.addresses(host, this.#families(kind), search.signal);
      return addresses.map((address) => toTarget(kind, address, port, search.tcpAllowed, search.host));
    } catch (error) {
      note(search, error);
      return [];
    }
  }

  /**
   * Records, or none when they cannot be had: a name server that is silent about NAPTR or SRV does not hide the host.
   * Waits until `share` of the deadline has passed, so that there is time left for what comes after.
   */
  async #records<T extends DnsType>(
    search: Search,
    name: string,
    type: T,
    share: number,
  ): Promise<readonly DnsData[T][]> {
    const stage = new AbortController();
    const timer = this.#options.clock.setTimer(this.#deadlineMs * share, () => stage.abort());
    try {
      const signal = AbortSignal.any([search.signal, stage.signal]);
      return await this.#options.resolver.query(name, type, signal);
    } catch (error) {
      note(search, error);
      return [];
    } finally {
      timer.cancel();
    }
  }

  get #deadlineMs(): number {
    return this.#options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  }

  /** In our order of preference. */
  #supported(): TransportKind[] {
    const { transport, alsoDials = [], preference = DEFAULT_PREFERENCE } = this.#options;
    const kinds = new Set([...transport.listening.map(({ kind }) => kind), ...alsoDials]);
    return preference.filter((kind) => kinds.has(kind));
  }

  /** RFC 3263 §4.1: UDP for a SIP URI and TLS for a SIPS one; the best that we have where that is not among it. */
  #defaultKind({ scheme }: Pick<SipUri, 'scheme'>): TransportKind {
    const usual = scheme === 'sips' ? 'tls' : 'udp';
    const supported = this.#supported().filter((kind) => scheme === 'sip' || isSecure(kind));
    return supported.includes(usual) ? usual : (supported[0] ?? usual);
  }

  /** Those of our sockets, in their order. A transport that only dials has those of the others. */
  #families(kind: TransportKind): readonly (4 | 6)[] {
    const { listening } = this.#options.transport;
    const own = listening.filter((local) => local.kind === kind);
    const families = new Set((own.length > 0 ? own : listening).map(({ address }) => familyOf(address)));
    return families.size > 0 ? [...families] : [4, 6];
  }
}

function distinct(targets: readonly Target[]): readonly Target[] {
  const seen = new Set<string>();
  return targets.filter(({ kind, address, port }) => {
    const key = `${kind} ${address} ${port}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

function srvName(kind: TransportKind, host: string): string {
  return `${srvLabels[kind] ?? '_sip._udp'}.${host}`;
}

function toTarget(
  kind: TransportKind,
  address: string,
  port: number,
  tcpAllowed: boolean,
  serverName?: string,
): Target {
  return {
    kind,
    address,
    port,
    ...(kind === 'udp' && tcpAllowed ? { tcpAllowed } : {}),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function note(search: Search, error: unknown): void {
  if (!(error instanceof ResolveError)) throw error;
  // The stage was over before the name servers were.
  search.failure ??= error.reason === 'aborted' ? new ResolveError(error.host, 'timeout', { cause: error }) : error;
}
