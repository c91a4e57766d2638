import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/gateway-process.js';
import { PeerProcess } from './peers.js';

/** Ports of its relayed addresses: those above what our own tests take. */
const RELAY_PORTS = ['31000', '31499'] as const;

/** coturn on loopback, with credentials that it checks by a secret (`use-auth-secret`). */
export class Coturn {
  readonly url: string;
  readonly #process: PeerProcess;

  private constructor(process: PeerProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** Resolves when it listens. */
  static async start(options: { readonly directory: string; readonly secret: string }): Promise<Coturn> {
    const directory = join(options.directory, 'coturn');
    mkdirSync(directory);
    const port = await freePort();
    const args = ['-n', '--listening-ip', '127.0.0.1', '--listening-port', String(port), '--relay-ip', '127.0.0.1'];
    args.push('--min-port', RELAY_PORTS[0], '--max-port', RELAY_PORTS[1], '--no-tls', '--no-dtls', '--verbose');
    args.push('--use-auth-secret', '--static-auth-secret', options.secret, '--realm', 'hookline.test', '--no-cli');
    // Without a password for its console it does not relay to loopback, although there is no console.
    args.push('--allow-loopback-peers', '--cli-password', 'none', '--log-file', 'stdout', '--simple-log');
    args.push('--userdb', join(directory, 'users'), '--pidfile', join(directory, 'pid'));
    const process = new PeerProcess('turnserver', args, { cwd: directory });
    const coturn = new Coturn(process, `turn:127.0.0.1:${port}?transport=udp`);
    await eventually('coturn listens', () => {
      if (process.isOver) throw new Error(`coturn has ended:\n${process.output}`);
      return process.output.includes(`UDP listener opened on: 127.0.0.1:${port}`);
    });
    return coturn;
  }

  /** Who was given a relayed address: user names, in order. */
  get allocated(): readonly string[] {
    const lines = this.#process.output.matchAll(/user <([^>]*)>: incoming packet ALLOCATE processed, success/g);
    return [...lines].map(([, user = '']) => user);
  }

  get output(): string {
    return this.#process.output;
  }

  async close(): Promise<void> {
    await this.#process.stop();
  }
}
