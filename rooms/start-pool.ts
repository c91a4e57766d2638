import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { Network } from '../base/network.js';
import type { Random } from '../base/random.js';
import { createInlineHost } from './inline-host.js';
import type { MediaPool } from './media-pool.js';
import { createMediaPool } from './pool.js';
import type { RoomRules } from './room-rules.js';
import { createWorkerHost } from './worker-host.js';

export interface StartPoolOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Used by an inline host; workers have the machine's own. */
  readonly network: Network;
  readonly log: Logger;
  /** Threads; 0 = one host inline, on this thread. */
  readonly workers: number;
  /** defaultRoomRules unless told. */
  readonly rules?: RoomRules;
}

/** The media pool of a gateway. Await ready() before the first leg. */
export function startMediaPool(options: StartPoolOptions): MediaPool {
  const { clock, random, network, log, workers, rules } = options;
  const spawn = workers === 0 ? () => createInlineHost({ clock, random, network, log }) : () => createWorkerHost();
  return createMediaPool({ clock, random, log, hosts: Math.max(1, workers), spawn, ...(rules && { rules }) });
}
