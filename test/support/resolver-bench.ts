import type { Files } from '../../base/files.js';
import { type LogFields, type Logger, silentLogger } from '../../base/log.js';
import { createLocator, type LocatorOptions } from '../../sip/resolve/locator.js';
import { createResolver, type Resolver, type ResolverOptions } from '../../sip/resolve/resolver.js';
import type { Target, TransportKind } from '../../sip/transport/transport.js';
import { parseUri } from '../../sip/uri.js';
import { DnsServer } from './dns-server.js';
import { ManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';

/** Files in memory; a change is seen by its time. */
export class MemoryFiles implements Files {
  readonly reads: string[] = [];
  readonly #files = new Map<string, { readonly text: string; readonly changedMs: number }>();
  #changes = 0;

  write(path: string, text: string): void {
    this.#changes += 1;
    this.#files.set(path, { text, changedMs: this.#changes });
  }

  async read(path: string): Promise<string | null> {
    this.reads.push(path);
    return this.#files.get(path)?.text ?? null;
  }

  async changedMs(path: string): Promise<number | null> {
    return this.#files.get(path)?.changedMs ?? null;
  }
}

/** A resolver at 10.0.0.1 and name servers at 10.9.0.1, 10.9.0.2 … on a manual clock. */
export class ResolverBench {
  readonly clock = new ManualClock();
  readonly random = createSeededRandom(7);
  readonly network = new VirtualNetwork({ clock: this.clock, random: this.random });
  readonly files = new MemoryFiles();
  readonly warnings: LogFields[] = [];
  readonly servers: DnsServer[] = [];
  resolver!: Resolver;

  static async open(servers = 1, options: Partial<ResolverOptions> = {}): Promise<ResolverBench> {
    const bench = new ResolverBench();
    for (let i = 1; i <= servers; i += 1) {
      const address = `10.9.0.${i}`;
      bench.servers.push(await DnsServer.open(bench.clock, bench.network.host(address), address));
    }
    const log: Logger = { ...silentLogger, warn: (_event, fields = {}) => bench.warnings.push(fields) };
    bench.resolver = createResolver({
      clock: bench.clock,
      random: bench.random,
      network: bench.network.host('10.0.0.1'),
      log,
      files: bench.files,
      servers: bench.servers.map((_, index) => ({ address: `10.9.0.${index + 1}`, port: 53 })),
      ...options,
    });
    return bench;
  }

  get dns(): DnsServer {
    return this.servers[0]!;
  }

  /** Waits on the manual clock. */
  async while<T>(promise: Promise<T>, limitMs = 20_000): Promise<T> {
    let over = false;
    const watched = promise.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    await this.clock.until(() => over, limitMs, 5);
    return watched;
  }

  /** `udp 10.1.0.1:5060` of each target. */
  async locate(uri: string, options: Partial<LocatorOptions> & { readonly kinds?: readonly TransportKind[] } = {}) {
    return (await this.targets(uri, options)).map(({ kind, address, port }) => `${kind} ${address}:${port}`);
  }

  targets(
    uri: string,
    {
      kinds = ['udp', 'tcp'],
      ...options
    }: Partial<LocatorOptions> & { readonly kinds?: readonly TransportKind[] } = {},
  ): Promise<readonly Target[]> {
    const read = parseUri(uri);
    if (!read.ok || (read.value.scheme !== 'sip' && read.value.scheme !== 'sips')) throw new Error(uri);
    const listening = kinds.map((kind) => ({ kind, address: '10.0.0.1', port: 5060 }));
    const { clock, random, resolver } = this;
    const locator = createLocator({ clock, random, resolver, transport: { listening }, ...options });
    return this.while(locator.locate(read.value));
  }
}
