/** The media host of server.ts in its thread, as a gateway has it, with a clock that tells how late each beat began. */
import { parentPort, workerData } from 'node:worker_threads';
import { openMachineNetwork } from '../../base/batched-network.js';
import { type Clock, createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { prepareNativeUdp } from '../../base/native-udp.js';
import { createRealRandom } from '../../base/random.js';
import { createMediaHost } from '../../rooms/media-host.js';
import type { HostCommand } from '../../rooms/protocol.js';
import { Lateness } from './usage.js';

export interface MediaWorkerData {
  readonly backend: 'dgram' | 'native';
  /** See Lateness. */
  readonly latenesses: SharedArrayBuffer;
}

const { backend, latenesses } = workerData as MediaWorkerData;
if (backend === 'native') await prepareNativeUdp();
const machine = openMachineNetwork(backend, createRealClock());
const lateness = new Lateness(latenesses);
const clock: Clock = {
  nowMs: () => machine.clock.nowMs(),
  epochMs: () => machine.clock.epochMs(),
  setTimer: (delayMs, fire, options) => {
    if (options?.precise !== true) return machine.clock.setTimer(delayMs, fire, options);
    const dueMs = machine.clock.nowMs() + delayMs;
    const timed = (): void => {
      lateness.add(Math.max(0, machine.clock.nowMs() - dueMs));
      fire();
    };
    return machine.clock.setTimer(delayMs, timed, options);
  },
};
const port = parentPort!;
const host = createMediaHost(
  {
    post: (event) => {
      port.postMessage(event);
      if (event.type === 'closed') port.close();
    },
  },
  { clock, random: createRealRandom(), network: machine.network, nativeSrtp: machine.srtp, log: silentLogger },
);
port.on('message', (command: HostCommand) => host.handle(command));
