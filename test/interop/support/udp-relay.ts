import { createRealNetwork, type UdpSocket } from '../../../base/network.js';
import { freePort } from '../../support/gateway-process.js';

const network = createRealNetwork();

/** The network between a browser and a gateway's UDP port, which can be taken away and given back. */
export class UdpRelay {
  isCut = false;
  readonly port: number;
  readonly #target: number;
  readonly #ways = new Map<number, Promise<UdpSocket>>();
  #socket: UdpSocket | null = null;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
  }

  static async start(target: number): Promise<UdpRelay> {
    const relay = new UdpRelay(await freePort(), target);
    const onMessage = (data: Buffer, _address: string, from: number): void => void relay.#forth(data, from);
    const at = { address: '127.0.0.1', port: relay.port };
    relay.#socket = await network.bindUdp(at, { onMessage, onError: () => undefined });
    return relay;
  }

  async close(): Promise<void> {
    await this.#socket?.close();
    for (const way of this.#ways.values()) await (await way).close();
  }

  async #forth(data: Buffer, from: number): Promise<void> {
    if (this.isCut) return;
    const copy = Buffer.from(data);
    const way = this.#ways.get(from) ?? this.#open(from);
    this.#ways.set(from, way);
    (await way).send(copy, 0, copy.length, this.#target, '127.0.0.1');
  }

  #open(client: number): Promise<UdpSocket> {
    const onMessage = (data: Buffer): void => {
      if (!this.isCut) this.#socket?.send(Buffer.from(data), 0, data.length, client, '127.0.0.1');
    };
    return network.bindUdp({ address: '127.0.0.1', port: 0 }, { onMessage, onError: () => undefined });
  }
}
