import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createMediaPool, MediaHostLost, NoPortError } from '../../rooms/index.js';
import { protocolVersion } from '../../rooms/protocol.js';
import { ManualClock } from '../support/manual-clock.js';
import { FakeHost, room, setUp } from '../support/pool-bench.js';
import { createSeededRandom } from '../support/seeded-random.js';

describe('a host that is lost', () => {
  test('ends its own legs and the ring members of its rooms, and nobody else', async () => {
    const { pool, hosts, ports, events, options } = await setUp();
    const inFirst = await pool.openLeg(options('first', 'r1'));
    inFirst.join(room('r1'), { echo: false });
    const inSecond = await pool.openLeg(options('second', 'r2'));
    inSecond.join(room('r2'), { echo: false });
    const guest = await pool.openLeg(options('guest', 'r2'));
    guest.join(room('r1'), { echo: false });
    hosts[0]!.crash('JS heap out of memory');
    expect(events).toEqual([
      ['first', { type: 'lost', reason: 'JS heap out of memory' }],
      ['guest', { type: 'lost', reason: 'JS heap out of memory' }],
    ]);
    expect(hosts[1]!.types().slice(-2)).toEqual(['join-ring', 'leave-room']);
    expect(pool.counts()).toMatchObject({ legs: 2, rooms: 1, hostsUp: 1 });
    expect((await inFirst.close()).packetsReceived).toBe(0);
    expect((await guest.close()).packetsReceived).toBe(7);
    expect(ports.inUse).toBe(1);
    inFirst.join(room('r2'), { echo: false });
    inFirst.dtmf('1');
    expect(hosts[0]!.types()).toEqual(['open-leg', 'join-room', 'open-ring-member']);
  });

  test('a leg of the lost host that was a guest elsewhere is taken out of the room there', async () => {
    const { pool, hosts, options } = await setUp();
    const guest = await pool.openLeg(options('guest', null));
    await pool.openLeg(options('b', 'r'));
    guest.join(room('r'), { echo: false });
    hosts[0]!.crash('gone');
    expect(hosts[1]!.commands.at(-1)).toEqual({ type: 'close-ring-member', legId: 'guest' });
  });

  test('is started again after 100 ms, then 200, 400 … while others take the new calls', async () => {
    const { pool, hosts, clock, options } = await setUp();
    hosts[0]!.crash('one');
    await pool.openLeg(options('a', 'a'));
    await pool.openLeg(options('b', 'b'));
    expect(hosts[1]!.types()).toEqual(['open-leg', 'open-leg']);
    await clock.advance(100);
    expect(hosts).toHaveLength(3);
    hosts[2]!.crash('two');
    await clock.advance(199);
    expect(hosts).toHaveLength(3);
    await clock.advance(1);
    expect(hosts).toHaveLength(4);
    expect(pool.counts()).toMatchObject({ hosts: 2, hostsUp: 2, hostRestarts: 2 });
    await pool.openLeg(options('c', 'c'));
    expect(hosts[3]!.types()).toEqual(['open-leg']);
  });

  test('while a leg is being opened: the leg is opened in another host, and the first pair rests', async () => {
    const { pool, hosts, ports, clock, options } = await setUp();
    hosts[0]!.answers = false;
    const opening = pool.openLeg(options('a', 'a'));
    hosts[0]!.crash('gone');
    const leg = await opening;
    expect(leg.rtpPort).toBe(10_002);
    expect(hosts.map((host) => host.types())).toEqual([['open-leg'], ['open-leg']]);
    expect(ports.inUse).toBe(1);
    await clock.advance(5000);
    expect(hosts[1]!.killed).toBeNull();
  });

  test('two in a row while one leg is being opened: MediaHostLost, and both pairs rest', async () => {
    const { pool, hosts, ports, options } = await setUp();
    for (const host of hosts) host.answers = false;
    const opening = pool.openLeg(options('a', 'a')).catch((error: unknown) => error);
    hosts[0]!.crash('one');
    await Promise.resolve();
    await Promise.resolve();
    hosts[1]!.crash('two');
    expect(await opening).toMatchObject({ code: 'MEDIA_HOST_LOST', message: 'media host lost: two' });
    expect(ports.inUse).toBe(0);
    expect(pool.counts()).toMatchObject({ legs: 0, rooms: 0 });
  });

  test('the only one: a new leg waits until it is back', async () => {
    const { pool, hosts, clock, options } = await setUp(1);
    hosts[0]!.crash('gone');
    const openings = [pool.openLeg(options('a', 'a')), pool.openLeg(options('b', 'b'))];
    await clock.advance(99);
    expect(hosts).toHaveLength(1);
    await clock.advance(1);
    await Promise.all(openings);
    expect(hosts[1]!.types()).toEqual(['open-leg', 'open-leg']);
    expect(pool.counts()).toMatchObject({ legs: 2, hostsUp: 1 });
  });

  test('none is back within 5 s: MediaHostLost, and nothing is left', async () => {
    const { pool, hosts, clock, ports, options } = await setUp(1, { starts: 1 });
    hosts[0]!.crash('gone');
    const opening = pool.openLeg(options('a', 'a')).catch((error: unknown) => error);
    await clock.advance(5000);
    expect(await opening).toBeInstanceOf(MediaHostLost);
    expect(String(await opening)).toContain('no media host is up');
    expect([ports.inUse, pool.counts().legs]).toEqual([0, 0]);
  });

  test('a pool that is closed lets nobody wait', async () => {
    const { pool, hosts, clock, options } = await setUp(1, { starts: 1 });
    hosts[0]!.crash('gone');
    const opening = pool.openLeg(options('a', 'a')).catch((error: unknown) => error);
    await pool.close(1000);
    expect(await opening).toBeInstanceOf(MediaHostLost);
    expect(await pool.openLeg(options('b', 'b')).catch((error: unknown) => error)).toBeInstanceOf(MediaHostLost);
    expect(clock.pendingTimers).toBe(0);
  });

  test('the ports of its legs rest for a second like all others', async () => {
    const { pool, hosts, clock, ports, options } = await setUp();
    for (const name of ['a', 'b', 'c']) await pool.openLeg(options(name, 'r'));
    hosts[0]!.crash('killed');
    expect(ports.inUse).toBe(0);
    const next = [await pool.openLeg(options('d', 's')), await pool.openLeg(options('e', 's'))];
    expect(next.map(({ rtpPort }) => rtpPort)).toEqual([10_006, 10_008]);
    await clock.advance(999);
    await expect(pool.openLeg(options('f', 's'))).rejects.toThrow(NoPortError);
    await clock.advance(1);
    expect((await pool.openLeg(options('g', 's'))).rtpPort).toBe(10_000);
  });

  test('a start that leads nowhere is given up after 15 s, and tried again', async () => {
    const { pool, hosts, clock } = await setUp(1, { starts: 1 });
    hosts[0]!.crash('gone');
    await clock.advance(100 + 15_000);
    expect(hosts[1]!.killed).toBe('not up 15000 ms after its start');
    await clock.advance(200);
    expect(hosts).toHaveLength(3);
    expect(pool.counts()).toMatchObject({ hostsUp: 0, hostRestarts: 2 });
  });

  test('a host that leaves a question unanswered for 5 s is killed and counts as lost', async () => {
    const { pool, hosts, clock, events, options } = await setUp(1);
    await pool.openLeg(options('a', 'a'));
    const leg = await pool.openLeg(options('b', 'a'));
    hosts[0]!.answers = false;
    const closed = leg.close();
    await clock.advance(5000);
    expect(hosts[0]!.killed).toBe('no answer to close-leg in 5000 ms');
    expect((await closed).packetsSent).toBe(0);
    expect(events).toEqual([['a', { type: 'lost', reason: 'no answer to close-leg in 5000 ms' }]]);
    hosts[0]!.emit({ type: 'dtmf', legId: 'a' as LegId, digit: '1', durationMs: 100, source: 'rfc4733', beat: 3 });
    expect(events).toHaveLength(1);
  });

  test('a host whose beat stands still is noticed by an unanswered ping within 6 s, though nothing is asked of it', async () => {
    const { pool, hosts, clock, events, options } = await setUp(1);
    await pool.openLeg(options('a', 'a'));
    await clock.advance(60_000);
    expect(hosts[0]!.killed).toBeNull();
    hosts[0]!.answers = false;
    await clock.advance(6000);
    expect(hosts[0]!.killed).toBe('no beat in 5000 ms');
    expect(events).toEqual([['a', { type: 'lost', reason: 'no beat in 5000 ms' }]]);
  });

  test('of another protocol version from the start: the pool does not get ready', async () => {
    const host = new FakeHost();
    host.version = protocolVersion - 1;
    const clock = new ManualClock();
    const pool = createMediaPool({
      clock,
      random: createSeededRandom(),
      log: silentLogger,
      hosts: 1,
      spawn: () => host,
    });
    await expect(pool.ready()).rejects.toThrow(`speaks version ${protocolVersion - 1}, not ${protocolVersion}`);
    expect(host.killed).not.toBeNull();
    await pool.close(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  test('of another protocol version is not used', async () => {
    const { hosts, pool } = await setUp(1);
    hosts[0]!.emit({ type: 'ready', version: protocolVersion + 1, wirePort: null });
    expect(hosts[0]!.killed).toContain(`version ${protocolVersion + 1}`);
    expect(pool.counts().hostsUp).toBe(0);
  });
});
