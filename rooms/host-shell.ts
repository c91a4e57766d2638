import { performance } from 'node:perf_hooks';
import { openMachineNetwork, type UdpBackendChoice } from '../base/batched-network.js';
import type { Clock } from '../base/clock.js';
import { createRealClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { LogFields, Logger, LogLevel } from '../base/log.js';
import { createRealRandom } from '../base/random.js';
import type { MediaHost } from './media-host.js';
import { createMediaHost } from './media-host.js';
import type { HostEvent } from './protocol.js';
import type { RingWire } from './ring-wire.js';

/** How long sockets get to close after a defect, before the thread or process ends anyway. */
const CLOSE_DEADLINE_MS = 1000;

/**
 * A media host on the machine's own clock and sockets, in a thread (worker.ts) or a process (host-process.ts) that has
 * nothing else to do. After a defect it says `failed`, closes its sockets (a thread that ends with live sockets can
 * take the process with it) and exits with code 1.
 */
export function runHost(
  backend: UdpBackendChoice,
  post: (event: HostEvent) => void,
  wire: RingWire | null = null,
): MediaHost {
  const { network, clock, srtp, reason } = openMachineNetwork(backend, createRealClock());
  const tell = (event: HostEvent): void => {
    post(event);
    if (event.type === 'failed') endInOrder(host, clock, 1);
  };
  const host = createMediaHost(
    { post: tell },
    {
      clock,
      random: createRealRandom(),
      network,
      nativeSrtp: srtp,
      log: loggerTo(post),
      busyShare: createBusyShare(),
      ...(wire === null ? {} : { wire }),
    },
  );
  if (reason !== null) loggerTo(post).warn('media-host.backend', { backend: 'dgram', reason });
  process.on('uncaughtException', (error) => host.fail(messageOf(error)));
  return host;
}

/** Closes the sockets, in 1 s at most, and exits. */
export function endInOrder(host: MediaHost, clock: Clock, code: number): void {
  const end = (): void => process.exit(code);
  clock.setTimer(CLOSE_DEADLINE_MS, end);
  void host.close().then(end, end);
}

/** The thread's own share of busy time since the last call, sockets included. */
function createBusyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const share = performance.eventLoopUtilization(now, last).utilization;
    last = now;
    return share;
  };
}

function loggerTo(post: (event: HostEvent) => void): Logger {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void =>
      post({ type: 'log', level, event, fields });
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
