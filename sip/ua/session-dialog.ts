import {
  acceptRequest,
  ackRequest,
  type Dialog,
  type DialogRequestExtras,
  nextRequest,
  refreshTarget,
} from '../dialog/dialog.js';
import type { SipMessage, SipRequest } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/layer.js';
import { type Flow, sameFlow } from '../transport/transport.js';
import type { UaContext } from './context.js';
import { type Hop, targetInDialog } from './next-hop.js';
import { PeerMethods } from './peer-methods.js';
import type { UsageOptions } from './session-port.js';

/** The dialog of an INVITE usage: its state, the flow that its peer is reached by, and what the peer understands. */
export class SessionDialog {
  readonly peer = new PeerMethods();
  readonly #context: UaContext;
  readonly #contactUser: string | undefined;
  readonly #contact: string | undefined;
  #dialog: Dialog;
  #flow: Flow;

  constructor(context: UaContext, start: Pick<UsageOptions, 'dialog' | 'flow' | 'contactUser' | 'contact'>) {
    this.#context = context;
    this.#contactUser = start.contactUser;
    this.#contact = start.contact;
    this.#dialog = start.dialog;
    this.#flow = start.flow;
  }

  get state(): Dialog {
    return this.#dialog;
  }

  get flow(): Flow {
    return this.#flow;
  }

  /** RFC 3261 §13.2.2.4: as the 2xx says. */
  confirm(dialog: Dialog, flow: Flow): void {
    this.#dialog = dialog;
    this.#flow = flow;
  }

  contact(): string {
    return this.#contact ?? this.#context.contact(this.#contactUser, this.#flow, this.#dialog.secure);
  }

  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction {
    const refreshes = method === 'INVITE' || method === 'UPDATE';
    const headers = refreshes ? extras.headers : [...(extras.headers ?? []), ...this.#context.userAgent()];
    const next = nextRequest(this.#dialog, method, { ...extras, headers });
    this.#dialog = next.dialog;
    return this.#context.send(next.request, this.#target(), handlers);
  }

  sendAck(invite: SipRequest, body?: Buffer): void {
    const extras = body === undefined ? {} : { body, contentType: 'application/sdp' };
    this.#context.sendAck(ackRequest(this.#dialog, invite, extras), this.#target());
  }

  /** RFC 3261 §12.2: a target refresh, or its 2xx. */
  refresh(message: SipMessage): void {
    this.#dialog = refreshTarget(this.#dialog, message);
    this.peer.learn(message);
  }

  /** RFC 3261 §12.2.2: false for a request that comes out of order. */
  accept(request: SipRequest): boolean {
    const accepted = acceptRequest(this.#dialog, request);
    this.#dialog = accepted.dialog;
    return accepted.ok;
  }

  /**
   * A request of the peer came over that flow. From the host that the dialog is with it becomes the way back, from
   * another host only when `mayMove` says so: Call-ID and tags are no secret on the way (RFC 3261 §26.1.3).
   */
  moveTo(flow: Flow, mayMove: () => boolean | undefined): void {
    const known = sameFlow(flow, this.#flow);
    if (known || (mayMove() ?? flow.remote.address === this.#flow.remote.address)) this.#flow = flow;
  }

  #target(): Hop {
    return targetInDialog(this.#dialog, this.#flow, this.#context.hops);
  }
}
