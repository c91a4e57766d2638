import type { Timer } from '../../base/clock.js';
import type { HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import { serializeMessage } from '../serialize.js';
import type { Flow, SentMessage, Target } from '../transport/transport.js';
import { isReliable, targetOf } from '../transport/transport.js';
import { createAck, createCancel } from './derived-requests.js';
import type { TransactionHost } from './host.js';
import {
  type InviteClientAction,
  type InviteClientEvent,
  type InviteClientState,
  inviteClient,
} from './invite-client.js';
import type { AnyTable } from './machine.js';
import {
  type NonInviteClientAction,
  type NonInviteClientEvent,
  type NonInviteClientState,
  nonInviteClient,
} from './non-invite-client.js';
import type { Waiter } from './timer-lane.js';
import type { Timers } from './timers.js';
import type { ClientTransaction, ClientTransactionHandlers } from './transaction.js';

type State = InviteClientState | NonInviteClientState;
type Event = InviteClientEvent | NonInviteClientEvent;
type Action = InviteClientAction | NonInviteClientAction;

/** What came with an event. */
interface News {
  readonly response?: SipResponse;
  readonly flow?: Flow;
  readonly error?: Error;
}

const nothing: News = {};

/** Runs one of the two client tables: owns its timers, performs its actions, decides nothing. */
export class ClientMachine implements ClientTransaction, Waiter {
  static readonly #actions: Readonly<Record<Action, (machine: ClientMachine, news: News) => void>> = {
    send: (machine) => machine.#send(),
    resend: (machine) => machine.#resend(machine.#sent),
    startA: (machine) => machine.#armRetransmit(machine.#timers().aMs),
    doubleA: (machine) => machine.#armRetransmit(machine.#retransmitMs * 2),
    startE: (machine) => machine.#armRetransmit(machine.#timers().eMs),
    doubleE: (machine) => machine.#armRetransmit(Math.min(machine.#retransmitMs * 2, machine.#timers().t2Ms)),
    startEAtT2: (machine) => machine.#armRetransmit(machine.#timers().t2Ms),
    startB: (machine) => machine.#armTimeout('timerB', machine.#timers().bMs),
    startF: (machine) => machine.#armTimeout('timerF', machine.#timers().fMs),
    stopAB: (machine) => machine.#stopTimers(),
    stopEF: (machine) => machine.#stopTimers(),
    startD: (machine) => machine.#host.lane(machine.#timers().dMs).add(machine),
    startM: (machine) => machine.#host.lane(machine.#timers().mMs).add(machine),
    startK: (machine) => machine.#host.lane(machine.#timers().kMs).add(machine),
    ack: (machine, news) => machine.#ack(news),
    deliver: (machine, news) => machine.#deliver(news),
    sendHeldCancel: (machine) => {
      if (machine.#cancelHeaders !== null) machine.#sendCancel();
    },
    sendCancel: (machine) => machine.#sendCancel(),
    stopCancel: (machine) => machine.#cancelTimeout?.cancel(),
    reportTimeout: (machine) => machine.#reportTimeout(),
    reportTransportError: (machine, news) => machine.#reportTransportError(news),
  };
  readonly key: string;
  readonly branch: string;
  readonly request: SipRequest;
  readonly #host: TransactionHost;
  readonly #target: Target;
  readonly #isInvite: boolean;
  readonly #table: AnyTable<State, Event, Action>;
  #handlers: ClientTransactionHandlers | null;
  #state: State = 'initial';
  #sent: SentMessage | null = null;
  #retransmit: Timer | null = null;
  #retransmitMs = 0;
  #timeout: Timer | null = null;
  #cancelTimeout: Timer | null = null;
  #cancelHeaders: HeaderList | null = null;
  #cancelSent = false;

  constructor(
    host: TransactionHost,
    identity: { readonly key: string; readonly branch: string },
    work: { readonly request: SipRequest; readonly target: Target; readonly handlers: ClientTransactionHandlers },
  ) {
    this.#host = host;
    this.key = identity.key;
    this.branch = identity.branch;
    this.request = work.request;
    this.#target = work.target;
    this.#handlers = work.handlers;
    this.#isInvite = work.request.method === 'INVITE';
    this.#table = this.#isInvite ? inviteClient : nonInviteClient;
  }

  get flow(): Flow | null {
    return this.#sent?.flow ?? null;
  }

  start(): void {
    this.#step('request', nothing);
  }

  onResponse(response: SipResponse, flow: Flow): void {
    const { statusCode } = response;
    const event = statusCode < 200 ? 'provisional' : statusCode < 300 ? 'success' : 'failure';
    this.#step(event, { response, flow });
  }

  onTransportError(error: Error): void {
    this.#step('transportError', { error });
  }

  lapse(): void {
    if (this.#state === 'accepted') this.#step('timerM', nothing);
    else this.#step(this.#isInvite ? 'timerD' : 'timerK', nothing);
  }

  cancel(headers: HeaderList = []): void {
    this.#cancelHeaders ??= headers;
    if (this.#isInvite) this.#step('cancel', nothing);
  }

  abandon(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#handlers = null;
    this.#end();
  }

  #step(event: Event, news: News): void {
    const from = this.#state;
    const cell = this.#table[from]?.[event];
    if (cell === undefined) return;
    this.#state = cell.to;
    this.#host.trace?.({
      machine: this.#isInvite ? 'invite-client' : 'non-invite-client',
      branch: this.branch,
      from,
      event,
      to: cell.to,
    });
    for (const action of cell.act) {
      ClientMachine.#actions[action](this, news);
      // The user abandoned us from inside a handler.
      if (this.#handlers === null) return;
    }
    if (cell.to === 'terminated') this.#end();
  }

  #send(): void {
    this.#host.transport.sendRequest(this.request, this.#target, {
      onSent: (sent) => {
        this.#sent = sent;
        if (isReliable(sent.flow.kind)) this.#host.sentOver(this, sent.flow);
        else this.#step('sentUnreliably', nothing);
      },
      onError: this.#failed,
    });
  }

  #resend(sent: SentMessage | null): void {
    if (sent !== null) this.#host.transport.resend(sent, this.#failed);
  }

  readonly #failed = (error: Error): void => this.onTransportError(error);

  #ack(news: News): void {
    if (news.response === undefined || this.#sent === null) return;
    this.#resend({ flow: this.#sent.flow, data: serializeMessage(createAck(this.request, news.response)) });
  }

  #deliver({ response, flow }: News): void {
    if (response === undefined || flow === undefined) return;
    this.#host.guarded(() => this.#handlers?.onResponse(response, flow));
  }

  #sendCancel(): void {
    if (this.#cancelSent || this.#sent === null) return;
    this.#cancelSent = true;
    const waitMs = this.#timers().bMs;
    const lapsed = (): void => this.#step('cancelTimeout', nothing);
    this.#cancelTimeout = this.#host.clock.setTimer(waitMs, lapsed, { liveness: true });
    // RFC 3261 §9.1: the same Via as the INVITE's.
    const target = { ...targetOf(this.#sent.flow), sentBy: this.#target.sentBy };
    this.#host.startCancel(createCancel(this.request, this.#cancelHeaders ?? []), target);
  }

  #reportTimeout(): void {
    this.#host.counters.timeouts += 1;
    this.#host.guarded(() => this.#handlers?.onTimeout());
  }

  #reportTransportError({ error }: News): void {
    this.#host.counters.requestFailures += 1;
    this.#host.guarded(() => this.#handlers?.onTransportError(error ?? new Error('not sent')));
  }

  #timers(): Timers {
    return this.#host.timers(isReliable(this.#sent?.flow.kind ?? this.#target.kind));
  }

  #armRetransmit(delayMs: number): void {
    this.#retransmit?.cancel();
    this.#retransmitMs = delayMs;
    const event = this.#isInvite ? 'timerA' : 'timerE';
    this.#retransmit = this.#host.clock.setTimer(delayMs, () => this.#step(event, nothing));
  }

  #armTimeout(event: 'timerB' | 'timerF', delayMs: number): void {
    this.#timeout = this.#host.clock.setTimer(delayMs, () => this.#step(event, nothing), { liveness: true });
  }

  #stopTimers(): void {
    this.#retransmit?.cancel();
    this.#retransmit = null;
    this.#timeout?.cancel();
    this.#timeout = null;
  }

  #end(): void {
    this.#stopTimers();
    this.#cancelTimeout?.cancel();
    this.#host.removeClient(this);
    const handlers = this.#handlers;
    this.#handlers = null;
    if (handlers?.onTerminated !== undefined) this.#host.guarded(() => handlers.onTerminated?.());
  }
}
