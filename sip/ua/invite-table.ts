import type { Cell, Table } from '../transaction/machine.js';

export type UasState = 'proceeding' | 'early' | 'accepting' | 'answered' | 'terminated';
export type UasEvent =
  | 'progress'
  | 'accept'
  /** RFC 3262 §3: the 2xx has to wait for a PRACK. */
  | 'acceptLater'
  /** Nothing waits for a PRACK any more. */
  | 'acknowledged'
  | 'reject'
  | 'cancel'
  | 'bye'
  /** RFC 3262 §3: 64·T1 without a PRACK. */
  | 'noPrack'
  | 'transportError'
  | 'close';
export type UasAction =
  | 'sendProvisional'
  | 'sendSuccess'
  | 'holdSuccess'
  | 'sendFailure'
  /** 487 Request Terminated. */
  | 'sendTerminated'
  | 'answerBye'
  | 'report';

const unanswered = {
  reject: { to: 'terminated', act: ['sendFailure', 'report'] },
  cancel: { to: 'terminated', act: ['sendTerminated', 'report'] },
  // RFC 3261 §15: a caller may send BYE on an early dialog.
  bye: { to: 'terminated', act: ['answerBye', 'sendTerminated', 'report'] },
  // RFC 6026 §7.1: the server transaction waits for a final response all the same.
  transportError: { to: 'terminated', act: ['sendFailure', 'report'] },
  close: { to: 'terminated', act: ['sendFailure', 'report'] },
} as const;

/** An INVITE that came in, up to its final response: RFC 3261 §13.3. What follows a 2xx is `inviteUsage`. */
export const inviteUas = {
  proceeding: {
    ...unanswered,
    progress: { to: 'early', act: ['sendProvisional'] },
    accept: { to: 'answered', act: ['sendSuccess'] },
  },
  early: {
    ...unanswered,
    progress: { to: 'early', act: ['sendProvisional'] },
    accept: { to: 'answered', act: ['sendSuccess'] },
    acceptLater: { to: 'accepting', act: ['holdSuccess'] },
    noPrack: { to: 'terminated', act: ['sendFailure', 'report'] },
  },
  accepting: {
    ...unanswered,
    acknowledged: { to: 'answered', act: ['sendSuccess'] },
    noPrack: { to: 'terminated', act: ['sendFailure', 'report'] },
  },
  answered: {},
  terminated: {},
} satisfies Table<UasState, UasEvent, UasAction>;

export type BranchState = 'calling' | 'proceeding' | 'cancelling' | 'answered' | 'terminated';
export type BranchEvent =
  | 'provisional'
  /** A 2xx with a To tag that was not seen before. */
  | 'success'
  | 'failure'
  /** 401 or 407 that we can answer. */
  | 'challenge'
  | 'timeout'
  | 'transportError'
  | 'noAnswer'
  | 'ringTimeout'
  | 'cancel'
  /** BYE in an early dialog: the peer gave up waiting for the ACK of a 2xx that never came. */
  | 'bye'
  /** The offer of a reliable provisional response cannot be answered. */
  | 'refuseOffer';
export type BranchAction =
  | 'reportProgress'
  | 'reportAnswer'
  | 'reportFailure'
  | 'reportNoResponse'
  | 'reportRingTimeout'
  | 'reportTransportError'
  | 'reportBye'
  | 'reportRefusal'
  | 'retry'
  | 'sendCancel'
  /** ACK, then BYE. */
  | 'hangUp'
  | 'stopTimers'
  | 'finish';

const ringing = {
  provisional: { to: 'proceeding', act: ['reportProgress'] },
  success: { to: 'answered', act: ['stopTimers', 'reportAnswer'] },
  failure: { to: 'terminated', act: ['stopTimers', 'reportFailure', 'finish'] },
  challenge: { to: 'calling', act: ['retry'] },
  ringTimeout: { to: 'cancelling', act: ['stopTimers', 'sendCancel', 'reportRingTimeout'] },
  cancel: { to: 'cancelling', act: ['stopTimers', 'sendCancel'] },
} as const;

/** One branch of an INVITE of ours: RFC 3261 §13.2, §9.1. A 2xx that nobody waits for any more is hung up. */
export const inviteBranch = {
  calling: {
    ...ringing,
    timeout: { to: 'terminated', act: ['stopTimers', 'reportNoResponse', 'finish'] },
    transportError: { to: 'terminated', act: ['stopTimers', 'reportTransportError', 'finish'] },
    noAnswer: { to: 'cancelling', act: ['stopTimers', 'sendCancel', 'reportNoResponse'] },
  },
  proceeding: {
    ...ringing,
    bye: { to: 'cancelling', act: ['stopTimers', 'sendCancel', 'reportBye'] },
    refuseOffer: { to: 'cancelling', act: ['stopTimers', 'sendCancel', 'reportRefusal'] },
  },
  cancelling: {
    success: { to: 'terminated', act: ['hangUp', 'finish'] },
    failure: { to: 'terminated', act: ['finish'] },
    challenge: { to: 'terminated', act: ['finish'] },
    timeout: { to: 'terminated', act: ['finish'] },
    transportError: { to: 'terminated', act: ['finish'] },
  },
  answered: {
    // A proxy on the way forked: RFC 3261 §13.2.2.4.
    success: { to: 'answered', act: ['hangUp'] },
  },
  terminated: {
    success: { to: 'terminated', act: ['hangUp'] },
  },
} satisfies Table<BranchState, BranchEvent, BranchAction>;

export type UsageState = 'early' | 'answering' | 'unacknowledged' | 'hanging-up' | 'confirmed' | 'ending' | 'ended';
export type UsageEvent =
  /** As UAS we sent the 2xx. */
  | 'answer'
  /** As UAC we got it: it is acknowledged at once. */
  | 'answered'
  /** As UAC we got it with an offer, whose answer the application is still looking for. */
  | 'offered'
  | 'ack'
  | 'noAck'
  | 'bye'
  | 'end'
  /** RFC 3261 §12.2.1.2: 408, 481 or no answer to a request in the dialog. */
  | 'lost'
  | 'byeDone'
  /** The early dialog ends without a BYE. */
  | 'drop';
export type UsageAction =
  | 'startResend'
  | 'stopResend'
  | 'sendAck'
  | 'reportConfirmed'
  | 'sendBye'
  | 'answerBye'
  /** No offer of this dialog is pending any more, in either direction. */
  | 'dropOffers'
  | 'resumeOffers'
  | 'finish';

/** The INVITE usage of a dialog (RFC 5057 §4.1): RFC 3261 §13.3.1.4, §14 and §15, for both roles. */
export const inviteUsage = {
  early: {
    answer: { to: 'unacknowledged', act: ['startResend'] },
    answered: { to: 'confirmed', act: ['sendAck', 'resumeOffers'] },
    offered: { to: 'answering', act: [] },
    drop: { to: 'ended', act: ['finish'] },
  },
  // RFC 3261 §13.2.2.4: the ACK carries the answer; whatever ends the session sends it first.
  answering: {
    answered: { to: 'confirmed', act: ['sendAck', 'resumeOffers'] },
    bye: { to: 'ended', act: ['answerBye', 'dropOffers', 'finish'] },
    end: { to: 'ending', act: ['sendAck', 'dropOffers', 'sendBye'] },
    lost: { to: 'ending', act: ['sendAck', 'dropOffers', 'sendBye'] },
  },
  unacknowledged: {
    ack: { to: 'confirmed', act: ['stopResend', 'reportConfirmed', 'resumeOffers'] },
    noAck: { to: 'ending', act: ['stopResend', 'dropOffers', 'sendBye'] },
    bye: { to: 'ended', act: ['stopResend', 'answerBye', 'dropOffers', 'finish'] },
    // RFC 3261 §15: the callee must not send BYE before the ACK or its time-out.
    end: { to: 'hanging-up', act: ['dropOffers'] },
    lost: { to: 'ending', act: ['stopResend', 'dropOffers', 'sendBye'] },
  },
  'hanging-up': {
    ack: { to: 'ending', act: ['stopResend', 'sendBye'] },
    noAck: { to: 'ending', act: ['stopResend', 'sendBye'] },
    bye: { to: 'ended', act: ['stopResend', 'answerBye', 'finish'] },
    lost: { to: 'ending', act: ['stopResend', 'sendBye'] },
  },
  confirmed: {
    noAck: { to: 'ending', act: ['dropOffers', 'sendBye'] },
    bye: { to: 'ended', act: ['answerBye', 'dropOffers', 'finish'] },
    end: { to: 'ending', act: ['dropOffers', 'sendBye'] },
    lost: { to: 'ending', act: ['dropOffers', 'sendBye'] },
  },
  ending: {
    bye: { to: 'ending', act: ['answerBye'] },
    byeDone: { to: 'ended', act: ['finish'] },
  },
  ended: {},
} satisfies Table<UsageState, UsageEvent, UsageAction>;

/** One step of a machine, for logs and tests. */
export interface UaTransition {
  readonly machine: 'invite-uas' | 'invite-branch' | 'invite-usage';
  readonly from: string;
  readonly event: string;
  readonly to: string;
}

/** The cell for an event, undefined where the state ignores it. */
export function cellOf<State extends string, Event extends string, Action extends string>(
  table: Table<State, Event, Action>,
  state: State,
  event: Event,
): Cell<State, Action> | undefined {
  return table[state][event];
}
