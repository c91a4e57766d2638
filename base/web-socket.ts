import { AppError } from './errors.js';
import type { SocketAddress } from './network.js';
import type { TlsCertificate } from './tls.js';

/** A WebSocket handshake that asks to be let in (RFC 6455 §4.2.1). */
export interface UpgradeRequest {
  /** Without the query. */
  readonly path: string;
  /** What follows the path, without the question mark; empty without a query. */
  readonly query: string;
  /** What a browser says of the page; null from what is no browser. */
  readonly origin: string | null;
  readonly protocols: readonly string[];
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Over TLS. */
  readonly secure: boolean;
  /** A header of the request, by its lower-case name: cookies, what a reverse proxy adds. */
  header(name: string): string | null;
}

export interface WebSocketHandlers {
  /** One whole message. `data` is only lent: copy what is kept after the call. `isText`: of a text frame, so valid UTF-8. */
  onMessage(data: Buffer, isText: boolean): void;
  /** The answer to `ping`. Pings of the peer are answered by the connection itself. */
  onPong(): void;
  /** Called once. `error` is null after an orderly end. `statusCode`: what the peer's close frame said; 1006 where there was none. */
  onClose(error: Error | null, statusCode: number): void;
}

export interface WebSocketConnection {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Bytes sent and not yet taken by the kernel. */
  readonly queuedBytes: number;
  /** One message, as a text frame when asked, which has to be UTF-8 then. */
  send(data: Uint8Array, asText: boolean): void;
  ping(): void;
  /** Nothing more is read of the peer while it is held, but for what was read already. */
  hold(on: boolean): void;
  /** Says why (RFC 6455 §7.4), then drops the connection without waiting for the peer. */
  close(statusCode: number, reason: string): void;
  /** Says why, after what was sent before, and gives the peer 2 s to take it. `onClose` follows. */
  end(statusCode: number, reason: string): void;
  /** Drops the connection now. */
  destroy(): void;
}

export type UpgradeVerdict =
  | {
      readonly ok: true;
      readonly adopt: (connection: WebSocketConnection) => WebSocketHandlers;
      /** In place of `adopt` when the handshake fails for what the door was not asked. */
      readonly abandon: () => void;
    }
  /** The HTTP status of the refusal. */
  | { readonly ok: false; readonly statusCode: number; readonly reason: string };

/** Who decides about handshakes. */
export interface WebSocketDoor {
  /** The subprotocol that an accepted connection speaks. */
  readonly protocol: string;
  /** A longer message closes its connection with 1009. */
  readonly maxMessageBytes: number;
  judge(request: UpgradeRequest): UpgradeVerdict;
}

/** An HTTP server's `upgrade` events that somebody passes on. */
export interface WebSocketEntrance {
  /** Lets connections in by this door; null closes the entrance. */
  admit(door: WebSocketDoor | null): void;
}

export interface WebSocketListenOptions {
  /** WSS when given. */
  readonly certificate?: TlsCertificate | undefined;
  /** Sockets at once, those still in their handshake included; more are refused by the system. */
  readonly maxSockets: number;
}

export interface WebSocketListener {
  readonly local: SocketAddress;
  /** For handshakes from now on; open connections stay. Throws a CertificateError and keeps the old one. */
  setCertificate(certificate: TlsCertificate): void;
  /** Stops accepting and drops what is still in its handshake. */
  close(): Promise<void>;
}

/** A connection was not made, because its address is not one that may be reached. */
export class AddressDeniedError extends AppError {
  readonly code = 'ADDRESS_DENIED';

  constructor(host: string) {
    super(`${host} may not be reached`);
  }
}

export interface WebSocketConnectOptions {
  readonly secure: boolean;
  /** Host header, server name indication, and the name that the certificate has to prove; the address when left out. */
  readonly serverName?: string | undefined;
  /** With its query. */
  readonly path: string;
  /** Null: none is asked for. */
  readonly protocol: string | null;
  /** Refuses an address before it is connected to: `connect` rejects with an AddressDeniedError. */
  readonly permits?: ((address: string) => boolean) | undefined;
  /** More headers of the handshake, by lower-case name; they may hold credentials. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly maxMessageBytes: number;
  readonly timeoutMs: number;
  readonly localAddress?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Certificates of authorities that are trusted instead of the system's, PEM. */
  readonly ca?: readonly string[] | undefined;
  /** Shown when the server asks for a certificate. */
  readonly certificate?: TlsCertificate | undefined;
  /** False takes any certificate: for tests and closed networks. */
  readonly verify?: boolean | undefined;
}

/** WebSockets as everything in the project sees them; the twin for tests is in test/support/virtual-web-sockets.ts. */
export interface WebSocketNetwork {
  /** Rejects with the system's error, or a CertificateError. Port 0 picks a free one. */
  listen(local: SocketAddress, door: WebSocketDoor, options: WebSocketListenOptions): Promise<WebSocketListener>;
  /**
   * Rejects when the connection or its handshake fails, or the server chose another subprotocol. An address that is a
   * name is looked up by the system, and is the server name too.
   */
  connect(
    remote: SocketAddress,
    handlers: WebSocketHandlers,
    options: WebSocketConnectOptions,
  ): Promise<WebSocketConnection>;
}
