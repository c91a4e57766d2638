import { afterEach, describe, expect, test, vi } from 'vitest';
import { openMachineNetwork } from '../../base/batched-network.js';
import { createRealClock } from '../../base/clock.js';
import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createRealRandom } from '../../base/random.js';
import { BenchBrowser } from '../../bench/webrtc/browser.js';
import { answerOffer, createDtlsIdentity, createOfferAnswer, PortAllocator } from '../../media/index.js';
import type { LegEvent, MediaLeg, MediaPool } from '../../rooms/index.js';
import { fromDist } from '../support/dist.js';
import { udpBackends } from '../support/udp-backends.js';

const clock = createRealClock();
const random = createRealRandom();
const identity = createDtlsIdentity(random, Date.now());
const ports = new PortAllocator({ clock, fromPort: 22_000, toPort: 22_001, restMs: 0 });
const rooms = () => fromDist<typeof import('../../rooms/index.js')>('rooms/index.js');
const hostings = udpBackends.flatMap(({ name }) => [
  { isolation: 'thread' as const, name },
  { isolation: 'process' as const, name },
]);
/** Opus of a frame of silence: 20 ms of SILK, wideband. */
const silence = Uint8Array.from([0x48, 0xff, 0xfe]);
const opened: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function join(
  pool: MediaPool,
  name: string,
  room: string,
): Promise<{ leg: MediaLeg; browser: BenchBrowser; events: LegEvent[] }> {
  const machine = { ...openMachineNetwork('dgram', clock), random };
  const browser = new BenchBrowser(machine, identity, [silence]);
  opened.push(browser);
  const events: LegEvent[] = [];
  const options = { address: '127.0.0.1', ports, rtpTimeoutMs: 0, cname: 'c', transport: 'shared' as const };
  const onEvent = (event: LegEvent): number => events.push(event);
  const leg = await pool.openLeg({ legId: name as LegId, roomId: room as RoomId, ...options, onEvent });
  const local = { codecs: ['opus'] as const, telephoneEvent: false, ptimeMs: 20, direction: 'sendrecv' as const };
  const srtp = { policy: 'optional' as const, suites: [], random, identity };
  const { address, rtpPort, rtcpPort } = leg;
  const state = createOfferAnswer({ sessionId: '1', username: '-' });
  const answered = answerOffer(state, browser.offer(), {
    ...local,
    address,
    rtpPort,
    rtcpPort,
    srtp,
    iceRandom: random,
  });
  if (!answered.ok) throw new Error(answered.fault);
  leg.set(answered.media);
  leg.join(room as RoomId, { echo: false });
  await browser.connect(answered.sdp);
  return { leg, browser, events };
}

describe.each(hostings)('media hosts, each in a $isolation of its own, over $name', ({ isolation, name }) => {
  test('browsers of one host are at one port, speak and are spoken to; close_notify is told', async () => {
    const { startMediaPool } = await rooms();
    const { network } = openMachineNetwork('dgram', clock);
    const pool = startMediaPool({
      clock,
      random,
      network,
      log: silentLogger,
      workers: 1,
      isolation,
      mediaBackend: name,
    });
    opened.push({ close: () => pool.close(3000) });
    await pool.ready();
    const people = [await join(pool, 'a', 'one'), await join(pool, 'b', 'one'), await join(pool, 'c', 'two')];
    expect(new Set(people.map(({ leg }) => leg.rtpPort)).size).toBe(1);
    await vi.waitFor(
      () => {
        for (const { browser } of people) browser.speak();
        expect(people.every(({ browser }) => browser.heard > 5)).toBe(true);
        for (const { events } of people) {
          expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['media-secured', 'media-started']);
        }
      },
      { timeout: 40_000, interval: 20 },
    );
    expect((await pool.report())[0]?.shared).toMatchObject({ sockets: 1, legs: 3, sources: 3 });
    await people[0]!.browser.close();
    await vi.waitFor(() => expect(people[0]!.events.at(-1)).toMatchObject({ type: 'media-gone', reason: 'closed' }), {
      timeout: 40_000,
      interval: 20,
    });
    for (const { leg } of people) await leg.close();
    expect(pool.counts()).toMatchObject({ legs: 0, rooms: 0 });
  });
});
