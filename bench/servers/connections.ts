import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { TlsCertificates, TransportLayer, tlsTransport, UserAgent } from '../../sip/index.js';

/**
 * The server of connections.bench.ts: a user agent on TCP and TLS that answers OPTIONS. Told over IPC to measure, it
 * collects garbage and says how many connections it holds and what memory it uses.
 */
interface Start {
  readonly addresses: readonly string[];
  readonly cert: string;
  readonly key: string;
}

async function start({ addresses, cert, key }: Start): Promise<void> {
  const shared = { clock: createRealClock(), random: createRealRandom(), log: silentLogger };
  const transport = new TransportLayer({
    ...shared,
    network: createRealNetwork(),
    isLocalNet: () => true,
    listens: addresses.flatMap((address) => (['tcp', 'tls'] as const).map((kind) => ({ kind, address, port: 0 }))),
    transports: [tlsTransport({ certificates: new TlsCertificates([{ cert, key }]) })],
    limits: { maxConnections: 40_000, maxPerAddress: 40_000 },
  });
  const ua = new UserAgent({ ...shared, transport, userAgent: 'bench', nat: 'auto', isPrivate: () => true });
  await ua.start();
  process.once('disconnect', () => void ua.close());
  process.send?.({ listening: transport.listening });
  process.on('message', (what) => {
    if (what !== 'measure') return;
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ connections: transport.connections, counters: transport.counters, rss, heapUsed, external });
  });
}

process.once('message', (what) => void start(what as Start));
