import type { ResourceLimits } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import type { UdpBackendChoice } from '../base/batched-network.js';
import { messageOf } from '../base/errors.js';
import type { HostEvent, HostPort } from './protocol.js';

export interface WorkerHostOptions {
  /** What one thread may take before it is ended, alone; 256 MB of old generation unless told. */
  readonly resourceLimits?: ResourceLimits;
  /** What carries its packets; `dgram` unless told. */
  readonly mediaBackend?: UdpBackendChoice;
  /** Where the host's wire is bound, for ring links with other machines; none unless told. */
  readonly wireAddress?: string | null;
}

/** What the thread is given at its start. */
export interface WorkerData {
  readonly backend: UdpBackendChoice;
  readonly wireAddress: string | null;
}

const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** A media host in a worker thread of its own, started from dist/rooms/worker.js. */
export function createWorkerHost(options: WorkerHostOptions = {}): HostPort {
  const workerData: WorkerData = {
    backend: options.mediaBackend ?? 'dgram',
    wireAddress: options.wireAddress ?? null,
  };
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'media-host',
    resourceLimits: options.resourceLimits ?? defaultLimits,
    workerData,
  });
  let reason: string | null = null;
  let closed = false;
  worker.on('message', (event: HostEvent) => {
    if (event.type === 'closed') closed = true;
    if (event.type === 'failed') reason ??= event.reason;
  });
  worker.on('error', (error) => {
    reason ??= messageOf(error);
  });
  return {
    post: (command) => worker.postMessage(command),
    onEvent: (listener) => {
      worker.on('message', listener);
    },
    onExit: (listener) => {
      worker.on('exit', (exitCode) => {
        if (!closed) listener(reason ?? `media host thread ended with code ${exitCode}`);
      });
    },
    kill: (why) => {
      reason ??= why;
      void worker.terminate();
    },
  };
}
