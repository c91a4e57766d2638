import type { SocketAddress, UdpSocket } from '../../base/network.js';
import { familyOf } from '../../base/network.js';
import { parseMessage } from '../parse/message.js';
import { pickLocal } from './local-address.js';
import { RateLimiter } from './rate-limiter.js';
import { answerBinding, isStun, parseBindingAnswer } from './stun.js';
import type { Flow, SentMessage, Target, Transport, TransportHost } from './transport.js';
import { TransportError } from './transport.js';

/** Bursts of a few thousand datagrams survive a busy event loop. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const PING = Buffer.from('\r\n\r\n');
const CR = 13;
const LF = 10;

/** One bound socket; `isOpen` of its flows follows it. */
interface Bound {
  readonly socket: UdpSocket;
  readonly local: SocketAddress;
  open: boolean;
}

class UdpFlow implements Flow {
  readonly kind = 'udp';
  readonly connectionId = null;
  readonly remote: SocketAddress;
  readonly bound: Bound;

  constructor(bound: Bound, address: string, port: number) {
    this.bound = bound;
    this.remote = { address, port };
  }

  get local(): SocketAddress {
    return this.bound.local;
  }

  get isOpen(): boolean {
    return this.bound.open;
  }
}

/** Of so many flows at most the object is used again. */
const FLOW_SLOTS = 1024;

/**
 * The flows of the latest datagrams, so that those of one peer share one object: each transaction keeps its flow for
 * 32 s. A slot belongs to whoever came last.
 */
class RecentFlows {
  readonly #slots = new Array<UdpFlow | null>(FLOW_SLOTS).fill(null);

  flow(bound: Bound, address: string, port: number): UdpFlow {
    const end = address.length;
    const slot = (port * 31 + address.charCodeAt(end - 1) * 7 + address.charCodeAt(end - 2)) % FLOW_SLOTS;
    const known = this.#slots[slot] ?? null;
    const isIt = known !== null && known.bound === bound && known.remote.port === port;
    if (isIt && known.remote.address === address) return known;
    const flow = new UdpFlow(bound, address, port);
    this.#slots[slot] = flow;
    return flow;
  }

  clear(): void {
    this.#slots.fill(null);
  }
}

/** RFC 5626 §3.5.1 and older phones: up to four bytes of anything, or only line ends, is a keep-alive. */
function isKeepAlive(data: Buffer): boolean {
  if (data.length <= 4) return true;
  for (const byte of data) if (byte !== CR && byte !== LF) return false;
  return true;
}

/**
 * SIP over UDP: RFC 3261 §18. One socket per address; a flow is a socket and a remote address. Datagrams that would
 * make a socket's queue longer than `sendQueueBytes` are dropped, counted in `udpDropped`.
 */
export class UdpTransport implements Transport {
  readonly kind = 'udp';
  /** UDP has none. */
  readonly connections = 0;
  readonly #host: TransportHost;
  readonly #bound: Bound[] = [];
  readonly #stunAnswers: RateLimiter;
  readonly #recent = new RecentFlows();

  constructor(host: TransportHost) {
    this.#host = host;
    this.#stunAnswers = new RateLimiter(host.clock, host.limits.stunAnswersPerSecond);
  }

  get listening(): readonly SocketAddress[] {
    return this.#bound.map((bound) => bound.local);
  }

  async listen(local: SocketAddress): Promise<void> {
    let bound: Bound | null = null;
    const socket = await this.#host.network.bindUdp(
      local,
      {
        onMessage: (data, address, port) => {
          if (bound !== null) this.#receive(bound, data, address, port);
        },
        // A datagram socket reports what its peers caused (ICMP); the timers of the transactions judge that.
        onError: () => {
          this.#host.counters.socketErrors += 1;
        },
      },
      { receiveBufferBytes: RECEIVE_BUFFER_BYTES },
    );
    bound = { socket, local: socket.local, open: true };
    this.#bound.push(bound);
  }

  find(target: Target): Flow | null {
    const bound = pickLocal(this.#bound, target.address, target.localAddress);
    if (bound === null || familyOf(bound.local.address) !== familyOf(target.address)) return null;
    return new UdpFlow(bound, target.address, target.port);
  }

  byId(): null {
    return null;
  }

  connect(target: Target): Promise<Flow> {
    const flow = this.find(target);
    if (flow !== null) return Promise.resolve(flow);
    return Promise.reject(new TransportError('no-socket', `no UDP socket reaches ${target.address}`));
  }

  /** The flow from the same socket to another port of the same peer. */
  towards(flow: Flow, port: number): Flow {
    if (!(flow instanceof UdpFlow) || flow.remote.port === port) return flow;
    return new UdpFlow(flow.bound, flow.remote.address, port);
  }

  send(message: SentMessage, onError: (error: TransportError) => void): void {
    const { flow, data } = message;
    if (!(flow instanceof UdpFlow) || !flow.isOpen) {
      queueMicrotask(() => onError(new TransportError('flow-gone', 'the UDP socket is closed')));
      return;
    }
    const { socket } = flow.bound;
    if (socket.queuedBytes + data.length > this.#host.limits.sendQueueBytes) {
      this.#host.counters.udpDropped += 1;
      return;
    }
    const { address, port } = flow.remote;
    socket.send(data, 0, data.length, port, address, (error) => {
      if (error) {
        onError(new TransportError('send-failed', `cannot send to ${address}:${port}`, { cause: error }));
      }
    });
  }

  ping(flow: Flow): void {
    this.send({ flow, data: PING }, () => undefined);
  }

  async close(): Promise<void> {
    const bound = this.#bound.splice(0);
    this.#recent.clear();
    for (const entry of bound) entry.open = false;
    await Promise.all(bound.map((entry) => entry.socket.close()));
  }

  #receive(bound: Bound, data: Buffer, address: string, port: number): void {
    const { counters } = this.#host;
    if (!bound.open) return;
    if (isKeepAlive(data)) {
      counters.keepAlives += 1;
      return;
    }
    if (isStun(data)) {
      this.#receiveStun(bound, data, address, port);
      return;
    }
    const result = parseMessage(data);
    const flow = this.#recent.flow(bound, address, port);
    if (!result.ok) {
      this.#host.events.onFault(result.fault, result.partial ?? result.remains, flow);
      return;
    }
    this.#host.events.onMessage(result.value, flow);
  }

  /** RFC 5626 §8: a Binding request is answered on the SIP port; an answer is for who keeps the flow alive. */
  #receiveStun(bound: Bound, data: Buffer, address: string, port: number): void {
    const { counters, events } = this.#host;
    const flow = new UdpFlow(bound, address, port);
    const heard = parseBindingAnswer(data);
    if (heard.ok) {
      counters.keepAlives += 1;
      events.onKeepAliveAnswer?.(heard.value, flow);
      return;
    }
    const answer = this.#stunAnswers.take() ? answerBinding(data, { address, port }) : null;
    if (answer === null) {
      counters.stunDropped += 1;
      return;
    }
    counters.stunAnswered += 1;
    this.send({ flow, data: answer }, () => undefined);
  }
}
