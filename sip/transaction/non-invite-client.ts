import type { Table } from './machine.js';

export type NonInviteClientState = 'initial' | 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteClientEvent =
  | 'request'
  | 'sentUnreliably'
  | 'timerE'
  | 'timerF'
  | 'timerK'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'transportError';
export type NonInviteClientAction =
  | 'send'
  | 'resend'
  | 'startE'
  | 'doubleE'
  | 'startEAtT2'
  | 'startF'
  | 'stopEF'
  | 'startK'
  | 'deliver'
  | 'reportTimeout'
  | 'reportTransportError';

/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2.2 figure 6. `success` and `failure` are the figure's 200–699.
 * Timer E starts when the request has left over an unreliable transport, which a connection attempt may delay.
 */
export const nonInviteClient = {
  initial: {
    request: { to: 'trying', act: ['startF', 'send'] },
  },
  trying: {
    sentUnreliably: { to: 'trying', act: ['startE'] },
    timerE: { to: 'trying', act: ['resend', 'doubleE'] },
    timerF: { to: 'terminated', act: ['reportTimeout'] },
    transportError: { to: 'terminated', act: ['reportTransportError'] },
    provisional: { to: 'proceeding', act: ['deliver'] },
    success: { to: 'completed', act: ['stopEF', 'startK', 'deliver'] },
    failure: { to: 'completed', act: ['stopEF', 'startK', 'deliver'] },
  },
  proceeding: {
    timerE: { to: 'proceeding', act: ['resend', 'startEAtT2'] },
    timerF: { to: 'terminated', act: ['reportTimeout'] },
    transportError: { to: 'terminated', act: ['reportTransportError'] },
    provisional: { to: 'proceeding', act: ['deliver'] },
    success: { to: 'completed', act: ['stopEF', 'startK', 'deliver'] },
    failure: { to: 'completed', act: ['stopEF', 'startK', 'deliver'] },
  },
  completed: {
    timerK: { to: 'terminated', act: [] },
  },
  terminated: {},
} as const satisfies Table<NonInviteClientState, NonInviteClientEvent, NonInviteClientAction>;
