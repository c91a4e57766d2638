import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SocketAddress } from '../../../base/network.js';
import { freePort } from '../../support/gateway-process.js';
import { PeerProcess } from './peers.js';

export interface KamailioOptions {
  /** A new folder below it holds its configuration and sockets. */
  readonly directory: string;
  readonly realm: string;
  /** Of every user. */
  readonly password: string;
  /** The most that its registrar grants, in seconds. */
  readonly maxExpiresS: number;
}

/** Kamailio as a registrar with digest, its users in memory, on UDP and TCP. */
export class Kamailio {
  readonly address: SocketAddress;
  readonly #process: PeerProcess;

  private constructor(process: PeerProcess, address: SocketAddress) {
    this.#process = process;
    this.address = address;
  }

  /** Started; whether it listens yet, the first answer tells. */
  static async start(options: KamailioOptions): Promise<Kamailio> {
    const directory = join(options.directory, 'kamailio');
    mkdirSync(directory);
    const address = { address: '127.0.0.1', port: await freePort() };
    const config = join(directory, 'kamailio.cfg');
    writeFileSync(config, configOf(options, address));
    const args = ['-DD', '-E', '-m', '64', '-M', '8', '-Y', directory, '-f', config];
    return new Kamailio(new PeerProcess('kamailio', args, { cwd: directory }), address);
  }

  get output(): string {
    return this.#process.output;
  }

  async close(): Promise<void> {
    await this.#process.stop();
  }
}

const modules = ['kex', 'pv', 'sl', 'tm', 'rr', 'maxfwd', 'usrloc', 'registrar', 'auth', 'textops', 'siputils'];

function configOf({ realm, password, maxExpiresS }: KamailioOptions, { address, port }: SocketAddress): string {
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
listen=udp:${address}:${port}
listen=tcp:${address}:${port}
auto_aliases=no
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", ${maxExpiresS})
modparam("registrar", "gruu_enabled", 1)
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (!is_method("REGISTER")) { sl_send_reply("405", "Method Not Allowed"); exit; }
  if (!pv_www_authenticate("${realm}", "${password}", "0")) { www_challenge("${realm}", "1"); exit; }
  save("location");
}
`;
}
