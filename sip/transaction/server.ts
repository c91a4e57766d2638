import type { Timer } from '../../base/clock.js';
import { createResponse } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { Flow, SentMessage } from '../transport/transport.js';
import { isReliable } from '../transport/transport.js';
import type { TransactionHost } from './host.js';
import {
  type InviteServerAction,
  type InviteServerEvent,
  type InviteServerState,
  inviteServer,
} from './invite-server.js';
import type { AnyTable } from './machine.js';
import {
  type NonInviteServerAction,
  type NonInviteServerEvent,
  type NonInviteServerState,
  nonInviteServer,
} from './non-invite-server.js';
import type { Waiter } from './timer-lane.js';
import { type Timers, TRYING_AFTER_MS } from './timers.js';
import type { ServerTransaction, ServerTransactionState } from './transaction.js';

type State = InviteServerState | NonInviteServerState;
type Event = InviteServerEvent | NonInviteServerEvent;
type Action = InviteServerAction | NonInviteServerAction;

/** What came with an event. */
interface News {
  readonly request?: SipRequest;
  readonly response?: SipResponse;
  readonly flow?: Flow;
  readonly error?: Error;
  /** Whom a transport error concerns. */
  readonly transaction?: ServerTransaction | undefined;
}

const nothing: News = {};

/** The user's view of a server transaction. It, not the machine, holds the request. */
class ServerHandle implements ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly isMerged: boolean;
  readonly #machine: ServerMachine;

  constructor(machine: ServerMachine, from: { request: SipRequest; flow: Flow }, isMerged: boolean) {
    this.#machine = machine;
    this.request = from.request;
    this.flow = from.flow;
    this.isMerged = isMerged;
  }

  get state(): ServerTransactionState {
    return this.#machine.state;
  }

  get localTag(): string {
    return this.#machine.localTag;
  }

  get statelessTag(): string {
    return this.#machine.statelessTag;
  }

  respond(response: SipResponse): void {
    this.#machine.respond(response, this);
  }

  respondStateless(response: SipResponse): void {
    this.#machine.respondStateless(response);
  }

  drop(): void {
    this.#machine.destroy();
  }

  onTerminated(listener: () => void): void {
    this.#machine.onTerminated(listener);
  }
}

/**
 * Runs one of the two server tables: owns its timers, performs its actions, decides nothing. After the final response
 * it keeps the response's bytes and its keys only; the request goes with the user's handle.
 */
export class ServerMachine implements Waiter {
  static readonly #actions: Readonly<Record<Action, (machine: ServerMachine, news: News) => void>> = {
    deliverRequest: (machine) => machine.#deliverRequest(),
    deliverAck: (machine, news) => machine.#deliverAck(news),
    start100: (machine) => machine.#armRetransmit('timer100', TRYING_AFTER_MS),
    stop100: (machine) => machine.#stopRetransmit(),
    send100: (machine) => machine.#send100(),
    send: (machine, news) => machine.#send(news),
    resend: (machine) => machine.#resend(),
    startG: (machine) => {
      if (!isReliable(machine.#flow.kind)) machine.#armRetransmit('timerG', machine.#timers().gMs);
    },
    doubleG: (machine) => {
      machine.#armRetransmit('timerG', Math.min(machine.#retransmitMs * 2, machine.#timers().t2Ms));
    },
    startH: (machine) => machine.#armTimeout(machine.#timers().hMs),
    stopGH: (machine) => machine.#stopTimers(),
    startI: (machine) => machine.#host.lane(machine.#timers().iMs).add(machine),
    startJ: (machine) => machine.#host.lane(machine.#timers().jMs).add(machine),
    startL: (machine) => machine.#host.lane(machine.#timers().lMs).add(machine),
    countAckTimeout: (machine) => {
      machine.#host.counters.ackTimeouts += 1;
    },
    reportTransportError: (machine, news) => machine.#reportTransportError(news),
  };
  readonly key: string;
  readonly mergeKey: string | null;
  /** The INVITE was cancelled and the user knows. */
  cancelled = false;
  readonly #host: TransactionHost;
  readonly #isInvite: boolean;
  readonly #table: AnyTable<State, Event, Action>;
  #state: State = 'initial';
  #flow: Flow;
  #handle: ServerHandle | null;
  #sent: SentMessage | null = null;
  #localTag: string | null = null;
  #retransmit: Timer | null = null;
  #retransmitMs = 0;
  #timeout: Timer | null = null;
  #listeners: (() => void)[] | null = null;

  constructor(
    host: TransactionHost,
    keys: { readonly key: string; readonly mergeKey: string | null; readonly isMerged: boolean },
    from: { readonly request: SipRequest; readonly flow: Flow },
  ) {
    this.#host = host;
    this.key = keys.key;
    this.mergeKey = keys.mergeKey;
    this.#flow = from.flow;
    this.#isInvite = from.request.method === 'INVITE';
    this.#table = this.#isInvite ? inviteServer : nonInviteServer;
    this.#handle = new ServerHandle(this, from, keys.isMerged);
  }

  get state(): ServerTransactionState {
    return this.#state;
  }

  /** The user's handle, until the final response. */
  get handle(): ServerTransaction | null {
    return this.#handle;
  }

  get localTag(): string {
    this.#localTag ??= this.#host.createTag();
    return this.#localTag;
  }

  /** The first request, or one more copy of it. */
  onRequest(flow: Flow): void {
    // A peer whose connection broke repeats the request over a new one.
    if (!this.#flow.isOpen) this.#flow = flow;
    if (this.#state !== 'initial') this.#host.counters.retransmissions += 1;
    this.#step('request', nothing);
  }

  onAck(request: SipRequest, flow: Flow): void {
    this.#step('ack', { request, flow });
  }

  respond(response: SipResponse, transaction: ServerTransaction): void {
    const { statusCode } = response;
    const event = statusCode < 200 ? 'provisional' : statusCode < 300 ? 'success' : 'failure';
    this.#step(event, { response, transaction });
  }

  get statelessTag(): string {
    return this.#host.statelessTag(this.key);
  }

  respondStateless(response: SipResponse): void {
    const flow = this.#flow;
    this.destroy();
    this.#host.sendStateless(response, flow);
  }

  onTerminated(listener: () => void): void {
    if (this.#state === 'terminated') {
      this.#host.guarded(listener);
      return;
    }
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  lapse(): void {
    if (!this.#isInvite) this.#step('timerJ', nothing);
    else this.#step(this.#state === 'accepted' ? 'timerL' : 'timerI', nothing);
  }

  /** Ends without a word to anybody. */
  destroy(): void {
    this.#state = 'terminated';
    this.#listeners = null;
    this.#end();
  }

  #step(event: Event, news: News): void {
    const from = this.#state;
    const cell = this.#table[from]?.[event];
    if (cell === undefined) return;
    this.#state = cell.to;
    this.#host.trace?.({
      machine: this.#isInvite ? 'invite-server' : 'non-invite-server',
      branch: this.key,
      from,
      event,
      to: cell.to,
    });
    for (const action of cell.act) ServerMachine.#actions[action](this, news);
    if (cell.to === 'terminated') this.#end();
  }

  #deliverRequest(): void {
    const handle = this.#handle;
    if (handle === null) return;
    const served = this.#host.guarded(() => this.#host.user.onRequest(handle));
    if (!served) handle.respond(createResponse(handle.request, 500, { toTag: this.localTag }));
  }

  #deliverAck({ request, flow }: News): void {
    if (request === undefined || flow === undefined) return;
    this.#host.guarded(() => this.#host.user.onAck(request, flow));
  }

  #send100(): void {
    const handle = this.#handle;
    if (handle !== null) this.#transmit(createResponse(handle.request, 100), handle);
  }

  #send({ response, transaction }: News): void {
    if (response === undefined) return;
    this.#transmit(response, transaction);
    if (response.statusCode < 200) return;
    this.#handle = null;
    if (this.#state === 'accepted') this.#sent = null;
  }

  #transmit(response: SipResponse, transaction: ServerTransaction | undefined): void {
    this.#sent = this.#host.transport.sendResponse(response, this.#flow, (error) => {
      this.#step('transportError', { error, transaction });
    });
  }

  #resend(): void {
    if (this.#sent === null) this.#send100();
    else this.#host.transport.resend(this.#sent, (error) => this.#step('transportError', { error }));
  }

  #reportTransportError({ error, transaction }: News): void {
    this.#host.counters.responseFailures += 1;
    if (error === undefined || transaction === undefined) return;
    this.#host.guarded(() => this.#host.user.onTransportFailure?.(transaction, error));
  }

  #timers(): Timers {
    return this.#host.timers(isReliable(this.#flow.kind));
  }

  #armRetransmit(event: 'timer100' | 'timerG', delayMs: number): void {
    this.#retransmitMs = delayMs;
    this.#retransmit = this.#host.clock.setTimer(delayMs, () => this.#step(event, nothing));
  }

  #armTimeout(delayMs: number): void {
    this.#timeout = this.#host.clock.setTimer(delayMs, () => this.#step('timerH', nothing), { liveness: true });
  }

  #stopRetransmit(): void {
    this.#retransmit?.cancel();
    this.#retransmit = null;
  }

  #stopTimers(): void {
    this.#stopRetransmit();
    this.#timeout?.cancel();
    this.#timeout = null;
  }

  #end(): void {
    this.#stopTimers();
    this.#handle = null;
    this.#host.removeServer(this);
    const listeners = this.#listeners;
    this.#listeners = null;
    for (const listener of listeners ?? []) this.#host.guarded(listener);
  }
}
