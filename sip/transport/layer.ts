import { messageOf } from '../../base/errors.js';
import { familyOf, type SocketAddress, systemCode } from '../../base/network.js';
import type { Via } from '../header-values.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import type { MessageFault } from '../parse/message.js';
import type { RequestRemains } from '../parse/remains.js';
import { serializeMessage } from '../serialize.js';
import { ConnectionSlots } from './connection-slots.js';
import { createTransportCounters, type TransportCounters } from './counters.js';
import { KeepAliveAnswers } from './keep-alive.js';
import type { Listen, LocalEndpoint, SendHandlers, TransportHandlers, TransportLayerOptions } from './layer-options.js';
import { defaultTransportLimits, type TransportLimits } from './limits.js';
import { expandAddress, pickLocal } from './local-address.js';
import { malformedAnswer } from './malformed.js';
import { RateLimiter } from './rate-limiter.js';
import { RecentSet } from './recent-set.js';
import { reopenFlow } from './reopen.js';
import { tcpTransport } from './tcp.js';
import type { Flow, SentBy, SentMessage, Target, Transport, TransportHost, TransportKind } from './transport.js';
import {
  DuplicateTransportError,
  isSecure,
  isStandardTransport,
  isWebSocket,
  ListenError,
  TransportError,
} from './transport.js';
import { UdpTransport } from './udp.js';
import { defaultPort, noteSource, responsePort, sentByFault, viaFor } from './via.js';

export type {
  Listen,
  LocalEndpoint,
  SendHandlers,
  TransportHandlers,
  TransportLayerOptions,
} from './layer-options.js';

/** RFC 3261 §18.1.1: the largest request for UDP while the path MTU is unknown. */
const MAX_UDP_REQUEST_BYTES = 1300;
/** How long, and of how many peers, we remember that TCP was refused; the oldest is forgotten first. */
const REFUSED_TCP_MS = 60_000;
const MAX_REFUSED_TCP = 1024;
/** How many sent-bys of the application's choice we recognise in responses; the one used longest ago is forgotten. */
const MAX_SENT_BYS = 1024;

function nothing(): void {}

/**
 * RFC 3261 §18: picks a flow, writes our sent-by, notes `received` and `rport`, moves large requests to TCP, drops
 * what is not for us. Knows nothing of transactions. Limits: see TransportLimits, each with its counter.
 */
export class TransportLayer {
  readonly counters: TransportCounters = createTransportCounters();
  /** Where a FlowKeeper hears what answers its keep-alives. */
  readonly keepAliveAnswers = new KeepAliveAnswers();
  readonly #options: TransportLayerOptions;
  readonly #limits: TransportLimits;
  readonly #udp: UdpTransport;
  readonly #transports = new Map<TransportKind, Transport>();
  readonly #malformedAnswers: RateLimiter;
  readonly #refusedTcp: RecentSet;
  readonly #sentBys: RecentSet;
  #handlers: TransportHandlers | null = null;
  #closed: Promise<void> | null = null;

  /** Throws when two of the transports are of one kind, and an UnwritableError for a sent-by that is no host. */
  constructor(options: TransportLayerOptions) {
    const { clock, network, random, log } = options;
    const limits = { ...defaultTransportLimits, ...options.limits };
    const { counters } = this;
    this.#options = options;
    this.#limits = limits;
    const slots = new ConnectionSlots(limits, counters);
    const host: TransportHost = {
      clock,
      random,
      network,
      log,
      counters,
      limits,
      slots,
      events: {
        onMessage: (message, flow) => this.#onMessage(message, flow),
        onFault: (fault, readable, flow) => this.#onFault(fault, readable, flow),
        onFlowClosed: (flow) => this.#guarded(() => this.#handlers?.onFlowClosed?.(flow)),
        onKeepAliveAnswer: (answer, flow) => this.#guarded(() => this.keepAliveAnswers.deliver(answer, flow)),
      },
    };
    this.#udp = new UdpTransport(host);
    for (const transport of [this.#udp, tcpTransport(host), ...(options.transports ?? []).map((make) => make(host))]) {
      if (this.#transports.has(transport.kind))
        throw new DuplicateTransportError(`two transports are ${transport.kind}`);
      this.#transports.set(transport.kind, transport);
    }
    const named = [...this.#transports.values()].map(({ sentBy }) => sentBy);
    if (options.publicIp !== undefined) named.push({ host: options.publicIp });
    const unwritable = named.map(sentByFault).find((fault) => fault !== null);
    if (unwritable) throw unwritable;
    this.#malformedAnswers = new RateLimiter(clock, limits.malformedAnswersPerSecond);
    this.#refusedTcp = new RecentSet(clock, REFUSED_TCP_MS, MAX_REFUSED_TCP);
    this.#sentBys = new RecentSet(clock, Number.POSITIVE_INFINITY, MAX_SENT_BYS);
  }

  /** The bound addresses; port 0 is the port that was found. */
  get listening(): readonly ({ readonly kind: TransportKind } & SocketAddress)[] {
    return [...this.#transports.values()].flatMap(({ kind, listening }) =>
      listening.map(({ address, port }) => ({ kind, address, port })),
    );
  }

  /** Open connections of all transports. */
  get connections(): number {
    let open = 0;
    for (const transport of this.#transports.values()) open += transport.connections;
    return open;
  }

  /**
   * Opens every listener, or none: rejects with a ListenError that names the address. Of a wildcard, addresses that
   * the system does not let us use are left out, as long as one is usable.
   */
  async start(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    try {
      for (const listen of this.#options.listens) await this.#listen(listen);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Sends on `target.flow`, else on an open flow to there, else on one that is opened first. Replaces the request's
   * top Via, whose branch the caller has set, by one with our sent-by and `rport`. A request over 1300 bytes goes by
   * TCP when the target allows it (RFC 3261 §18.1.1), and back to UDP when that is refused.
   */
  sendRequest(request: SipRequest, target: Target, handlers: SendHandlers): void {
    const { flow } = target;
    const fault = sentByFault(target.sentBy);
    if (fault !== null || flow !== undefined) {
      if (fault !== null) fail(handlers, fault);
      else if (flow?.isOpen === true) this.#sendOver(flow, request, target, handlers);
      else fail(handlers, new TransportError('flow-gone', 'the flow of this target is gone'));
      return;
    }
    if (request.uri.scheme === 'sips' && !mayCarrySips(target.kind)) {
      fail(handlers, new TransportError('insecure', `a SIPS URI is not for ${target.kind}`));
      return;
    }
    if (target.kind === 'udp') this.#sendByUdp(request, target, handlers);
    else this.#sendByStream(request, target, handlers);
  }

  /**
   * RFC 3261 §18.2.2, RFC 3581 §4: over the flow the request came by; UDP to its source, from the same socket. When
   * a stream is gone a new one is opened to the source at the sent-by port, but not to a WebSocket client, which
   * cannot be dialled (RFC 7118). Returns what was sent.
   */
  sendResponse(response: SipResponse, flow: Flow, onError: (error: Error) => void, isPassing = false): SentMessage {
    const data = serializeMessage(response, isPassing);
    const top = response.via[0];
    if (flow.kind === 'udp') {
      const sent = { flow: this.#udp.towards(flow, responsePort(top, flow.remote)), data };
      this.#udp.send(sent, onError);
      return sent;
    }
    const sent = { flow, data };
    if (flow.isOpen || isWebSocket(flow.kind)) {
      this.resend(sent, onError);
      return sent;
    }
    this.reopen(flow, top).then((reopened) => this.resend({ flow: reopened, data }, onError), onError);
    return sent;
  }

  /** See reopenFlow. */
  reopen(flow: Flow, top: Via | undefined): Promise<Flow> {
    return reopenFlow(flow, top, (target) => this.#connect(target), this.#options.locateSentBy);
  }

  /** Sends the same bytes again, over the same flow. */
  resend(sent: SentMessage, onError: (error: Error) => void): void {
    const transport = this.#transports.get(sent.flow.kind);
    if (transport === undefined) queueMicrotask(() => onError(unknownKind(sent.flow.kind)));
    else transport.send(sent, onError);
  }

  /** Whether nobody listens there, as far as ICMP tells in time: for UDP, where the network can see it. */
  async refuses({ kind, address, port }: Target, signal: AbortSignal): Promise<boolean> {
    return kind === 'udp' && (await this.#options.network.refusesUdp?.({ address, port }, signal)) === true;
  }

  /** The open flow that this target would use; null when it would have to be opened, or cannot be. */
  findFlow(target: Target): Flow | null {
    if (target.flow !== undefined) return target.flow.isOpen ? target.flow : null;
    return this.#transports.get(target.kind)?.find(target) ?? null;
  }

  /** An open connection by its id. */
  flowById(connectionId: string): Flow | null {
    for (const transport of this.#transports.values()) {
      const flow = transport.byId(connectionId);
      if (flow !== null) return flow;
    }
    return null;
  }

  /** RFC 5626 §3.5.1, §4.4: a double CRLF, which keeps a NAT binding or a connection alive. */
  keepAlive(flow: Flow): void {
    if (flow.isOpen) this.#transports.get(flow.kind)?.ping(flow);
  }

  /**
   * Host and port for our Via and Contact towards a peer: the address of the socket that reaches it, or the public
   * address for a peer outside the local nets. For a stream the listener's port, because the peer may have to dial us.
   */
  localFor(peer: Flow | Target): LocalEndpoint {
    const flow = isFlow(peer) ? peer : (peer.flow ?? null);
    const remoteAddress = isFlow(peer) ? peer.remote.address : peer.address;
    const sentBy = flow?.sentBy ?? this.#transports.get(peer.kind)?.sentBy;
    if (sentBy !== undefined) {
      return { host: sentBy.host, port: sentBy.port ?? defaultPort(peer.kind), kind: peer.kind };
    }
    const local = flow?.local ?? (isFlow(peer) ? null : this.#localOf(peer));
    const named = peer.kind === 'udp' ? local : (this.#listenerFor(peer.kind, remoteAddress, local?.address) ?? local);
    const host = local?.address ?? named?.address ?? '0.0.0.0';
    return { host: this.#outward(host, remoteAddress), port: named?.port ?? 0, kind: peer.kind };
  }

  /** Closes every connection and listener; may be called twice. */
  close(): Promise<void> {
    this.#handlers = null;
    this.#closed ??= Promise.all([...this.#transports.values()].map((each) => each.close())).then(nothing);
    return this.#closed;
  }

  async #listen(listen: Listen): Promise<void> {
    const transport = this.#transports.get(listen.kind);
    if (transport === undefined) throw new ListenError(listen, null, { cause: unknownKind(listen.kind) });
    const addresses = expandAddress(listen.address, this.#options.network);
    let opened = 0;
    for (const address of addresses) {
      try {
        await transport.listen({ address, port: listen.port });
        opened += 1;
      } catch (cause) {
        const code = systemCode(cause);
        const named = { kind: listen.kind, address, port: listen.port };
        if (code !== 'EADDRNOTAVAIL' || addresses.length === 1) throw new ListenError(named, code, { cause });
        this.#options.log.warn('sip.listen.address-unusable', named);
      }
    }
    if (opened === 0) throw new ListenError(listen, null);
  }

  #sendByUdp(request: SipRequest, target: Target, handlers: SendHandlers): void {
    const flow = this.#udp.find(target);
    if (flow === null) {
      fail(handlers, new TransportError('no-socket', `no UDP socket reaches ${target.address}`));
      return;
    }
    const sent = this.#written(flow, request, target.sentBy);
    const peer = `${target.address}|${target.port}`;
    const tooLarge = sent.data.length > MAX_UDP_REQUEST_BYTES && target.tcpAllowed === true;
    if (!tooLarge || this.#refusedTcp.has(peer)) {
      this.#guarded(() => handlers.onSent(sent));
      this.#udp.send(sent, handlers.onError);
      return;
    }
    this.counters.switchedToTcp += 1;
    this.#connect({ ...target, kind: 'tcp' }, this.#limits.switchTimeoutMs).then(
      (stream) => this.#sendOver(stream, request, target, handlers),
      (error) => {
        if (!flow.isOpen) return handlers.onError(error);
        this.counters.fellBackToUdp += 1;
        this.#refusedTcp.add(peer);
        this.#sendOver(flow, request, target, handlers);
      },
    );
  }

  #sendByStream(request: SipRequest, target: Target, handlers: SendHandlers): void {
    const open = this.findFlow(target);
    if (open !== null) this.#sendOver(open, request, target, handlers);
    else this.#connect(target).then((flow) => this.#sendOver(flow, request, target, handlers), handlers.onError);
  }

  #connect(target: Target, timeoutMs?: number): Promise<Flow> {
    const transport = this.#transports.get(target.kind);
    return transport === undefined
      ? Promise.reject(unknownKind(target.kind))
      : transport.connect(target, timeoutMs ?? this.#limits.connectTimeoutMs);
  }

  #sendOver(flow: Flow, request: SipRequest, target: Target, handlers: SendHandlers): void {
    const sent = this.#written(flow, request, target.sentBy);
    this.#guarded(() => handlers.onSent(sent));
    this.resend(sent, handlers.onError);
  }

  /** The request as it leaves on that flow. */
  #written(flow: Flow, request: SipRequest, sentBy: SentBy | undefined): SentMessage {
    const top = request.via[0];
    if (sentBy !== undefined) this.#sentBys.add(sentByName(sentBy, flow.kind));
    if (top !== undefined) request.via[0] = viaFor(top, flow, sentBy ?? this.localFor(flow));
    return { flow, data: serializeMessage(request) };
  }

  #onMessage(message: SipMessage, flow: Flow): void {
    const handlers = this.#handlers;
    if (handlers === null) return;
    if (message.kind === 'request') {
      this.counters.requestsReceived += 1;
      noteSource(message, flow.remote);
      try {
        handlers.onRequest(message, flow);
      } catch (error) {
        this.#failed(error);
      }
      return;
    }
    this.counters.responsesReceived += 1;
    const top = message.via[0];
    if (top === undefined || !this.#isOurs(top.host, top.port ?? defaultPort(flow.kind), flow)) {
      this.counters.misroutedResponses += 1;
      return;
    }
    this.#guarded(() => handlers.onResponse(message, flow));
  }

  /** RFC 3261 §8.1.3.3, §18.1.2: a sent-by that we may have written. */
  #isOurs(host: string, port: number, flow: Flow): boolean {
    const ours = this.localFor(flow);
    if (host === ours.host && port === ours.port) return true;
    if (this.#sentBys.has(sentByName({ host, port }, flow.kind))) return true;
    return this.listening.some(
      (local) => local.port === port && (local.address === host || this.#options.publicIp === host),
    );
  }

  #onFault(fault: MessageFault, readable: SipRequest | RequestRemains | undefined, flow: Flow): void {
    this.counters.malformed += 1;
    // RFC 3261 §17.1.1.3: an ACK is never answered.
    if (readable === undefined || readable.method === 'ACK' || this.#handlers === null) return;
    if (!this.#malformedAnswers.take()) return;
    this.counters.malformedAnswered += 1;
    const answer = malformedAnswer(fault, readable, flow.remote);
    if (answer.kind === 'response') this.sendResponse(answer.response, flow, nothing);
    else this.resend({ flow: this.#udp.towards(flow, answer.port), data: answer.data }, nothing);
  }

  #localOf(target: Target): SocketAddress | null {
    return this.#transports.get(target.kind)?.find(target)?.local ?? null;
  }

  #listenerFor(kind: TransportKind, peer: string, local: string | undefined): SocketAddress | null {
    const candidates = (this.#transports.get(kind)?.listening ?? []).map((address) => ({ local: address }));
    return (pickLocal(candidates, peer, local) ?? pickLocal(candidates, peer))?.local ?? null;
  }

  #outward(host: string, remoteAddress: string): string {
    const { isLocalNet, publicIp } = this.#options;
    if (publicIp === undefined || familyOf(publicIp) !== familyOf(remoteAddress)) return host;
    return isLocalNet(remoteAddress) ? host : publicIp;
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#options.log.error('sip.transport.handler-failed', { error: messageOf(error) });
  }
}

function fail(handlers: SendHandlers, error: Error): void {
  queueMicrotask(() => handlers.onError(error));
}

function unknownKind(kind: TransportKind): TransportError {
  return new TransportError('no-socket', `the transport ${kind} is not available`);
}

/** RFC 3261 §26.2.2. Of a transport of its own the application knows how safe it is. */
function mayCarrySips(kind: TransportKind): boolean {
  return isSecure(kind) || !isStandardTransport(kind);
}

function sentByName({ host, port }: SentBy, kind: TransportKind): string {
  return `${host}|${port ?? defaultPort(kind)}`;
}

function isFlow(peer: Flow | Target): peer is Flow {
  return 'remote' in peer;
}
