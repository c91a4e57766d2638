import { isUtf8 } from 'node:buffer';
import type { Timer } from '../../base/clock.js';
import type { SocketAddress } from '../../base/network.js';
import type { WebSocketConnection, WebSocketHandlers } from '../../base/web-socket.js';
import { parseMessage } from '../parse/message.js';
import type { Flow, SentBy, TransportHost, TransportKind } from './transport.js';

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');
const CR = 13;
const LF = 10;
/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

export interface WsConnectionOptions {
  /**
   * Limits that close the connection: `sendQueueBytes` unsent (counted in `streamQueueOverflows`), no message for
   * `idleMs`, whatever pings say (`idleClosed`), no first one from who came for `incompleteMs` (`incompleteClosed`).
   */
  readonly host: Pick<TransportHost, 'clock' | 'counters' | 'limits' | 'events'>;
  readonly kind: TransportKind;
  readonly connectionId: string;
  /** The peer opened it, so it owes a first message. */
  readonly accepted: boolean;
  readonly sentBy: SentBy | undefined;
  /** From one ping of ours to the next. */
  readonly pingMs: number;
  /** Nothing was heard so long after a ping: closed, counted in `pingTimeouts`. */
  readonly pongTimeoutMs: number;
  /** Called once, before the events' `onFlowClosed`. */
  readonly onClose: (connection: WsConnection) => void;
}

function onlyLineEnds(data: Buffer): boolean {
  for (const byte of data) if (byte !== CR && byte !== LF) return false;
  return true;
}

/**
 * One WebSocket connection as a flow: a message a frame, text or binary (RFC 7118 §4.2), double CRLF answered
 * (RFC 7118 §6), pings of our own, limits watched.
 */
export class WsConnection implements Flow, WebSocketHandlers {
  readonly kind: TransportKind;
  readonly connectionId: string;
  readonly sentBy: SentBy | undefined;
  readonly #host: WsConnectionOptions['host'];
  readonly #options: WsConnectionOptions;
  readonly #connection: WebSocketConnection;
  #open = true;
  /** The last sign of life, pongs included. */
  #heardMs: number;
  /** The last frame that was no pong. */
  #spokenMs: number;
  #owesFirst: boolean;
  #pingDueMs: number;
  /** When the unanswered ping went out; null when none is. */
  #pingedMs: number | null = null;
  #watch: Timer | null = null;
  #watchDueMs = 0;

  constructor(connection: WebSocketConnection, options: WsConnectionOptions) {
    this.kind = options.kind;
    this.connectionId = options.connectionId;
    this.#connection = connection;
    this.sentBy = options.sentBy;
    this.#options = options;
    this.#host = options.host;
    this.#heardMs = options.host.clock.nowMs();
    this.#spokenMs = this.#heardMs;
    this.#owesFirst = options.accepted;
    this.#pingDueMs = this.#heardMs + options.pingMs;
    this.#arm();
  }

  get local(): SocketAddress {
    return this.#connection.local;
  }

  get remote(): SocketAddress {
    return this.#connection.remote;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** False when the connection is gone or had to be closed because the peer does not read. */
  write(data: Uint8Array): boolean {
    if (!this.#open) return false;
    const { counters, limits } = this.#host;
    if (this.#connection.queuedBytes + data.length > limits.sendQueueBytes) {
      counters.streamQueueOverflows += 1;
      this.destroy();
      return false;
    }
    // Clients in pages expect text; a body that is no UTF-8 would make a text frame a protocol error.
    this.#connection.send(data, isUtf8(data));
    return true;
  }

  /** RFC 7118 §6, RFC 5626 §4.4.1: double CRLF, which the peer answers. */
  ping(): void {
    this.write(PING);
  }

  onMessage(data: Buffer): void {
    if (!this.#open) return;
    const { counters, events } = this.#host;
    this.#heardMs = this.#host.clock.nowMs();
    this.#spokenMs = this.#heardMs;
    if (onlyLineEnds(data)) {
      counters.keepAlives += 1;
      if (data.length >= PING.length) this.write(PONG);
      else events.onKeepAliveAnswer?.(null, this);
      return;
    }
    this.#owesFirst = false;
    const result = parseMessage(data);
    if (result.ok) events.onMessage(result.value, this);
    else events.onFault(result.fault, result.partial ?? result.remains, this);
  }

  onPong(): void {
    this.#heardMs = this.#host.clock.nowMs();
  }

  onClose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch?.cancel();
    this.#watch = null;
    this.#options.onClose(this);
    this.#host.events.onFlowClosed(this);
  }

  /** Tells the peer that we go, and ends; reported like any other end. */
  close(): void {
    this.#connection.close(GOING_AWAY, 'closing');
    this.onClose();
  }

  /** Drops the connection now; reported like any other end. */
  destroy(): void {
    this.#connection.destroy();
    this.onClose();
  }

  #fail(counter: 'idleClosed' | 'incompleteClosed' | 'pingTimeouts'): void {
    this.#host.counters[counter] += 1;
    if (counter === 'pingTimeouts') this.destroy();
    else {
      this.#connection.close(POLICY_VIOLATION, counter === 'idleClosed' ? 'idle' : 'no message');
      this.onClose();
    }
  }

  #silenceMs(): number {
    const { limits } = this.#host;
    return this.#spokenMs + (this.#owesFirst ? Math.min(limits.idleMs, limits.incompleteMs) : limits.idleMs);
  }

  #deadlineMs(): number {
    const next = this.#pingedMs === null ? this.#pingDueMs : this.#pingedMs + this.#options.pongTimeoutMs;
    return Math.min(next, this.#silenceMs());
  }

  #arm(): void {
    const dueMs = this.#deadlineMs();
    if (this.#watch !== null) {
      if (dueMs >= this.#watchDueMs) return;
      this.#watch.cancel();
    }
    this.#watchDueMs = dueMs;
    const delayMs = dueMs - this.#host.clock.nowMs();
    this.#watch = this.#host.clock.setTimer(delayMs, this.#look, { liveness: true });
  }

  readonly #look = (): void => {
    this.#watch = null;
    const { pingMs, pongTimeoutMs } = this.#options;
    const nowMs = this.#host.clock.nowMs();
    if (nowMs >= this.#silenceMs()) {
      this.#fail(this.#owesFirst ? 'incompleteClosed' : 'idleClosed');
      return;
    }
    if (this.#pingedMs !== null && this.#heardMs >= this.#pingedMs) {
      this.#pingDueMs = this.#pingedMs + pingMs;
      this.#pingedMs = null;
    }
    if (this.#pingedMs === null && nowMs >= this.#pingDueMs) {
      this.#pingedMs = nowMs;
      this.#connection.ping();
    } else if (this.#pingedMs !== null && nowMs >= this.#pingedMs + pongTimeoutMs) {
      this.#fail('pingTimeouts');
      return;
    }
    this.#arm();
  };
}
