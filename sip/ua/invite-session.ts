import { messageOf } from '../../base/errors.js';
import { sessionBody } from '../bodies/body-parts.js';
import { createResponse, type HeaderList } from '../build.js';
import {
  acceptRequest,
  ackRequest,
  type Dialog,
  type DialogRequestExtras,
  nextRequest,
  refreshTarget,
} from '../dialog/dialog.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers, ServerTransaction } from '../transaction/layer.js';
import type { Flow, Target } from '../transport/transport.js';
import type { DialogOwner, UaContext } from './context.js';
import { type DigestClient, isChallenge } from './digest-client.js';
import { cellOf, inviteUsage, type UsageAction, type UsageEvent, type UsageState } from './invite-table.js';
import { targetInDialog } from './next-hop.js';
import { type OfferPort, ReinviteClient } from './reinvite-client.js';
import { ReinviteServer, retryAfterHeaders } from './reinvite-server.js';
import { endByRequest, endByResponse, localEnd } from './session-end.js';
import { type DialogGuest, DialogGuests, type DialogPort } from './shared-dialog.js';
import { SuccessResender } from './success-resender.js';
import type { InDialogOptions, ReinviteResult, SessionEnd, SessionHandlers } from './types.js';

/** Who made the INVITE usage: an incoming session or a branch of an attempt. */
export interface UsageOwner {
  readonly handlers: SessionHandlers;
  /** BYE before the 2xx: RFC 3261 §15. The owner answers the BYE. */
  onEarlyBye(transaction: ServerTransaction): void;
  /** Once, after which the usage does nothing any more; null for an early dialog that was dropped. */
  onFinished(end: SessionEnd | null): void;
}

export interface UsageOptions {
  readonly context: UaContext;
  readonly dialog: Dialog;
  readonly role: 'uas' | 'uac';
  /** The INVITE that made the dialog, ours or theirs. */
  readonly invite: SipRequest;
  readonly contactUser: string | undefined;
  readonly flow: Flow;
  readonly digest: DigestClient | null;
  readonly owner: UsageOwner;
}

interface Input {
  readonly transaction?: ServerTransaction;
  readonly response?: SipResponse;
  readonly end?: SessionEnd;
  readonly headers?: HeaderList;
  readonly body?: Buffer | null;
}

/**
 * The INVITE usage of one dialog, from its early state to the answer of the BYE: runs `inviteUsage`, keeps the
 * dialog's state and its flow, and passes offers to their two sides. In the dialog store as long as it lives.
 */
export class InviteUsage implements DialogOwner, OfferPort, DialogPort {
  readonly context: UaContext;
  readonly digest: DigestClient | null;
  readonly #options: UsageOptions;
  readonly #client: ReinviteClient;
  readonly #server: ReinviteServer;
  /** Requests of `request` that are on their way; settled when the user agent closes. */
  readonly #requests = new Set<() => void>();
  readonly #guests = new DialogGuests();
  #dialog: Dialog;
  #flow: Flow;
  #state: UsageState = 'early';
  #resender: SuccessResender | null = null;
  #end: SessionEnd | null = null;
  #byeHeaders: HeaderList = [];
  #ackBody: Buffer | undefined;

  constructor(options: UsageOptions) {
    this.#options = options;
    this.context = options.context;
    this.digest = options.digest;
    this.#dialog = options.dialog;
    this.#flow = options.flow;
    this.#client = new ReinviteClient(this);
    this.#server = new ReinviteServer(this);
    this.context.dialogs.add(this.#dialog, this);
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

  get flow(): Flow {
    return this.#flow;
  }

  get dialog(): Dialog {
    return this.#dialog;
  }

  /** UAS: sends the 2xx and keeps sending it until its ACK. */
  answer(transaction: ServerTransaction, response: SipResponse): void {
    this.#apply('answer', { transaction, response });
  }

  /** UAC: the 2xx of this dialog came, with these state changes; sends the ACK. */
  answered(dialog: Dialog, flow: Flow, ackBody: Buffer | undefined): void {
    this.#dialog = dialog;
    this.#flow = flow;
    this.#ackBody = ackBody;
    this.#apply('answered', {});
  }

  /** UAC: the 2xx came again, its ACK was lost. */
  acknowledgeAgain(): void {
    this.sendAck(this.#options.invite, this.#ackBody);
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
    this.#actions.stopResend({});
    this.#actions.dropOffers({});
    if (!told) this.send('BYE', {}, { onResponse: ignore, onTimeout: ignore, onTransportError: ignore });
    this.#state = 'ended';
    for (const settle of [...this.#requests]) settle();
    this.#actions.finish({});
  }

  reinvite(body: Buffer): Promise<ReinviteResult> {
    const alive = this.#state === 'unacknowledged' || this.#state === 'confirmed';
    return alive ? this.#client.start(body) : Promise.resolve({ ok: false, statusCode: 481 });
  }

  /** RFC 3261 §8.1.3.1: no answer is a 408, no way to the peer a 503, both made here. */
  request(method: string, options: InDialogOptions = {}): Promise<SipResponse> {
    if (this.#state === 'ending' || this.#state === 'ended') {
      return Promise.resolve(createResponse(nextRequest(this.#dialog, method).request, 481));
    }
    return new Promise((resolve) => {
      const settle = (response: SipResponse): void => {
        this.#requests.delete(close);
        resolve(response);
      };
      const close = (): void => settle(createResponse(nextRequest(this.#dialog, method).request, 503));
      this.#requests.add(close);
      this.#send(method, options, (response, made) => {
        settle(response);
        const { statusCode } = response;
        if (made && statusCode === 503) this.lost(localEnd('transport', 503));
        else if (made) this.lost(localEnd('timeout', 408));
        else if (statusCode === 408 || statusCode === 481) this.lost(endByResponse('timeout', response));
      });
    });
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const accepted = acceptRequest(this.#dialog, request);
    if (!accepted.ok) {
      this.#respond(transaction, 500, { reasonPhrase: 'CSeq Out of Order' });
      return;
    }
    this.#dialog = accepted.dialog;
    this.#flow = transaction.flow;
    if (this.#state === 'ended' && !this.#guests.receive(transaction)) this.#respond(transaction, 481);
    else if (this.#state === 'ended') return;
    else if (request.method === 'BYE') this.#receiveBye(transaction);
    else if (!this.context.admitContent(transaction) || this.#guests.receive(transaction)) return;
    else if (request.method === 'INVITE') this.#receiveInvite(transaction);
    else if (request.method === 'OPTIONS' || !this.#handled(transaction)) this.context.receiveInDialog(transaction);
  }

  acknowledged(ack: SipRequest, flow: Flow): void {
    // An ACK has no order of its own (RFC 3261 §12.2.1.1): only one that is waited for may move the flow, no replay.
    if (this.#state === 'unacknowledged' || this.#state === 'hanging-up') this.#flow = flow;
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
    if (this.#state === 'ended' && this.#guests.size === 0) this.context.dialogs.remove(this.#dialog, this);
  }

  // What follows is the OfferPort of the two offer sides.

  contact(): string {
    return this.context.contact(this.#options.contactUser, this.#flow);
  }

  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction {
    const headers = method === 'INVITE' ? extras.headers : [...(extras.headers ?? []), ...this.context.userAgent()];
    const next = nextRequest(this.#dialog, method, { ...extras, headers });
    this.#dialog = next.dialog;
    return this.context.send(next.request, this.#target(), handlers);
  }

  sendAck(invite: SipRequest, body?: Buffer): void {
    const extras = body === undefined ? {} : { body, contentType: 'application/sdp' };
    const ack = ackRequest(this.#dialog, invite, extras);
    this.context.sendAck(ack, this.#target());
  }

  refresh(message: SipMessage): void {
    this.#dialog = refreshTarget(this.#dialog, message);
  }

  mayOffer(): boolean {
    return this.#state === 'confirmed' && !this.#server.isPending;
  }

  resumeOffers(): void {
    this.#client.resume();
  }

  guard(call: () => void): boolean {
    try {
      call();
      return true;
    } catch (error) {
      this.context.log.error('sip.session-handler-fault', {
        sipCallId: this.#dialog.callId,
        message: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      this.hangUp(localEnd('internal-error', 500));
      return false;
    }
  }

  #target(): Target {
    return targetInDialog(this.#dialog, this.#flow, this.context.hops);
  }

  #respond(
    transaction: ServerTransaction,
    statusCode: number,
    options?: { reasonPhrase?: string; headers?: HeaderList },
  ) {
    transaction.respond(this.context.createResponse(transaction, statusCode, options));
  }

  #receiveBye(transaction: ServerTransaction): void {
    if (this.#state === 'early') this.#options.owner.onEarlyBye(transaction);
    else this.#apply('bye', { transaction, end: endByRequest('bye', transaction.request) });
  }

  #receiveInvite(transaction: ServerTransaction): void {
    if (this.#client.isPending) {
      this.#respond(transaction, 491);
      return;
    }
    switch (this.#state) {
      case 'early':
        if (this.#options.role === 'uac') this.#respond(transaction, 491);
        else this.#respond(transaction, 500, { headers: retryAfterHeaders(this.context) });
        return;
      case 'unacknowledged':
        // Our offer still waits for the answer in the ACK; otherwise the lost ACK carried nothing that we need.
        if (sessionBody(this.#options.invite) === null) {
          this.#respond(transaction, 491);
          return;
        }
        this.#apply('ack', { body: null });
        break;
      case 'confirmed':
        break;
      default:
        this.#respond(transaction, 481);
        return;
    }
    this.#server.receive(transaction);
  }

  #handled(transaction: ServerTransaction): boolean {
    let handled = false;
    const sound = this.guard(() => {
      handled = this.handlers.onRequest?.(transaction) === true;
    });
    if (!sound) this.#respond(transaction, 500);
    return handled || !sound;
  }

  /** `made` is true for a response that no peer sent. */
  #send(method: string, extras: DialogRequestExtras, done: (response: SipResponse, made: boolean) => void): void {
    let challenged = false;
    const start = (headers: HeaderList): void => {
      const transaction = this.send(
        method,
        { ...extras, headers },
        {
          onResponse: (response) => {
            if (response.statusCode < 200) return;
            const { request } = transaction;
            const answer =
              challenged || !isChallenge(response) ? null : (this.digest?.answer(request, response) ?? null);
            challenged = true;
            if (answer === null) done(response, false);
            else start([...headers, answer]);
          },
          onTimeout: () => done(createResponse(transaction.request, 408), true),
          onTransportError: () => done(createResponse(transaction.request, 503), true),
        },
      );
    };
    start(extras.headers ?? []);
  }

  #apply(event: UsageEvent, input: Input): void {
    const cell = cellOf<UsageState, UsageEvent, UsageAction>(inviteUsage, this.#state, event);
    if (cell === undefined) return;
    this.context.trace?.({ machine: 'invite-usage', from: this.#state, event, to: cell.to });
    this.#state = cell.to;
    if (input.end !== undefined) this.#end ??= input.end;
    if (input.headers !== undefined) this.#byeHeaders = input.headers;
    for (const action of cell.act) this.#actions[action](input);
  }

  readonly #actions: Readonly<Record<UsageAction, (input: Input) => void>> = {
    startResend: ({ transaction, response }) => {
      if (transaction === undefined || response === undefined) return;
      const resend = (): void => transaction.respond(response);
      this.#resender = new SuccessResender(this.context.clock, this.context.timers, {
        resend,
        giveUp: () => this.noAck(),
      });
      resend();
    },
    stopResend: () => {
      this.#resender?.stop();
      this.#resender = null;
    },
    sendAck: () => this.acknowledgeAgain(),
    reportConfirmed: ({ body }) => this.guard(() => this.handlers.onConfirmed?.({ body: body ?? null })),
    sendBye: () => this.#send('BYE', { headers: this.#byeHeaders }, () => this.#apply('byeDone', {})),
    answerBye: ({ transaction }) => {
      if (transaction !== undefined) this.#respond(transaction, 200);
    },
    dropOffers: () => {
      this.#client.stop(487);
      this.#server.stop();
    },
    resumeOffers: () => this.#client.resume(),
    finish: () => {
      if (this.#guests.size === 0) this.context.dialogs.remove(this.#dialog, this);
      this.#options.owner.onFinished(this.#end);
    },
  };
}

function ignore(): void {}
