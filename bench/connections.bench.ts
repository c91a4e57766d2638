/**
 * Holds idle connections to one server process and prints what each costs in memory, then asks a part of them to show
 * that they are alive. The server is a process of its own, started with as many open files as the hard limit allows;
 * connections come from several loopback addresses, because one has 28,000 ports.
 * Run: npm run build && node dist/bench/connections.bench.js [--tcp 10000] [--tls 2000]
 */

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRealClock, delay } from '../base/clock.js';
import { createRealNetwork, type TcpConnection, type TcpHandlers } from '../base/network.js';

const { values } = parseArgs({
  options: { tcp: { type: 'string', default: '10000' }, tls: { type: 'string', default: '2000' } },
});
const SOURCES = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
/** Attempts under way at once: what a listener's queue of 511 takes without loss. */
const AT_ONCE = 200;
/** How many of the connections are asked. */
const ASKED = 1000;

interface Figures {
  readonly connections: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

const network = createRealNetwork();
const clock = createRealClock();

/** A certificate of openssl's making: this is no place for a library of our own. */
function certificate(): { readonly cert: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=bench'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const made = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return made;
}

async function measure(server: ChildProcess): Promise<Figures> {
  server.send('measure');
  const [figures] = await once(server, 'message');
  return figures as Figures;
}

/** The figures once the server holds so many: the last of a handshake is its own to see. */
async function measureAt(server: ChildProcess, connections: number): Promise<Figures> {
  for (;;) {
    const figures = await measure(server);
    if (figures.connections === connections) return figures;
    await delay(clock, 50);
  }
}

class Client implements TcpHandlers {
  answered: (() => void) | null = null;
  closed = false;
  connection: TcpConnection | null = null;

  onData(data: Buffer): void {
    if (data.includes('SIP/2.0 200')) this.answered?.();
  }

  onClose(): void {
    this.closed = true;
  }

  ask(index: number): Promise<void> {
    const { address, port } = this.connection!.local;
    return new Promise((resolve) => {
      this.answered = resolve;
      this.connection?.write(
        Buffer.from(
          `OPTIONS sip:bench@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP ${address}:${port};branch=z9hG4bKb${index}\r\n` +
            `From: <sip:b@127.0.0.1>;tag=${index}\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: bench${index}\r\n` +
            'CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n',
        ),
      );
    });
  }
}

async function dial(kind: 'tcp' | 'tls', port: number, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let begun = 0; begun < count; begun += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - begun) }, async (_, i) => {
      const client = new Client();
      const localAddress = SOURCES[(begun + i) % SOURCES.length]!;
      const remote = { address: '127.0.0.1', port };
      const options = { localAddress, timeoutMs: 30_000, checkChain: false };
      client.connection =
        kind === 'tcp'
          ? await network.connectTcp(remote, client, options)
          : await network.connectTls(remote, client, options);
      clients.push(client);
    });
    await Promise.all(some);
  }
  return clients;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

const server = fork(new URL('./servers/connections.js', import.meta.url), { execArgv: ['--expose-gc'] });
server.send({ addresses: ['127.0.0.1'], ...certificate() });
const [ready] = (await once(server, 'message')) as [{ listening: { kind: string; port: number }[] }];
process.stdout.write(`node ${process.version}, ${cpus()[0]?.model ?? '?'}, ${release()}\n`);

let failed = false;
for (const kind of ['tcp', 'tls'] as const) {
  const count = Number(values[kind]);
  const { port } = ready.listening.find((each) => each.kind === kind)!;
  const before = await measure(server);
  const clients = await dial(kind, port, count);
  const after = await measureAt(server, count);
  const each = (what: 'rss' | 'heapUsed' | 'external'): string => kib((after[what] - before[what]) / count);
  process.stdout.write(
    `${kind}: ${after.connections} connections held; each ${each('rss')} resident, ` +
      `${each('heapUsed')} heap, ${each('external')} buffers; process ${kib(after.rss)}\n`,
  );
  const asked = clients.filter((_, i) => i % Math.ceil(count / ASKED) === 0);
  await Promise.all(asked.map((client, i) => client.ask(i)));
  const closed = clients.filter((client) => client.closed).length;
  process.stdout.write(`${kind}: ${asked.length} asked and answered, ${closed} closed\n`);
  failed ||= closed > 0;
  for (const { connection } of clients) connection?.destroy();
  await measureAt(server, 0);
}
server.disconnect();
process.exitCode = failed ? 1 : 0;
