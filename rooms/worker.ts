import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../base/errors.js';
import { createRealNetwork } from '../base/network.js';
import { runHost } from './host-shell.js';
import type { HostCommand, HostEvent } from './protocol.js';
import { RingWire } from './ring-wire.js';
import type { WorkerData } from './worker-host.js';

/**
 * A media host in a worker thread: started from dist by rooms/worker-host.ts, which speaks rooms/protocol.ts with it.
 * The thread ends by itself once it said `closed`.
 */
async function run(port: NonNullable<typeof parentPort>, { backend, wireAddress }: WorkerData): Promise<void> {
  const post = (event: HostEvent): void => {
    port.postMessage(event);
    if (event.type === 'closed') port.close();
  };
  // Until somebody listens, what the port is given waits in order.
  const wire = wireAddress === null ? null : await RingWire.open(createRealNetwork(), wireAddress);
  const host = runHost(backend, post, wire);
  port.on('message', (command: HostCommand) => host.handle(command));
}

if (parentPort !== null) {
  const port = parentPort;
  const data = workerData as WorkerData;
  run(port, data).catch((error: unknown) => {
    port.postMessage({ type: 'failed', reason: `no wire on ${data.wireAddress}: ${messageOf(error)}` });
    port.close();
  });
}
