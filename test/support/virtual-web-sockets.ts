import type { Network, SocketAddress, TcpConnection, TcpHandlers } from '../../base/network.js';
import type { TlsCertificate } from '../../base/tls.js';
import {
  AddressDeniedError,
  type UpgradeRequest,
  type WebSocketConnection,
  type WebSocketConnectOptions,
  type WebSocketDoor,
  type WebSocketEntrance,
  type WebSocketHandlers,
  type WebSocketListener,
  type WebSocketNetwork,
} from '../../base/web-socket.js';

/** What travels on the wire of the twin, one JSON text a segment. */
type Frame =
  | {
      readonly type: 'hello';
      /** With its query. */
      readonly path: string;
      readonly origin: string | null;
      readonly protocols: string[];
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  | { readonly type: 'welcome' }
  | { readonly type: 'refused'; readonly statusCode: number; readonly reason: string }
  | { readonly type: 'message'; readonly data: string; readonly asText: boolean }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | { readonly type: 'close'; readonly statusCode: number; readonly reason: string };

function write(connection: TcpConnection, frame: Frame): void {
  connection.write(Buffer.from(JSON.stringify(frame)));
}

const silent: TcpHandlers = { onData: () => undefined, onClose: () => undefined };

/** One end of a WebSocket of the twin. Tests may look at what it heard and make it deaf. */
export class VirtualWebSocket implements WebSocketConnection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  queuedBytes = 0;
  /** Pings that came. */
  pings = 0;
  answersPings = true;
  /** What the peer said when it closed. */
  closeCode: number | null = null;
  closeReason: string | null = null;
  /** Whether each message that came was text. */
  readonly textFrames: boolean[] = [];
  /** What came while it was held. */
  #held: Frame[] | null = null;
  readonly #connection: TcpConnection;
  readonly #maxMessageBytes: number;
  #handlers: WebSocketHandlers | null = null;

  constructor(connection: TcpConnection, maxMessageBytes: number) {
    this.#connection = connection;
    this.#maxMessageBytes = maxMessageBytes;
    this.local = connection.local;
    this.remote = connection.remote;
  }

  follow(handlers: WebSocketHandlers): void {
    this.#handlers = handlers;
  }

  send(data: Uint8Array, asText: boolean): void {
    write(this.#connection, { type: 'message', data: Buffer.from(data).toString('base64'), asText });
  }

  ping(): void {
    write(this.#connection, { type: 'ping' });
  }

  end(statusCode: number, reason: string): void {
    this.close(statusCode, reason);
  }

  close(statusCode: number, reason: string): void {
    write(this.#connection, { type: 'close', statusCode, reason });
    this.#connection.destroy();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  hold(on: boolean): void {
    const held = on ? [] : (this.#held ?? []);
    this.#held = on ? held : null;
    if (!on) for (const frame of held) this.hear(frame);
  }

  hear(frame: Frame): void {
    if (this.#held !== null) {
      this.#held.push(frame);
      return;
    }
    switch (frame.type) {
      case 'message':
        this.#message(Buffer.from(frame.data, 'base64'), frame.asText);
        break;
      case 'ping':
        this.pings += 1;
        if (this.answersPings) write(this.#connection, { type: 'pong' });
        break;
      case 'pong':
        this.#handlers?.onPong();
        break;
      case 'close':
        this.closeCode = frame.statusCode;
        this.closeReason = frame.reason;
        this.destroy();
        break;
      default:
        break;
    }
  }

  gone(error: Error | null): void {
    this.#handlers?.onClose(error, this.closeCode ?? 1006);
  }

  #message(data: Buffer, asText: boolean): void {
    if (data.length > this.#maxMessageBytes) {
      this.close(1009, 'too big');
      return;
    }
    this.textFrames.push(asText);
    this.#handlers?.onMessage(data, asText);
  }
}

/** A handshake that the server refused. */
export class VirtualRefusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, reason: string) {
    super(reason);
    this.statusCode = statusCode;
  }
}

/** WebSockets over a host of the virtual network. The handshake is a segment each way; there is no TLS. */
export class VirtualWebSockets implements WebSocketNetwork {
  readonly #network: Network;
  /** Certificates that a listener was given later. */
  readonly replaced: TlsCertificate[] = [];
  /** What was asked for at each `connect`. */
  readonly asked: WebSocketConnectOptions[] = [];

  constructor(network: Network) {
    this.#network = network;
  }

  async listen(local: SocketAddress, door: WebSocketDoor): Promise<WebSocketListener> {
    const listener = await this.#network.listenTcp(local, (connection) => admitted(connection, door));
    return {
      local: listener.local,
      close: () => listener.close(),
      setCertificate: (certificate) => this.replaced.push(certificate),
    };
  }

  connect(
    remote: SocketAddress,
    handlers: WebSocketHandlers,
    options: WebSocketConnectOptions,
  ): Promise<VirtualWebSocket> {
    this.asked.push(options);
    const { protocol, permits } = options;
    if (permits?.(remote.address) === false) return Promise.reject(new AddressDeniedError(remote.address));
    return this.dial(remote, handlers, { ...options, origin: null, protocols: protocol === null ? [] : [protocol] });
  }

  /** As a page would: with an origin, and whatever subprotocols. Rejects with a VirtualRefusal. */
  dial(
    remote: SocketAddress,
    handlers: WebSocketHandlers,
    page: {
      readonly path: string;
      readonly origin: string | null;
      readonly protocols: string[];
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<VirtualWebSocket> {
    return new Promise((resolve, reject) => {
      let end: VirtualWebSocket | null = null;
      const onData = (data: Buffer): void => {
        const frame = JSON.parse(data.toString()) as Frame;
        if (frame.type === 'refused') reject(new VirtualRefusal(frame.statusCode, frame.reason));
        else if (frame.type === 'welcome' && end !== null) resolve(end);
        else end?.hear(frame);
      };
      const onClose = (error: Error | null): void => {
        reject(new Error('closed in the handshake'));
        end?.gone(error);
      };
      const signal = page.signal === undefined ? {} : { signal: page.signal };
      this.#network.connectTcp(remote, { onData, onClose }, signal).then((connection) => {
        end = new VirtualWebSocket(connection, Number.POSITIVE_INFINITY);
        end.follow(handlers);
        const { path, origin, protocols, headers } = page;
        write(connection, { type: 'hello', path, origin, protocols, headers });
      }, reject);
    });
  }
}

function admitted(connection: TcpConnection, door: WebSocketDoor): TcpHandlers {
  let end: VirtualWebSocket | null = null;
  return {
    onData: (data) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (end !== null) end.hear(frame);
      else if (frame.type === 'hello') end = enter(connection, door, frame);
    },
    onClose: (error) => end?.gone(error),
  };
}

function enter(
  connection: TcpConnection,
  door: WebSocketDoor,
  hello: Extract<Frame, { type: 'hello' }>,
): VirtualWebSocket | null {
  const { local, remote } = connection;
  const request: UpgradeRequest = {
    ...hello,
    path: hello.path.split('?', 1)[0] ?? '',
    query: hello.path.split('?').slice(1).join('?'),
    local,
    remote,
    secure: false,
    header: (name) => hello.headers?.[name] ?? null,
  };
  const verdict = door.judge(request);
  if (!verdict.ok) {
    write(connection, { type: 'refused', statusCode: verdict.statusCode, reason: verdict.reason });
    connection.end();
    return null;
  }
  const end = new VirtualWebSocket(connection, door.maxMessageBytes);
  write(connection, { type: 'welcome' });
  end.follow(verdict.adopt(end));
  return end;
}

/** An HTTP server's way in: connections to `local` are judged by whatever door is there at the time. */
export class VirtualEntrance implements WebSocketEntrance {
  #door: WebSocketDoor | null = null;

  admit(door: WebSocketDoor | null): void {
    this.#door = door;
  }

  async open(network: Network, local: SocketAddress): Promise<void> {
    await network.listenTcp(local, (connection) => {
      if (this.#door !== null) return admitted(connection, this.#door);
      connection.destroy();
      return silent;
    });
  }
}
