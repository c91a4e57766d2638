import { describe, expect, test } from 'vitest';

import type { LegId } from '../../base/ids.js';
import { BindError, NoPortError } from '../../rooms/index.js';
import { room, setUp, stats } from '../support/pool-bench.js';

describe('placement', () => {
  test('legs of one room are opened in one host, rooms spread over the hosts', async () => {
    const { pool, hosts, options } = await setUp();
    await pool.openLeg(options('a1', 'a'));
    await pool.openLeg(options('b1', 'b'));
    await pool.openLeg(options('a2', 'a'));
    await pool.openLeg(options('b2', 'b'));
    const opened = hosts.map((host) => host.commands.map((command) => ('legId' in command ? command.legId : '')));
    expect(opened).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
    ]);
    expect(pool.counts()).toMatchObject({ legs: 4, rooms: 2, hostsUp: 2 });
  });

  test('a new room goes where the measured load is lowest', async () => {
    const { pool, hosts, options } = await setUp();
    hosts[0]!.emit({ type: 'load', legs: 0, beatLatenessP99Ms: 4, busyShare: 0.4, beat: 50 });
    hosts[1]!.emit({ type: 'load', legs: 0, beatLatenessP99Ms: 1, busyShare: 0.1, beat: 50 });
    expect(pool.load).toEqual({ beatLatenessMs: 4, nextLatenessMs: 1, busyShare: 0.4 });
    for (const name of ['a', 'b', 'c']) await pool.openLeg(options(name, name));
    expect(hosts.map((host) => host.commands.length)).toEqual([0, 3]);
  });

  test('a new room goes to a host whose beats are in time, however busy', async () => {
    const { pool, hosts, options } = await setUp();
    hosts[0]!.emit({ type: 'load', legs: 0, beatLatenessP99Ms: 35, busyShare: 0.1, beat: 50 });
    hosts[1]!.emit({ type: 'load', legs: 0, beatLatenessP99Ms: 2, busyShare: 0.5, beat: 50 });
    await pool.openLeg(options('a', 'a'));
    expect(hosts.map((host) => host.commands.length)).toEqual([0, 1]);
  });

  test('a room that grew too large for its host: the next leg is opened in the other and comes by a ring', async () => {
    const { pool, hosts, options } = await setUp();
    const first = await pool.openLeg(options('a', 'r'));
    first.join(room('r'), { echo: false });
    hosts[0]!.emit({ type: 'load', legs: 1, beatLatenessP99Ms: 4, busyShare: 0.85, beat: 50 });
    const next = await pool.openLeg(options('b', 'r'));
    next.join(room('r'), { echo: false });
    expect(hosts[1]!.types()).toEqual(['open-leg', 'join-ring']);
    expect(hosts[0]!.types()).toEqual(['open-leg', 'join-room', 'open-ring-member']);
    hosts[1]!.emit({ type: 'load', legs: 1, beatLatenessP99Ms: 4, busyShare: 0.7, beat: 50 });
    await pool.openLeg(options('c', 'r'));
    expect(hosts[0]!.types().at(-1)).toBe('open-leg');
  });

  test('over a wire a ring is no relief: the room stays whole', async () => {
    const { pool, hosts, options } = await setUp(2, { wirePorts: [4001, 4002] });
    await pool.openLeg(options('a', 'r'));
    hosts[0]!.emit({ type: 'load', legs: 1, beatLatenessP99Ms: 4, busyShare: 0.9, beat: 50 });
    await pool.openLeg(options('b', 'r'));
    expect(hosts.map((host) => host.types().length)).toEqual([2, 0]);
  });

  test('a leg whose room lives in the other host becomes a ring member there, and stops being one when it leaves', async () => {
    const { pool, hosts, options } = await setUp();
    const leg = await pool.openLeg(options('a', null));
    const other = await pool.openLeg(options('b', 'lobby'));
    other.join(room('lobby'), { echo: false });
    leg.join(room('lobby'), { echo: true });
    expect(pool.counts()).toMatchObject({ ringLinks: 1, rooms: 1 });
    const joined = hosts[0]!.commands.at(-1);
    const opened = hosts[1]!.commands.at(-1);
    expect(joined).toMatchObject({ type: 'join-ring', legId: 'a' });
    expect(opened).toMatchObject({ type: 'open-ring-member', legId: 'a', roomId: 'lobby', echo: true });
    if (joined?.type !== 'join-ring' || opened?.type !== 'open-ring-member') throw new Error('checked above');
    expect(joined.link).toBe(opened.link);
    expect(joined.link.carrier).toBe('memory');
    leg.leave();
    expect(hosts[0]!.types()).toEqual(['open-leg', 'join-ring', 'leave-room']);
    expect(hosts[1]!.types()).toEqual(['open-leg', 'join-room', 'open-ring-member', 'close-ring-member']);
    expect(pool.counts()).toMatchObject({ ringLinks: 0, rooms: 1 });
  });

  test('hosts that share no memory are linked by their wires, each link with ids and keys of its own', async () => {
    const { pool, hosts, options } = await setUp(2, { wirePorts: [4001, 4002] });
    const legs = [await pool.openLeg(options('a', null)), await pool.openLeg(options('b', 'lobby'))];
    for (const leg of legs.toReversed()) leg.join(room('lobby'), { echo: false });
    legs[0]!.leave();
    legs[0]!.join(room('lobby'), { echo: false });
    const links = hosts[0]!.commands.flatMap((command) => (command.type === 'join-ring' ? [command.link] : []));
    expect(links).toMatchObject([
      { carrier: 'wire', toRoom: { port: 4002, id: 1 }, fromRoom: { port: 4001, id: 2 } },
      { carrier: 'wire', toRoom: { port: 4002, id: 3 }, fromRoom: { port: 4001, id: 4 } },
    ]);
    const keys = links.flatMap((link) => (link.carrier === 'wire' ? [link.toRoom.key, link.fromRoom.key] : []));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(4);
    expect(keys.map((key) => key.length)).toEqual([12, 12, 12, 12]);
  });

  test('a room without a place comes to the leg that joins it', async () => {
    const { pool, hosts, options } = await setUp();
    await pool.openLeg(options('x', 'x'));
    const leg = await pool.openLeg(options('a', null));
    leg.join(room('a'), { echo: false });
    expect(hosts[1]!.types()).toEqual(['open-leg', 'join-room']);
    expect(pool.counts().ringLinks).toBe(0);
  });
});

describe('port pairs', () => {
  test('a pair that another program has is given back and the next one is tried', async () => {
    const { pool, hosts, ports, options } = await setUp(1);
    hosts[0]!.takenPorts.add(10_000).add(10_002);
    const leg = await pool.openLeg(options('a', 'a'));
    expect([leg.rtpPort, leg.rtcpPort]).toEqual([10_004, 10_005]);
    expect(ports.inUse).toBe(1);
  });

  test('none left: NoPortError; a closed leg gives its pair back, which rests before it is used again', async () => {
    const { pool, ports, clock, options } = await setUp(1);
    const legs = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => pool.openLeg(options(name, 'r'))));
    await expect(pool.openLeg(options('f', 'r'))).rejects.toThrow(NoPortError);
    expect(await legs[2]!.close()).toEqual(stats);
    expect(await legs[2]!.close()).toEqual(stats);
    expect(ports.inUse).toBe(4);
    await expect(pool.openLeg(options('g', 'r'))).rejects.toThrow(NoPortError);
    await clock.advance(1000);
    const again = await pool.openLeg(options('h', 'r'));
    expect(again.rtpPort).toBe(10_004);
    for (const leg of [...legs, again]) await leg.close();
    expect(pool.counts()).toMatchObject({ legs: 0, rooms: 0, ringLinks: 0 });
    expect(ports.inUse).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('an address that cannot be bound is no matter of ports', async () => {
    const { pool, ports, options } = await setUp(1);
    const failure = await pool.openLeg(options('a', 'a', '10.9.9.9')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BindError);
    expect(failure).toMatchObject({ systemCode: 'EADDRNOTAVAIL', address: '10.9.9.9' });
    expect(ports.inUse).toBe(0);
    expect(pool.counts()).toMatchObject({ legs: 0, rooms: 0 });
  });
});

describe('closing the pool', () => {
  test('closes every host in order and starts none again', async () => {
    const { pool, hosts, clock } = await setUp();
    await pool.close(1000);
    expect(hosts.map((host) => host.types())).toEqual([['close'], ['close']]);
    await clock.advance(60_000);
    expect(hosts).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  test('ends what is not closed by the deadline', async () => {
    const { pool, hosts, clock, events, options } = await setUp(1);
    await pool.openLeg(options('a', 'a'));
    hosts[0]!.answers = false;
    const closed = pool.close(1000);
    await clock.advance(1000);
    await closed;
    expect(hosts[0]!.killed).toBe('not closed in time');
    expect(events).toEqual([['a', { type: 'lost', reason: 'not closed in time' }]]);
    expect(clock.pendingTimers).toBe(0);
  });
});

test('the rules of rooms are told to every host, and to one that is started again', async () => {
  const rules = { ungatedMembers: 2, mostSpeakers: 3, maxRateHz: 48000 } as const;
  const { clock, hosts } = await setUp(2, { rules });
  hosts[1]!.crash('one');
  await clock.advance(100);
  expect(hosts.map((host) => host.commands)).toEqual(Array(3).fill([{ type: 'set-rooms', rules }]));
});

test('news of a leg reaches the one who opened it', async () => {
  const { pool, hosts, events, options } = await setUp(1);
  await pool.openLeg(options('a', 'a'));
  const dtmf = { type: 'dtmf', legId: 'a' as LegId, digit: '5', durationMs: 120, source: 'rfc4733', beat: 4 } as const;
  hosts[0]!.emit(dtmf);
  expect(events).toEqual([['a', dtmf]]);
});
