import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { MediaSession } from '../../media/index.js';
import { createMediaHost } from '../../rooms/index.js';
import type { HostEvent } from '../../rooms/protocol.js';
import { ManualClock } from '../support/manual-clock.js';
import { MediaStage, roomId } from '../support/media-stage.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualNetwork } from '../support/virtual-network.js';

const conference = roomId('conference');
const plain = { echo: false };

describe('messages', () => {
  function bareHost() {
    const clock = new ManualClock();
    const network = new VirtualNetwork({ clock, random: createSeededRandom() }).host('10.0.0.1');
    const events: HostEvent[] = [];
    const deps = { clock, random: createSeededRandom(), network, log: silentLogger };
    const applied: [commands: number, beat: number][] = [];
    const post = (event: HostEvent): void => {
      if (event.type === 'applied') applied.push([event.commands, event.beat]);
      else events.push(event);
    };
    const host = createMediaHost({ post }, deps);
    const open = (name: string) =>
      host.handle({
        type: 'open-leg',
        legId: name as LegId,
        address: '10.0.0.1',
        rtpPort: 10_000,
        rtcpPort: 10_001,
        ssrc: 1,
        sequence: 1,
        timestamp: 1,
        cname: 'c',
        rtpTimeoutMs: 0,
      });
    return { clock, host, events, applied, open };
  }

  test('take effect at the next beat, in the order sent, and events carry its number', async () => {
    const { clock, host, events, open } = bareHost();
    open('a');
    await clock.advance(1);
    expect(events.slice(1)).toEqual([{ type: 'leg-opened', legId: 'a', beat: 0 }]);
    host.handle({ type: 'close-leg', legId: 'a' as LegId });
    host.handle({ type: 'leave-room', legId: 'a' as LegId });
    await clock.advance(18);
    expect(events).toHaveLength(2);
    await clock.advance(1);
    expect(events.slice(2)).toMatchObject([
      { type: 'refused', command: 'leave-room', legId: 'a', reason: 'leg is closing' },
      { type: 'leg-closed', legId: 'a', beat: 2 },
    ]);
  });

  test('are numbered by counting; the beat that applied them tells how far it has come, once', async () => {
    const { clock, host, applied, events, open } = bareHost();
    open('a');
    await clock.advance(1);
    expect(applied).toEqual([[1, 1]]);
    for (const digits of ['1', '2', '3']) {
      host.handle({ type: 'send-dtmf', legId: 'x' as LegId, digits, durationMs: 100 });
    }
    await clock.advance(18);
    expect(applied).toHaveLength(1);
    await clock.advance(1);
    expect(applied).toEqual([
      [1, 1],
      [4, 2],
    ]);
    await clock.advance(100);
    expect(applied).toHaveLength(2);
    host.handle({ type: 'ping' });
    await clock.advance(20);
    expect(applied.at(-1)).toEqual([5, 8]);
    expect(events.filter(({ type }) => type === 'refused')).toHaveLength(3);
  });

  test('of a hundred in random beats none overtakes another', async () => {
    const { clock, host, events, applied, open } = bareHost();
    const random = createSeededRandom(11);
    open('a');
    await clock.advance(20);
    for (let id = 1; id <= 100; id += 1) {
      host.handle({ type: 'report', id });
      if (random.uint32() % 3 === 0) await clock.advance(random.uint32() % 45);
    }
    await clock.advance(20);
    const ids = events.flatMap((event) => (event.type === 'report' ? [event.id] : []));
    expect(ids).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const numbers = applied.map(([commands]) => commands);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(101);
  });

  test('a close that overtakes the binding closes the leg right after', async () => {
    const { clock, host, events, open } = bareHost();
    open('a');
    host.handle({ type: 'close-leg', legId: 'a' as LegId });
    await clock.advance(100);
    expect(events.map((event) => event.type)).toEqual(['ready', 'leg-opened', 'leg-closed']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('what makes no sense is refused, counted and hurts nobody', async () => {
    const { clock, host, events, open } = bareHost();
    host.handle({ type: 'close-ring-member', legId: 'x' as LegId });
    host.handle({ type: 'send-dtmf', legId: 'x' as LegId, digits: '1', durationMs: 100 });
    open('a');
    open('a');
    host.handle({ type: 'report', id: 4 });
    await clock.advance(20);
    const reasons = events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []));
    expect(reasons).toEqual(['leg exists', 'no such ring member', 'no such leg']);
    expect(events.find((event) => event.type === 'report')).toMatchObject({ id: 4, report: { commandsRefused: 3 } });
  });

  test('an idle host has no timer, and tells its load once a second while it is not', async () => {
    const { clock, events, open } = bareHost();
    await clock.advance(5000);
    expect(clock.pendingTimers).toBe(0);
    open('a');
    await clock.advance(3100);
    expect(events.filter((event) => event.type === 'load')).toMatchObject([{ legs: 1 }, { legs: 1 }, { legs: 1 }]);
  });

  test('close closes every leg, then says closed, and nothing is taken after', async () => {
    const { clock, host, events, open } = bareHost();
    open('a');
    await clock.advance(1);
    host.handle({ type: 'close' });
    await clock.advance(40);
    open('b');
    await clock.advance(40);
    expect(events.map((event) => event.type)).toEqual(['ready', 'leg-opened', 'leg-closed', 'closed']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('close right after close-leg: leg-closed still comes before closed', async () => {
    const { clock, host, events, open } = bareHost();
    open('a');
    await clock.advance(1);
    host.handle({ type: 'close-leg', legId: 'a' as LegId });
    host.handle({ type: 'close' });
    await clock.advance(40);
    expect(events.map((event) => event.type)).toEqual(['ready', 'leg-opened', 'leg-closed', 'closed']);
  });

  test('a defect ends the host, in order and with its reason', async () => {
    const { clock, host, events, open } = bareHost();
    open('a');
    await clock.advance(1);
    host.fail('boom');
    await host.close();
    await clock.advance(100);
    expect(events.map((event) => event.type)).toEqual(['ready', 'leg-opened', 'failed']);
    expect(clock.pendingTimers).toBe(0);
  });
});

test('a defect inside the beat of an inline host is a lost host to its pool, which starts another', async () => {
  const stage = new MediaStage();
  const phone = await stage.phone(500);
  phone.leg.join(conference, plain);
  await stage.clock.advance(100);
  const pull = MediaSession.prototype.pull;
  MediaSession.prototype.pull = function fail(nowMs, out) {
    if (this === phone.voice.session) return pull.call(this, nowMs, out);
    throw new Error('defect');
  };
  await stage.clock.advance(20);
  MediaSession.prototype.pull = pull;
  expect(phone.events.at(-1)).toEqual({ type: 'lost', reason: 'defect' });
  expect(stage.pool.counts()).toMatchObject({ legs: 0, rooms: 0, hostsUp: 0 });
  expect(stage.network.openSockets().filter((socket) => socket.includes('10.0.0.1'))).toEqual([]);
  await stage.clock.advance(100);
  expect(stage.pool.counts()).toMatchObject({ hostsUp: 1, hostRestarts: 1 });
  const next = await stage.phone(900);
  next.leg.join(conference, { echo: true });
  await stage.clock.advance(500);
  expect(await stage.listen([next], 500)).toEqual([[900]]);
});
