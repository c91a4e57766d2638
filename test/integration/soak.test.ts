import { describe, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { comeAndGo, leftIn } from '../support/comers.js';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { hear, LoopbackRooms } from '../support/loopback-rooms.js';
import { LoopbackWorld } from '../support/loopback-world.js';
import { runSipp } from '../support/sipp.js';

/** What is left of many. Both wait most of the time, for transactions to run out, and so they wait together. */

const clock = createRealClock();
const calls = 1000;
/** Who come by each door; together a thousand. */
const MANY = { phones: 700, browsers: 150, applications: 150 };
/** What is made once, and code that is compiled, is not counted as left. */
const FEW = { phones: 70, browsers: 15, applications: 15 };
/** Of heap and buffers. */
const GROWN_MB = 5;
const room = '9000';
const megabyte = 1024 * 1024;

/** A thousand calls, fifty new ones a second; resolves when the gateway has forgotten them all. */
async function thousand(
  { directory }: LoopbackWorld,
  gateway: GatewayProcess,
): Promise<Readonly<Record<string, number>>> {
  const server = gateway.sip;
  const scenario = { scenario: 'integration/sipp/call.xml', server, user: 'echo', directory };
  await runSipp({ ...scenario, calls, callsPerSecond: 50, atOnce: 20 });
  await gateway.emptied();
  // The first reading collects what the second one then counts.
  await gateway.metrics();
  return gateway.metrics();
}

function megabytes(figures: Readonly<Record<string, number>>, name: string): number {
  return (figures[name] ?? Number.NaN) / megabyte;
}

describe.concurrent('nothing is left', () => {
  test('two thousand calls at 50 a second leave no call, room, port, dialog, transaction or timer, and no memory', {
    timeout: 600_000,
  }, async ({ expect, onTestFinished }) => {
    const world = new LoopbackWorld();
    onTestFinished(() => world.close());
    const gateway = await world.startGateway({
      rtpPairs: 1000,
      nodeFlags: ['--expose-gc'],
      args: ['--servers', '[{"alias":"load","cidrs":["127.0.0.0/8"]}]'],
    });
    const start = await gateway.metrics();
    const first = await thousand(world, gateway);
    let second = await thousand(world, gateway);
    const grown = (name: string): number => megabytes(second, name) - megabytes(first, name);
    const grownMb = (): number => grown('process_heap_used_bytes') + grown('process_external_bytes');
    // One more: the logs of rooms that are over are kept for five minutes.
    const startTimers = (start.process_timers ?? 0) + 1;
    // What a busy machine has still to put away is not left over.
    const looksClean = async (): Promise<boolean> => {
      if (second.process_timers! <= startTimers && grownMb() < 5) return true;
      second = await gateway.metrics();
      return false;
    };
    await eventually('no more timers and memory than before', looksClean).catch(() => undefined);
    expect([first.calls_answered_total, second.calls_answered_total]).toEqual([calls, 2 * calls]);
    expect(second.calls_ended_total).toBe(2 * calls);
    expect(await gateway.leftovers()).toEqual({});
    expect(second.process_timers).toBeLessThanOrEqual(startTimers);
    expect(gateway.program.log.filter(({ level }) => level === 'error')).toEqual([]);

    const names = ['process_heap_used_bytes', 'process_external_bytes', 'process_resident_bytes', 'process_timers'];
    for (const name of names) {
      const unit = name.endsWith('_bytes') ? megabyte : 1;
      const shown = [start, first, second].map((figures) => ((figures[name] ?? Number.NaN) / unit).toFixed(1));
      console.log(`${name}: at the start ${shown[0]}, after 1,000 calls ${shown[1]}, after 2,000 calls ${shown[2]}`);
    }
    expect(grownMb()).toBeLessThan(5);
  });

  test('a thousand come and go by SIP, WebRTC and WebSocket: who stays hears well, and nothing is left behind', {
    timeout: 600_000,
  }, async ({ expect, onTestFinished }) => {
    // Nobody is asked who may come: what that takes on a busy machine is no part of this.
    const domain = { name: '*', auth: 'none', allow: ['127.0.0.0/8'], routing: 'bridge', rooms: { 9000: room } };
    const rooms = await LoopbackRooms.start({
      ...{ hookUrl: 'off', rtpPairs: 500, mediaWorkers: 2, nodeFlags: ['--expose-gc'] },
      args: ['--domains', JSON.stringify([domain])],
    });
    onTestFinished(() => rooms.close());
    const { gateway } = rooms;
    await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1 });
    const [ann, bob] = [await rooms.come(room, 440), await rooms.come(room, 800)];
    const both = [
      [ann, [800]],
      [bob, [440]],
    ] as const;
    await comeAndGo(rooms, room, FEW);
    await hear(both, [440, 800]);
    const before = await leftIn(gateway);
    const beganMs = clock.nowMs();
    await comeAndGo(rooms, room, MANY);
    const tookS = (clock.nowMs() - beganMs) / 1000;
    await hear(both, [440, 800]);
    let after = await leftIn(gateway);
    const isClean = async (): Promise<boolean> => {
      if (after.timers <= before.timers && after.heapMb - before.heapMb < GROWN_MB) return true;
      after = await leftIn(gateway);
      return false;
    };
    // What a busy machine has still to put away is not left over.
    await eventually('as before', isClean).catch(() => undefined);
    console.log(
      `a thousand in ${tookS.toFixed(0)} s; before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`,
    );
    expect(after.registries).toEqual(before.registries);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.timers).toBeLessThanOrEqual(before.timers);
    expect(after.heapMb - before.heapMb).toBeLessThan(GROWN_MB);
    await rooms.over();
    expect(gateway.program.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
