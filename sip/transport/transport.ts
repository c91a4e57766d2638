import { AppError } from '../../base/errors.js';
import type { SocketAddress } from '../../base/network.js';
import type { SipMessage, SipRequest } from '../message.js';
import type { MessageFault } from '../parse/message.js';

export type TransportKind = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** RFC 3261 §17.1.1.2: over these the transaction layer does not retransmit. */
export function isReliable(kind: TransportKind): boolean {
  return kind !== 'udp';
}

/**
 * A way to one peer from one of our sockets (RFC 5626 §2): for UDP the pair of addresses, for a stream the
 * connection. Two flows of one UDP pair may be two objects; compare with `sameFlow`.
 */
export interface Flow {
  readonly kind: TransportKind;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Names the connection for its life; null for UDP. */
  readonly connectionId: string | null;
  /** False once the connection is gone, or the socket closed. */
  readonly isOpen: boolean;
}

export function sameFlow(a: Flow, b: Flow): boolean {
  if (a.kind !== b.kind || a.connectionId !== b.connectionId) return false;
  if (a.connectionId !== null) return true;
  return (
    a.remote.port === b.remote.port &&
    a.remote.address === b.remote.address &&
    a.local.port === b.local.port &&
    a.local.address === b.local.address
  );
}

/** Where a request goes. */
export interface Target {
  readonly kind: TransportKind;
  /** An IP literal without brackets. */
  readonly address: string;
  readonly port: number;
  /** Use this flow only; when it is gone, fail at once. */
  readonly flow?: Flow | undefined;
  /** The peer offers TCP as well (a URI without `transport`), so a large request may go there: RFC 3261 §18.1.1. */
  readonly tcpAllowed?: boolean;
  /** Send from this address of ours. */
  readonly localAddress?: string;
}

/** The target that stands for an open flow. */
export function targetOf(flow: Flow): Target {
  return { kind: flow.kind, address: flow.remote.address, port: flow.remote.port, flow };
}

export type TransportReason =
  | 'flow-gone'
  | 'no-socket'
  | 'connect-failed'
  | 'send-failed'
  | 'queue-full'
  | 'too-many-connections'
  | 'closed';

/** A message could not be sent. */
export class TransportError extends AppError {
  readonly code = 'SIP_TRANSPORT';
  readonly reason: TransportReason;

  constructor(reason: TransportReason, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

/** A listener could not be opened; `systemCode` is the system's word for it (`EADDRINUSE`), null when it had none. */
export class ListenError extends AppError {
  readonly code = 'LISTEN_FAILED';
  readonly kind: TransportKind;
  readonly address: string;
  readonly port: number;
  readonly systemCode: string | null;

  constructor(
    listen: { readonly kind: TransportKind; readonly address: string; readonly port: number },
    systemCode: string | null,
    options?: { readonly cause?: unknown },
  ) {
    const why = systemCode === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${systemCode ?? 'no address'})`;
    super(`SIP ${listen.kind} ${listen.address}:${listen.port} ${why}`, options);
    this.kind = listen.kind;
    this.address = listen.address;
    this.port = listen.port;
    this.systemCode = systemCode;
  }
}

/** A message as it left, for retransmission. */
export interface SentMessage {
  readonly flow: Flow;
  readonly data: Buffer;
}

/** What one kind of transport tells the layer. */
export interface TransportEvents {
  onMessage(message: SipMessage, flow: Flow): void;
  /** Something that is no message; `partial` when enough of a request could be read to answer it. */
  onFault(fault: MessageFault, partial: SipRequest | undefined, flow: Flow): void;
  /** Once per stream connection that was open. */
  onFlowClosed(flow: Flow): void;
}

/** One kind of transport: its listeners, its flows. What is missing of a flow is an error value, never a throw. */
export interface Transport {
  readonly kind: TransportKind;
  /** The bound addresses, in the order of `listen`. */
  readonly listening: readonly SocketAddress[];
  /** Rejects with the system's error. Port 0 picks a free one. */
  listen(local: SocketAddress): Promise<void>;
  /** An open flow to there; null when there is none, for a stream until `connect` has made it. */
  find(target: Target): Flow | null;
  /** Opens a flow, or joins the attempt that is under way. Rejects with a TransportError. */
  connect(target: Target, timeoutMs?: number): Promise<Flow>;
  /** `onError` is never called before `send` returns. */
  send(message: SentMessage, onError: (error: TransportError) => void): void;
  /** RFC 5626 §3.5.1, §4.4.1: double CRLF. */
  ping(flow: Flow): void;
  /** Closes listeners and connections; may be called twice. */
  close(): Promise<void>;
}
