import type { Table } from './machine.js';

export type InviteClientState = 'initial' | 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type InviteClientEvent =
  | 'request'
  | 'sentUnreliably'
  | 'timerA'
  | 'timerB'
  | 'timerD'
  | 'timerM'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'transportError'
  | 'cancel'
  | 'cancelTimeout';
export type InviteClientAction =
  | 'send'
  | 'resend'
  | 'startA'
  | 'doubleA'
  | 'startB'
  | 'stopAB'
  | 'startD'
  | 'startM'
  | 'ack'
  | 'deliver'
  | 'sendHeldCancel'
  | 'sendCancel'
  | 'stopCancel'
  | 'reportTimeout'
  | 'reportTransportError';

/**
 * INVITE client transaction: RFC 3261 §17.1.1.2 figure 5, as changed by RFC 6026 §8.4; CANCEL by RFC 3261 §9.1.
 * Timer A starts when the request has left over an unreliable transport, which a connection attempt may delay.
 * A transport error in Proceeding is none: the final response may come over a new connection (RFC 3261 §18.2.2).
 */
export const inviteClient = {
  initial: {
    request: { to: 'calling', act: ['startB', 'send'] },
  },
  calling: {
    sentUnreliably: { to: 'calling', act: ['startA'] },
    timerA: { to: 'calling', act: ['resend', 'doubleA'] },
    timerB: { to: 'terminated', act: ['reportTimeout'] },
    transportError: { to: 'terminated', act: ['reportTransportError'] },
    provisional: { to: 'proceeding', act: ['stopAB', 'deliver', 'sendHeldCancel'] },
    success: { to: 'accepted', act: ['stopAB', 'startM', 'deliver'] },
    failure: { to: 'completed', act: ['stopAB', 'ack', 'startD', 'deliver'] },
    // The machine remembers that it was asked; CANCEL waits for the first provisional response (RFC 3261 §9.1).
    cancel: { to: 'calling', act: [] },
  },
  proceeding: {
    provisional: { to: 'proceeding', act: ['deliver'] },
    success: { to: 'accepted', act: ['stopCancel', 'startM', 'deliver'] },
    failure: { to: 'completed', act: ['stopCancel', 'ack', 'startD', 'deliver'] },
    cancel: { to: 'proceeding', act: ['sendCancel'] },
    cancelTimeout: { to: 'terminated', act: ['reportTimeout'] },
  },
  completed: {
    failure: { to: 'completed', act: ['ack'] },
    timerD: { to: 'terminated', act: [] },
    transportError: { to: 'terminated', act: ['reportTransportError'] },
  },
  accepted: {
    success: { to: 'accepted', act: ['deliver'] },
    timerM: { to: 'terminated', act: [] },
  },
  terminated: {},
} as const satisfies Table<InviteClientState, InviteClientEvent, InviteClientAction>;
