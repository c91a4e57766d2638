import { parentPort, workerData } from 'node:worker_threads';
import type { UdpBackendChoice } from '../base/batched-network.js';
import { runHost } from './host-shell.js';
import type { HostCommand, HostEvent } from './protocol.js';

/**
 * A media host in a worker thread: started from dist by rooms/worker-host.ts, which speaks rooms/protocol.ts with it.
 * The thread ends by itself once it said `closed`.
 */
function run(port: NonNullable<typeof parentPort>, backend: UdpBackendChoice): void {
  const host = runHost(backend, (event: HostEvent) => {
    port.postMessage(event);
    if (event.type === 'closed') port.close();
  });
  port.on('message', (command: HostCommand) => host.handle(command));
}

if (parentPort !== null) run(parentPort, workerData as UdpBackendChoice);
