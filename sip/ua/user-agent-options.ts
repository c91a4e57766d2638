import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import type { TimerBase } from '../transaction/timers.js';
import type { TransportLayer } from '../transport/layer.js';
import type { Flow, Target } from '../transport/transport.js';
import type { SendingOptions } from './failover-sender.js';
import type { UaTransition } from './invite-table.js';

/** What a user agent is made from. */
export interface UserAgentOptions extends SendingOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly transport: TransportLayer;
  /** The User-Agent of our requests and the Server of our responses. */
  readonly userAgent: string;
  /** Whether requests in dialogs follow a peer's messages rather than its Contact. */
  readonly nat: 'auto' | 'off';
  readonly isPrivate: (address: string) => boolean;
  readonly timers?: Partial<TimerBase> | undefined;
  /** Sees every step of every machine of its sessions. */
  readonly trace?: ((transition: UaTransition) => void) | undefined;
  /** Sessions at once, attempts that still take leave included; 20 000 unless told. See `counters.refused`. */
  readonly maxSessions?: number | undefined;
  /** Our Contact as the application wants it, as a header value; null for the address of our socket or listener. */
  readonly contact?: ((user: string | undefined, peer: Flow | Target, secure: boolean) => string | null) | undefined;
}
