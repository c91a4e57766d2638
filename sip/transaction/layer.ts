import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import { randomHex } from '../../base/random.js';
import { createResponse, type HeaderList } from '../build.js';
import { tagOf } from '../header-values.js';
import type { SipRequest, SipResponse } from '../message.js';
import { Params } from '../params.js';
import type { TransportHandlers } from '../transport/layer.js';
import type { Flow, Target } from '../transport/transport.js';
import { ClientMachine } from './client.js';
import { FlowIndex } from './flow-index.js';
import type { TransactionHost } from './host.js';
import { clientKey, MAGIC_COOKIE, mergeKey, serverKey, statelessTag } from './keys.js';
import { LaneClock } from './lane-clock.js';
import type { Transition } from './machine.js';
import { ServerMachine } from './server.js';
import { TimerLane } from './timer-lane.js';
import { defaultTimerBase, type TimerBase, timersFor } from './timers.js';
import {
  type ClientTransaction,
  type ClientTransactionHandlers,
  createTransactionCounters,
  type TransactionCounters,
  TransactionRefused,
  type TransactionTransport,
  type TransactionUser,
} from './transaction.js';

export type {
  ClientTransaction,
  ClientTransactionHandlers,
  ServerTransaction,
  ServerTransactionState,
  TransactionTransport,
  TransactionUser,
} from './transaction.js';

export interface TransactionLimits {
  /** Server transactions, finished ones included; a new request over it gets a stateless 503, counted `overloads`. */
  readonly maxServer: number;
  /** How many more are kept for requests inside dialogs, which are shed last. */
  readonly inDialogReserve: number;
  /** Client transactions; a request of ours over it fails at once, counted `refused`. */
  readonly maxClient: number;
}

/** 4,000 registrations a second, each asked twice (401 and 200), fit for the 32 s of Timer J: about 1 KB each. */
export const defaultTransactionLimits: TransactionLimits = {
  maxServer: 300_000,
  inDialogReserve: 50_000,
  maxClient: 50_000,
};

export interface TransactionLayerOptions {
  readonly transport: TransactionTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly timers?: Partial<TimerBase>;
  readonly limits?: Partial<TransactionLimits>;
  /** Sees every transition of every machine. */
  readonly trace?: (transition: Transition) => void;
}

/** Seconds, in a 503 of our own. */
const RETRY_AFTER_S = '5';
const BRANCH_BYTES = 10;
const TAG_BYTES = 8;

const ignored: ClientTransactionHandlers = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};

/**
 * RFC 3261 §17: matches messages to transactions, runs their tables, owns their timers. Retransmissions are answered
 * here. CANCEL is answered without a transaction of its own: the same copy always gets the same answer. Limits: see
 * TransactionLimits; counters: `counters`.
 */
export class TransactionLayer implements TransportHandlers {
  readonly counters: TransactionCounters = createTransactionCounters();
  readonly #options: TransactionLayerOptions;
  readonly #user: TransactionUser;
  readonly #limits: TransactionLimits;
  readonly #host: TransactionHost;
  readonly #clients = new Map<string, ClientMachine>();
  /** Client transactions by their connection; a datagram socket does not close under them. */
  readonly #byFlow = new FlowIndex<ClientMachine>();
  readonly #servers = new Map<string, ServerMachine>();
  /** The first server transaction of each request outside a dialog, by what merged copies share. */
  readonly #firstOf = new Map<string, ServerMachine>();
  readonly #lanes = new Map<number, TimerLane>();
  readonly #clock: LaneClock;
  readonly #tagSalt: number;
  #closed = false;

  constructor(options: TransactionLayerOptions, user: TransactionUser) {
    this.#options = options;
    this.#user = user;
    this.#limits = { ...defaultTransactionLimits, ...options.limits };
    this.#tagSalt = options.random.uint32();
    this.#clock = new LaneClock(options.clock, { ...defaultTimerBase, ...options.timers });
    this.#host = this.#createHost();
  }

  /** The clock it was given, cheap for the lengths of time that transactions wait. */
  get clock(): Clock {
    return this.#clock;
  }

  /** Transactions in memory, finished ones that still absorb retransmissions included. */
  counts(): { client: number; server: number } {
    return { client: this.#clients.size, server: this.#servers.size };
  }

  /**
   * Sends a copy of the request with our Via and a fresh branch on top, and keeps it alive until a final response.
   * The given request stays as it is. Errors come through the handlers, never before this returns.
   */
  request(request: SipRequest, target: Target, handlers: ClientTransactionHandlers): ClientTransaction {
    const branch = MAGIC_COOKIE + randomHex(this.#options.random, BRANCH_BYTES);
    return this.#startClient({ request: withVia(request, branch), target, handlers }, branch);
  }

  /** Sends a copy of the request with a fresh branch, once, without a transaction: the ACK for a 2xx. */
  sendStateless(request: SipRequest, target: Target, onError?: (error: Error) => void): void {
    const branch = MAGIC_COOKIE + randomHex(this.#options.random, BRANCH_BYTES);
    this.#options.transport.sendRequest(withVia(request, branch), target, {
      onSent: () => undefined,
      onError: (error) => {
        this.counters.requestFailures += 1;
        if (onError !== undefined) this.#guarded(() => onError(error));
      },
    });
  }

  /** RFC 3261 §8.2.7: answers without a transaction; every copy of the request gets the same To tag. Never an ACK. */
  respondStateless(request: SipRequest, flow: Flow, statusCode: number, headers?: HeaderList): void {
    this.#answer(request, flow, statusCode, { toTag: statelessTag(serverKey(request), this.#tagSalt), headers });
  }

  /** RFC 3261 §8.2.2.2: the same request is being served already, having come on another way. Ask before serving. */
  findMerged(request: SipRequest): boolean {
    if (tagOf(request.to) !== undefined) return false;
    const first = this.#firstOf.get(mergeKey(request));
    return first !== undefined && first.key !== serverKey(request);
  }

  /** RFC 3261 §16.3 step 4: a request of ours that came round to us: one of its Vias is of a transaction of ours. */
  isReturned({ via, method }: SipRequest): boolean {
    if (this.#clients.size === 0) return false;
    return via.some(({ params }) => this.#clients.has(clientKey(params.get('branch') ?? '', method)));
  }

  onRequest(request: SipRequest, flow: Flow): void {
    if (this.#closed) return;
    if (request.method === 'ACK') this.#onAck(request, flow);
    else if (request.method === 'CANCEL') this.#onCancel(request, flow);
    else this.#serve(request, flow);
  }

  onResponse(response: SipResponse, flow: Flow): void {
    const branch = response.via[0]?.params.get('branch') ?? '';
    const client = this.#clients.get(clientKey(branch, response.cseq.method));
    if (client === undefined || !answers(response, client.request)) this.counters.strayResponses += 1;
    else client.onResponse(response, flow);
  }

  onFlowClosed(flow: Flow): void {
    for (const client of this.#byFlow.of(flow)) client.onTransportError(new Error('the connection closed'));
    this.#guarded(() => this.#user.onFlowClosed?.(flow));
  }

  /** Ends every transaction without a word to anybody. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const client of [...this.#clients.values()]) client.abandon();
    for (const server of [...this.#servers.values()]) server.destroy();
    for (const lane of this.#lanes.values()) lane.clear();
    this.#clock.rest();
  }

  #startClient(
    work: { readonly request: SipRequest; readonly target: Target; readonly handlers: ClientTransactionHandlers },
    branch: string,
  ): ClientMachine {
    const client = new ClientMachine(this.#host, { key: clientKey(branch, work.request.method), branch }, work);
    if (this.#closed || this.#clients.size >= this.#limits.maxClient) {
      this.counters.refused += 1;
      const why = this.#closed ? 'the transaction layer is closed' : 'too many client transactions';
      queueMicrotask(() => this.#guarded(() => work.handlers.onTransportError(new TransactionRefused(why))));
      return client;
    }
    this.#clients.set(client.key, client);
    client.start();
    return client;
  }

  #serve(request: SipRequest, flow: Flow): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (known !== undefined) known.onRequest(flow);
    else if (this.#isFull(request)) this.#shed(request, flow);
    else this.#startServer(key, request, flow);
  }

  #startServer(key: string, request: SipRequest, flow: Flow): void {
    const merge = tagOf(request.to) === undefined ? mergeKey(request) : null;
    const isMerged = merge !== null && this.#firstOf.has(merge);
    const server = new ServerMachine(this.#host, { key, mergeKey: merge, isMerged }, { request, flow });
    server.onRequest(flow);
    // Only now, so that a request that was answered without a transaction has not cost a place in the maps.
    if (this.#closed) server.destroy();
    if (server.state === 'terminated') return;
    this.#servers.set(key, server);
    if (merge !== null && !isMerged) this.#firstOf.set(merge, server);
  }

  #onAck(request: SipRequest, flow: Flow): void {
    const invite = this.#servers.get(serverKey(request));
    if (invite !== undefined) invite.onAck(request, flow);
    else this.#guarded(() => this.#user.onAck(request, flow));
  }

  #onCancel(cancel: SipRequest, flow: Flow): void {
    const invite = this.#servers.get(serverKey(cancel, 'INVITE'));
    if (invite === undefined) {
      this.counters.unmatchedCancels += 1;
      this.respondStateless(cancel, flow, 481);
      return;
    }
    this.#answer(cancel, flow, 200, { toTag: invite.localTag });
    const { handle } = invite;
    if (invite.cancelled || handle === null) return;
    invite.cancelled = true;
    this.#guarded(() => this.#user.onCancel(handle, cancel));
  }

  #isFull(request: SipRequest): boolean {
    const { maxServer, inDialogReserve } = this.#limits;
    const limit = tagOf(request.to) === undefined ? maxServer : maxServer + inDialogReserve;
    return this.#servers.size >= limit;
  }

  #shed(request: SipRequest, flow: Flow): void {
    this.counters.overloads += 1;
    this.respondStateless(request, flow, 503, [['Retry-After', RETRY_AFTER_S]]);
  }

  #answer(
    request: SipRequest,
    flow: Flow,
    statusCode: number,
    parts: { readonly toTag: string; readonly headers?: HeaderList | undefined },
  ): void {
    if (request.method !== 'ACK') this.#sendStateless(createResponse(request, statusCode, parts), flow);
  }

  #sendStateless(response: SipResponse, flow: Flow): void {
    this.#options.transport.sendResponse(response, flow, this.#responseFailed, true);
  }

  readonly #responseFailed = (): void => {
    this.counters.responseFailures += 1;
  };

  #createHost(): TransactionHost {
    const { random, transport } = this.#options;
    const base = { ...defaultTimerBase, ...this.#options.timers };
    const reliableTimers = timersFor(base, true);
    const unreliableTimers = timersFor(base, false);
    return {
      clock: this.#clock,
      transport,
      user: this.#user,
      counters: this.counters,
      trace: this.#options.trace,
      timers: (reliable) => (reliable ? reliableTimers : unreliableTimers),
      lane: (delayMs) => this.#lane(delayMs),
      createTag: () => randomHex(random, TAG_BYTES),
      statelessTag: (key) => statelessTag(key, this.#tagSalt),
      sendStateless: (response, flow) => this.#sendStateless(response, flow),
      guarded: (call) => this.#guarded(call),
      startCancel: (request, target) => {
        const branch = request.via[0]?.params.get('branch') ?? '';
        this.#startClient({ request, target, handlers: ignored }, branch);
      },
      sentOver: (client, flow) => {
        // Not one that was abandoned while its connection was being opened.
        if (this.#clients.get(client.key) === client) this.#byFlow.add(flow, client);
      },
      removeClient: (client) => {
        if (client.flow !== null) this.#byFlow.delete(client.flow, client);
        if (this.#clients.get(client.key) === client) this.#clients.delete(client.key);
      },
      removeServer: (server) => {
        if (this.#servers.get(server.key) !== server) return;
        this.#servers.delete(server.key);
        if (server.mergeKey !== null && this.#firstOf.get(server.mergeKey) === server) {
          this.#firstOf.delete(server.mergeKey);
        }
      },
    };
  }

  #lane(delayMs: number): TimerLane {
    let lane = this.#lanes.get(delayMs);
    if (lane === undefined) {
      lane = new TimerLane(this.#options.clock, delayMs);
      this.#lanes.set(delayMs, lane);
    }
    return lane;
  }

  #guarded(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.counters.userFailures += 1;
      this.#options.log.error('sip.transaction.user-failed', { error: messageOf(error) });
      return false;
    }
  }
}

/** The transport layer fills in protocol and sent-by once it has chosen a flow. */
function withVia(request: SipRequest, branch: string): SipRequest {
  const via = { protocol: '', host: '', port: undefined, params: Params.of({ branch }) };
  return { ...request, via: [via, ...request.via] };
}

/** RFC 3261 §8.2.6.2: what a response copies. Ours are unique, so a guessed branch alone does not get through. */
function answers(response: SipResponse, request: SipRequest): boolean {
  return response.callId === request.callId && response.cseq.sequence === request.cseq.sequence;
}
