import type { Clock } from '../../base/clock.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { Flow, Target } from '../transport/transport.js';
import type { ClientMachine } from './client.js';
import type { Transition } from './machine.js';
import type { ServerMachine } from './server.js';
import type { TimerLane } from './timer-lane.js';
import type { Timers } from './timers.js';
import type { TransactionCounters, TransactionTransport, TransactionUser } from './transaction.js';

/** What the layer lends to its transactions. */
export interface TransactionHost {
  readonly clock: Clock;
  readonly transport: TransactionTransport;
  readonly user: TransactionUser;
  readonly counters: TransactionCounters;
  readonly trace: ((transition: Transition) => void) | undefined;
  timers(reliable: boolean): Timers;
  /** The lane of waits that long. */
  lane(delayMs: number): TimerLane;
  createTag(): string;
  /** The tag of a transaction with that key that leaves nothing behind: RFC 3261 §8.2.7. */
  statelessTag(key: string): string;
  /** Sends a response that nobody keeps. */
  sendStateless(response: SipResponse, flow: Flow): void;
  /** Runs code of the user; false when it threw, which is logged. */
  guarded(call: () => void): boolean;
  /** Sends a CANCEL in a transaction of its own, with the INVITE's branch. */
  startCancel(cancel: SipRequest, target: Target): void;
  /** Its request left over this connection. */
  sentOver(machine: ClientMachine, flow: Flow): void;
  removeClient(machine: ClientMachine): void;
  removeServer(machine: ServerMachine): void;
}
