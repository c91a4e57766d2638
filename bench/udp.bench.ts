import { fork } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { UdpLegsOrder, UdpLegsResult } from './servers/udp-legs.js';

/**
 * What a packet costs in CPU time through UdpPair, in and out, on both back ends in one run: a process with so many
 * legs under test, and one that sends to it or hears it, as so many phones would. On loopback the sender pays for what
 * the kernel does up to the receiver's buffer.
 */
const { values } = parseArgs({
  options: {
    legs: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '1' },
  },
});
const legs = Number(values.legs);
const measureMs = Number(values.seconds) * 1000;
const SUBJECT_PORT = 30_000;
const PHONES_PORT = 40_000;

function legsProcess(order: UdpLegsOrder): Promise<UdpLegsResult> {
  const child = fork(fileURLToPath(new URL('./servers/udp-legs.js', import.meta.url)));
  child.send(order);
  return new Promise((resolve, reject) => {
    child.once('message', (result) => resolve(result as UdpLegsResult));
    child.once('exit', (code) => reject(new Error(`the legs ended with ${code}`)));
  });
}

type Way = 'in' | 'out' | 'in and out' | 'nothing';

async function measure(backend: 'dgram' | 'native', way: Way): Promise<UdpLegsResult> {
  const shared = { legs, measureMs, warmUpMs: 2000 };
  const isIn = way === 'in' || way === 'in and out';
  const isOut = way === 'out' || way === 'in and out';
  const toSubject = isIn ? SUBJECT_PORT : null;
  const toPhones = isOut ? PHONES_PORT : null;
  const [subject] = await Promise.all([
    legsProcess({ ...shared, backend, fromPort: SUBJECT_PORT, toPort: toPhones, phases: 1 }),
    way === 'nothing'
      ? null
      : legsProcess({ ...shared, backend: 'auto', fromPort: PHONES_PORT, toPort: toSubject, phases: 20 }),
  ]);
  return subject;
}

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`);
console.log(
  `${legs} legs of 50 packets/s and direction, 172 bytes, loopback; µs of CPU for each packet, system part\n`,
);
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const way of ['in', 'out', 'in and out', 'nothing'] as const) {
    for (const backend of ['dgram', 'native'] as const) {
      const result = await measure(backend, way);
      const packets = result.received + result.sent;
      const per = (us: number): string => (packets === 0 ? '-' : (us / packets).toFixed(2)).padStart(6);
      const share = ((result.cpuUs / measureMs / 1000) * 100).toFixed(1);
      const rest = `beat p99 ${result.beatLatenessP99Ms.toFixed(2)} ms late, ${result.beatsSkipped} skipped`;
      console.log(
        `${way.padEnd(10)} ${result.backend.padEnd(6)} ${per(result.cpuUs)} µs ${per(result.systemUs)}  ${packets} packets, ` +
          `${result.dropped} dropped, ${share.padStart(5)} % of a core, ${rest}, ${result.wakes} wakes`,
      );
    }
  }
}
