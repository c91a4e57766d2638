import { parentPort } from 'node:worker_threads';
import { runHost } from './host-shell.js';
import type { HostCommand, HostEvent } from './protocol.js';

/**
 * A media host in a worker thread: started from dist by rooms/worker-host.ts, which speaks rooms/protocol.ts with it.
 * The thread ends by itself once it said `closed`.
 */
function run(port: NonNullable<typeof parentPort>): void {
  const host = runHost((event: HostEvent) => {
    port.postMessage(event);
    if (event.type === 'closed') port.close();
  });
  port.on('message', (command: HostCommand) => host.handle(command));
}

if (parentPort !== null) run(parentPort);
