import type { Clock } from '../../base/clock.js';
import type { LogFields, Logger } from '../../base/log.js';
import { silentLogger } from '../../base/log.js';
import type { Network } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type {
  UpgradeRequest,
  UpgradeVerdict,
  WebSocketConnection,
  WebSocketHandlers,
  WebSocketListener,
} from '../../base/web-socket.js';
import { MediaDoor, type MediaDoorOptions } from '../../gateway/media-door.js';
import { PortAllocator } from '../../media/index.js';
import { createInlineHost, createRemoteHost, type HostPort, type RemotePlace } from '../../rooms/index.js';
import { RingWire } from '../../rooms/ring-wire.js';
import { createCuttableNetwork } from './cuttable-network.js';
import { type VirtualWebSocket, VirtualWebSockets } from './virtual-web-sockets.js';

const PORT = 9002;

export interface MediaNodeDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Of the node's own machine. */
  readonly network: Network;
  readonly address: string;
  readonly door?: Partial<MediaDoorOptions>;
  /** Its hosts have wires. */
  readonly hasWire?: boolean;
  readonly secret?: string | null;
}

/** A media node on a machine of its own in the virtual network: the door, with inline media hosts behind it. */
export class VirtualMediaNode {
  readonly door: MediaDoor;
  readonly ports: PortAllocator;
  readonly hosts: HostPort[] = [];
  /** Its ends of the connections, oldest first. */
  readonly connections: VirtualWebSocket[] = [];
  /** It is cut off: nothing of it arrives any more, and nobody is told. */
  isSilent = false;
  readonly log: { readonly event: string; readonly fields: LogFields }[] = [];
  readonly #deps: MediaNodeDeps;
  readonly #wire: RingWire | null;
  readonly #network: ReturnType<typeof createCuttableNetwork>;
  #listener: WebSocketListener | null = null;

  private constructor(deps: MediaNodeDeps, wire: RingWire | null) {
    const { clock, random, address } = deps;
    this.#deps = deps;
    this.#wire = wire;
    this.#network = createCuttableNetwork(deps.network);
    const network = this.#network;
    this.ports = new PortAllocator({ clock, fromPort: 30_000, toPort: 30_019 });
    const write = (event: string, fields: LogFields = {}): void => void this.log.push({ event, fields });
    const log: Logger = { trace: write, debug: write, info: write, warn: write, error: write };
    this.door = new MediaDoor({
      clock,
      log,
      spawn: () => {
        const host = createInlineHost({ clock, random, network, log: silentLogger, ...(wire !== null && { wire }) });
        this.hosts.push(host);
        return host;
      },
      ports: this.ports,
      addresses: [{ bind: address, published: address }],
      apiSecret: null,
      apiAllow: [],
      ...deps.door,
    });
  }

  static async start(deps: MediaNodeDeps): Promise<VirtualMediaNode> {
    const node = new VirtualMediaNode(
      deps,
      deps.hasWire === true ? await RingWire.open(deps.network, deps.address) : null,
    );
    await node.listen();
    return node;
  }

  get url(): string {
    return `ws://${this.#deps.address}:${PORT}/room`;
  }

  async listen(): Promise<void> {
    this.#listener = await new VirtualWebSockets(this.#network).listen(
      { address: this.#deps.address, port: PORT },
      {
        protocol: this.door.protocol,
        maxMessageBytes: this.door.maxMessageBytes,
        judge: (request) => this.#judge(request),
      },
    );
  }

  /** No answer of any kind from now on, as when its machine loses its power. */
  silence(): void {
    this.isSilent = true;
    for (const connection of this.connections) connection.answersPings = false;
  }

  #judge(request: UpgradeRequest): UpgradeVerdict {
    const verdict = this.door.judge(request);
    if (!verdict.ok) return verdict;
    return { ...verdict, adopt: (connection) => this.#adopt(connection as VirtualWebSocket, verdict.adopt) };
  }

  #adopt(
    connection: VirtualWebSocket,
    adopt: (connection: WebSocketConnection) => WebSocketHandlers,
  ): WebSocketHandlers {
    this.connections.push(connection);
    const send = connection.send.bind(connection);
    connection.send = (data, asText) => {
      if (!this.isSilent) send(data, asText);
    };
    return adopt(connection);
  }

  /** How a gateway on that machine uses it. */
  placeFor(network: Network): RemotePlace {
    const { clock, address, secret = null } = this.#deps;
    const webSockets = new VirtualWebSockets(network);
    const url = { text: this.url, secure: false, host: address, port: PORT, path: '/room' };
    return { url: this.url, connect: () => createRemoteHost({ clock, webSockets, url, secret }) };
  }

  /** The process is killed: its connections and sockets are gone at once. */
  async kill(): Promise<void> {
    await this.#listener?.close();
    this.#listener = null;
    await this.#network.cut();
    for (const host of this.hosts) host.kill('killed');
  }

  async close(): Promise<void> {
    await this.door.close();
    await this.#listener?.close();
    await this.#wire?.close();
  }
}
