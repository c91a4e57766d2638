import type { SocketAddress } from '../../base/network.js';
import { randomHex } from '../../base/random.js';
import { parseMessage } from '../../sip/parse/message.js';
import {
  type Flow,
  type SentMessage,
  type Target,
  type Transport,
  TransportError,
  type TransportFactory,
  type TransportHost,
} from '../../sip/transport/transport.js';

/** What joins the transports of kind `x-link` of one test: who listens where. */
export class LinkHub {
  readonly transports = new Map<string, LinkTransport>();
  readonly pings: string[] = [];

  /** For `TransportLayerOptions.transports`. */
  readonly factory: TransportFactory = (host) => new LinkTransport(host, this);
}

function keyOf({ address, port }: SocketAddress): string {
  return `${address}|${port}`;
}

class LinkFlow implements Flow {
  readonly kind = 'x-link';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly connectionId: string;
  peer: LinkFlow | null = null;
  isOpen = true;
  readonly owner: LinkTransport;

  constructor(owner: LinkTransport, local: SocketAddress, remote: SocketAddress, connectionId: string) {
    this.owner = owner;
    this.local = local;
    this.remote = remote;
    this.connectionId = connectionId;
  }
}

/** A transport as an application would supply it: messages are handed over in memory, 1 ms later. */
export class LinkTransport implements Transport {
  readonly kind = 'x-link';
  readonly listening: SocketAddress[] = [];
  readonly #host: TransportHost;
  readonly #hub: LinkHub;
  readonly #flows = new Map<string, LinkFlow>();

  constructor(host: TransportHost, hub: LinkHub) {
    this.#host = host;
    this.#hub = hub;
  }

  get connections(): number {
    return this.#flows.size;
  }

  async listen(local: SocketAddress): Promise<void> {
    this.#hub.transports.set(keyOf(local), this);
    this.listening.push(local);
  }

  find({ address, port }: Target): Flow | null {
    return [...this.#flows.values()].find(({ remote }) => keyOf(remote) === keyOf({ address, port })) ?? null;
  }

  byId(connectionId: string): Flow | null {
    return this.#flows.get(connectionId) ?? null;
  }

  async connect({ address, port }: Target): Promise<Flow> {
    const there = this.#hub.transports.get(keyOf({ address, port }));
    const local = this.listening[0];
    if (there === undefined || local === undefined) throw new TransportError('connect-failed', 'nobody listens there');
    const ours = this.#open(local, { address, port });
    ours.peer = there.#open({ address, port }, local);
    ours.peer.peer = ours;
    return ours;
  }

  send({ flow, data }: SentMessage, onError: (error: TransportError) => void): void {
    const peer = flow instanceof LinkFlow && flow.isOpen ? flow.peer : null;
    if (peer === null) {
      queueMicrotask(() => onError(new TransportError('flow-gone', 'the link is gone')));
      return;
    }
    const copy = Buffer.from(data);
    this.#host.clock.setTimer(1, () => {
      const read = parseMessage(copy);
      const { events } = peer.owner.#host;
      if (read.ok) events.onMessage(read.value, peer);
      else events.onFault(read.fault, read.partial ?? read.remains, peer);
    });
  }

  ping(flow: Flow): void {
    this.#hub.pings.push(`${flow.local.address} > ${flow.remote.address}`);
  }

  async close(): Promise<void> {
    for (const local of this.listening.splice(0)) this.#hub.transports.delete(keyOf(local));
    for (const flow of [...this.#flows.values()]) {
      this.#end(flow);
      if (flow.peer !== null) flow.peer.owner.#end(flow.peer);
    }
  }

  #open(local: SocketAddress, remote: SocketAddress): LinkFlow {
    const flow = new LinkFlow(this, local, remote, randomHex(this.#host.random, 8));
    this.#flows.set(flow.connectionId, flow);
    return flow;
  }

  #end(flow: LinkFlow): void {
    if (!this.#flows.delete(flow.connectionId)) return;
    flow.isOpen = false;
    this.#host.events.onFlowClosed(flow);
  }
}
