import { describe, expect, test } from 'vitest';
import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { PortAllocator } from '../../media/index.js';
import type { LegEvent, MediaPool, OpenLegOptions } from '../../rooms/index.js';
import { BindError, createMediaPool, MediaHostLost, NoPortError } from '../../rooms/index.js';
import type { HostCommand, HostEvent, HostPort } from '../../rooms/protocol.js';
import { protocolVersion } from '../../rooms/protocol.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';

/** The far end of a port: answers as a healthy host does, until told otherwise. */
class FakeHost implements HostPort {
  readonly commands: HostCommand[] = [];
  /** Ports that some other program has. */
  readonly takenPorts = new Set<number>();
  answers = true;
  wirePort: number | null = null;
  version: number = protocolVersion;
  /** It comes up. */
  starts = true;
  killed: string | null = null;
  #taken = 0;
  #emit: (event: HostEvent) => void = () => undefined;
  #exit: (reason: string) => void = () => undefined;

  post(command: HostCommand): void {
    this.#taken += 1;
    if (command.type !== 'ping') this.commands.push(command);
    if (this.answers) queueMicrotask(() => this.#answer(command));
  }

  onEvent(listener: (event: HostEvent) => void): void {
    this.#emit = listener;
    queueMicrotask(() => {
      if (this.starts) listener({ type: 'ready', version: this.version, wirePort: this.wirePort });
    });
  }

  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }

  kill(reason: string): void {
    this.killed = reason;
  }

  crash(reason: string): void {
    this.#exit(reason);
  }

  emit(event: HostEvent): void {
    this.#emit(event);
  }

  types(): string[] {
    return this.commands.map((command) => command.type);
  }

  #answer(command: HostCommand): void {
    if (command.type === 'open-leg') {
      const { legId, rtpPort } = command;
      if (command.address !== '10.0.0.1') this.#emit({ type: 'leg-failed', legId, code: 'EADDRNOTAVAIL', beat: 1 });
      else if (this.takenPorts.has(rtpPort)) this.#emit({ type: 'leg-failed', legId, code: 'EADDRINUSE', beat: 1 });
      else this.#emit({ type: 'leg-opened', legId, beat: 1 });
    }
    if (command.type === 'close-leg') this.#emit({ type: 'leg-closed', legId: command.legId, stats, beat: 9 });
    this.#emit({ type: 'applied', commands: this.#taken, beat: 1 });
    if (command.type === 'close') this.#emit({ type: 'closed' });
  }
}

const stats = {
  packetsReceived: 7,
  bytesReceived: 1120,
  packetsLost: 0,
  packetsLate: 0,
  packetsDuplicate: 0,
  packetsRefused: 0,
  srtpAuthFailures: 0,
  srtpReplayed: 0,
  framesConcealed: 0,
  jitterMs: 0,
  packetsSent: 8,
  bytesSent: 1280,
  sendDropped: 0,
  remoteLostFraction: null,
  roundTripMs: null,
};

const room = (name: string): RoomId => name as RoomId;

interface Setup {
  readonly clock: ManualClock;
  readonly ports: PortAllocator;
  readonly pool: MediaPool;
  /** Every host ever spawned, in order. */
  readonly hosts: FakeHost[];
  readonly events: [string, LegEvent][];
  options(name: string, roomId: string | null, address?: string): OpenLegOptions;
}

/** @param starts  how many of the hosts that are spawned come up; all unless told */
async function setUp(
  hostCount = 2,
  { wirePorts = [], starts = Number.POSITIVE_INFINITY }: { wirePorts?: readonly number[]; starts?: number } = {},
): Promise<Setup> {
  const clock = new ManualClock();
  const ports = new PortAllocator({ clock, fromPort: 10_000, toPort: 10_009 });
  const hosts: FakeHost[] = [];
  const events: [string, LegEvent][] = [];
  const spawn = (index: number): HostPort => {
    const host = new FakeHost();
    host.wirePort = wirePorts[index] ?? null;
    hosts.push(host);
    host.starts = hosts.length <= starts;
    return host;
  };
  const pool = createMediaPool({ clock, random: createSeededRandom(), log: silentLogger, hosts: hostCount, spawn });
  await pool.ready();
  const options = (name: string, roomId: string | null, address = '10.0.0.1'): OpenLegOptions => ({
    legId: name as LegId,
    roomId: roomId === null ? null : room(roomId),
    address,
    ports,
    rtpTimeoutMs: 0,
    cname: 'c',
    onEvent: (event) => events.push([name, event]),
  });
  return { clock, ports, pool, hosts, events, options };
}

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
    hosts[0]!.emit({ type: 'dtmf', legId: 'a' as LegId, digit: '1', durationMs: 100, beat: 3 });
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
  const clock = new ManualClock();
  const hosts: FakeHost[] = [];
  const spawn = (): HostPort => {
    const host = new FakeHost();
    hosts.push(host);
    return host;
  };
  const pool = createMediaPool({ clock, random: createSeededRandom(), log: silentLogger, hosts: 2, spawn, rules });
  await pool.ready();
  hosts[1]!.crash('one');
  await clock.advance(100);
  expect(hosts.map((host) => host.commands)).toEqual(Array(3).fill([{ type: 'set-rooms', rules }]));
});

test('news of a leg reaches the one who opened it', async () => {
  const { pool, hosts, events, options } = await setUp(1);
  await pool.openLeg(options('a', 'a'));
  const dtmf = { type: 'dtmf', legId: 'a' as LegId, digit: '5', durationMs: 120, beat: 4 } as const;
  hosts[0]!.emit(dtmf);
  expect(events).toEqual([['a', dtmf]]);
});
