import type { SocketAddress, TcpConnection, TcpHandlers, TcpListener } from '../../base/network.js';
import { randomHex } from '../../base/random.js';
import { StreamConnection } from './stream-connection.js';
import type { Flow, SentMessage, Target, Transport, TransportHost, TransportKind } from './transport.js';
import { TransportError } from './transport.js';

/** How one kind of stream is listened for and dialled. */
export interface StreamDialler {
  readonly kind: TransportKind;
  listen(local: SocketAddress, accept: (connection: TcpConnection) => TcpHandlers): Promise<TcpListener>;
  /** Rejects with the system's error. */
  connect(
    target: Target,
    handlers: TcpHandlers,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal; readonly localAddress?: string },
  ): Promise<TcpConnection>;
}

const refused: TcpHandlers = { onData: () => undefined, onClose: () => undefined };

function remoteKey(address: string, port: number): string {
  return `${address}|${port}`;
}

/**
 * SIP over streams: RFC 3261 §18. A connection is reused for everything that goes to its remote address, whoever
 * opened it. Connections and attempts take a slot each.
 */
export class StreamTransport implements Transport {
  readonly kind: TransportKind;
  readonly #host: TransportHost;
  readonly #dialler: StreamDialler;
  readonly #listeners: TcpListener[] = [];
  readonly #byId = new Map<string, StreamConnection>();
  readonly #byRemote = new Map<string, StreamConnection>();
  /** Attempts under way, by remote and wanted local address. */
  readonly #attempts = new Map<string, Promise<Flow>>();
  readonly #closing = new AbortController();

  constructor(host: TransportHost, dialler: StreamDialler) {
    this.#host = host;
    this.#dialler = dialler;
    this.kind = dialler.kind;
  }

  get listening(): readonly SocketAddress[] {
    return this.#listeners.map((listener) => listener.local);
  }

  /** Open connections, accepted and made. */
  get connections(): number {
    return this.#byId.size;
  }

  async listen(local: SocketAddress): Promise<void> {
    this.#listeners.push(await this.#dialler.listen(local, (connection) => this.#accept(connection)));
  }

  find(target: Target): Flow | null {
    const found = this.#byRemote.get(remoteKey(target.address, target.port));
    if (found === undefined || !found.isOpen) return null;
    return target.localAddress === undefined || target.localAddress === found.local.address ? found : null;
  }

  byId(connectionId: string): Flow | null {
    return this.#byId.get(connectionId) ?? null;
  }

  connect(target: Target, timeoutMs = this.#host.limits.connectTimeoutMs): Promise<Flow> {
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
    if (this.#closing.signal.aborted || !this.#host.slots.takeFor(address)) {
      connection.destroy();
      return refused;
    }
    return this.#adopt(connection, address);
  }

  async #open(target: Target, timeoutMs: number): Promise<Flow> {
    const { address, port } = target;
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    if (!this.#host.slots.take()) {
      throw new TransportError('too-many-connections', `no connection to ${address}:${port}: too many are open`);
    }
    try {
      return await this.#dial(target, timeoutMs);
    } catch (error) {
      this.#host.slots.give(null);
      throw error;
    }
  }

  async #dial(target: Target, timeoutMs: number): Promise<Flow> {
    const { address, port, localAddress } = target;
    const { signal } = this.#closing;
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
      const options = { timeoutMs, signal, ...(localAddress === undefined ? {} : { localAddress }) };
      connection = await this.#dialler.connect(target, handlers, options);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      this.#host.counters.connectFailures += 1;
      throw new TransportError('connect-failed', `cannot connect to ${address}:${port}`, { cause });
    }
    if (signal.aborted || failed) {
      connection.destroy();
      throw new TransportError('closed', `the connection to ${address}:${port} closed at once`);
    }
    adopted = this.#adopt(connection, null);
    return adopted;
  }

  /** @param from the address it was accepted from; null for one of ours */
  #adopt(connection: TcpConnection, from: string | null): StreamConnection {
    const adopted = new StreamConnection(connection, {
      host: this.#host,
      kind: this.kind,
      connectionId: randomHex(this.#host.random, 8),
      accepted: from !== null,
      onClose: (closed) => {
        this.#forget(closed);
        this.#host.slots.give(from);
      },
    });
    this.#byId.set(adopted.connectionId, adopted);
    this.#byRemote.set(remoteKey(adopted.remote.address, adopted.remote.port), adopted);
    return adopted;
  }

  #forget(closed: StreamConnection): void {
    const { address, port } = closed.remote;
    this.#byId.delete(closed.connectionId);
    const key = remoteKey(address, port);
    if (this.#byRemote.get(key) === closed) this.#byRemote.delete(key);
  }
}
