import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRealNetwork, type SocketAddress } from '../../../base/network.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/gateway-process.js';
import { PeerProcess } from './peers.js';

const modules = [
  ...['kex', 'pv', 'tm', 'sl', 'rr', 'maxfwd', 'textops', 'siputils', 'xlog'],
  ...['xhttp', 'nathelper', 'websocket'],
];

/**
 * Kamailio as browsers meet it in front of a SIP server: takes their WebSockets (RFC 7118) and passes all they say on by UDP,
 * REGISTER too. It writes into their Contact on which connection it finds them again.
 */
export class KamailioWs {
  readonly address: SocketAddress;
  readonly #process: PeerProcess;

  private constructor(process: PeerProcess, address: SocketAddress) {
    this.#process = process;
    this.address = address;
  }

  /** @param next  `address:port` of the SIP server */
  static async start(directory: string, next: string): Promise<KamailioWs> {
    const folder = join(directory, 'kamailio-ws');
    mkdirSync(folder);
    const address = { address: '127.0.0.1', port: await freePort() };
    const config = join(folder, 'kamailio.cfg');
    writeFileSync(config, configOf(address, next));
    const args = ['-DD', '-E', '-m', '64', '-M', '8', '-Y', folder, '-f', config];
    const proxy = new KamailioWs(new PeerProcess('kamailio', args, { cwd: folder }), address);
    await proxy.#listening();
    return proxy;
  }

  get url(): string {
    return `ws://${this.address.address}:${this.address.port}/`;
  }

  get output(): string {
    return this.#process.output;
  }

  async close(): Promise<void> {
    await this.#process.stop();
  }

  async #listening(): Promise<void> {
    const network = createRealNetwork();
    const ignore = { onData: () => undefined, onClose: () => undefined };
    await eventually('kamailio listens', async () => {
      if (this.#process.isOver) throw new Error(`kamailio has ended:\n${this.output}`);
      const connection = await network.connectTcp(this.address, ignore).catch(() => null);
      connection?.destroy();
      return connection !== null;
    });
  }
}

function configOf({ address, port }: SocketAddress, next: string): string {
  return `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=2
tcp_accept_no_cl=yes
listen=udp:${address}:${port}
listen=tcp:${address}:${port}
auto_aliases=no
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  force_rport();
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (proto == WS || proto == WSS) {
    if (is_method("INVITE|REGISTER|SUBSCRIBE|UPDATE")) add_contact_alias();
  }
  if (has_totag()) {
    loose_route();
    if ($du == "") handle_ruri_alias();
    t_relay();
    exit;
  }
  t_check_trans();
  record_route();
  if (proto == WS || proto == WSS) $du = "sip:${next}";
  else handle_ruri_alias();
  t_relay();
}
onreply_route {
  if ((proto == WS || proto == WSS) && status =~ "[12][0-9][0-9]") add_contact_alias();
}
event_route[xhttp:request] {
  set_reply_close();
  set_reply_no_connect();
  if ($hdr(Upgrade) =~ "websocket" && $hdr(Connection) =~ "Upgrade") { ws_handle_handshake(); exit; }
  xhttp_reply("404", "Not Found", "", "");
}
`;
}
