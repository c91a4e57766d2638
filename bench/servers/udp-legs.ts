import { openMachineNetwork, type UdpBackendChoice } from '../../base/batched-network.js';
import { createRealClock, delay } from '../../base/clock.js';
import { UdpPair } from '../../media/transport/udp.js';
import { Ticker } from '../../rooms/ticker.js';

/** What a process of bench/udp.bench.ts does with its legs, and what it then says. */
export interface UdpLegsOrder {
  readonly backend: UdpBackendChoice;
  readonly legs: number;
  readonly fromPort: number;
  /** Where leg n sends to: `toPort + 2n`; null = it sends nothing. */
  readonly toPort: number | null;
  /** Parts of the beat over which the sending is spread: phones have phases of their own, a mixer has one. */
  readonly phases: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface UdpLegsResult {
  readonly backend: string;
  readonly received: number;
  readonly sent: number;
  readonly dropped: number;
  readonly cpuUs: number;
  readonly systemUs: number;
  readonly beatLatenessP99Ms: number;
  readonly beatsSkipped: number;
  readonly wakes: number;
}

const PACKET_BYTES = 172;
const LOOPBACK = '127.0.0.1';

async function run(order: UdpLegsOrder): Promise<UdpLegsResult> {
  const { network, clock, backend, udp } = openMachineNetwork(order.backend, createRealClock());
  let received = 0;
  let sent = 0;
  const handlers = {
    onRtp: (): void => {
      received += 1;
    },
    onRtcp: (): void => undefined,
  };
  const pairs = Array.from({ length: order.legs }, (_, leg) => {
    const rtpPort = order.fromPort + leg * 2;
    return new UdpPair({ network, address: LOOPBACK, rtpPort, rtcpPort: rtpPort + 1, handlers });
  });
  for (const pair of pairs) await pair.open();
  const send = (phase: number): void => {
    if (order.toPort === null) return;
    for (let leg = phase; leg < pairs.length; leg += order.phases) {
      const pair = pairs[leg]!;
      const buffer = pair.acquire();
      if (buffer === null) continue;
      pair.send(buffer, PACKET_BYTES, LOOPBACK, order.toPort + leg * 2);
      sent += 1;
    }
  };
  // Within a beat the phases go by the plain timer, as the packets of many phones do not come together.
  const ticker = new Ticker(clock, () => {
    for (let phase = 0; phase < order.phases; phase += 1) {
      if (phase === 0) send(0);
      else clock.setTimer((phase * 20) / order.phases, () => send(phase));
    }
  });
  ticker.start();
  await delay(clock, order.warmUpMs);
  const cpu = process.cpuUsage();
  const before = { received, sent, wakes: udp?.counters.wakes ?? 0, skipped: ticker.skipped };
  await delay(clock, order.measureMs);
  const { user, system } = process.cpuUsage(cpu);
  const result = {
    backend,
    received: received - before.received,
    sent: sent - before.sent,
    dropped: pairs.reduce((sum, pair) => sum + pair.dropped, 0),
    cpuUs: user + system,
    systemUs: system,
    beatLatenessP99Ms: ticker.latenessP99Ms(),
    beatsSkipped: ticker.skipped - before.skipped,
    wakes: (udp?.counters.wakes ?? 0) - before.wakes,
  };
  await delay(clock, 500);
  ticker.stop();
  for (const pair of pairs) await pair.close();
  return result;
}

process.once('message', (order: UdpLegsOrder) => {
  void run(order).then((result) => {
    process.send?.(result);
    process.disconnect();
  });
});
