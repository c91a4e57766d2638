import { silentLogger } from '../../base/log.js';
import type { TcpConnection, UdpSocket } from '../../base/network.js';
import type { SipMessage, SipRequest, SipResponse } from '../../sip/message.js';
import { serializeMessage } from '../../sip/serialize.js';
import { type Listen, TransportLayer } from '../../sip/transport/layer.js';
import type { TransportLimits } from '../../sip/transport/limits.js';
import type { Flow, SentMessage, Target, TransportFactory } from '../../sip/transport/transport.js';
import { ManualClock } from './manual-clock.js';
import { messageIn } from './sample-request.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';

export interface BenchOptions {
  readonly addresses?: [string, ...string[]];
  readonly listens?: Listen[];
  readonly publicIp?: string;
  readonly limits?: Partial<TransportLimits>;
  readonly transports?: readonly TransportFactory[];
  /** Those of another bench, so that two layers meet. */
  readonly clock?: ManualClock;
  readonly network?: VirtualNetwork;
}

/** The address of the layer under test, unless told, and of the peer. */
export const OURS = '10.0.0.2';
export const PEER = '10.0.0.1';

/** One transport layer on a virtual network, what it reports, and peers made of bare sockets. 10.x is the local net. */
export class TransportBench {
  readonly clock: ManualClock;
  readonly network: VirtualNetwork;
  readonly layer: TransportLayer;
  readonly requests: { readonly request: SipRequest; readonly flow: Flow }[] = [];
  readonly responses: { readonly response: SipResponse; readonly flow: Flow }[] = [];
  readonly closed: Flow[] = [];
  readonly sent: SentMessage[] = [];
  readonly errors: string[] = [];

  constructor(options: BenchOptions = {}) {
    const random = createSeededRandom();
    this.clock = options.clock ?? new ManualClock();
    this.network = options.network ?? new VirtualNetwork({ clock: this.clock, random });
    this.layer = new TransportLayer({
      clock: this.clock,
      random,
      network: this.network.host(...(options.addresses ?? [OURS])),
      log: silentLogger,
      isLocalNet: (address) => address.startsWith('10.'),
      listens: options.listens ?? [
        { kind: 'udp', address: OURS, port: 5060 },
        { kind: 'tcp', address: OURS, port: 5060 },
      ],
      ...(options.publicIp === undefined ? {} : { publicIp: options.publicIp }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.transports === undefined ? {} : { transports: options.transports }),
    });
  }

  start(): Promise<void> {
    return this.layer.start({
      onRequest: (request, flow) => this.requests.push({ request, flow }),
      onResponse: (response, flow) => this.responses.push({ response, flow }),
      onFlowClosed: (flow) => this.closed.push(flow),
    });
  }

  send(request: SipRequest, target: Target): void {
    this.layer.sendRequest(request, target, {
      onSent: (sent) => this.sent.push(sent),
      onError: (error) => this.errors.push(error.message),
    });
  }

  respond(response: SipResponse, flow: Flow): void {
    this.layer.sendResponse(response, flow, (error) => this.errors.push(error.message));
  }

  udpPeer(port = 5060, address = PEER): Promise<UdpPeer> {
    return UdpPeer.open(this.network, address, port);
  }

  /** A connection from the peer to ours. */
  async dial(address = PEER, port = 5060): Promise<TcpPeer> {
    const peer = new TcpPeer();
    const connecting = this.network.host(address).connectTcp({ address: OURS, port }, peer);
    await this.clock.advance(1);
    peer.connection = await connecting;
    return peer;
  }

  /** A listener at the peer; the connections that came are in the array. */
  async tcpPeer(port = 5060, address = PEER): Promise<TcpPeer[]> {
    const accepted: TcpPeer[] = [];
    await this.network.host(address).listenTcp({ address, port }, (connection) => {
      const peer = new TcpPeer();
      peer.connection = connection;
      accepted.push(peer);
      return peer;
    });
    return accepted;
  }
}

/** A UDP socket that writes down what comes. */
export class UdpPeer {
  readonly heard: { readonly data: Buffer; readonly address: string; readonly port: number }[] = [];
  readonly #socket: UdpSocket;

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  static async open(network: VirtualNetwork, address: string, port: number): Promise<UdpPeer> {
    let peer: UdpPeer | null = null;
    const socket = await network.host(address).bindUdp(
      { address, port },
      {
        onMessage: (data, from, fromPort) =>
          peer?.heard.push({ data: Buffer.from(data), address: from, port: fromPort }),
        onError: () => undefined,
      },
    );
    peer = new UdpPeer(socket);
    return peer;
  }

  get messages(): SipMessage[] {
    return this.heard.map(({ data }) => messageIn(data));
  }

  send(what: SipMessage | string, address = OURS, port = 5060): void {
    const data = typeof what === 'string' ? Buffer.from(what) : serializeMessage(what);
    this.#socket.send(data, 0, data.length, port, address);
  }

  sendBytes(data: Buffer, address = OURS, port = 5060): void {
    this.#socket.send(data, 0, data.length, port, address);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

/** One end of a stream that writes down what comes. */
export class TcpPeer {
  readonly chunks: Buffer[] = [];
  closed = false;
  connection: TcpConnection | null = null;

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  get message(): SipMessage {
    return messageIn(Buffer.concat(this.chunks));
  }

  onData(data: Buffer): void {
    this.chunks.push(Buffer.from(data));
  }

  onClose(): void {
    this.closed = true;
  }

  send(what: SipMessage | string): void {
    this.connection?.write(typeof what === 'string' ? Buffer.from(what) : serializeMessage(what));
  }

  close(): void {
    this.connection?.destroy();
  }
}
