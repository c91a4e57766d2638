import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRealNetwork, type SocketAddress } from '../../../base/network.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/gateway-process.js';
import { PeerProcess } from './peers.js';

export interface KamailioOptions {
  /** A new folder below it holds its configuration and sockets. */
  readonly directory: string;
  readonly realm: string;
  /** Of every user. */
  readonly password: string;
  /** The most that its registrar grants, in seconds. */
  readonly maxExpiresS?: number;
  /**
   * Makes it a proxy too, with Record-Route: calls to its own address go to all phones of a user that is registered
   * here, of anybody else to this SIP URI host. What is for another host goes there, but only along a Route.
   */
  readonly next?: string;
}

/** A request that reached it. */
export interface Hop {
  readonly method: string;
  /** `udp:127.0.0.1:5060`. */
  readonly from: string;
  /** Its Request-URI as it came. */
  readonly to: string;
  /** Whether it belongs to a dialog. */
  readonly isInDialog: boolean;
  /** Whether its topmost Route was kamailio. */
  readonly isRouted: boolean;
}

/** Kamailio as a registrar with digest, its users in memory, and as a proxy on demand, on UDP and TCP. */
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

  /** Resolves when it takes connections, and so everything. */
  async listening(): Promise<void> {
    const network = createRealNetwork();
    const ignore = { onData: () => undefined, onClose: () => undefined };
    await eventually('kamailio listens', async () => {
      if (this.#process.isOver) throw new Error(`kamailio has ended:\n${this.output}`);
      const connection = await network.connectTcp(this.address, ignore).catch(() => null);
      connection?.destroy();
      return connection !== null;
    });
  }

  /** The requests that it has seen as a proxy, retransmissions included, in order. */
  get hops(): readonly Hop[] {
    const found = this.output.matchAll(/HOP (\w+) from=(\S+) to=(\S+) tag=(\d) routed=(\d)/g);
    return [...found].map(([, method = '', from = '', to = '', tag, routed]) => ({
      method,
      from,
      to,
      isInDialog: tag === '1',
      isRouted: routed === '1',
    }));
  }

  get output(): string {
    return this.#process.output;
  }

  async close(): Promise<void> {
    await this.#process.stop();
  }
}

const modules = ['kex', 'pv', 'tm', 'sl', 'rr', 'maxfwd', 'usrloc', 'registrar', 'auth', 'textops', 'siputils', 'xlog'];

/** Strict about Route on purpose: a request that lost it would still find its way on one machine. */
const proxy = (next: string, { address, port }: SocketAddress): string => `
route[SEEN] {
  $var(tag) = 0;
  if (has_totag()) $var(tag) = 1;
  $var(routed) = 0;
  if ($hdr(Route) =~ "^<sip:${address}:${port}[;>]") $var(routed) = 1;
  xlog("L_ERR", "HOP $rm from=$proto:$si:$sp to=$ru tag=$var(tag) routed=$var(routed)\\n");
}
route[PROXY] {
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  loose_route();
  if ($var(tag) == 1) {
    if ($var(routed) == 1) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("403", "No Route");
    exit;
  }
  t_check_trans();
  if (uri == myself) {
    if (!lookup("location")) $ru = "sip:" + $rU + "@${next}";
  } else if ($var(routed) == 0) {
    sl_send_reply("403", "No Route");
    exit;
  }
  record_route();
  t_relay();
  exit;
}
`;

function configOf(options: KamailioOptions, listen: SocketAddress): string {
  const { address, port } = listen;
  const { realm, password, maxExpiresS = 3600, next } = options;
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=1
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
  ${next === undefined ? '' : 'route(SEEN);'}
  if (!is_method("REGISTER")) ${next === undefined ? '{ sl_send_reply("405", "Method Not Allowed"); exit; }' : 'route(PROXY);'}
  if (!pv_www_authenticate("${realm}", "${password}", "0")) { www_challenge("${realm}", "1"); exit; }
  save("location");
}
${next === undefined ? '' : proxy(next, listen)}`;
}
