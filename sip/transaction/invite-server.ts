import type { Table } from './machine.js';

export type InviteServerState = 'initial' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type InviteServerEvent =
  | 'request'
  | 'ack'
  | 'timer100'
  | 'timerG'
  | 'timerH'
  | 'timerI'
  | 'timerL'
  | 'provisional'
  | 'success'
  | 'failure'
  | 'transportError';
export type InviteServerAction =
  | 'deliverRequest'
  | 'deliverAck'
  | 'start100'
  | 'stop100'
  | 'send100'
  | 'send'
  | 'resend'
  | 'startG'
  | 'doubleG'
  | 'startH'
  | 'stopGH'
  | 'startI'
  | 'startL'
  | 'countAckTimeout'
  | 'reportTransportError';

/**
 * INVITE server transaction: RFC 3261 §17.2.1 figure 7, as changed by RFC 6026 §8.7. A transport error moves
 * nothing (RFC 6026 §7.1), so that a retransmitted INVITE is not taken for a new one. Retransmissions are absorbed in
 * Accepted and Confirmed.
 */
export const inviteServer = {
  initial: {
    request: { to: 'proceeding', act: ['start100', 'deliverRequest'] },
  },
  proceeding: {
    request: { to: 'proceeding', act: ['resend'] },
    timer100: { to: 'proceeding', act: ['send100'] },
    provisional: { to: 'proceeding', act: ['stop100', 'send'] },
    success: { to: 'accepted', act: ['stop100', 'send', 'startL'] },
    failure: { to: 'completed', act: ['stop100', 'send', 'startG', 'startH'] },
    transportError: { to: 'proceeding', act: ['reportTransportError'] },
  },
  completed: {
    request: { to: 'completed', act: ['resend'] },
    ack: { to: 'confirmed', act: ['stopGH', 'startI'] },
    timerG: { to: 'completed', act: ['resend', 'doubleG'] },
    timerH: { to: 'terminated', act: ['countAckTimeout'] },
    transportError: { to: 'completed', act: ['reportTransportError'] },
  },
  confirmed: {
    timerI: { to: 'terminated', act: [] },
  },
  accepted: {
    ack: { to: 'accepted', act: ['deliverAck'] },
    success: { to: 'accepted', act: ['send'] },
    timerL: { to: 'terminated', act: [] },
    transportError: { to: 'accepted', act: ['reportTransportError'] },
  },
  terminated: {},
} as const satisfies Table<InviteServerState, InviteServerEvent, InviteServerAction>;
