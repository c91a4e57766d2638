import { messageOf } from '../../base/errors.js';
import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import type { Dialog, DialogRequestExtras } from '../dialog/dialog.js';
import { dialogKey } from '../dialog/store.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers, ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { DialogOwner, UaContext } from './context.js';
import { DialogRequests } from './dialog-requests.js';
import type { DigestClient } from './digest-client.js';
import { cellOf, inviteUsage, type UsageAction, type UsageEvent, type UsageState } from './invite-table.js';
import { type Carrier, isSettled, type OfferAnswer, type Side, type Verdict } from './offer-answer.js';
import { OfferServer, retryAfterHeaders } from './offer-server.js';
import { RefreshClient } from './refresh-client.js';
import { ReinviteServer } from './reinvite-server.js';
import { SessionDialog } from './session-dialog.js';
import { endByRequest, localEnd } from './session-end.js';
import { joinParts, type RefreshMethod, type SessionParts } from './session-extension.js';
import { SessionOffers } from './session-offers.js';
import type { UsageInput as Input, PortResponse, SessionPort, UsageOptions } from './session-port.js';
import { type DialogGuest, DialogGuests, type DialogPort } from './shared-dialog.js';
import { SuccessResender } from './success-resender.js';
import type { InDialogOptions, SessionEnd, SessionHandlers } from './types.js';

/**
 * The INVITE usage of one dialog, from its early state to the answer of the BYE: runs `inviteUsage`, keeps the state
 * of the dialog and of its offers, and passes requests to their sides. In the dialog store as long as it lives.
 */
export class InviteUsage implements DialogOwner, SessionPort, DialogPort {
  static readonly #actions: Readonly<Record<UsageAction, (usage: InviteUsage, input: Input) => void>> = {
    startResend: (usage, { transaction, response }) => {
      if (transaction === undefined || response === undefined) return;
      const resend = (): void => transaction.respond(response);
      usage.#resender = new SuccessResender(usage.context.clock, usage.context.timers, {
        resend,
        giveUp: () => usage.noAck(),
      });
      resend();
    },
    stopResend: (usage) => {
      usage.#resender?.stop();
      usage.#resender = null;
    },
    sendAck: (usage) => usage.acknowledgeAgain(),
    reportConfirmed: (usage, { body = null }) => {
      if (body !== null) usage.carry('remote', 'ACK', body);
      usage.#offers.conclude();
      usage.guard(() => usage.handlers.onConfirmed?.({ body }));
    },
    sendBye: (usage) => usage.requests.send('BYE', { headers: usage.#byeHeaders }, () => usage.#apply('byeDone', {})),
    answerBye: (usage, { transaction }) => {
      if (transaction !== undefined) usage.respond(transaction, 200);
    },
    dropOffers: (usage) => {
      usage.refreshes.stop(487);
      usage.#server.stop();
      usage.#updates.stop();
    },
    resumeOffers: (usage) => usage.refreshes.resume(),
    finish: (usage) => {
      usage.refreshes.stop(487);
      usage.#updates.stop();
      usage.#guests.tellEnded();
      if (usage.#guests.size === 0) usage.context.dialogs.remove(usage.dialog, usage);
      usage.parts.ended();
      usage.#options.owner.onFinished(usage.#end);
    },
  };
  readonly context: UaContext;
  digest: DigestClient | null;
  readonly parts: SessionParts;
  readonly dialogId: string;
  readonly #options: UsageOptions;
  readonly #dialog: SessionDialog;
  readonly refreshes: RefreshClient;
  readonly #server: ReinviteServer;
  readonly #updates: OfferServer;
  readonly requests: DialogRequests;
  readonly #guests = new DialogGuests();
  readonly #offers = new SessionOffers();
  #state: UsageState = 'early';
  #resender: SuccessResender | null = null;
  #end: SessionEnd | null = null;
  #byeHeaders: HeaderList = [];
  #ackBody: Buffer | undefined;

  constructor(options: UsageOptions) {
    const { context, dialog, role, invite } = options;
    this.#options = options;
    this.context = context;
    this.digest = options.digest;
    this.dialogId = dialogKey(dialog);
    this.#dialog = new SessionDialog(context, options);
    this.refreshes = new RefreshClient(this);
    this.#server = new ReinviteServer(this);
    this.#updates = new OfferServer(this);
    this.requests = new DialogRequests(this);
    const caller = role === 'uac' ? 'local' : 'remote';
    const offer = sessionBody(invite);
    if (offer !== null) this.carry(caller, 'INVITE', offer);
    else this.#offers.solicit(caller);
    if (role === 'uas') this.#dialog.peer.learn(invite);
    this.parts = joinParts(this, options);
    context.dialogs.add(dialog, this);
  }

  get handlers(): SessionHandlers {
    return this.#options.owner.handlers;
  }

  get ownsCallId(): boolean {
    return this.#options.role === 'uac';
  }

  get state(): UsageState {
    return this.#state;
  }

  get isOver(): boolean {
    return this.#state === 'hanging-up' || this.#state === 'ending' || this.#state === 'ended';
  }

  get flow(): Flow {
    return this.#dialog.flow;
  }

  get dialog(): Dialog {
    return this.#dialog.state;
  }

  get offers(): OfferAnswer {
    return this.#offers.state;
  }

  get described(): Buffer | null {
    return this.#offers.described;
  }

  /** UAS: sends the 2xx and keeps sending it until its ACK. */
  answer(transaction: ServerTransaction, response: SipResponse): void {
    this.#apply('answer', { transaction, response });
    this.parts.refreshed('remote', this.#options.invite, response);
  }

  /** UAS: a PRACK of the peer's carries an offer. */
  offered(prack: ServerTransaction, offer: Buffer): void {
    this.#updates.receiveOffer(prack, 'PRACK', offer);
  }

  /** UAC: a provisional response of this dialog, or its 2xx. */
  learn(response: SipResponse): void {
    this.#dialog.peer.learn(response);
  }

  /** UAC: the 2xx of this dialog came, with these state changes. */
  confirm(dialog: Dialog, flow: Flow): void {
    this.#dialog.confirm(dialog, flow);
  }

  /** UAC: the answer to the offer of the 2xx comes later, by `answered`. */
  answerLater(): void {
    this.#apply('offered', {});
  }

  /** UAC: sends the ACK. */
  answered(ackBody: Buffer | undefined): void {
    this.#ackBody = ackBody;
    if (ackBody !== undefined) this.carry('local', 'ACK', ackBody);
    this.#offers.conclude();
    this.#apply('answered', {});
  }

  /** UAC: the 2xx made this the session. */
  established(response: SipResponse): void {
    this.digest?.settle();
    this.parts.refreshed('local', this.#options.invite, response);
  }

  /** UAC: the 2xx came again, its ACK was lost, or waits for the answer. */
  acknowledgeAgain(): void {
    if (this.#state === 'answering') return;
    this.#dialog.sendAck(this.#options.invite, this.#ackBody);
  }

  hangUp(end: SessionEnd, headers: HeaderList = []): void {
    this.#apply('end', { end, headers });
  }

  /** Ends an early dialog that got no 2xx. */
  drop(): void {
    this.#apply('drop', {});
  }

  lost(end: SessionEnd): void {
    this.#apply('lost', { end });
  }

  noAck(): void {
    this.#apply('noAck', { end: localEnd('no-ack', 408) });
  }

  /** The user agent closes: one BYE, and nothing is waited for. */
  close(): void {
    if (this.#state === 'ended') return;
    const told = this.#state === 'early' || this.#state === 'ending';
    this.#end ??= localEnd('closed');
    InviteUsage.#actions.stopResend(this, {});
    InviteUsage.#actions.dropOffers(this, {});
    if (this.#state === 'answering') this.sendAck(this.#options.invite);
    if (!told) this.send('BYE', {}, { onResponse: ignore, onTimeout: ignore, onTransportError: ignore });
    this.#state = 'ended';
    this.requests.close();
    InviteUsage.#actions.finish(this, {});
  }

  peerAllows(method: string): boolean {
    return this.#dialog.peer.allows(method);
  }

  request(method: string, options: InDialogOptions = {}): Promise<SipResponse> {
    const over = this.#state === 'ending' || this.#state === 'ended';
    return over ? Promise.resolve(this.requests.made(method, 481)) : this.requests.request(method, options);
  }

  receive(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    if (!this.#dialog.accept(request)) {
      this.respond(transaction, 500, { reasonPhrase: 'CSeq Out of Order' });
      return;
    }
    this.#dialog.moveTo(flow, () => this.#mayMove(request, flow));
    if (this.#state === 'ended' && !this.#guests.receive(transaction)) this.respond(transaction, 481);
    else if (this.#state === 'ended') return;
    else if (request.method === 'BYE') this.#receiveBye(transaction);
    else if (!this.context.admitContent(transaction) || this.#guests.receive(transaction)) return;
    else if (request.method === 'INVITE') this.#receiveInvite(transaction);
    else if (request.method === 'UPDATE') this.#receiveUpdate(transaction);
    else if (request.method === 'PRACK') this.#options.owner.onPrack(transaction);
    else if (request.method === 'OPTIONS' || !this.#handled(transaction)) this.context.receiveInDialog(transaction);
  }

  acknowledged(ack: SipRequest, flow: Flow): void {
    // An ACK has no order of its own (RFC 3261 §12.2.1.1): only one that is waited for may move the flow, no replay.
    if (this.#state === 'unacknowledged' || this.#state === 'hanging-up') {
      this.#dialog.moveTo(flow, () => this.#mayMove(ack, flow));
    }
    if (this.#options.role === 'uas' && ack.cseq.sequence === this.#options.invite.cseq.sequence) {
      this.#apply('ack', { body: sessionBody(ack) });
    } else {
      this.#server.acknowledged(ack);
    }
  }

  join(guest: DialogGuest): DialogPort | null {
    if (this.#state === 'early' || this.#state === 'ended') return null;
    this.#guests.add(guest);
    return this;
  }

  leave(guest: DialogGuest): void {
    this.#guests.delete(guest);
    if (this.#state === 'ended' && this.#guests.size === 0) this.context.dialogs.remove(this.dialog, this);
  }

  // What follows is the SessionPort of the sides.

  contact(): string {
    return this.#dialog.contact();
  }

  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction {
    return this.#dialog.send(method, extras, handlers);
  }

  sendAck(invite: SipRequest, body?: Buffer): void {
    this.#dialog.sendAck(invite, body);
  }

  refresh(message: SipMessage): void {
    this.#dialog.refresh(message);
  }

  carry(side: Side, carrier: Carrier, body: Buffer): Verdict {
    return this.#offers.carry(side, carrier, body);
  }

  solicit(by: Side): void {
    this.#offers.solicit(by);
  }

  withdraw(): void {
    this.#offers.withdraw();
  }

  mayRefresh(method: RefreshMethod): boolean {
    return !this.isOver && (this.#state !== 'early' || method === 'UPDATE');
  }

  mayInvite(): boolean {
    return this.#state === 'confirmed' && !this.#server.isPending && isSettled(this.offers);
  }

  mayUpdate(withOffer: boolean): boolean {
    if (this.requests.isAcknowledging) return false;
    if (!withOffer) return true;
    if (this.#options.owner.isHolding) return false;
    const answered = this.#state === 'early' || (this.#state === 'confirmed' && !this.#server.isPending);
    return answered && isSettled(this.offers);
  }

  resumeOffers(): void {
    this.refreshes.resume();
  }

  guard(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.context.log.error('sip.session-handler-fault', {
        sipCallId: this.dialog.callId,
        message: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      this.hangUp(localEnd('internal-error', 500));
      return false;
    }
  }

  respond(transaction: ServerTransaction, statusCode: number, options?: PortResponse): void {
    transaction.respond(this.context.createResponse(transaction, statusCode, options));
  }

  /** Undefined where the application has no opinion. */
  #mayMove(request: SipRequest, flow: Flow): boolean | undefined {
    let may: boolean | undefined;
    return this.guard(() => {
      may = this.handlers.mayMoveFlow?.(request, flow);
    })
      ? may
      : false;
  }

  #receiveBye(transaction: ServerTransaction): void {
    if (this.#state === 'early') this.#options.owner.onEarlyBye(transaction);
    else this.#apply('bye', { transaction, end: endByRequest('bye', transaction.request) });
  }

  #receiveInvite(transaction: ServerTransaction): void {
    if (this.refreshes.isInviting) {
      this.respond(transaction, 491);
      return;
    }
    switch (this.#state) {
      case 'early':
      case 'answering':
        if (this.#options.role === 'uac') this.respond(transaction, 491);
        else this.respond(transaction, 500, { headers: retryAfterHeaders(this.context) });
        return;
      case 'unacknowledged':
        // Our offer still waits for the answer in the ACK; otherwise the lost ACK carried nothing that we need.
        if (this.offers.at !== 'offered-local') this.#apply('ack', { body: null });
        break;
      case 'confirmed':
        break;
      default:
        this.respond(transaction, 481);
        return;
    }
    this.#server.receive(transaction);
  }

  #receiveUpdate(transaction: ServerTransaction): void {
    if (this.isOver) this.respond(transaction, 481);
    else this.#updates.receiveUpdate(transaction);
  }

  #handled(transaction: ServerTransaction): boolean {
    let handled = false;
    const sound = this.guard(() => {
      handled = this.handlers.onRequest?.(transaction) === true;
    });
    if (!sound) this.respond(transaction, 500);
    return handled || !sound;
  }

  #apply(event: UsageEvent, input: Input): void {
    const cell = cellOf<UsageState, UsageEvent, UsageAction>(inviteUsage, this.#state, event);
    if (cell === undefined) return;
    this.context.trace?.({ machine: 'invite-usage', from: this.#state, event, to: cell.to });
    this.#state = cell.to;
    if (input.end !== undefined) this.#end ??= input.end;
    if (input.headers !== undefined) this.#byeHeaders = input.headers;
    for (const action of cell.act) InviteUsage.#actions[action](this, input);
  }
}

function ignore(): void {}
