import { AppError } from '../../base/errors.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { Flow, SentMessage, Target } from '../transport/transport.js';

/** What a client transaction tells its owner. None is called before `request` has returned. */
export interface ClientTransactionHandlers {
  /** Every provisional and final response; for INVITE also each further 2xx while Accepted (RFC 6026 §8.4). */
  onResponse(response: SipResponse, flow: Flow): void;
  /** Timer B or F, or no final response within 64·T1 of a CANCEL (RFC 3261 §9.1). The transaction is over. */
  onTimeout(): void;
  /** The request could not be sent. The transaction is over. */
  onTransportError(error: Error): void;
  /** The transaction left memory; not called after `abandon` or the layer's `close`. */
  onTerminated?(): void;
}

export interface ClientTransaction {
  readonly branch: string;
  /** As sent, with our Via on top. */
  readonly request: SipRequest;
  /** Null while a connection is being opened. */
  readonly flow: Flow | null;
  /**
   * RFC 3261 §9.1: sends CANCEL with the same branch, on the same flow, once a provisional response has come; held
   * until then. Does nothing after a final response, on a second call, or for another method than INVITE.
   */
  cancel(headers?: readonly (readonly [string, string])[]): void;
  /** Forgets the transaction; its handlers are not called any more. Late responses count as stray. */
  abandon(): void;
}

export type ServerTransactionState =
  | 'initial'
  | 'trying'
  | 'proceeding'
  | 'completed'
  | 'confirmed'
  | 'accepted'
  | 'terminated';

export interface ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly state: ServerTransactionState;
  /** RFC 3261 §8.2.2.2: when it came, the same request was being served already, having come on another way. */
  readonly isMerged: boolean;
  /** The To tag for responses that open no other one; the layer's 200 to a CANCEL carries it too (RFC 3261 §9.2). */
  readonly localTag: string;
  /** RFC 3261 §8.2.7: a To tag that every copy of the request gets. */
  readonly statelessTag: string;
  /** Sends, when the state allows it; ignored otherwise. Retransmitting a 2xx to INVITE is the caller's business. */
  respond(response: SipResponse): void;
  /**
   * RFC 3261 §8.2.7: sends and forgets the request; each copy of it is a new one. With `statelessTag`, for answers that
   * change nothing and can be given again.
   */
  respondStateless(response: SipResponse): void;
  /** Forgets the request without an answer; a retransmission of it is a new request. For sources that get none. */
  drop(): void;
  /** `listener` runs once when the transaction has left memory; at once when it already has. */
  onTerminated(listener: () => void): void;
}

/** The layer above: a user agent, or a proxy. What it throws is logged and goes no further. */
export interface TransactionUser {
  /** A new request other than ACK and CANCEL. For INVITE the layer sends 100 after 200 ms by itself. */
  onRequest(transaction: ServerTransaction): void;
  /** The INVITE has no final response yet; the layer has answered the CANCEL. */
  onCancel(invite: ServerTransaction, cancel: SipRequest): void;
  /** ACK for a 2xx. */
  onAck(request: SipRequest, flow: Flow): void;
  /** A response could not be sent. */
  onTransportFailure?(transaction: ServerTransaction, error: Error): void;
  /** A stream connection is gone. */
  onFlowClosed?(flow: Flow): void;
}

/** What the transaction layer needs of the transport layer. */
export interface TransactionTransport {
  sendRequest(
    request: SipRequest,
    target: Target,
    handlers: { onSent(sent: SentMessage): void; onError(error: Error): void },
  ): void;
  /** `isPassing`: the caller keeps nothing of what is returned. */
  sendResponse(response: SipResponse, flow: Flow, onError: (error: Error) => void, isPassing?: boolean): SentMessage;
  resend(sent: SentMessage, onError: (error: Error) => void): void;
}

/** A request was not sent because the layer holds as many client transactions as it may, or is closed. */
export class TransactionRefused extends AppError {
  readonly code = 'SIP_TRANSACTION_REFUSED';
}

/** What the transaction layer counts; every limit of it has its counter here. */
export interface TransactionCounters {
  /** Retransmitted requests that were absorbed or answered without the user. */
  retransmissions: number;
  /** Responses that match no client transaction, or name another Call-ID or sequence number than its request. */
  strayResponses: number;
  /** CANCELs that match no INVITE, answered 481. */
  unmatchedCancels: number;
  /** Requests answered with a stateless 503 because `maxServer` was reached. */
  overloads: number;
  /** Requests of ours refused because `maxClient` was reached. */
  refused: number;
  /** Timer B, Timer F, or a CANCEL without effect. */
  timeouts: number;
  /** Timer H: a final response that was never acknowledged. */
  ackTimeouts: number;
  requestFailures: number;
  responseFailures: number;
  /** The user threw. */
  userFailures: number;
}

export function createTransactionCounters(): TransactionCounters {
  return {
    retransmissions: 0,
    strayResponses: 0,
    unmatchedCancels: 0,
    overloads: 0,
    refused: 0,
    timeouts: 0,
    ackTimeouts: 0,
    requestFailures: 0,
    responseFailures: 0,
    userFailures: 0,
  };
}
