import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { type LoopbackPhone, LoopbackWorld, listen, reached } from '../support/loopback-world.js';
import {
  faultyThreads,
  gapsOf,
  hostPids,
  hurtThread,
  isAlive,
  loggingNetwork,
  type RtpLog,
} from '../support/media-faults.js';
import type { PhoneCall } from '../support/phone.js';

/** What the issue allows for the calls of a host that died: ended within. */
const ENDED_MS = 2000;
const clock = createRealClock();
let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

interface Talker {
  readonly phone: LoopbackPhone;
  readonly call: PhoneCall;
  readonly toneHz: number;
  readonly rtp: RtpLog;
}

type Way = 'SIGKILL of its process' | 'an uncaught exception' | 'heap exhaustion';

/** A gateway of so many media hosts, and what kills the first of them. */
async function startGateway(way: Way, hosts: number): Promise<{ gateway: GatewayProcess; kill: () => void }> {
  const hookUrl = await world.serveHooks();
  world.hooks.on('invite', ({ body }) => ({ json: { strategy: 'Accept', room_id: `r${String(body.to_number)}` } }));
  const isolation = way === 'SIGKILL of its process' ? 'process' : 'thread';
  const gateway = await world.startGateway({
    hookUrl,
    args: ['--media-workers', String(hosts), '--media-isolation', isolation, '--call-events', 'true'],
    ...faultyThreads(world.directory),
  });
  const kill = (): void => {
    if (way === 'SIGKILL of its process') process.kill(hostPids(gateway)[0]!, 'SIGKILL');
    else hurtThread(world.directory, 0, way === 'heap exhaustion' ? 'heap' : 'throw');
  };
  return { gateway, kill };
}

function isLost(gateway: GatewayProcess): Promise<unknown> {
  return eventually('media-host.lost', () => gateway.logged('media-host.lost').length === 1);
}

/** When that was logged. */
function loggedMs(gateway: GatewayProcess, event: string): number[] {
  return gateway.logged(event).map(({ time }) => Date.parse(String(time)));
}

let user = 1000;

async function talker(gateway: GatewayProcess, room: string, toneHz: number): Promise<Talker> {
  user += 1;
  const rtp = loggingNetwork(() => clock.nowMs());
  const phone = await world.addPhone(gateway.sip, String(user), { toneHz, network: rtp.network });
  return { phone, call: await reached(await phone.dial(room), 'answered'), toneHz, rtp };
}

/** Each of them hears exactly the others. */
async function expectMutual(here: readonly Talker[], elsewhere: readonly Talker[]): Promise<void> {
  for (const { phone, toneHz } of here) {
    const hears = here.map((other) => other.toneHz).filter((hz) => hz !== toneHz);
    await listen(phone, { hears, not: elsewhere.map((other) => other.toneHz) });
  }
}

/** What the call-event hook was told of ends, in order. */
function terminalEvents(): unknown[] {
  const ends = ['Ended', 'Failed', 'Rejected', 'Canceled'];
  return world.hooks.bodies('event').flatMap(({ state, reason }) => (ends.includes(String(state)) ? [reason] : []));
}

const ways: readonly Way[] = ['SIGKILL of its process', 'an uncaught exception', 'heap exhaustion'];

describe.each(ways)('design §4 a media host dies in mid-call by %s', (way) => {
  test('its calls end with a cause within 2 s, other rooms lose nothing, and a new call works at once', async () => {
    const { gateway, kill } = await startGateway(way, 2);
    const doomed = [await talker(gateway, '9001', 500), await talker(gateway, '9001', 900)];
    const others = [await talker(gateway, '9002', 1300), await talker(gateway, '9002', 1900)];
    await expectMutual(doomed, others);
    await expectMutual(others, doomed);

    kill();
    // Until a heap is full its host is alive.
    if (way === 'heap exhaustion') await isLost(gateway);
    const ended = Promise.all(doomed.map(({ call }) => reached(call, 'ended bye')));
    await isLost(gateway);
    const next = await talker(gateway, '9003', 2400);
    await ended;
    await eventually('the lines of both', () => gateway.logged('call.ended').length === 2);
    // By the gateway's own clock, since the phones here may be slower than it.
    const [lostMs] = loggedMs(gateway, 'media-host.lost');
    for (const endedMs of loggedMs(gateway, 'call.ended')) expect(endedMs - lostMs!).toBeLessThan(ENDED_MS);

    const reasons = doomed.map(({ call }) => call.ended?.reason);
    expect(reasons).toEqual(
      Array.from({ length: 2 }, () => [{ protocol: 'Q.850', cause: 41, text: 'Media host lost' }]),
    );
    expect(gateway.logged('call.ended').map(({ cause }) => cause)).toEqual(['media-host-lost', 'media-host-lost']);
    await eventually('two terminal events', () => terminalEvents().length === 2);
    expect(terminalEvents()).toEqual(['Media host lost', 'Media host lost']);

    await expectMutual(others, [...doomed, next]);
    await eventually('the host is back', async () => (await gateway.metrics()).media_hosts_up === 2);
    const late = await talker(gateway, '9003', 600);
    await expectMutual([next, late], others);
    await expectMutual(others, [...doomed, next, late]);
    expect(others.map(({ rtp }) => gapsOf(rtp))).toEqual([[], []]);
    expect(others.every(({ rtp }) => rtp.packets.length > 100)).toBe(true);
    expect(others.map(({ call }) => call.ended)).toEqual([null, null]);
    expect(await gateway.metrics()).toMatchObject({ media_host_restarts_total: 1, calls_ended_total: 2 });

    for (const { call } of [...others, next, late]) call.hangUp();
    await gateway.idle();
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    expect(terminalEvents()).toHaveLength(6);
  });

  test('the only one: a call that comes right then is answered as soon as it is back', async () => {
    const { gateway, kill } = await startGateway(way, 1);
    const doomed = await talker(gateway, '9001', 500);
    kill();
    await isLost(gateway);
    const next = [await talker(gateway, '9001', 900), await talker(gateway, '9001', 1300)];
    await reached(doomed.call, 'ended bye');
    await expectMutual(next, [doomed]);
    const ports = [doomed, ...next].map(({ call }) => /m=audio (\d+)/.exec(call.remote[0] ?? '')?.[1]);
    expect(new Set(ports).size).toBe(3);
    for (const { call } of next) call.hangUp();
    await gateway.idle();
  });
});

describe('processes of media hosts', () => {
  test('are gone with the gateway, however that ends', async () => {
    const { gateway } = await startGateway('SIGKILL of its process', 2);
    const pids = hostPids(gateway);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await talker(gateway, '9001', 500);
    await gateway.program.kill();
    await eventually('both are gone', () => pids.every((pid) => !isAlive(pid)));
  });

  test('leave the signals of a terminal to the gateway, which drains, and end with it', async () => {
    const { gateway } = await startGateway('SIGKILL of its process', 2);
    const pids = hostPids(gateway);
    const callers = [await talker(gateway, '9001', 500), await talker(gateway, '9001', 900)];
    for (const pid of pids) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(pid, signal);
    gateway.program.signal('SIGTERM');
    await gateway.program.event('drain.began');
    await delay(clock, 300);
    await expectMutual(callers, []);
    for (const { call } of callers) call.hangUp();
    expect(await gateway.program.ended).toEqual({ code: 0, signal: null });
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(gateway.logged('media-host.lost')).toEqual([]);
    expect(callers.map(({ rtp }) => gapsOf(rtp))).toEqual([[], []]);
  });

  test('one that stands still is ended, and its calls with it', async () => {
    const hookUrl = await world.serveHooks();
    world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
    const args = ['--media-workers', '1', '--media-isolation', 'process'];
    const gateway = await world.startGateway({ hookUrl, args });
    const { call } = await talker(gateway, '9001', 500);
    const [pid] = hostPids(gateway);
    process.kill(pid!, 'SIGSTOP');
    await reached(call, 'ended bye');
    await eventually('its end', () => !isAlive(pid!));
    const lost = await gateway.program.event('media-host.lost');
    expect(lost.reason).toMatch(/^no (?:beat|answer)/);
  });
});
