import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import type { Listed, Roster } from '../../base/roster.js';
import type { HeaderList } from '../build.js';
import type { Dialog } from '../dialog/dialog.js';
import type { DialogStore } from '../dialog/store.js';
import type { SipRequest, SipResponse } from '../message.js';
import type {
  ClientTransaction,
  ClientTransactionHandlers,
  ServerTransaction,
  TransactionLayer,
} from '../transaction/layer.js';
import type { TimerBase } from '../transaction/timers.js';
import type { FlowFailure } from '../transport/keep-alive.js';
import type { Flow, Target } from '../transport/transport.js';
import type { Uri } from '../uri.js';
import type { UserAgentCounters } from './counters.js';
import type { SendOptions } from './failover-sender.js';
import type { FlowListeners } from './flow-listeners.js';
import type { UaTransition } from './invite-table.js';
import type { Hop, HopRules } from './next-hop.js';
import type { PendingInvites } from './pending-invites.js';
import type { RingingCalls } from './ringing-calls.js';
import type { SessionExtension } from './session-extension.js';
import type { DialogGuest, DialogPort } from './shared-dialog.js';
import type { ResponseOptions, SessionHandlers } from './types.js';
import type { Way } from './way-out.js';

/** Who handles the requests of a dialog. */
export interface DialogOwner {
  /** A request other than ACK and CANCEL. */
  receive(transaction: ServerTransaction): void;
  /** The ACK for a 2xx. */
  acknowledged(ack: SipRequest, flow: Flow): void;
  /**
   * Where another usage may share the dialog: it lives on after its first usage until the guest leaves (RFC 5057 §4).
   * Null when there is nothing to share yet, or any more.
   */
  join?(guest: DialogGuest): DialogPort | null;
  /** Whom the dialog is with; without it nobody is foreign to it (see Standing). */
  readonly dialog?: Dialog;
  readonly flow?: Flow;
  /** Who judges foreign requests. */
  readonly handlers?: Pick<SessionHandlers, 'admits'>;
}

/** What lives until it is told that the user agent closes. */
export interface Closable extends Listed {
  /** Tells the peer once, without waiting for the answer, and ends. */
  close(): void;
}

/** What sessions need of their user agent. */
export interface UaContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly timers: TimerBase;
  /** Sees every step of every machine. */
  readonly trace: ((transition: UaTransition) => void) | undefined;
  readonly transactions: TransactionLayer;
  /**
   * Every request of ours but ACK and CANCEL leaves here: a client transaction, or one after another where the next
   * hop has several addresses (RFC 3263 §4.3).
   */
  send(request: SipRequest, hop: Hop, handlers: ClientTransactionHandlers, options?: SendOptions): ClientTransaction;
  /** The same for a request outside a dialog: to the target that is told, else as RFC 3261 §8.1.2 says. */
  sendOut(request: SipRequest, way: Way, handlers: ClientTransactionHandlers, options?: SendOptions): ClientTransaction;
  /** The ACK for a 2xx, to the same next hop as the dialog's other requests. */
  sendAck(ack: SipRequest, hop: Hop): void;
  /** Whether there is a way to that URI, as far as that is known without looking it up. */
  canReach(uri: Uri): boolean;
  /** Those that usages brought along, in the order in which they were added. */
  sessionExtensions(): readonly SessionExtension[];
  readonly counters: UserAgentCounters;
  readonly dialogs: DialogStore<DialogOwner>;
  readonly hops: HopRules;
  /** The sessions and attempts that have not ended. */
  readonly sessions: Roster<Closable>;
  /** The same for subscriptions and publications, which have their own limits. */
  readonly usages: Set<Closable>;
  /** What stays for as long as the user agent does, registrations for instance: closed with it, not counted. */
  readonly standing: Set<Closable>;
  /** Who is told that a stream connection is gone. */
  readonly flowListeners: FlowListeners;
  /** RFC 5626 §4.4: keeps a flow alive until stopped, and tells once of its end; null: the interval for its kind. */
  keepAlive(
    flow: Flow,
    intervalMs: number | null,
    on: { readonly failed: (failure: FlowFailure) => void; readonly answered: () => void },
  ): { stop(): void };
  /** Server transactions of INVITEs without a final response, and who wants to know of their CANCEL. */
  readonly pendingInvites: PendingInvites;
  /** The sessions whose caller still waits for an answer. */
  readonly ringing: RingingCalls;
  /** Our Contact towards that peer; a SIPS URI when `secure`. */
  contact(user: string | undefined, peer: Flow | Target, secure?: boolean): string;
  /** Allow, Supported and User-Agent, for requests that make a dialog or refresh its target; `without` option tags. */
  capabilities(without?: readonly string[]): HeaderList;
  userAgent(): HeaderList;
  /** RFC 3261 §8.2.7: answers and forgets the transaction; for challenges, of which nothing is kept (§26.3.2.4). */
  respondStateless(transaction: ServerTransaction, statusCode: number, options?: ResponseOptions): void;
  createResponse(transaction: ServerTransaction, statusCode: number, options?: UaResponseOptions): SipResponse;
  /** Refuses what RFC 3261 §8.2.2.3 and §8.2.3 refuse: unknown extensions, bodies of another type. False when it did. */
  admitContent(transaction: ServerTransaction): boolean;
  /** An in-dialog request that its session leaves to the user agent. */
  receiveInDialog(transaction: ServerTransaction): void;
}

export interface UaResponseOptions extends ResponseOptions {
  /** RFC 3261 §12.1.1: the answer makes a dialog. */
  readonly copyRecordRoute?: boolean | undefined;
}
