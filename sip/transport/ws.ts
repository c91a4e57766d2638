import type { SocketAddress } from '../../base/network.js';
import { randomFraction, randomHex } from '../../base/random.js';
import { CertificateError, type TlsCertificate } from '../../base/tls.js';
import type {
  UpgradeRequest,
  UpgradeVerdict,
  WebSocketConnection,
  WebSocketDoor,
  WebSocketEntrance,
  WebSocketHandlers,
  WebSocketListener,
  WebSocketNetwork,
} from '../../base/web-socket.js';
import { defaultParseLimits } from '../parse/message.js';
import type { TlsCertificates } from './tls-certificates.js';
import type { Flow, SentBy, SentMessage, Target, Transport, TransportFactory, TransportHost } from './transport.js';
import { TransportError } from './transport.js';
import { WsConnection } from './ws-connection.js';

/** The subprotocol of RFC 7118 §4.1. */
const PROTOCOL = 'sip';
const PING_MS = 30_000;
const PONG_TIMEOUT_MS = 10_000;
/** Sockets of a listener that are still in their handshake. */
const MAX_HANDSHAKES = 256;

/** How we connect to WebSocket servers of others. */
export interface WsClientOptions {
  /** A SIP URI cannot name it. `/` unless told. */
  readonly path?: string;
  /** Authorities trusted instead of the system's, PEM. */
  readonly ca?: readonly string[];
  /** Shown to a server that asks. */
  readonly certificate?: TlsCertificate;
  /** False takes any certificate. */
  readonly verify?: boolean;
}

export interface WsTransportOptions {
  readonly webSockets: WebSocketNetwork;
  /** The only path that listeners serve; any when left out. Entrances choose their own. */
  readonly path?: string;
  /**
   * Pages that may connect, as `https://app.example.com`; `*` for all. Nobody's unless told, because a page acts with
   * what its visitor can reach. Whoever names no origin is no browser and is not judged by it.
   */
  readonly allowedOrigins?: readonly string[];
  /** Ways in through HTTP servers of others. */
  readonly entrances?: readonly WebSocketEntrance[];
  /** A longer message closes its connection; 65535 unless told. */
  readonly maxMessageBytes?: number;
  readonly client?: WsClientOptions;
}

export interface WssTransportOptions extends WsTransportOptions {
  /** Of our listeners, which show the first one. */
  readonly certificates?: TlsCertificates | undefined;
}

/** SIP over WebSocket for TransportLayerOptions.transports: RFC 7118. */
export function wsTransport(options: WsTransportOptions): TransportFactory {
  return (host) => new WsTransport('ws', host, options);
}

/** SIP over secure WebSocket: RFC 7118 §5.1. */
export function wssTransport(options: WssTransportOptions): TransportFactory {
  return (host) => new WsTransport('wss', host, options);
}

/**
 * SIP over WebSocket: RFC 7118. What belongs to a connection goes over that connection or fails: its peer
 * cannot be dialled. Connections and attempts take a slot each; a newcomer without one gets 503. Handshakes refused
 * for their path, origin or subprotocol are counted in `handshakesRefused`.
 */
export class WsTransport implements Transport, WebSocketDoor {
  readonly kind: 'ws' | 'wss';
  readonly protocol = PROTOCOL;
  readonly maxMessageBytes: number;
  readonly #host: TransportHost;
  readonly #nowhere: SentBy;
  readonly #options: WssTransportOptions;
  readonly #listeners: WebSocketListener[] = [];
  readonly #byId = new Map<string, WsConnection>();
  readonly #byRemote = new Map<string, WsConnection>();
  /** Attempts under way, by what has to be the same to share one. */
  readonly #attempts = new Map<string, Promise<Flow>>();
  readonly #closing = new AbortController();
  readonly #unsubscribes: (() => void)[] = [];

  constructor(kind: 'ws' | 'wss', host: TransportHost, options: WssTransportOptions) {
    this.kind = kind;
    this.maxMessageBytes = options.maxMessageBytes ?? defaultParseLimits.maxBytes;
    this.#host = host;
    this.#nowhere = { host: `${randomHex(host.random, 6)}.invalid` };
    this.#options = options;
    for (const entrance of options.entrances ?? []) entrance.admit(this);
  }

  /** RFC 7118 §B.1: a client that nobody can dial has a name that nobody can resolve, in Via and Contact. */
  get sentBy(): SentBy | undefined {
    const canBeDialled = this.#listeners.length > 0 || (this.#options.entrances ?? []).length > 0;
    return canBeDialled ? undefined : this.#nowhere;
  }

  get listening(): readonly SocketAddress[] {
    return this.#listeners.map((listener) => listener.local);
  }

  /** Open connections, accepted and made. */
  get connections(): number {
    return this.#byId.size;
  }

  async listen(local: SocketAddress): Promise<void> {
    const { certificates } = this.#options;
    const certificate = certificates?.current[0];
    if (this.kind === 'wss' && certificate === undefined) {
      throw new CertificateError('a secure WebSocket listener needs a certificate');
    }
    const maxSockets = this.#host.limits.maxConnections + MAX_HANDSHAKES;
    const options = { maxSockets, ...(this.kind === 'wss' ? { certificate } : {}) };
    const door: WebSocketDoor = {
      protocol: this.protocol,
      maxMessageBytes: this.maxMessageBytes,
      judge: (request) => this.#judgeOurs(request),
    };
    const listener = await this.#options.webSockets.listen(local, door, options);
    this.#listeners.push(listener);
    const change = ([next]: readonly TlsCertificate[]): void => {
      if (next !== undefined) listener.setCertificate(next);
    };
    if (this.kind === 'wss' && certificates !== undefined) this.#unsubscribes.push(certificates.subscribe(change));
  }

  /** RFC 7118 §4.1, RFC 6455 §4.2.2: whether a handshake is let in. */
  judge(request: UpgradeRequest): UpgradeVerdict {
    const { slots } = this.#host;
    if (!request.protocols.includes(PROTOCOL)) return this.#refuse(400, 'the subprotocol sip is required');
    if (!this.#mayCome(request.origin)) return this.#refuse(403, 'this origin is not allowed');
    const { address } = request.remote;
    if (this.#closing.signal.aborted || !slots.takeFor(address)) {
      return { ok: false, statusCode: 503, reason: 'too many connections' };
    }
    return {
      ok: true,
      adopt: (connection) => this.#adopt(connection, address),
      abandon: () => slots.give(address),
    };
  }

  find(target: Target): Flow | null {
    const found = this.#byRemote.get(remoteKey(target));
    if (found === undefined || !found.isOpen) return null;
    return target.localAddress === undefined || target.localAddress === found.local.address ? found : null;
  }

  byId(connectionId: string): Flow | null {
    return this.#byId.get(connectionId) ?? null;
  }

  connect(target: Target, timeoutMs = this.#host.limits.connectTimeoutMs): Promise<Flow> {
    const open = this.find(target);
    if (open !== null) return Promise.resolve(open);
    const key = `${remoteKey(target)}|${target.localAddress ?? ''}`;
    let attempt = this.#attempts.get(key);
    if (attempt === undefined) {
      attempt = this.#open(target, timeoutMs).finally(() => this.#attempts.delete(key));
      this.#attempts.set(key, attempt);
    }
    return attempt;
  }

  send(message: SentMessage, onError: (error: TransportError) => void): void {
    const { flow, data } = message;
    if (flow instanceof WsConnection && flow.write(data)) return;
    queueMicrotask(() => onError(new TransportError('flow-gone', 'the WebSocket connection is closed')));
  }

  ping(flow: Flow): void {
    if (flow instanceof WsConnection) flow.ping();
  }

  async close(): Promise<void> {
    this.#closing.abort(new TransportError('closed', 'the transport is closed'));
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
    for (const entrance of this.#options.entrances ?? []) entrance.admit(null);
    for (const connection of [...this.#byId.values()]) connection.close();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  #judgeOurs(request: UpgradeRequest): UpgradeVerdict {
    const { path } = this.#options;
    return path === undefined || request.path === path ? this.judge(request) : this.#refuse(404, 'nothing is here');
  }

  #refuse(statusCode: number, reason: string): UpgradeVerdict {
    this.#host.counters.handshakesRefused += 1;
    return { ok: false, statusCode, reason };
  }

  #mayCome(origin: string | null): boolean {
    const { allowedOrigins = [] } = this.#options;
    return origin === null || allowedOrigins.includes('*') || allowedOrigins.includes(origin);
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
    const { address, port, serverName, localAddress } = target;
    const { client } = this.#options;
    const { signal } = this.#closing;
    let adopted: WsConnection | null = null;
    let failed = false;
    const early: Buffer[] = [];
    const handlers: WebSocketHandlers = {
      // The server may speak before the promise of the connection has told us of it.
      onMessage: (data) => (adopted === null ? void early.push(Buffer.from(data)) : adopted.onMessage(data)),
      onPong: () => adopted?.onPong(),
      onClose: () => {
        failed = true;
        adopted?.onClose();
      },
    };
    let connection: WebSocketConnection;
    try {
      connection = await this.#options.webSockets.connect({ address, port }, handlers, {
        secure: this.kind === 'wss',
        protocol: PROTOCOL,
        path: client?.path ?? '/',
        maxMessageBytes: this.maxMessageBytes,
        serverName,
        timeoutMs,
        localAddress,
        signal,
        ca: client?.ca,
        certificate: client?.certificate,
        verify: client?.verify,
      });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      this.#host.counters.connectFailures += 1;
      throw new TransportError('connect-failed', `cannot connect to ${address}:${port}`, { cause });
    }
    if (signal.aborted || failed) {
      connection.destroy();
      throw new TransportError('closed', `the connection to ${address}:${port} closed at once`);
    }
    adopted = this.#adopt(connection, null, serverName);
    for (const data of early) adopted.onMessage(data);
    return adopted;
  }

  /** @param from the address it was accepted from; null for one of ours */
  #adopt(connection: WebSocketConnection, from: string | null, serverName?: string): WsConnection {
    const { random, slots } = this.#host;
    const key = remoteKey({ ...connection.remote, serverName });
    const connectionId = randomHex(random, 8);
    const adopted = new WsConnection(connection, {
      host: this.#host,
      kind: this.kind,
      connectionId,
      accepted: from !== null,
      sentBy: this.sentBy,
      // Connections that were opened together are not pinged together.
      pingMs: PING_MS * (1 - randomFraction(random) / 6),
      pongTimeoutMs: PONG_TIMEOUT_MS,
      onClose: (closed) => {
        this.#byId.delete(closed.connectionId);
        if (this.#byRemote.get(key) === closed) this.#byRemote.delete(key);
        slots.give(from);
      },
    });
    this.#byId.set(connectionId, adopted);
    this.#byRemote.set(key, adopted);
    return adopted;
  }
}

/** A connection proved one server's name, so it serves that name only. */
function remoteKey({
  address,
  port,
  serverName,
}: SocketAddress & { readonly serverName?: string | undefined }): string {
  return `${address}|${port}|${serverName ?? ''}`;
}
