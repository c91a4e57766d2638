import { type UdpBackendChoice, udpBackends } from '../base/batched-network.js';
import { createRealClock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { createRealNetwork } from '../base/network.js';
import { endInOrder, runHost } from './host-shell.js';
import type { MediaHost } from './media-host.js';
import type { HostCommand, HostEvent } from './protocol.js';
import { RingWire } from './ring-wire.js';

/** Signals that a terminal or a service manager sends to all of us: whoever started this process says when to end. */
const LEFT_TO_THE_PARENT = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** News for the parent; a parent that is gone cannot be told. */
function post(event: HostEvent): void {
  if (!process.connected) return;
  process.send?.(event, undefined, undefined, () => {
    if (event.type === 'closed' && process.connected) process.disconnect();
  });
}

/**
 * A media host in a process of its own: started from dist by rooms/process-host.ts, which speaks rooms/protocol.ts with
 * it. It ends when the parent's end of the channel is closed: after `closed`, or because the parent is no more, and
 * then its calls get an RTCP BYE.
 */
async function run(backend: UdpBackendChoice): Promise<MediaHost> {
  const wire = await RingWire.open(createRealNetwork());
  return runHost(backend, post, wire);
}

function start(): void {
  process.title = 'hookline-media';
  for (const signal of LEFT_TO_THE_PARENT) process.on(signal, () => undefined);
  const running = run(udpBackends.find((name) => name === process.argv[2]) ?? 'dgram');
  const withHost = (use: (host: MediaHost) => void): void => void running.then(use, () => undefined);
  // Commands wait, in order, until the host is there.
  process.on('message', (command) => withHost((host) => host.handle(command as HostCommand)));
  process.on('disconnect', () => withHost((host) => endInOrder(host, createRealClock(), 0)));
  running.catch((error: unknown) => {
    post({ type: 'failed', reason: `no loopback: ${messageOf(error)}` });
    process.exitCode = 1;
    if (process.connected) process.disconnect();
  });
}

// Without a parent there is nobody to serve, and nobody whose end would be noticed.
if (process.connected) start();
