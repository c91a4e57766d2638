import type { HeaderList } from '../build.js';
import type { Dialog, DialogRequestExtras } from '../dialog/dialog.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers, ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { UaContext } from './context.js';
import type { DialogRequests } from './dialog-requests.js';
import type { DigestClient } from './digest-client.js';
import type { Carrier, OfferAnswer, Side, Verdict } from './offer-answer.js';
import type { InvitePart, RefreshMethod, SessionParts } from './session-extension.js';
import type { Session, SessionEnd, SessionHandlers } from './types.js';

/** What offers inside a dialog need of the INVITE usage they belong to. */
export interface SessionPort {
  readonly context: UaContext;
  readonly handlers: SessionHandlers;
  readonly digest: DigestClient | null;
  readonly parts: SessionParts;
  readonly requests: DialogRequests;
  /** The session is over, or on its way out. */
  readonly isOver: boolean;
  /** RFC 3261 §14.1: the side that chose the Call-ID waits longer after a 491. */
  readonly ownsCallId: boolean;
  readonly dialogId: string;
  readonly offers: OfferAnswer;
  /** The last offer or answer that we sent. */
  readonly described: Buffer | null;
  contact(): string;
  send(method: string, extras: DialogRequestExtras, handlers: ClientTransactionHandlers): ClientTransaction;
  sendAck(invite: SipRequest, body?: Buffer): void;
  /** RFC 3261 §12.2: takes the remote target from a target refresh, and what the peer says that it understands. */
  refresh(message: SipMessage): void;
  peerAllows(method: string): boolean;
  /** A description is sent or came: steps the offer/answer state and says what it is. */
  carry(side: Side, carrier: Carrier, body: Buffer): Verdict;
  /** An INVITE without an offer: the other side makes one. */
  solicit(by: Side): void;
  /** The offer that waits was refused, or nothing waits for it any more. */
  withdraw(): void;
  /** Whether the dialog is in a state for such a request of ours at all. */
  mayRefresh(method: RefreshMethod): boolean;
  /** Whether it may leave now. */
  mayInvite(): boolean;
  mayUpdate(withOffer: boolean): boolean;
  /** The server sides are free again. */
  resumeOffers(): void;
  /** Runs a handler of the application; what it throws ends the session. False when it threw. */
  guard(call: () => void): boolean;
  respond(transaction: ServerTransaction, statusCode: number, options?: PortResponse): void;
  lost(end: SessionEnd): void;
  noAck(): void;
}

export interface PortResponse {
  readonly reasonPhrase?: string | undefined;
  readonly headers?: readonly (readonly [string, string])[] | undefined;
  readonly body?: Buffer | undefined;
  readonly contentType?: string | undefined;
}

/** What an event of the INVITE usage brings along. */
export interface UsageInput {
  readonly transaction?: ServerTransaction;
  readonly response?: SipResponse;
  readonly end?: SessionEnd;
  readonly headers?: HeaderList;
  readonly body?: Buffer | null;
}

/** Who made the INVITE usage: an incoming session or a branch of an attempt. */
export interface UsageOwner {
  readonly session: Session;
  readonly handlers: SessionHandlers;
  /** BYE before the 2xx: RFC 3261 §15. The owner answers the BYE. */
  onEarlyBye(transaction: ServerTransaction): void;
  /** A PRACK: answers it. */
  onPrack(transaction: ServerTransaction): void;
  /** A description of ours may not have arrived yet, so that no offer may follow it: RFC 3311 §5.1. */
  readonly isHolding: boolean;
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
  /** Our Contact as the application wants it. */
  readonly contact?: string | undefined;
  readonly flow: Flow;
  readonly digest: DigestClient | null;
  /** What session extensions made of our INVITE, one for each of them. */
  readonly inviteParts: readonly (InvitePart | null)[];
  readonly owner: UsageOwner;
}
