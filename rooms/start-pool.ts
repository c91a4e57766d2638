import type { UdpBackendChoice } from '../base/batched-network.js';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { NativeSrtp } from '../base/native-srtp.js';
import type { Network } from '../base/network.js';
import type { Random } from '../base/random.js';
import { createInlineHost } from './inline-host.js';
import type { MediaPool } from './media-pool.js';
import { createMediaPool } from './pool.js';
import { createProcessHost } from './process-host.js';
import type { HostPort } from './protocol.js';
import { createRemoteHost, type MediaNodeUrl, type RemoteHostOptions } from './remote-host.js';
import type { RoomRules } from './room-rules.js';
import { createWorkerHost } from './worker-host.js';

export interface StartPoolOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Used by an inline host; the others have the machine's own. */
  readonly network: Network;
  /** Likewise; without it node:crypto does the work. */
  readonly nativeSrtp?: NativeSrtp | null;
  readonly log: Logger;
  /** Threads or processes; 0 = one host inline, on this thread; null: only the remote ones. */
  readonly workers: number | null;
  /** Media nodes, each connected to once; none unless told. */
  readonly nodes?: Omit<RemoteHostOptions, 'clock' | 'url'> & { readonly urls: readonly MediaNodeUrl[] };
  /** defaultRoomRules unless told. */
  readonly rules?: RoomRules;
  readonly isolation: 'thread' | 'process';
  /** What carries the packets of a thread or process; `dgram` unless told. An inline host has the given network. */
  readonly mediaBackend?: UdpBackendChoice;
  /** See MediaPoolOptions. */
  readonly sharedPort?: number;
}

/** The media pool of a gateway. Await ready() before the first leg. */
export function startMediaPool(options: StartPoolOptions): MediaPool {
  const { clock, random, log, workers, rules, nodes, sharedPort = 0 } = options;
  const hosts = workers === null ? 0 : Math.max(1, workers);
  const remotes = (nodes?.urls ?? []).map((url) => ({
    url: url.text,
    connect: () => createRemoteHost({ ...nodes!, clock, url }),
  }));
  const spawn = spawnerOf(options);
  return createMediaPool({ clock, random, log, hosts, spawn, remotes, sharedPort, ...(rules && { rules }) });
}

function spawnerOf(options: StartPoolOptions): () => HostPort {
  const { clock, random, network, nativeSrtp = null, log, workers, isolation, mediaBackend = 'dgram' } = options;
  if (workers === 0) return () => createInlineHost({ clock, random, network, nativeSrtp, log });
  return isolation === 'process' ? () => createProcessHost({ mediaBackend }) : () => createWorkerHost({ mediaBackend });
}
