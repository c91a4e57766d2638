import type { Dialog } from '../dialog/dialog.js';
import type { SipResponse } from '../message.js';
import type { Flow } from '../transport/transport.js';
import type { InviteBranch } from './invite-branch.js';
import type { InviteUsage } from './invite-session.js';
import type { Provisional } from './reliable-client.js';
import type { Session, SessionEnd, SessionHandlers } from './types.js';

/** A 2xx: its usage still lacks the ACK. */
export interface BranchAnswer {
  readonly usage: InviteUsage;
  readonly dialog: Dialog;
  readonly flow: Flow;
  readonly response: SipResponse;
}

/** A provisional response in an early dialog. */
export interface EarlyNews extends Provisional {
  readonly usage: InviteUsage;
}

export interface BranchListener {
  readonly handlers: SessionHandlers;
  readonly session: Session;
  /** `early`: what it means to the early dialog; null for a response that opens none. */
  onBranchProgress(branch: InviteBranch, response: SipResponse, early: EarlyNews | null): void;
  /** False when the call is taken or over: the branch hangs up. */
  onBranchAnswer(branch: InviteBranch, answer: BranchAnswer): boolean;
  /** 415 or 488: what it is offered in place of that; null for nothing. */
  onBranchRefused(branch: InviteBranch, response: SipResponse): Buffer | null;
  /** Its outcome is known; CANCEL may still be on its way. */
  onBranchFailure(branch: InviteBranch, end: SessionEnd): void;
  /** Nothing of it is left, the usage that was taken apart. */
  onBranchFinished(branch: InviteBranch): void;
  /** The usage that was taken has ended. */
  onUsageFinished(end: SessionEnd): void;
}
