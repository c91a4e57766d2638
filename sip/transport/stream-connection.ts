import type { Timer } from '../../base/clock.js';
import type { SocketAddress, TcpConnection, TcpHandlers } from '../../base/network.js';
import type { SipMessage } from '../message.js';
import { StreamFramer } from '../parse/stream.js';
import type { Flow, SentBy, TransportHost, TransportKind } from './transport.js';

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');

export interface StreamConnectionOptions<C extends TcpConnection> {
  /** Its limits, each of which closes the connection: `sendQueueBytes`, `idleMs`, `incompleteMs`. */
  readonly host: Pick<TransportHost, 'clock' | 'counters' | 'limits' | 'events'>;
  readonly kind: TransportKind;
  readonly connectionId: string;
  /** The peer opened it, so it owes a first message. */
  readonly accepted: boolean;
  /** The domains that the peer has proved to be (RFC 5922 §7.1). */
  readonly identities: readonly string[];
  readonly sentBy: SentBy | undefined;
  readonly offersAlias: boolean;
  /** Called before the events' `onMessage`. */
  readonly onMessage: (message: SipMessage) => void;
  /** Called once, before the events' `onFlowClosed`. */
  readonly onClose: (connection: StreamConnection<C>) => void;
}

/** One stream connection as a flow: frames what comes, answers pings (RFC 5626 §4.4.1), watches the limits. */
export class StreamConnection<C extends TcpConnection = TcpConnection> implements Flow, TcpHandlers {
  readonly kind: TransportKind;
  readonly connectionId: string;
  readonly identities: readonly string[];
  readonly sentBy: SentBy | undefined;
  readonly offersAlias: boolean;
  readonly connection: C;
  readonly #host: StreamConnectionOptions<C>['host'];
  readonly #onMessage: StreamConnectionOptions<C>['onMessage'];
  readonly #onClose: StreamConnectionOptions<C>['onClose'];
  readonly #framer = new StreamFramer();
  #open = true;
  #lastHeardMs: number;
  /** Since when a message is owed; null when none is. */
  #owedSinceMs: number | null;
  #watch: Timer | null = null;
  #watchDueMs = 0;

  constructor(connection: C, options: StreamConnectionOptions<C>) {
    this.kind = options.kind;
    this.connectionId = options.connectionId;
    this.connection = connection;
    this.identities = options.identities;
    this.sentBy = options.sentBy;
    this.offersAlias = options.offersAlias;
    this.#onMessage = options.onMessage;
    this.#host = options.host;
    this.#onClose = options.onClose;
    this.#lastHeardMs = options.host.clock.nowMs();
    this.#owedSinceMs = options.accepted ? this.#lastHeardMs : null;
    this.#arm();
  }

  get local(): SocketAddress {
    return this.connection.local;
  }

  get remote(): SocketAddress {
    return this.connection.remote;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** False when the connection is gone or had to be closed because the peer does not read. */
  write(data: Uint8Array): boolean {
    if (!this.#open) return false;
    const { counters, limits } = this.#host;
    if (this.connection.queuedBytes + data.length > limits.sendQueueBytes) {
      counters.streamQueueOverflows += 1;
      this.destroy();
      return false;
    }
    this.connection.write(data);
    return true;
  }

  ping(): void {
    this.write(PING);
  }

  onData(data: Buffer): void {
    if (!this.#open) return;
    const nowMs = this.#host.clock.nowMs();
    this.#lastHeardMs = nowMs;
    let complete = false;
    for (const event of this.#framer.push(data)) {
      complete = true;
      switch (event.type) {
        case 'message':
          this.#onMessage(event.message);
          this.#host.events.onMessage(event.message, this);
          break;
        case 'keep-alive-request':
          this.#host.counters.keepAlives += 1;
          this.write(PONG);
          break;
        case 'keep-alive-response':
          this.#host.counters.keepAlives += 1;
          this.#host.events.onKeepAliveAnswer?.(null, this);
          break;
        case 'fault':
          this.#host.events.onFault(event.fault, event.partial ?? event.remains, this);
          if (event.fatal) this.#fail('unframeableClosed');
          break;
      }
      // A handler may have closed us.
      if (!this.#open) return;
    }
    if (!this.#framer.incomplete) this.#owedSinceMs = null;
    else if (complete || this.#owedSinceMs === null) this.#owedSinceMs = nowMs;
    this.#arm();
  }

  onClose(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch?.cancel();
    this.#watch = null;
    this.#onClose(this);
    this.#host.events.onFlowClosed(this);
  }

  /** Drops the connection now; reported like any other end. */
  destroy(): void {
    this.connection.destroy();
    this.onClose();
  }

  #fail(counter: 'idleClosed' | 'incompleteClosed' | 'unframeableClosed'): void {
    this.#host.counters[counter] += 1;
    this.destroy();
  }

  #deadlineMs(): number {
    const { limits } = this.#host;
    const idleMs = this.#lastHeardMs + limits.idleMs;
    return this.#owedSinceMs === null ? idleMs : Math.min(idleMs, this.#owedSinceMs + limits.incompleteMs);
  }

  // A deadline that moves away, the usual case, leaves the timer alone: it looks again when it fires.
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
    if (this.#host.clock.nowMs() < this.#deadlineMs()) this.#arm();
    else this.#fail(this.#owedSinceMs === null ? 'idleClosed' : 'incompleteClosed');
  };
}
