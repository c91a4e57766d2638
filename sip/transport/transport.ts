import type { Clock } from '../../base/clock.js';
import { AppError } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { Network, SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { SipMessage, SipRequest } from '../message.js';
import type { MessageFault } from '../parse/message.js';
import type { RequestRemains } from '../parse/remains.js';
import type { ConnectionSlots } from './connection-slots.js';
import type { TransportCounters } from './counters.js';
import type { KeepAliveAnswer } from './keep-alive.js';
import type { TransportLimits } from './limits.js';

const standardTransports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const;
export type StandardTransport = (typeof standardTransports)[number];

/** `x-…` is supplied by the application; a Via names it in upper case (`SIP/2.0/X-LINK`), a URI as it is. */
export type TransportKind = StandardTransport | `x-${string}`;

export function isStandardTransport(kind: string): kind is StandardTransport {
  return (standardTransports as readonly string[]).includes(kind);
}

/** The kind that the `transport` of a URI names, in whatever case; null when there is none of that name. */
export function transportKind(name: string): TransportKind | null {
  const kind = name.toLowerCase();
  if (isStandardTransport(kind)) return kind;
  return kind.startsWith('x-') ? (kind as `x-${string}`) : null;
}

/** RFC 3261 §17.1.1.2: over these the transaction layer does not retransmit. An application's transport is one. */
export function isReliable(kind: TransportKind): boolean {
  return kind !== 'udp';
}

/** RFC 3261 §26.2.2: fit for a hop of a SIPS URI. */
export function isSecure(kind: TransportKind): boolean {
  return kind === 'tls' || kind === 'wss';
}

/** RFC 7118: who is on such a connection is reached over it alone. */
export function isWebSocket(kind: TransportKind): boolean {
  return kind === 'ws' || kind === 'wss';
}

/** A sent-by in place of the address of the socket; without a port the transport's default one is meant. */
export interface SentBy {
  readonly host: string;
  readonly port?: number | undefined;
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
  /** Written into our Via and Contact on this flow: RFC 7118 §B.1, a client that nobody can dial. */
  readonly sentBy?: SentBy | undefined;
  /** The domains that the peer's certificate proves, lower-case (RFC 5922 §7.1); empty or absent when it proved none. */
  readonly identities?: readonly string[] | undefined;
  /** Our requests on it carry `alias` (RFC 5923 §8.1). */
  readonly offersAlias?: boolean | undefined;
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
  /**
   * The domain that was asked for before DNS: a TLS server has to prove that it is this one (RFC 5922 §7.1), and is
   * told so (SNI). Connections are shared by address, port and this name.
   */
  readonly serverName?: string | undefined;
  /** The sent-by of our Via, chosen by the application; the answer still comes by `rport` (RFC 3581 §4). */
  readonly sentBy?: SentBy | undefined;
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
  /** A request to a SIPS URI for a transport without TLS (RFC 3261 §26.2.2), other than the flow of a peer. */
  | 'insecure'
  /** A TLS server that is not who was asked for (RFC 5922 §7.3). */
  | 'wrong-peer'
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

/** A layer was given two transports of one kind. */
export class DuplicateTransportError extends AppError {
  readonly code = 'DUPLICATE_TRANSPORT';
}

/** A message as it left, for retransmission. */
export interface SentMessage {
  readonly flow: Flow;
  readonly data: Buffer;
}

/** What one kind of transport tells the layer. */
export interface TransportEvents {
  onMessage(message: SipMessage, flow: Flow): void;
  /** Something that is no message; `readable` when enough of a request could be read to answer it. */
  onFault(fault: MessageFault, readable: SipRequest | RequestRemains | undefined, flow: Flow): void;
  /** Once per stream connection that was open. */
  onFlowClosed(flow: Flow): void;
  /** A pong, or a STUN answer, on a flow that was pinged: RFC 5626 §4.4. */
  onKeepAliveAnswer?(answer: KeepAliveAnswer, flow: Flow): void;
}

/**
 * One kind of transport: its listeners, its flows. What is missing of a flow is an error value, never a throw.
 * An application's own is told apart by its kind (`x-…`) and is used like any other: a request goes there when its
 * target, or the `transport` of a URI, names the kind.
 */
export interface Transport {
  readonly kind: TransportKind;
  /** What all its flows have as `sentBy`, for a Contact that is written before there is a flow. */
  readonly sentBy?: SentBy | undefined;
  /** The bound addresses, in the order of `listen`. */
  readonly listening: readonly SocketAddress[];
  /** Open connections; 0 where there is nothing to count. */
  readonly connections: number;
  /** Rejects with the system's error. Port 0 picks a free one. */
  listen(local: SocketAddress): Promise<void>;
  /** An open flow to there; null when there is none, for a stream until `connect` has made it. */
  find(target: Target): Flow | null;
  /** An open connection by its id; null for one of another transport. */
  byId(connectionId: string): Flow | null;
  /** Opens a flow, or joins the attempt that is under way. Rejects with a TransportError. */
  connect(target: Target, timeoutMs?: number): Promise<Flow>;
  /** `onError` is never called before `send` returns. */
  send(message: SentMessage, onError: (error: TransportError) => void): void;
  /** RFC 5626 §3.5.1, §4.4.1: double CRLF, or what this transport has in its place. */
  ping(flow: Flow): void;
  /** Closes listeners and connections; may be called twice. */
  close(): Promise<void>;
}

/** What the layer lends to its transports. */
export interface TransportHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  /** Each limit of a transport counts here. */
  readonly counters: TransportCounters;
  readonly limits: TransportLimits;
  /** Asked before a connection is accepted or made, and told when it is gone. */
  readonly slots: ConnectionSlots;
  /** Where messages, faults and the ends of connections are reported. */
  readonly events: TransportEvents;
}

/** Makes one transport for one layer; called once, before anything is opened. */
export type TransportFactory = (host: TransportHost) => Transport;
