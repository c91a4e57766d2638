import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { MediaSession } from '../../media/index.js';
import { createMediaHost } from '../../rooms/index.js';
import type { HostEvent } from '../../rooms/protocol.js';
import { ManualClock } from '../support/manual-clock.js';
import type { StagePhone } from '../support/media-stage.js';
import { MediaStage, roomId } from '../support/media-stage.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualNetwork } from '../support/virtual-network.js';

const conference = roomId('conference');
const plain = { echo: false };

function joinAll(phones: readonly StagePhone[]): void {
  for (const phone of phones) phone.leg.join(conference, plain);
}

/** Distances between neighbours: [sequence, timestamp, milliseconds]. */
function steps(packets: readonly [number, number, number][]): string[] {
  const distances = packets.slice(1).map(([sequence, timestamp, atMs], index) => {
    const [previousSequence, previousTimestamp, previousMs] = packets[index]!;
    return `+${(sequence - previousSequence) & 0xffff} +${(timestamp - previousTimestamp) >>> 0} ${atMs - previousMs} ms`;
  });
  return [...new Set(distances)];
}

describe('a room of one media host', () => {
  test('three members each hear exactly the other two', async () => {
    const stage = new MediaStage();
    const phones = [await stage.phone(500), await stage.phone(900), await stage.phone(1700, { codecs: ['pcma'] })];
    joinAll(phones);
    await stage.clock.advance(500);
    expect(await stage.listen(phones, 1000)).toEqual([
      [900, 1700],
      [500, 1700],
      [500, 900],
    ]);
    expect((await stage.report())[0]).toMatchObject({ legs: 3, rooms: 1, openSockets: 6, commandsRefused: 0 });
  });

  test('RFC 3551 §4.5.2 two wideband phones hear 6 kHz of each other, beside a narrowband one that hears what it can', async () => {
    const stage = new MediaStage();
    const wide = { codecs: ['g722'], rateHz: 16000 } as const;
    const phones = [await stage.phone(6000, wide), await stage.phone(1700, wide), await stage.phone(900)];
    joinAll(phones);
    await stage.clock.advance(500);
    expect(await stage.listen(phones, 1000)).toEqual([[1700, 900], [6000, 900], [1700]]);
  });

  test('a wideband phone that comes and goes: the narrowband ones go on hearing each other', async () => {
    const stage = new MediaStage();
    const phones = [await stage.phone(500), await stage.phone(900, { codecs: ['pcma'] })];
    joinAll(phones);
    await stage.clock.advance(500);
    const guest = await stage.phone(6000, { codecs: ['g722'], rateHz: 16000 });
    guest.leg.join(conference, plain);
    await stage.clock.advance(200);
    expect(await stage.listen([...phones, guest], 500)).toEqual([[900], [500], [500, 900]]);
    guest.leg.leave();
    await stage.clock.advance(1500);
    expect(await stage.listen(phones, 500)).toEqual([[900], [500]]);
  });

  test('an echo member hears itself as well, alone and with others', async () => {
    const stage = new MediaStage();
    const echo = await stage.phone(500);
    echo.leg.join(conference, { echo: true });
    await stage.clock.advance(500);
    expect(await stage.listen([echo], 500)).toEqual([[500]]);
    const other = await stage.phone(900);
    other.leg.join(conference, plain);
    await stage.clock.advance(500);
    expect(await stage.listen([echo, other], 500)).toEqual([[500, 900], [500]]);
  });

  test('a leg in no room, and one alone in a room, get silence as RTP, without a gap', async () => {
    const stage = new MediaStage();
    const phones = [await stage.phone(500), await stage.phone(900)];
    phones[1]!.leg.join(conference, plain);
    await stage.clock.advance(200);
    const taps = phones.map((phone) => stage.tap(phone));
    expect(await stage.listen(phones, 1000)).toEqual([[], []]);
    expect(taps.map((packets) => packets.length)).toEqual([50, 50]);
    expect(taps.map(steps)).toEqual([['+1 +160 20 ms'], ['+1 +160 20 ms']]);
  });

  test('RFC 3550 §5.1 joining, leaving and changing rooms in mid-talk leaves no step and no gap in the RTP of anybody', async () => {
    const stage = new MediaStage();
    const phones = [await stage.phone(500), await stage.phone(900), await stage.phone(1700)];
    await stage.clock.advance(100);
    const taps = phones.map((phone) => stage.tap(phone));
    joinAll(phones);
    await stage.clock.advance(410);
    phones[2]!.leg.leave();
    await stage.clock.advance(400);
    expect(await stage.listen(phones, 500)).toEqual([[900], [500], []]);
    phones[2]!.leg.join(roomId('elsewhere'), plain);
    phones[0]!.leg.join(roomId('elsewhere'), plain);
    await stage.clock.advance(400);
    expect(await stage.listen(phones, 500)).toEqual([[1700], [], [500]]);
    joinAll(phones);
    await stage.clock.advance(400);
    await stage.close(phones[1]!.leg);
    await stage.clock.advance(400);
    expect(await stage.listen(phones, 500)).toEqual([[1700], [], [500]]);
    expect(taps.map((packets) => packets.length > 100)).toEqual([true, true, true]);
    expect(taps.map(steps)).toEqual([['+1 +160 20 ms'], ['+1 +160 20 ms'], ['+1 +160 20 ms']]);
  });

  test('listeners of different codecs hear the same mix', async () => {
    const stage = new MediaStage();
    const talker = await stage.phone(700);
    const listeners = [await stage.phone(0), await stage.phone(0, { codecs: ['pcma'] }), await stage.phone(0)];
    joinAll([talker, ...listeners]);
    await stage.clock.advance(500);
    const [, ...heard] = await stage.listen([talker, ...listeners], 1000);
    expect(heard.map((tones) => tones.includes(700))).toEqual([true, true, true]);
  });

  test('RFC 4733 §2.5 digits go out to the phone and come in as events', async () => {
    const stage = new MediaStage();
    const phone = await stage.phone(0);
    phone.leg.join(conference, plain);
    phone.leg.dtmf('12#');
    phone.voice.session.dtmf('9', 100);
    await stage.clock.advance(2000);
    expect(phone.voice.digits.join('')).toBe('12#');
    expect(phone.events.map((event) => event.type)).toEqual(['media-started', 'dtmf']);
    expect(phone.events[1]).toMatchObject({ digit: '9' });
  });

  test('a silent phone is reported once, and life goes on', async () => {
    const stage = new MediaStage();
    const phone = await stage.phone(500);
    await stage.clock.advance(200);
    await phone.voice.close();
    await stage.clock.advance(8000);
    expect(phone.events.map((event) => event.type)).toEqual(['media-started', 'media-timeout']);
  });

  test('the last leg takes everything with it: sockets, rooms, ports, timers and the beat', async () => {
    const stage = new MediaStage();
    const phones = [await stage.phone(500), await stage.phone(900)];
    joinAll(phones);
    await stage.clock.advance(300);
    for (const phone of phones) {
      const stats = await stage.close(phone.leg);
      expect(stats.packetsReceived).toBeGreaterThan(10);
      await phone.voice.close();
    }
    await stage.clock.advance(100);
    expect(stage.pool.counts()).toMatchObject({ legs: 0, rooms: 0, ringLinks: 0 });
    expect(stage.network.openSockets()).toEqual([]);
    expect(stage.ports.inUse).toBe(0);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('a taken port is passed over', async () => {
    const stage = new MediaStage();
    const other = stage.network.host('10.0.0.1');
    await other.bindUdp(
      { address: '10.0.0.1', port: 10_001 },
      { onMessage: () => undefined, onError: () => undefined },
    );
    const phone = await stage.phone(500);
    expect(phone.leg.rtpPort).toBe(10_002);
    expect(stage.network.openSockets().filter((socket) => socket.startsWith('udp 10.0.0.1'))).toEqual([
      'udp 10.0.0.1:10001',
      'udp 10.0.0.1:10002',
      'udp 10.0.0.1:10003',
    ]);
  });
});

const carriers = [
  ['shared memory', async () => new MediaStage(2)],
  ['datagrams', () => MediaStage.overWires(2)],
] as const;

describe.each(carriers)('a room with members of two media hosts, over %s', (_carrier, stageOfTwo) => {
  test('a ring member hears and is heard, with no gap in its RTP, until it leaves', async () => {
    const stage = await stageOfTwo();
    const guest = await stage.phone(500);
    const phones = [
      guest,
      await stage.phone(900, { roomId: 'conference' }),
      await stage.phone(1700, { roomId: 'conference' }),
    ];
    const packets = stage.tap(guest);
    for (const phone of phones.toReversed()) phone.leg.join(conference, plain);
    await stage.clock.advance(500);
    expect(await stage.listen(phones, 1000)).toEqual([
      [900, 1700],
      [500, 1700],
      [500, 900],
    ]);
    const reports = await stage.report();
    expect(reports.map(({ legs, rooms, ringMembers }) => [legs, rooms, ringMembers])).toEqual([
      [1, 0, 0],
      [2, 1, 1],
    ]);
    expect(reports.map(({ ringOverruns, ringUnderruns }) => [ringOverruns, ringUnderruns])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    guest.leg.leave();
    await stage.clock.advance(500);
    expect(await stage.listen(phones, 500)).toEqual([[], [1700], [900]]);
    expect(steps(packets)).toEqual(['+1 +160 20 ms']);
  });

  test('from a lobby of one host to a room of the other and back: heard there, and no longer here', async () => {
    const stage = await stageOfTwo();
    const lobby = roomId('lobby');
    const caller = await stage.phone(500, { roomId: 'lobby' });
    const waiting = await stage.phone(900, { roomId: 'lobby' });
    caller.leg.join(lobby, plain);
    waiting.leg.join(lobby, plain);
    const inRoom = [await stage.phone(1700, { roomId: 'conference' })];
    inRoom[0]!.leg.join(conference, plain);
    const phones = [caller, waiting, ...inRoom];
    await stage.clock.advance(300);
    expect(await stage.listen(phones, 500)).toEqual([[900], [500], []]);
    const packets = stage.tap(caller);
    for (let round = 0; round < 3; round += 1) {
      caller.leg.join(conference, plain);
      await stage.clock.advance(400);
      expect(await stage.listen(phones, 500)).toEqual([[1700], [], [500]]);
      caller.leg.join(lobby, plain);
      await stage.clock.advance(400);
      expect(await stage.listen(phones, 500)).toEqual([[900], [500], []]);
    }
    expect(steps(packets)).toEqual(['+1 +160 20 ms']);
    expect(stage.pool.counts().ringLinks).toBe(0);
  });

  test('closing ends the rings and everything below them', async () => {
    const stage = await stageOfTwo();
    const guest = await stage.phone(500);
    const owner = await stage.phone(900, { roomId: 'conference' });
    for (const { leg, voice } of [owner, guest]) {
      leg.join(conference, plain);
      await voice.close();
    }
    await stage.clock.advance(100);
    const closed = stage.pool.close(1000);
    await stage.clock.advance(100);
    await closed;
    expect(stage.network.openSockets()).toEqual([]);
    expect(stage.clock.pendingTimers).toBe(0);
  });

  test('an echo ring member hears itself', async () => {
    const stage = await stageOfTwo();
    const guest = await stage.phone(500);
    const owner = await stage.phone(900, { roomId: 'conference' });
    owner.leg.join(conference, plain);
    guest.leg.join(conference, { echo: true });
    await stage.clock.advance(500);
    expect(await stage.listen([guest, owner], 500)).toEqual([[500, 900], [500]]);
  });
});

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
