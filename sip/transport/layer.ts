import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { Network, SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { Flow, SentMessage, Target, TransportKind } from './transport.js';

export interface Listen {
  readonly kind: 'udp' | 'tcp';
  /** An IP literal, `0.0.0.0` or `::` for every address of that family, or an interface's name. */
  readonly address: string;
  readonly port: number;
}

export interface TransportLayerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  /** Written into Via and Contact towards addresses outside the local nets; without it our interface address is. */
  readonly publicIp?: string | undefined;
  /** True for an address inside the local nets. */
  readonly isLocalNet: (address: string) => boolean;
  readonly listens: readonly Listen[];
}

export interface TransportHandlers {
  onRequest(request: SipRequest, flow: Flow): void;
  onResponse(response: SipResponse, flow: Flow): void;
  /** Once per stream connection that was open. */
  onFlowClosed?(flow: Flow): void;
}

export interface SendHandlers {
  /** At once when the flow was open, else once the connection is; again when UDP had to replace a refused TCP. */
  onSent(sent: SentMessage): void;
  /** Never called before `sendRequest` returns. */
  onError(error: Error): void;
}

/** Where a peer reaches us. */
export interface LocalEndpoint {
  readonly host: string;
  readonly port: number;
  readonly kind: TransportKind;
}

export declare class TransportLayer {
  constructor(options: TransportLayerOptions);
  readonly listening: readonly ({ readonly kind: TransportKind } & SocketAddress)[];
  start(handlers: TransportHandlers): Promise<void>;
  sendRequest(request: SipRequest, target: Target, handlers: SendHandlers): void;
  sendResponse(response: SipResponse, flow: Flow, onError: (error: Error) => void): SentMessage;
  resend(sent: SentMessage, onError: (error: Error) => void): void;
  /** The open flow that this target would use, null when it would have to be opened. */
  findFlow(target: Target): Flow | null;
  /** An open stream connection by its id. */
  flowById(connectionId: string): Flow | null;
  keepAlive(flow: Flow): void;
  localFor(peer: Flow | Target): LocalEndpoint;
  close(): Promise<void>;
}
