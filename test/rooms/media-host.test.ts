import { describe, expect, test } from 'vitest';
import type { StagePhone } from '../support/media-stage.js';
import { MediaStage, roomId } from '../support/media-stage.js';

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
