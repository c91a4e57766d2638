import type { ConnectOptions, SocketAddress, TcpConnection, TcpHandlers, TcpListener } from '../../base/network.js';
import { randomHex } from '../../base/random.js';
import type { SipMessage } from '../message.js';
import { ConnectionIndex } from './connection-index.js';
import { StreamConnection } from './stream-connection.js';
import type { Flow, SentBy, SentMessage, Target, Transport, TransportHost, TransportKind } from './transport.js';
import { TransportError } from './transport.js';

/** Rejects with the system's error, or a TransportError. */
export type StreamConnect<C extends TcpConnection> = (
  target: Target,
  handlers: TcpHandlers,
  options: ConnectOptions,
) => Promise<C>;

/** How one kind of stream is listened for and dialled, and who is at its other end. */
export interface StreamDialler<C extends TcpConnection> {
  readonly kind: TransportKind;
  readonly sentBy: SentBy | undefined;
  /** Whether our requests ask to be called back over the connection that we opened (RFC 5923 §8.1). */
  readonly offersAlias: boolean;
  listen(local: SocketAddress, accept: (connection: C) => TcpHandlers): Promise<TcpListener>;
  readonly connect: StreamConnect<C>;
  /** Whom the peer at a target has to be: one connection for each. Empty where nobody can prove anything. */
  nameFor(target: Pick<Target, 'address' | 'serverName'>): string;
  /** Whether the peer has proved to be that one. */
  covers(connection: C, name: string): boolean;
  /** RFC 5923 §8.2: whether the peer has proved to be the sent-by that it asks to be called back at. */
  mayAlias(connection: C, sentByHost: string): boolean;
  identitiesOf(connection: C): readonly string[];
}

const refused: TcpHandlers = { onData: () => undefined, onClose: () => undefined };

/** What comes before the connection is handed out waits here, in order. */
class Forerunner implements TcpHandlers {
  closed = false;
  #handlers: TcpHandlers | null = null;
  readonly #early: Buffer[] = [];

  onData(data: Buffer): void {
    if (this.#handlers === null) this.#early.push(Buffer.from(data));
    else this.#handlers.onData(data);
  }

  onClose(error: Error | null): void {
    this.closed = true;
    this.#handlers?.onClose(error);
  }

  become(handlers: TcpHandlers): void {
    this.#handlers = handlers;
    for (const data of this.#early.splice(0)) handlers.onData(data);
  }
}

/**
 * SIP over streams: RFC 3261 §18. A connection is reused for everything that goes to its remote address, whoever
 * opened it, and for requests to a sent-by that its peer asked to be called back at (RFC 5923). Connections and
 * attempts take a slot each.
 */
export class StreamTransport<C extends TcpConnection> implements Transport {
  readonly kind: TransportKind;
  readonly sentBy: SentBy | undefined;
  readonly #host: TransportHost;
  readonly #dialler: StreamDialler<C>;
  readonly #listeners: TcpListener[] = [];
  readonly #open: ConnectionIndex<StreamConnection<C>>;
  /** Attempts under way, by remote, whom it has to be, and wanted local address. */
  readonly #attempts = new Map<string, Promise<Flow>>();
  readonly #closing = new AbortController();

  constructor(host: TransportHost, dialler: StreamDialler<C>) {
    this.#host = host;
    this.#dialler = dialler;
    this.kind = dialler.kind;
    this.sentBy = dialler.sentBy;
    this.#open = new ConnectionIndex(host.counters);
  }

  get listening(): readonly SocketAddress[] {
    return this.#listeners.map((listener) => listener.local);
  }

  /** Open connections, accepted and made. */
  get connections(): number {
    return this.#open.size;
  }

  async listen(local: SocketAddress): Promise<void> {
    this.#listeners.push(await this.#dialler.listen(local, (connection) => this.#accept(connection)));
  }

  find(target: Target): Flow | null {
    const { address, port, localAddress } = target;
    const name = this.#dialler.nameFor(target);
    const found = this.#open.find(address, port, name) ?? this.#findAlias(address, port, name);
    if (found === null || !found.isOpen) return null;
    return localAddress === undefined || localAddress === found.local.address ? found : null;
  }

  byId(connectionId: string): Flow | null {
    return this.#open.byId(connectionId);
  }

  connect(target: Target, timeoutMs = this.#host.limits.connectTimeoutMs): Promise<Flow> {
    const open = this.find(target);
    if (open !== null) return Promise.resolve(open);
    const { address, port, localAddress = '' } = target;
    const key = `${address}|${port}|${this.#dialler.nameFor(target)}|${localAddress}`;
    let attempt = this.#attempts.get(key);
    if (attempt === undefined) {
      attempt = this.#attempt(target, timeoutMs).finally(() => this.#attempts.delete(key));
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
    for (const connection of this.#open.all()) connection.destroy();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #findAlias(address: string, port: number, name: string): StreamConnection<C> | null {
    const found = this.#open.findAlias(address, port);
    return found !== null && this.#dialler.covers(found.connection, name) ? found : null;
  }

  #accept(connection: C): TcpHandlers {
    const { address } = connection.remote;
    if (this.#closing.signal.aborted || !this.#host.slots.takeFor(address)) {
      connection.destroy();
      return refused;
    }
    return this.#adopt(connection, address, this.#dialler.nameFor({ address }));
  }

  async #attempt(target: Target, timeoutMs: number): Promise<Flow> {
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
    const forerunner = new Forerunner();
    let connection: C;
    try {
      const options = { timeoutMs, signal, ...(localAddress === undefined ? {} : { localAddress }) };
      connection = await this.#dialler.connect(target, forerunner, options);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      this.#host.counters.connectFailures += 1;
      if (cause instanceof TransportError) throw cause;
      throw new TransportError('connect-failed', `cannot connect to ${address}:${port}`, { cause });
    }
    if (signal.aborted || forerunner.closed) {
      connection.destroy();
      throw new TransportError('closed', `the connection to ${address}:${port} closed at once`);
    }
    const adopted = this.#adopt(connection, null, this.#dialler.nameFor(target));
    forerunner.become(adopted);
    return adopted;
  }

  /** @param from the address it was accepted from; null for one of ours */
  #adopt(connection: C, from: string | null, name: string): StreamConnection<C> {
    const { random, slots } = this.#host;
    const connectionId = randomHex(random, 8);
    const adopted = new StreamConnection(connection, {
      host: this.#host,
      kind: this.kind,
      connectionId,
      accepted: from !== null,
      identities: this.#dialler.identitiesOf(connection),
      sentBy: this.sentBy,
      offersAlias: from === null && this.#dialler.offersAlias,
      onMessage: (message) => this.#noteAlias(message, adopted, from !== null),
      onClose: (closed) => {
        this.#open.delete(connectionId, closed);
        slots.give(from);
      },
    });
    this.#open.add(connectionId, adopted, name);
    return adopted;
  }

  #noteAlias(message: SipMessage, connection: StreamConnection<C>, accepted: boolean): void {
    const top = message.via[0];
    if (!accepted || message.kind !== 'request' || top === undefined || !top.params.has('alias')) return;
    if (this.#dialler.mayAlias(connection.connection, top.host)) this.#open.noteAlias(connection, top);
    else this.#host.counters.aliasesRefused += 1;
  }
}
