import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { LoopbackWorld } from '../support/loopback-world.js';
import { runSipp } from '../support/sipp.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

const calls = 1000;
const megabyte = 1024 * 1024;

/** A thousand calls, fifty new ones a second; resolves when the gateway has forgotten them all. */
async function thousand(gateway: GatewayProcess): Promise<Readonly<Record<string, number>>> {
  const { directory } = world;
  const server = gateway.sip;
  await runSipp({ scenario: 'integration/sipp/call.xml', server, user: 'echo', calls, callsPerSecond: 50, directory });
  await gateway.emptied();
  // The first reading collects what the second one then counts.
  await gateway.metrics();
  return gateway.metrics();
}

function megabytes(figures: Readonly<Record<string, number>>, name: string): number {
  return (figures[name] ?? Number.NaN) / megabyte;
}

test('two thousand calls at 50 a second leave no call, room, port, dialog, transaction or timer, and no memory', {
  timeout: 600_000,
}, async () => {
  const gateway = await world.startGateway({
    rtpPairs: 1000,
    nodeFlags: ['--expose-gc'],
    args: ['--servers', '[{"alias":"load","cidrs":["127.0.0.0/8"]}]'],
  });
  const start = await gateway.metrics();
  const first = await thousand(gateway);
  let second = await thousand(gateway);
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
