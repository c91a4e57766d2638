import type { SipCallId } from '../../base/ids.js';
import type { DigestAlgorithm } from '../auth/digest.js';
import type { HeaderList } from '../build.js';
import type { DialogId } from '../dialog/store.js';
import type { NameAddr } from '../header-values.js';
import type { ReasonValue } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow, Target } from '../transport/transport.js';
import type { Uri } from '../uri.js';
import type { CallHistory } from './call-history.js';
import type { ProxyHop, SendTo } from './way-out.js';

/** What answers a 401 or 407 (RFC 3261 §22). One of `password` and `ha1` is given. */
export interface Credentials {
  readonly username: string;
  readonly password?: string | undefined;
  readonly ha1?: Partial<Record<DigestAlgorithm, string>> | undefined;
  /** Who gets an answer: this realm only. Without it whoever asks, in a session whoever asked before its answer. */
  readonly realm?: string | undefined;
}

/** What is known of who asks for credentials. */
export interface Challenger {
  readonly realm: string;
  /** A 407: a proxy on the way, not the server at its end. */
  readonly isProxy: boolean;
}

/**
 * One set for everybody; several, of which the realm decides and one without a realm is for the rest; or a choice, null
 * for somebody who gets none.
 */
export type CredentialsSource = Credentials | readonly Credentials[] | ((challenger: Challenger) => Credentials | null);

/** One contact that an INVITE is sent to. */
export interface Branch {
  /**
   * Where it is sent: an address, addresses to try in that order (RFC 3263 §4.3), or a URI whose servers are looked
   * up. Absent: by the outbound proxy, the topmost Route or the Request-URI (RFC 3261 §8.1.2).
   */
  readonly target?: SendTo | readonly Target[] | undefined;
  readonly requestUri: Uri;
  /** RFC 3261 §20.10; higher groups are tried first, equal ones in parallel. 1 unless told. */
  readonly q?: number | undefined;
  /** For this contact alone, beside those of the attempt: a Diversion, say. */
  readonly headers?: HeaderList | undefined;
  /** The offer to this contact; that of the attempt unless told. */
  readonly body?: Buffer | undefined;
}

export interface InviteOptions {
  /** At least one. */
  readonly branches: readonly Branch[];
  /** The tag is added, a different one for each branch. */
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** The user part of our Contact. */
  readonly contactUser: string | undefined;
  /** Our Contact in place of the address of our socket, for the whole dialog. A text is the value of the header. */
  readonly contact?: NameAddr | string | undefined;
  /** Our offer; null invites without one and expects it in the 2xx (late offer). */
  readonly body: Buffer | null;
  /** `application/sdp` unless told. */
  readonly contentType?: string | undefined;
  readonly headers?: HeaderList | undefined;
  /** The Route header fields, topmost first: a Service-Route (RFC 3608 §6.1). */
  readonly route?: readonly NameAddr[] | undefined;
  /** An outbound proxy for branches without a target, in place of the user agent's; null for none. */
  readonly sendTo?: SendTo | ProxyHop | null | undefined;
  /** For the INVITE and every request of ours in the session. */
  readonly credentials?: CredentialsSource | undefined;
  /**
   * RFC 3262 §4: whether the called side may, or must, send its provisional responses reliably. `off` still
   * acknowledges those of a peer that does not care. `supported` unless told.
   */
  readonly reliable?: 'off' | 'supported' | 'required' | undefined;
  /** How long each branch may take to answer; 60 000 unless told. */
  readonly ringTimeoutMs?: number | undefined;
  /** How long a branch may stay without any response; Timer B (32 s) unless told. */
  readonly noAnswerMs?: number | undefined;
  /** Whether the Contacts of a 3xx become branches (RFC 3261 §8.1.3.4); false unless told. */
  readonly followRedirects?: boolean | undefined;
  /** History-Info (RFC 7044): where the call has been aimed at before; empty begins one. Each contact is added to it. */
  readonly history?: CallHistory | undefined;
  /** 70 unless told. */
  readonly maxForwards?: number | undefined;
  /** The Call-ID of every branch; each has one of its own unless told. */
  readonly callId?: string | undefined;
}

export type SessionState = 'calling' | 'proceeding' | 'early' | 'answered' | 'confirmed' | 'ending' | 'ended';

export interface EndOptions {
  /** For an incoming session without a final response; 486 unless told. */
  readonly statusCode?: number | undefined;
  readonly reasonPhrase?: string | undefined;
  /** For the final response, the CANCEL or the BYE; `Reason` for instance. */
  readonly headers?: HeaderList | undefined;
  /** What its owner is told; `bye`, `rejected` or `cancelled`, by its state, unless told. */
  readonly cause?: 'replaced' | undefined;
}

/** Of a re-INVITE or UPDATE of ours: the answer (empty where there was no offer), or why not. */
export type ReinviteResult =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly statusCode: number };

export interface UpdateOptions {
  readonly headers?: HeaderList | undefined;
  /** Which early dialog, before the answer: `ProgressInfo.dialogId`. May be left out while there is only one. */
  readonly dialogId?: string | undefined;
}

export interface InDialogOptions {
  /** Which early dialog, before the answer: `ProgressInfo.dialogId`. May be left out while there is only one. */
  readonly dialogId?: string | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: Buffer | undefined;
  readonly contentType?: string | undefined;
}

/** One INVITE session as its owner holds it: RFC 3261 §13 to §15. */
export interface Session {
  /** Unique in this process; not on the wire. */
  readonly id: string;
  /** Of an outgoing attempt with several branches: the answered one's, before that the first one's. */
  readonly callId: SipCallId;
  readonly direction: 'in' | 'out';
  /** The other side: From of an incoming, To of an outgoing session. */
  readonly remote: NameAddr;
  /** Null while an outgoing request has not left yet. */
  readonly flow: Flow | null;
  readonly state: SessionState;
  /** Call-ID and tags of its dialog, for Replaces or a REFER; null until an outgoing session is answered. */
  readonly dialog: DialogId | null;
  /**
   * Ends the session by its state: a final response, CANCEL or BYE. Safe in any state, also twice. `onEnded` follows
   * once the peer has been told: at once for a response, after the answer or its time-out for CANCEL and BYE.
   */
  end(options?: EndOptions): void;
  /**
   * RFC 3261 §14: a new offer in the confirmed session. Waits for its turn while another INVITE of the dialog is
   * pending; a 491 is retried after the wait of §14.1 a bounded number of times. Never rejects.
   */
  reinvite(body: Buffer): Promise<ReinviteResult>;
  /**
   * RFC 3261 §14.1: a re-INVITE without an offer, like `reinvite` otherwise. The peer's offer is in its 2xx, and what
   * `answer` gives, at once or by promise, is carried by the ACK, which waits for it (at most 64·T1). Without an answer
   * the session ends. The result has the peer's offer. Never rejects.
   */
  solicit(answer: (offer: Buffer) => AckAnswer | Promise<AckAnswer>): Promise<ReinviteResult>;
  /**
   * RFC 3311 §5.1: an UPDATE with an offer, or with null without one, in an early or a confirmed dialog. An offer
   * waits until those before it are answered; glare is retried like a re-INVITE's. 405 made here when the peer's
   * Allow does not name UPDATE, 481 without a dialog, 491 while a re-INVITE or UPDATE of ours is pending. Never rejects.
   */
  update(body: Buffer | null, options?: UpdateOptions): Promise<ReinviteResult>;
  /**
   * Refreshes the session and its remote target without changing it: by UPDATE where the peer allows it, else by a
   * re-INVITE that repeats our last description (RFC 4028 §7.4). Never rejects.
   */
  refresh(headers?: HeaderList): Promise<ReinviteResult>;
  /** Whether the peer's last Allow names that method; false too before the peer has said anything. */
  peerAllows(method: string): boolean;
  /**
   * Any other request in the dialog, repeated with credentials on 401 or 407. Never rejects: a time-out is a 408 and a transport
   * error a 503 made here (RFC 3261 §8.1.3.1), no dialog a 481.
   */
  request(method: string, options?: InDialogOptions): Promise<SipResponse>;
}

export interface ResponseOptions {
  readonly reasonPhrase?: string | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: Buffer | undefined;
  /** `application/sdp` unless told. */
  readonly contentType?: string | undefined;
}

export interface ProgressOptions extends ResponseOptions {
  /**
   * RFC 3262 §3: sent until its PRACK comes. True: where the caller supports it. `required`: or else the INVITE is
   * refused with 421. A caller that requires it gets nothing else. False unless told.
   */
  readonly reliable?: boolean | 'required' | undefined;
}

/** What the caller's INVITE says of reliable provisional responses. */
export type ReliableSupport = 'none' | 'supported' | 'required';

export interface AcceptOptions {
  /** Left out of the 2xx when a reliable provisional response has carried it, or the exchange, before (RFC 6337 §3.1.2). */
  readonly body: Buffer;
  /** `application/sdp` unless told. */
  readonly contentType?: string | undefined;
  readonly headers?: HeaderList | undefined;
  /** For our requests in the session; only those with a `realm` count, since the caller could ask in anybody's name. */
  readonly credentials?: CredentialsSource | undefined;
}

/** An INVITE that came in. Calls that its state does not allow any more (an answer after CANCEL) do nothing. */
export interface IncomingSession extends Session {
  readonly invite: SipRequest;
  /** Null when the INVITE had no body: our `accept` carries the offer and the ACK its answer. */
  readonly offer: Buffer | null;
  readonly flow: Flow;
  readonly reliableSupport: ReliableSupport;
  /**
   * 101 … 199. A body is our answer, or our offer when `offer` is null (reliable ones only); reliable ones wait for the
   * PRACK of the one before, at most 16. 32 s without a PRACK end the session with 504.
   */
  progress(statusCode: number, options?: ProgressOptions): void;
  /**
   * 200 with our answer, or our offer when `offer` is null. Waits for the PRACK of a description of ours. Resent until
   * the ACK; 32 s without it end the session.
   */
  accept(options: AcceptOptions): void;
  /** 300 … 699. */
  reject(statusCode: number, options?: ResponseOptions): void;
}

/** An INVITE of ours: a session over all its branches. */
export interface OutgoingAttempt extends Session {
  readonly direction: 'out';
}

export interface ProgressInfo {
  readonly statusCode: number;
  readonly response: SipResponse;
  /** Early media's description, or null. The To tag of `response` tells the early dialogs of one branch apart. */
  readonly body: Buffer | null;
  /** Index into `InviteOptions.branches`; contacts of a followed 3xx count on from there. */
  readonly branch: number;
  /** Names the early dialog (RFC 3261 §12.1); null for a response without a To tag. */
  readonly dialogId: string | null;
  /** RFC 3262 §4: sent reliably, in order and once each; its PRACK is on its way when the handler has returned. */
  readonly reliable: boolean;
  /**
   * What `body` is (RFC 6337 §2.1): the `answer`, or an `offer` that `onOffer` is asked about next, both of a reliable
   * response only; a `preview` of the answer in one that may get lost; a `repeat` of what is known; null without body.
   */
  readonly meaning: 'offer' | 'answer' | 'preview' | 'repeat' | null;
  /**
   * RFC 3262 §5: puts a new offer into the PRACK of this response, when the exchange before it is over; to be called
   * while the handler runs. 491 made here otherwise.
   */
  readonly offer?: ((body: Buffer) => Promise<ReinviteResult>) | undefined;
}

export interface AnsweredInfo {
  readonly response: SipResponse;
  readonly body: Buffer | null;
  /** As in `ProgressInfo`. */
  readonly branch: number;
  /** The dialog that won; it may have been an early one. */
  readonly dialogId: string;
}

/** The answer that an ACK of ours carries. Null and undefined refuse the offer: an ACK without one, then BYE. */
export type AckAnswer = Buffer | null | undefined;

/** How an offer of the peer is answered, once, now or later. */
export interface OfferReply {
  /** What carried the offer; `1xx` is a reliable provisional response to an INVITE of ours without one. */
  readonly carrier: 'INVITE' | 'UPDATE' | 'PRACK' | '1xx';
  readonly dialogId: string;
  /** The request that carried it, for who wants credentials; absent for a response. */
  readonly request?: SipRequest | undefined;
  accept(body: Buffer): void;
  reject(statusCode: number, headers?: HeaderList): void;
}

/**
 * News of one session. A handler that throws is logged and ends its session.
 */
export interface SessionHandlers {
  /** Every 101 … 199. */
  onProgress?(info: ProgressInfo): void;
  /**
   * Outgoing: the 2xx that won. `body` is the answer, or the peer's offer when we sent none: then return our answer, or
   * a promise of it. The ACK waits for that, as long as the peer waits for the ACK (64·T1, 32 s).
   */
  readonly onAnswered?: ((info: AnsweredInfo) => void) | ((info: AnsweredInfo) => AckAnswer | Promise<AckAnswer>);
  /**
   * Outgoing: a contact has refused our offer with 415 or 488 (RFC 3261 §21.4.13, §21.4.26). Another one to try in its
   * place, at most twice a contact, or null: then that was its answer. `branch` as in `ProgressInfo`.
   */
  onRefused?(info: Pick<ProgressInfo, 'response' | 'branch'>): Buffer | null;
  /** Incoming: the ACK to our 2xx. `body` is the answer to our late offer, else null. */
  onConfirmed?(info: { readonly body: Buffer | null }): void;
  /**
   * An offer in a re-INVITE, or in an UPDATE, PRACK or reliable provisional response, there also before the answer;
   * null for a re-INVITE that wants ours. An offer of a 1xx that is rejected ends the INVITE.
   * Reply once, now or later. Without this handler it gets 488.
   */
  onOffer?(offer: Buffer | null, reply: OfferReply): void;
  /** The PRACK that answers the offer of our reliable provisional response. */
  onEarlyAnswer?(body: Buffer): void;
  /** The ACK that answers the offer we sent for a re-INVITE without one. */
  onReofferAnswered?(body: Buffer | null): void;
  /** The ACK to our 2xx of a re-INVITE; `body` is the answer where that had no offer, else null. */
  onReinviteConfirmed?(info: { readonly body: Buffer | null }): void;
  /** An in-dialog request that the session does not handle itself (INFO, REFER, …): answer it and return true. */
  onRequest?(transaction: ServerTransaction): boolean;
  /**
   * A request in the dialog came from a host that the dialog is not with (see Standing `foreign`), before anything of
   * the session has looked at it; false when it has been answered or dropped here. Without it such requests are served.
   */
  admits?(transaction: ServerTransaction): boolean | Promise<boolean>;
  /**
   * A request in the dialog came from another host than those before: whether our requests go there from now on.
   * Say yes for what is known to be the same user (a flow that he registered, credentials). Without an opinion: no.
   */
  mayMoveFlow?(request: SipRequest, flow: Flow): boolean | undefined;
  /** Exactly once, last. */
  onEnded(end: SessionEnd): void;
}

/**
 * `rejected`: a final response other than 2xx. `cancelled`: before any answer, by either side. `bye`: after it.
 * `timeout`: a request in the dialog got no answer, or 408 or 481; or an offer in a 2xx got none from the application. `no-ack`: RFC 3261 §13.3.1.4. `no-response`: Timer B.
 * `no-prack`: RFC 3262 §3. `session-expired`: nobody refreshed it (RFC 4028 §10). `replaced`: RFC 3891 §3.
 * `internal-error`: a handler threw. `closed`: the user agent was closed.
 */
export type SessionEndCause =
  | 'rejected'
  | 'cancelled'
  | 'bye'
  | 'timeout'
  | 'no-ack'
  | 'no-prack'
  | 'transport'
  | 'ring-timeout'
  | 'no-response'
  | 'session-expired'
  | 'replaced'
  | 'internal-error'
  | 'closed';

export interface SessionEnd {
  readonly by: 'local' | 'remote';
  readonly cause: SessionEndCause;
  /** The final status of the INVITE when it was not a 2xx; 408 for `ring-timeout`, 480 or 503 for `transport`. */
  readonly statusCode: number | null;
  readonly reasonPhrase: string | null;
  /** The Reason header fields of the BYE, CANCEL or response that ended it. */
  readonly reason: readonly ReasonValue[];
  readonly response?: SipResponse | undefined;
  readonly request?: SipRequest | undefined;
}

export interface OutOfDialogRequest {
  readonly method: string;
  readonly uri: Uri;
  /** See Branch.target. */
  readonly target?: SendTo | readonly Target[] | undefined;
  /** An outbound proxy for this request, in place of the user agent's; null for none. */
  readonly sendTo?: SendTo | ProxyHop | null | undefined;
  /** The Route header fields, topmost first: a Service-Route (RFC 3608 §6.1). */
  readonly route?: readonly NameAddr[] | undefined;
  /** Header fields that depend on the way the request takes (Contact), in place of those of the same names. */
  readonly headersFor?: ((target: Target) => HeaderList) | undefined;
  /** `uri` unless told (RFC 3261 §10.2: To and From of a REGISTER are the same). The tag is added. */
  readonly from?: NameAddr | undefined;
  readonly to?: NameAddr | undefined;
  /** No Contact is written unless told. A text is the value of the header. */
  readonly contact?: NameAddr | string | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: Buffer | undefined;
  readonly contentType?: string | undefined;
  readonly credentials?: CredentialsSource | undefined;
  /** For a REGISTER that refreshes: RFC 3261 §10.2.4 keeps the Call-ID and raises the sequence. */
  readonly callId?: string | undefined;
  readonly sequence?: number | undefined;
  /** 70 unless told. What is sent on for somebody else keeps the count of its hops (RFC 7332 §3). */
  readonly maxForwards?: number | undefined;
  /** Called before a 408 or 503 that no peer has sent. */
  readonly onUnanswered?: (() => void) | undefined;
}
