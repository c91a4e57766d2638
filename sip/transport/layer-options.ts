import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { Network } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { TransportLimits } from './limits.js';
import type { SentByLocator } from './reopen.js';
import type { Flow, SentMessage, TransportFactory, TransportKind } from './transport.js';

export interface Listen {
  readonly kind: TransportKind;
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
  /** Beside UDP and TCP, which are always there; each of a kind of its own. */
  readonly transports?: readonly TransportFactory[] | undefined;
  /** RFC 3263 §5: finds whom a response is for whose connection is gone; Locator.locateSentBy. */
  readonly locateSentBy?: SentByLocator | undefined;
  readonly limits?: Partial<TransportLimits>;
}

/** The layer above. What it throws is logged and goes no further. */
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
