import { performance } from 'node:perf_hooks';
import { parentPort } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { createRealClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { LogFields, Logger, LogLevel } from '../base/log.js';
import { createRealNetwork } from '../base/network.js';
import { createRealRandom } from '../base/random.js';
import type { MediaHost } from './media-host.js';
import { createMediaHost } from './media-host.js';
import type { HostCommand, HostEvent } from './protocol.js';

/** How long sockets get to close after a defect, before the thread ends anyway. */
const CLOSE_DEADLINE_MS = 1000;

/**
 * A media host in a worker thread: started from dist by rooms/worker-host.ts, which speaks rooms/protocol.ts with it.
 * The thread ends by itself once it said `closed`; after a defect it says `failed`, closes its sockets (a thread that
 * ends with live sockets can take the process with it) and exits with code 1.
 */
function run(port: NonNullable<typeof parentPort>): void {
  const clock = createRealClock();
  const post = (event: HostEvent): void => {
    port.postMessage(event);
    if (event.type === 'failed') endAfterDefect(host, clock);
    if (event.type === 'closed') port.close();
  };
  const host = createMediaHost(
    { post },
    {
      clock,
      random: createRealRandom(),
      network: createRealNetwork(),
      log: loggerTo(post),
      busyShare: createBusyShare(),
    },
  );
  port.on('message', (command: HostCommand) => host.handle(command));
  process.on('uncaughtException', (error) => host.fail(messageOf(error)));
}

function endAfterDefect(host: MediaHost, clock: Clock): void {
  const end = (): void => process.exit(1);
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

if (parentPort !== null) run(parentPort);
