import type { Dialog, DialogRequestExtras } from '../dialog/dialog.js';
import type { SipMessage } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers, ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';

/** One dialog as each of its usages works with it: RFC 5057 §2. */
export interface DialogPort {
  readonly dialog: Dialog;
  /** Our Contact in this dialog, as a header value. */
  contact(): string;
  /** Our next request in the dialog, to where the dialog leads now. */
  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction;
  /** RFC 3261 §12.2: takes the remote target from a target refresh. */
  refresh(message: SipMessage): void;
  /** The peer is known to be there now; the sessions of an INVITE have a rule of their own (`mayMoveFlow`). */
  follow?(flow: Flow): void;
  /** The usage has ended; the last one takes the dialog with it. */
  leave(guest: DialogGuest): void;
}

/** A usage beside the one that made the dialog: a subscription in an INVITE dialog (RFC 5057 §4.2). */
export interface DialogGuest {
  /** A request that the dialog's first usage does not serve; true when it belonged here and is or will be answered. */
  receive(transaction: ServerTransaction): boolean;
  /** The usage that made the dialog has ended (RFC 5057 §4.1); the dialog lives on for this one. */
  firstUsageEnded?(): void;
}

/** The guests of one dialog, asked in the order in which they came. What adds them holds their number. */
export class DialogGuests {
  /** Made for the first: most dialogs have none. */
  #guests: Set<DialogGuest> | null = null;

  get size(): number {
    return this.#guests?.size ?? 0;
  }

  add(guest: DialogGuest): void {
    this.#guests ??= new Set();
    this.#guests.add(guest);
  }

  delete(guest: DialogGuest): void {
    this.#guests?.delete(guest);
  }

  /** The dialog's first usage has ended. */
  tellEnded(): void {
    if (this.#guests !== null) for (const guest of [...this.#guests]) guest.firstUsageEnded?.();
  }

  receive(transaction: ServerTransaction): boolean {
    if (this.#guests === null) return false;
    for (const guest of this.#guests) if (guest.receive(transaction)) return true;
    return false;
  }
}
