import { setTimeout as sleep } from 'node:timers/promises';
import { type CodecName, codecs } from '../../media/index.js';
import { percentile, percentileMs } from './gap-statistics.js';
import { cpuOf, residentOf } from './process-cpu.js';
import type { MediaServer, Opened, RoomPorts, ServerMemory } from './servers/server.js';
import { planOf, type StageOptions, seatsOf, type Weather } from './stage.js';
import { judge, type Verdict } from './verdict.js';
import { type Heard, startWire } from './wire.js';

export interface Case extends StageOptions, Weather {
  readonly server: string;
  readonly codec: CodecName;
  readonly warmMs: number;
  readonly measureMs: number;
  /** Reads the server's memory after the warm-up and at the end. */
  readonly withMemory: boolean;
}

/** What one case came to. */
export interface Figures {
  readonly participants: number;
  /** CPU of the server per participant and second. */
  readonly cpuMs: number;
  readonly systemMs: number;
  /** CPU of the load generator, likewise. */
  readonly loadMs: number;
  readonly gapP50Ms: number;
  readonly gapP99Ms: number;
  readonly gapMaxMs: number;
  readonly lost: number;
  readonly received: number;
  readonly silent: number;
  readonly transitP50Ms: number;
  readonly transitP95Ms: number;
  readonly dropouts: number;
  readonly right: number;
  readonly wrong: readonly string[];
  /** How late the load generator sent, 99 of 100 packets. */
  readonly lateP99Ms: number;
  readonly memory: readonly ServerMemory[];
  readonly residentBytes: number;
}

export interface Measured {
  readonly figures: Figures;
  readonly heard: Heard;
  readonly verdict: Verdict;
  readonly opened: Opened;
}

const SETTLE_MS = 300;

/** Sockets, legs, load, verdict. @param start the server for so many participants */
export async function measure(
  each: Case,
  start: (participants: number) => Promise<MediaServer>,
  wireKind: 'c' | 'node',
): Promise<Measured> {
  const seats = seatsOf(each);
  const wire = await startWire(seats.length, wireKind);
  const server = await start(seats.length);
  try {
    const opened = await server.open(portsByRoom(each.rooms, wire.ports), each.codec);
    await sleep(SETTLE_MS);
    const memory: ServerMemory[] = [];
    const cpus: { userMs: number; systemMs: number; loadMs: number; atMs: number }[] = [];
    const sample = (): void => {
      const load = cpuOf(wire.pid);
      cpus.push({ ...cpuOf(server.pid), loadMs: load.userMs + load.systemMs, atMs: performance.now() });
    };
    let remembered: Promise<void> = Promise.resolve();
    const remember = async (): Promise<void> => {
      if (each.withMemory && server.memory !== undefined) memory.push(await server.memory());
    };
    const plan = planOf(seats, opened, each, each);
    const onMeasuring = (): void => {
      sample();
      remembered = remember();
    };
    const heard = await wire.run(plan, onMeasuring, sample);
    await remembered;
    await remember();
    const residentBytes = residentOf(server.pid);
    const isReflector = each.server.endsWith('reflector');
    const verdict = judge({
      seats,
      packets: heard.packets,
      bursts: heard.result.bursts,
      codec: codecs[each.codec],
      isReflector,
    });
    const [from, to] = cpus;
    const personSeconds = (seats.length * ((to?.atMs ?? 0) - (from?.atMs ?? 0))) / 1000;
    const spent = (of: 'userMs' | 'systemMs' | 'loadMs'): number =>
      ((to?.[of] ?? 0) - (from?.[of] ?? 0)) / personSeconds;
    const { result } = heard;
    const figures: Figures = {
      participants: seats.length,
      cpuMs: spent('userMs') + spent('systemMs'),
      systemMs: spent('systemMs'),
      loadMs: spent('loadMs'),
      gapP50Ms: percentileMs(result.gaps, 0.5),
      gapP99Ms: percentileMs(result.gaps, 0.99),
      gapMaxMs: result.worstGapMs,
      lost: result.lost,
      received: result.received,
      silent: result.silent,
      transitP50Ms: percentile(verdict.transitsMs, 0.5),
      transitP95Ms: percentile(verdict.transitsMs, 0.95),
      dropouts: verdict.dropouts,
      right: verdict.right,
      wrong: verdict.wrong,
      lateP99Ms: percentileMs(result.lateness, 0.99),
      memory,
      residentBytes,
    };
    return { figures, heard, verdict, opened };
  } finally {
    await wire.stop();
    await server.stop();
  }
}

function portsByRoom(rooms: readonly number[], ports: readonly number[]): RoomPorts {
  let at = 0;
  return rooms.map((members) => {
    at += members;
    return ports.slice(at - members, at);
  });
}
