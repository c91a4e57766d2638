import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import type { SocketAddress } from '../../base/network.js';

const HOST = '127.0.0.1';

/** A free port for UDP and TCP, as far as anybody can tell beforehand. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, HOST, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ host: HOST, port });
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

/** A real name server with the records that a test gives it, on loopback. */
export class Dnsmasq {
  readonly address: SocketAddress;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(port: number, child: ChildProcess) {
    this.address = { address: HOST, port };
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  /** @param records  flags of dnsmasq: `--srv-host=…`, `--naptr-record=…`, `--host-record=…` */
  static async start(records: readonly string[]): Promise<Dnsmasq> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      const flags = ['--no-resolv', '--no-hosts', '--no-daemon', '--conf-file=/dev/null', '--pid-file='];
      const where = [`--port=${port}`, `--listen-address=${HOST}`, '--bind-interfaces'];
      const child = spawn('dnsmasq', [...flags, ...where, '--local=/test/', ...records], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const server = new Dnsmasq(port, child);
      let words = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        words += text;
      });
      if (await server.#isUp()) return server;
      await server.stop();
      if (attempt === 3) throw new Error(`dnsmasq did not start:\n${words}`);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #isUp(): Promise<boolean> {
    let isOver = false;
    void this.#ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      if (await accepts(this.address.port)) return !isOver;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }
}
