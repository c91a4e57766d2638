import type { Table } from './machine.js';

export type NonInviteServerState = 'initial' | 'trying' | 'proceeding' | 'completed' | 'terminated';
export type NonInviteServerEvent = 'request' | 'timerJ' | 'provisional' | 'success' | 'failure' | 'transportError';
export type NonInviteServerAction = 'deliverRequest' | 'send' | 'resend' | 'startJ' | 'reportTransportError';

/** Non-INVITE server transaction: RFC 3261 §17.2.2 figure 8. `success` and `failure` are the figure's 200–699. */
export const nonInviteServer = {
  initial: {
    request: { to: 'trying', act: ['deliverRequest'] },
  },
  trying: {
    provisional: { to: 'proceeding', act: ['send'] },
    success: { to: 'completed', act: ['send', 'startJ'] },
    failure: { to: 'completed', act: ['send', 'startJ'] },
  },
  proceeding: {
    request: { to: 'proceeding', act: ['resend'] },
    provisional: { to: 'proceeding', act: ['send'] },
    success: { to: 'completed', act: ['send', 'startJ'] },
    failure: { to: 'completed', act: ['send', 'startJ'] },
    transportError: { to: 'terminated', act: ['reportTransportError'] },
  },
  completed: {
    request: { to: 'completed', act: ['resend'] },
    timerJ: { to: 'terminated', act: [] },
    transportError: { to: 'terminated', act: ['reportTransportError'] },
  },
  terminated: {},
} as const satisfies Table<NonInviteServerState, NonInviteServerEvent, NonInviteServerAction>;
