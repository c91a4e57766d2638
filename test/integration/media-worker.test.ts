import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { answerOffer, createOfferAnswer, PortAllocator } from '../../media/index.js';
import type { HostCommand, HostEvent, HostPort, LegEvent, MediaLeg, MediaPool } from '../../rooms/index.js';
import { fromDist } from '../support/dist.js';
import { roomId } from '../support/media-stage.js';
import { udpBackends } from '../support/udp-backends.js';
import { levelOf, Voice } from '../support/voice.js';

const clock = createRealClock();
const random = createRealRandom();
const network = createRealNetwork();
const ports = new PortAllocator({ clock, fromPort: 21_000, toPort: 21_199, restMs: 0 });
const conference = roomId('conference');
const rooms = () => fromDist<typeof import('../../rooms/index.js')>('rooms/index.js');

let mediaBackend: 'dgram' | 'native' = 'dgram';

const opened: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const open of opened.splice(0).reverse()) await open.close();
});

type Isolation = 'thread' | 'process';

const hostings = udpBackends.flatMap(({ name }) =>
  (['thread', 'process'] as const).map((isolation) => ({ isolation, name })),
);

/** A pool of real threads or processes whose ports the test can reach. */
async function startPool(isolation: Isolation, hosts: number): Promise<{ pool: MediaPool; hostPorts: HostPort[] }> {
  const { createMediaPool, createWorkerHost, createProcessHost } = await rooms();
  const hostPorts: HostPort[] = [];
  const spawn = (): HostPort => {
    const port = isolation === 'thread' ? createWorkerHost({ mediaBackend }) : createProcessHost({ mediaBackend });
    hostPorts.push(port);
    return port;
  };
  const pool = createMediaPool({ clock, random, log: silentLogger, hosts, spawn });
  opened.push({ close: () => pool.close(3000) });
  await pool.ready();
  return { pool, hostPorts };
}

interface Phone {
  readonly voice: Voice;
  readonly leg: MediaLeg;
  readonly toneHz: number;
  readonly events: LegEvent[];
}

let nextPort = 21_200;

async function call(pool: MediaPool, toneHz: number, room: string | null): Promise<Phone> {
  nextPort += 2;
  const voice = new Voice({ clock, network, random, address: '127.0.0.1', rtpPort: nextPort, toneHz });
  await voice.open();
  opened.push(voice);
  const events: LegEvent[] = [];
  const leg = await pool.openLeg({
    legId: `leg${nextPort}` as LegId,
    roomId: room === null ? null : roomId(room),
    address: '127.0.0.1',
    ports,
    rtpTimeoutMs: 0,
    cname: 'test',
    onEvent: (event) => events.push(event),
  });
  const { rtpPort, rtcpPort } = leg;
  const answered = answerOffer(createOfferAnswer({ sessionId: '1', username: '-' }), voice.offer().toString(), {
    address: '127.0.0.1',
    rtpPort,
    rtcpPort,
    codecs: ['pcmu'],
    telephoneEvent: true,
    ptimeMs: 20,
    direction: 'sendrecv',
  });
  if (!answered.ok) throw new Error(answered.fault);
  voice.accept(Buffer.from(answered.sdp));
  leg.set(answered.media);
  return { voice, leg, toneHz, events };
}

/** Waits until every phone hears exactly these tones in a stretch of 300 ms. */
async function expectHeard(phones: readonly Phone[], expected: readonly (readonly number[])[]): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const phone of phones) phone.voice.takeHeard();
      await delay(clock, 300);
      const heard = phones.map(({ voice }) => {
        const samples = voice.takeHeard();
        return phones.map(({ toneHz }) => toneHz).filter((hz) => levelOf(samples, hz) > -40);
      });
      expect(heard).toEqual(expected);
    },
    { timeout: 40_000, interval: 10 },
  );
}

describe.each(hostings)('media hosts, each in a $isolation of its own, over $name', ({ isolation, name }) => {
  beforeAll(() => {
    mediaBackend = name;
  });

  test('three phones in a room of one host each hear exactly the other two; then nothing is left', async () => {
    const { pool } = await startPool(isolation, 1);
    const phones = [await call(pool, 500, 'r'), await call(pool, 900, 'r'), await call(pool, 1700, 'r')];
    for (const phone of phones) phone.leg.join(conference, { echo: false });
    await expectHeard(phones, [
      [900, 1700],
      [500, 1700],
      [500, 900],
    ]);
    const [before] = await pool.report();
    expect(before).toMatchObject({ legs: 3, rooms: 1, openSockets: 6 });
    const stats = await Promise.all(phones.map((phone) => phone.leg.close()));
    expect(stats.every((leg) => leg.packetsReceived > 10 && leg.packetsSent > 10)).toBe(true);
    expect((await pool.report())[0]).toMatchObject({ legs: 0, rooms: 0, openSockets: 0, ringMembers: 0 });
    expect(ports.inUse).toBe(0);
  });

  test('a ring member hears and is heard across two hosts', async () => {
    const { pool } = await startPool(isolation, 2);
    const guest = await call(pool, 500, null);
    const owners = [await call(pool, 900, 'conference'), await call(pool, 1700, 'conference')];
    for (const phone of [...owners, guest]) phone.leg.join(conference, { echo: false });
    expect(pool.counts().ringLinks).toBe(1);
    await expectHeard(
      [guest, ...owners],
      [
        [900, 1700],
        [500, 1700],
        [500, 900],
      ],
    );
    await pool.close(3000);
    expect(ports.inUse).toBe(0);
    expect(guest.events.filter((event) => event.type === 'lost')).toEqual([]);
  });

  test('a defect in one host ends its rooms alone; the host starts again and takes calls', async () => {
    const { pool, hostPorts } = await startPool(isolation, 2);
    const lost = await call(pool, 500, 'a');
    const kept = await call(pool, 900, 'b');
    lost.leg.join(roomId('a'), { echo: true });
    kept.leg.join(roomId('b'), { echo: true });
    hostPorts[0]!.post(null as unknown as HostCommand);
    await vi.waitFor(() => expect(lost.events.at(-1)?.type).toBe('lost'), { timeout: 40_000 });
    await expectHeard([kept], [[900]]);
    await vi.waitFor(() => expect(pool.counts()).toMatchObject({ hostsUp: 2, hostRestarts: 1 }), { timeout: 40_000 });
    const next = await call(pool, 700, 'c');
    next.leg.join(roomId('c'), { echo: true });
    await expectHeard([next, kept], [[700], [900]]);
    expect(kept.events.map((event) => event.type)).toEqual(['media-started']);
  });

  test('a host that is killed with its sockets open leaves us alive and its calls told', async () => {
    const { pool, hostPorts } = await startPool(isolation, 1);
    const phone = await call(pool, 500, 'a');
    hostPorts[0]!.kill('test');
    await vi.waitFor(() => expect(phone.events.at(-1)).toEqual({ type: 'lost', reason: 'test' }), { timeout: 40_000 });
    expect((await phone.leg.close()).packetsSent).toBe(0);
    await vi.waitFor(() => expect(pool.counts().hostsUp).toBe(1), { timeout: 40_000 });
  });

  test('moved from a lobby to a room of the other host, and back, a phone is heard where it is', async () => {
    const { pool } = await startPool(isolation, 2);
    const phones = [
      await call(pool, 500, 'lobby'),
      await call(pool, 1700, 'conference'),
      await call(pool, 900, 'conference'),
    ];
    const [moved, ...others] = phones as [Phone, Phone, Phone];
    moved.leg.join(roomId('lobby'), { echo: false });
    for (const phone of others) phone.leg.join(conference, { echo: false });
    await expectHeard(phones, [[], [900], [1700]]);
    moved.leg.join(conference, { echo: false });
    expect(pool.counts().ringLinks).toBe(1);
    await expectHeard(phones, [
      [1700, 900],
      [500, 900],
      [500, 1700],
    ]);
    moved.leg.join(roomId('lobby'), { echo: false });
    await expectHeard(phones, [[], [900], [1700]]);
    const ringMembers = (await pool.report()).map((report) => report.ringMembers);
    expect(ringMembers).toEqual([0, 0]);
  });

  test('without memory it ends alone, and says why', async () => {
    const { createWorkerHost, createProcessHost } = await rooms();
    const host =
      isolation === 'thread'
        ? createWorkerHost({ resourceLimits: { maxOldGenerationSizeMb: 2 } })
        : createProcessHost({ maxOldGenerationSizeMb: 2 });
    const events: HostEvent[] = [];
    host.onEvent((event) => events.push(event));
    const reason = await new Promise<string>((resolve) => host.onExit(resolve));
    expect(reason).toMatch(/memory|OOM/);
  });

  test('closed in order, nothing of it is left', async () => {
    const { pool, hostPorts } = await startPool(isolation, 2);
    const phone = await call(pool, 500, 'a');
    phone.leg.join(roomId('a'), { echo: true });
    await expectHeard([phone], [[500]]);
    const exits: string[] = [];
    for (const port of hostPorts) port.onExit((reason) => exits.push(reason));
    await pool.close(3000);
    expect(phone.events.filter(({ type }) => type === 'lost')).toEqual([]);
    expect((await phone.leg.close()).packetsSent).toBeGreaterThan(0);
    expect(exits).toEqual([]);
  });
});
