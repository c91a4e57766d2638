import type { SipRequest } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';

/** Who wants to know what becomes of an INVITE that he has not answered for good. */
export interface PendingInvite {
  cancelled(cancel: SipRequest): void;
  transportFailed(error: Error): void;
}

const PENDING = Symbol('who waits for the CANCEL of this INVITE');

interface Marked extends ServerTransaction {
  [PENDING]?: PendingInvite | undefined;
}

/** Of each INVITE who waits for its CANCEL, kept with the transaction itself: a Map would outlive both (see Roster). */
export class PendingInvites {
  set(invite: Marked, pending: PendingInvite): void {
    invite[PENDING] = pending;
  }

  get(invite: Marked): PendingInvite | undefined {
    return invite[PENDING];
  }

  delete(invite: Marked): void {
    invite[PENDING] = undefined;
  }
}
