import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { TransportHandlers } from '../transport/layer.js';
import type { Flow, Target } from '../transport/transport.js';
import type {
  ClientTransaction,
  ClientTransactionHandlers,
  TransactionTransport,
  TransactionUser,
} from './transaction.js';

export type {
  ClientTransaction,
  ClientTransactionHandlers,
  ServerTransaction,
  ServerTransactionState,
  TransactionTransport,
  TransactionUser,
} from './transaction.js';

export interface TransactionLayerOptions {
  readonly transport: TransactionTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly timers?: { readonly t1Ms?: number; readonly t2Ms?: number; readonly t4Ms?: number };
  readonly limits?: { readonly maxServer?: number; readonly maxClient?: number };
}

export declare class TransactionLayer implements TransportHandlers {
  constructor(options: TransactionLayerOptions, user: TransactionUser);
  /** For the transport layer: `transport.start(transactions)`. */
  onRequest(request: SipRequest, flow: Flow): void;
  onResponse(response: SipResponse, flow: Flow): void;
  onFlowClosed(flow: Flow): void;
  request(request: SipRequest, target: Target, handlers: ClientTransactionHandlers): ClientTransaction;
  sendStateless(request: SipRequest, target: Target, onError?: (error: Error) => void): void;
  respondStateless(
    request: SipRequest,
    flow: Flow,
    statusCode: number,
    headers?: readonly (readonly [string, string])[],
  ): void;
  findMerged(request: SipRequest): boolean;
  counts(): { client: number; server: number };
  close(): void;
}
