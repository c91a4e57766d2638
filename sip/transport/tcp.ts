import type { Clock } from '../../base/clock.js';
import type { Network, SocketAddress, TcpConnection, TcpHandlers, TcpListener } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { randomHex } from '../../base/random.js';
import type { TransportCounters } from './counters.js';
import { StreamConnection, type StreamLimits } from './stream-connection.js';
import type { Flow, SentMessage, Target, Transport, TransportEvents } from './transport.js';
import { TransportError } from './transport.js';

/** Limits of all stream connections; newcomers over them are refused, counted in `connectionsRefused`. */
export interface TcpLimits extends StreamLimits {
  readonly maxConnections: number;
  /** Accepted from one address. */
  readonly maxPerAddress: number;
  readonly connectTimeoutMs: number;
}

export interface TcpTransportOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: TransportCounters;
  readonly limits: TcpLimits;
}

const refused: TcpHandlers = { onData: () => undefined, onClose: () => undefined };

function remoteKey(address: string, port: number): string {
  return `${address}|${port}`;
}

/**
 * SIP over TCP: RFC 3261 §18. A connection is reused for everything that goes to its remote address, whoever opened
 * it. Holds at most `maxConnections` connections and attempts, `maxPerAddress` accepted from one address.
 */
export class TcpTransport implements Transport {
  readonly kind = 'tcp';
  readonly #options: TcpTransportOptions;
  readonly #events: TransportEvents;
  readonly #listeners: TcpListener[] = [];
  readonly #byId = new Map<string, StreamConnection>();
  readonly #byRemote = new Map<string, StreamConnection>();
  /** Attempts under way, by remote and wanted local address. */
  readonly #attempts = new Map<string, Promise<Flow>>();
  readonly #acceptedFrom = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(options: TcpTransportOptions, events: TransportEvents) {
    this.#options = options;
    this.#events = events;
  }

  get listening(): readonly SocketAddress[] {
    return this.#listeners.map((listener) => listener.local);
  }

  /** Open connections, accepted and made. */
  get connections(): number {
    return this.#byId.size;
  }

  async listen(local: SocketAddress): Promise<void> {
    this.#listeners.push(await this.#options.network.listenTcp(local, (connection) => this.#accept(connection)));
  }

  find(target: Target): Flow | null {
    const found = this.#byRemote.get(remoteKey(target.address, target.port));
    if (found === undefined || !found.isOpen) return null;
    return target.localAddress === undefined || target.localAddress === found.local.address ? found : null;
  }

  byId(connectionId: string): Flow | null {
    return this.#byId.get(connectionId) ?? null;
  }

  connect(target: Target, timeoutMs = this.#options.limits.connectTimeoutMs): Promise<Flow> {
    const open = this.find(target);
    if (open !== null) return Promise.resolve(open);
    const key = `${remoteKey(target.address, target.port)}|${target.localAddress ?? ''}`;
    let attempt = this.#attempts.get(key);
    if (attempt === undefined) {
      attempt = this.#open(target, timeoutMs).finally(() => this.#attempts.delete(key));
      this.#attempts.set(key, attempt);
    }
    return attempt;
  }

  send(message: SentMessage, onError: (error: TransportError) => void): void {
    const { flow, data } = message;
    if (flow instanceof StreamConnection && flow.write(data)) return;
    queueMicrotask(() => onError(new TransportError('flow-gone', 'the connection is closed')));
  }

  ping(flow: Flow): void {
    if (flow instanceof StreamConnection) flow.ping();
  }

  async close(): Promise<void> {
    this.#closing.abort(new TransportError('closed', 'the transport is closed'));
    for (const connection of [...this.#byId.values()]) connection.destroy();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #accept(connection: TcpConnection): TcpHandlers {
    const { address } = connection.remote;
    const fromThere = this.#acceptedFrom.get(address) ?? 0;
    if (this.#closing.signal.aborted || this.#isFull() || fromThere >= this.#options.limits.maxPerAddress) {
      this.#options.counters.connectionsRefused += 1;
      connection.destroy();
      return refused;
    }
    this.#acceptedFrom.set(address, fromThere + 1);
    return this.#adopt(connection, true);
  }

  #isFull(): boolean {
    return this.#byId.size + this.#attempts.size >= this.#options.limits.maxConnections;
  }

  async #open(target: Target, timeoutMs: number): Promise<Flow> {
    const { address, port, localAddress } = target;
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    if (this.#isFull()) {
      this.#options.counters.connectionsRefused += 1;
      throw new TransportError('too-many-connections', `no connection to ${address}:${port}: too many are open`);
    }
    let adopted: StreamConnection | null = null;
    let failed = false;
    const handlers: TcpHandlers = {
      onData: (data) => adopted?.onData(data),
      onClose: () => {
        failed = true;
        adopted?.onClose();
      },
    };
    let connection: TcpConnection;
    try {
      connection = await this.#options.network.connectTcp({ address, port }, handlers, {
        timeoutMs,
        signal: this.#closing.signal,
        ...(localAddress === undefined ? {} : { localAddress }),
      });
    } catch (cause) {
      if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
      this.#options.counters.connectFailures += 1;
      throw new TransportError('connect-failed', `cannot connect to ${address}:${port}`, { cause });
    }
    if (this.#closing.signal.aborted || failed) {
      connection.destroy();
      throw new TransportError('closed', `the connection to ${address}:${port} closed at once`);
    }
    adopted = this.#adopt(connection, false);
    return adopted;
  }

  #adopt(connection: TcpConnection, accepted: boolean): StreamConnection {
    const { clock, counters, limits, random } = this.#options;
    const adopted = new StreamConnection(connection, {
      kind: this.kind,
      connectionId: randomHex(random, 8),
      clock,
      counters,
      limits,
      events: this.#events,
      accepted,
      onClose: (closed) => this.#forget(closed, accepted),
    });
    this.#byId.set(adopted.connectionId, adopted);
    this.#byRemote.set(remoteKey(adopted.remote.address, adopted.remote.port), adopted);
    return adopted;
  }

  #forget(closed: StreamConnection, accepted: boolean): void {
    const { address, port } = closed.remote;
    this.#byId.delete(closed.connectionId);
    const key = remoteKey(address, port);
    if (this.#byRemote.get(key) === closed) this.#byRemote.delete(key);
    if (!accepted) return;
    const left = (this.#acceptedFrom.get(address) ?? 1) - 1;
    if (left > 0) this.#acceptedFrom.set(address, left);
    else this.#acceptedFrom.delete(address);
  }
}
