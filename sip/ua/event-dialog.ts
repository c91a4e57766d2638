import { acceptRequest, type Dialog, type DialogRequestExtras, nextRequest, refreshTarget } from '../dialog/dialog.js';
import type { SipMessage } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers, ServerTransaction } from '../transaction/layer.js';
import { type Flow, sameFlow } from '../transport/transport.js';
import type { DialogOwner, UaContext } from './context.js';
import { targetInDialog } from './next-hop.js';
import { type DialogGuest, DialogGuests, type DialogPort } from './shared-dialog.js';

export interface EventDialogOptions {
  readonly context: UaContext;
  readonly dialog: Dialog;
  readonly flow: Flow;
  /** The user part of our Contact. */
  readonly contactUser: string | undefined;
  /**
   * True: our requests go where the peer's last one came from only while that is the same host, or once `follow` says
   * so, because what we tell is not for everybody who has seen Call-ID and tags (RFC 3261 §26.1.3). False unless told.
   */
  readonly keepsHost?: boolean | undefined;
}

/**
 * A dialog that a SUBSCRIBE, its first NOTIFY or a REFER has made (RFC 6665 §4.4.1): it has no usage of its own and
 * is in the dialog store from the first guest that joins to the last one that leaves.
 */
export class EventDialog implements DialogOwner, DialogPort {
  readonly #context: UaContext;
  readonly #contactUser: string | undefined;
  readonly #keepsHost: boolean;
  readonly #guests = new DialogGuests();
  #dialog: Dialog;
  #flow: Flow;

  constructor({ context, dialog, flow, contactUser, keepsHost = false }: EventDialogOptions) {
    this.#context = context;
    this.#dialog = dialog;
    this.#flow = flow;
    this.#contactUser = contactUser;
    this.#keepsHost = keepsHost;
  }

  get dialog(): Dialog {
    return this.#dialog;
  }

  get flow(): Flow {
    return this.#flow;
  }

  join(guest: DialogGuest): DialogPort {
    this.#guests.add(guest);
    this.#context.dialogs.add(this.#dialog, this);
    return this;
  }

  leave(guest: DialogGuest): void {
    this.#guests.delete(guest);
    if (this.#guests.size === 0) this.#context.dialogs.remove(this.#dialog, this);
  }

  contact(): string {
    return this.#context.contact(this.#contactUser, this.#flow, this.#dialog.secure);
  }

  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction {
    const headers = [...(extras.headers ?? []), ...this.#context.userAgent()];
    const { dialog, request } = nextRequest(this.#dialog, method, { ...extras, headers });
    this.#dialog = dialog;
    return this.#context.send(request, targetInDialog(dialog, this.#flow, this.#context.hops), handlers);
  }

  follow(flow: Flow): void {
    this.#flow = flow;
  }

  refresh(message: SipMessage): void {
    this.#dialog = refreshTarget(this.#dialog, message);
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const accepted = acceptRequest(this.#dialog, request);
    if (!accepted.ok) {
      this.#respond(transaction, 500, 'CSeq Out of Order');
      return;
    }
    this.#dialog = accepted.dialog;
    const { flow } = transaction;
    const isKnown = sameFlow(flow, this.#flow) || flow.remote.address === this.#flow.remote.address;
    if (isKnown || !this.#keepsHost) this.#flow = flow;
    if (!this.#context.admitContent(transaction) || this.#guests.receive(transaction)) return;
    // RFC 5057 §5.3: there is no INVITE usage here, and none is made inside a dialog.
    if (request.method === 'BYE' || request.method === 'INVITE') this.#respond(transaction, 481);
    else this.#context.receiveInDialog(transaction);
  }

  acknowledged(): void {}

  #respond(transaction: ServerTransaction, statusCode: number, reasonPhrase?: string): void {
    transaction.respond(this.#context.createResponse(transaction, statusCode, { reasonPhrase }));
  }
}
