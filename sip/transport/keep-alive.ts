import type { Clock, Timer } from '../../base/clock.js';
import type { SocketAddress } from '../../base/network.js';
import { type Random, randomFraction } from '../../base/random.js';
import { type BindingAnswer, bindingRequest, TRANSACTION_ID_BYTES } from './stun.js';
import type { Flow, SentMessage, TransportKind } from './transport.js';

/** RFC 8489 §6.2.1: the first retransmission, doubled for each one after it. */
const RTO_MS = 500;
/** Rc: requests in all. */
const MAX_REQUESTS = 7;
/** Rm: what is waited after the last request, in RTOs. */
const LAST_WAIT_RTOS = 16;
/** RFC 5626 §4.4.1: how long a pong may take. */
const PONG_TIMEOUT_MS = 10_000;
/** RFC 5626 §4.4.1, §4.4.2: upper ends of the ranges for a client that was given no Flow-Timer. */
const STREAM_INTERVAL_MS = 120_000;
const DATAGRAM_INTERVAL_MS = 29_000;
/** RFC 5626 §4.4.1: drawn between 80 and 100 % of a Flow-Timer; a little less, so that 29 s and 120 s fit their ranges. */
const JITTER = 0.17;

/** What answered a keep-alive: a pong (null), or a STUN answer. */
export type KeepAliveAnswer = BindingAnswer | null;

function keyOf({ kind, connectionId, local, remote }: Flow): string {
  return connectionId ?? `${kind}|${local.address}|${local.port}|${remote.address}|${remote.port}`;
}

/** Who waits for the answers to keep-alives, by flow; holds what our own keepers put in. */
export class KeepAliveAnswers {
  readonly #listeners = new Map<string, Set<(answer: KeepAliveAnswer) => void>>();

  /** Returns what ends the listening. */
  listen(flow: Flow, listener: (answer: KeepAliveAnswer) => void): () => void {
    const key = keyOf(flow);
    const there = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, there.add(listener));
    return () => {
      there.delete(listener);
      if (there.size === 0 && this.#listeners.get(key) === there) this.#listeners.delete(key);
    };
  }

  deliver(answer: KeepAliveAnswer, flow: Flow): void {
    if (this.#listeners.size === 0) return;
    for (const listener of [...(this.#listeners.get(keyOf(flow)) ?? [])]) listener(answer);
  }
}

/** What a keeper needs of the transport layer. */
export interface KeepAliveTransport {
  readonly keepAliveAnswers: KeepAliveAnswers;
  keepAlive(flow: Flow): void;
  resend(sent: SentMessage, onError: (error: Error) => void): void;
}

export interface FlowKeeperOptions {
  /** The longest pause between two keep-alives; each one is drawn between 83 and 100 % of it. */
  readonly intervalMs: number;
  /** Each keep-alive that was answered. */
  readonly onAnswered?: (() => void) | undefined;
}

/** Why a flow has failed: it was closed, its keep-alive got no answer, or a NAT gave us another address. */
export type FlowFailure = 'closed' | 'no-answer' | 'mapping-changed';

/** For a flow whose registrar gave no Flow-Timer: RFC 5626 §4.4.1 (95 to 120 s), §4.4.2 (24 to 29 s). */
export function defaultKeepAliveMs(kind: TransportKind): number {
  return kind === 'udp' ? DATAGRAM_INTERVAL_MS : STREAM_INTERVAL_MS;
}

/**
 * Keeps one flow of a client alive and notices its end: RFC 5626 §4.4. Over streams double CRLF, to be answered
 * within 10 s; over UDP STUN Binding requests, whose answers also show when a NAT has moved us. Reports one failure,
 * then rests. For a UDP flow the peer has to serve STUN on its SIP port, which `ob` or Flow-Timer say.
 */
export class FlowKeeper {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #transport: KeepAliveTransport;
  readonly #flow: Flow;
  readonly #intervalMs: number;
  readonly #onFailed: (failure: FlowFailure) => void;
  readonly #onAnswered: (() => void) | undefined;
  #timer: Timer | null = null;
  #unlisten: (() => void) | null;
  /** The STUN transaction under way, lowercase hex. */
  #transactionId: string | null = null;
  #mapped: SocketAddress | null = null;

  constructor(
    deps: { readonly clock: Clock; readonly random: Random; readonly transport: KeepAliveTransport },
    flow: Flow,
    options: FlowKeeperOptions,
    onFailed: (failure: FlowFailure) => void,
  ) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#transport = deps.transport;
    this.#flow = flow;
    this.#intervalMs = options.intervalMs;
    this.#onFailed = onFailed;
    this.#onAnswered = options.onAnswered;
    this.#unlisten = deps.transport.keepAliveAnswers.listen(flow, (answer) => this.#answered(answer));
    this.#rest();
  }

  /** Our address as the peer of a UDP flow sees it; null until it has said so. */
  get mappedAddress(): SocketAddress | null {
    return this.#mapped;
  }

  /** Sends no more and reports nothing; may be called twice. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#unlisten?.();
    this.#unlisten = null;
  }

  #rest(): void {
    const pauseMs = this.#intervalMs * (1 - JITTER * randomFraction(this.#random));
    this.#transactionId = null;
    this.#after(pauseMs, () => this.#probe());
  }

  #probe(): void {
    if (!this.#flow.isOpen) {
      this.#fail('closed');
      return;
    }
    if (this.#flow.kind === 'udp') {
      const transactionId = this.#random.bytes(TRANSACTION_ID_BYTES);
      this.#transactionId = transactionId.toString('hex');
      this.#request(bindingRequest(transactionId), 1);
      return;
    }
    this.#transport.keepAlive(this.#flow);
    this.#after(PONG_TIMEOUT_MS, () => this.#fail(this.#flow.isOpen ? 'no-answer' : 'closed'));
  }

  #request(data: Buffer, count: number): void {
    // What a send reports of an unreachable peer is no more than the missing answer says.
    this.#transport.resend({ flow: this.#flow, data }, () => undefined);
    if (count < MAX_REQUESTS) this.#after(RTO_MS * 2 ** (count - 1), () => this.#request(data, count + 1));
    else this.#after(RTO_MS * LAST_WAIT_RTOS, () => this.#fail('no-answer'));
  }

  #answered(answer: KeepAliveAnswer): void {
    if (this.#flow.kind !== 'udp') {
      if (answer === null) this.#heard();
      return;
    }
    if (answer === null || answer.transactionId !== this.#transactionId) return;
    const { mapped } = answer;
    const before = this.#mapped;
    if (mapped !== null && before !== null && (mapped.address !== before.address || mapped.port !== before.port)) {
      this.#fail('mapping-changed');
      return;
    }
    this.#mapped = mapped ?? before;
    this.#heard();
  }

  #heard(): void {
    this.#rest();
    this.#onAnswered?.();
  }

  #fail(failure: FlowFailure): void {
    this.stop();
    this.#onFailed(failure);
  }

  #after(delayMs: number, fire: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(delayMs, fire, { liveness: true });
  }
}
