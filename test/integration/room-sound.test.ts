import { afterEach, describe, expect, test } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { answerOffer, createOfferAnswer, PortAllocator, tone } from '../../media/index.js';
import type { HostPort, MediaLeg, MediaPool } from '../../rooms/index.js';
import { fromDist } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { roomId } from '../support/media-stage.js';
import { levelOf, Voice } from '../support/voice.js';

const clock = createRealClock();
const random = createRealRandom();
const network = createRealNetwork();
const ports = new PortAllocator({ clock, fromPort: 21_600, toPort: 21_699, restMs: 0 });
const plain = { echo: false };
const opened: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const open of opened.splice(0).reverse()) await open.close();
});

interface Phone {
  readonly voice: Voice;
  readonly leg: MediaLeg;
}

let nextPort = 21_700;

async function startPool(isolation: 'thread' | 'process'): Promise<MediaPool> {
  const { createMediaPool, createWorkerHost, createProcessHost } =
    await fromDist<typeof import('../../rooms/index.js')>('rooms/index.js');
  const spawn = (): HostPort => (isolation === 'thread' ? createWorkerHost() : createProcessHost());
  const pool = createMediaPool({ clock, random, log: silentLogger, hosts: 2, spawn });
  opened.push({ close: () => pool.close(3000) });
  await pool.ready();
  return pool;
}

async function call(pool: MediaPool, toneHz: number, room: string): Promise<Phone> {
  nextPort += 2;
  const voice = new Voice({ clock, network, random, address: '127.0.0.1', rtpPort: nextPort, toneHz });
  await voice.open();
  opened.push(voice);
  const leg = await pool.openLeg({
    legId: `leg${nextPort}` as LegId,
    roomId: roomId(room),
    address: '127.0.0.1',
    ports,
    rtpTimeoutMs: 0,
    cname: 'test',
    onEvent: () => undefined,
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
  leg.join(roomId(room), plain);
  return { voice, leg };
}

/** Waits until a stretch of 300 ms has these tones in it, and none of those. */
async function hears({ voice }: Phone, yes: readonly number[], no: readonly number[]): Promise<void> {
  await eventually(`${yes} and not ${no}`, async () => {
    voice.takeHeard();
    await delay(clock, 300);
    const heard = voice.takeHeard();
    return yes.every((hz) => levelOf(heard, hz) > -40) && no.every((hz) => levelOf(heard, hz) < -40);
  });
}

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));
}

const second = (hz: number): Uint8Array =>
  bytesOf(tone({ frequenciesHz: [hz], sampleRateHz: 8000, levelDb: -12, durationMs: 1000 }));

describe.each(['thread', 'process'] as const)('the sound of rooms, each media host in a %s', (isolation) => {
  test('a bot hears, speaks, is marked and cleared, is moved to a room of the other host; a room is recorded', async () => {
    const pool = await startPool(isolation);
    const [a, b] = [await call(pool, 500, 'r'), await call(pool, 900, 's')];
    let heard: number[] = [];
    const marks: number[] = [];
    const ends: string[] = [];
    const bot = pool.openStream({
      roomId: roomId('r'),
      sampleRateHz: 8000,
      ways: 'both',
      of: 'mix',
      chunkMs: 20,
      bufferMs: 60_000,
      onChunk: (pcm) => {
        const samples = Buffer.from(pcm);
        for (let i = 0; i < samples.length; i += 2) heard.push(samples.readInt16LE(i));
        heard = heard.slice(-2400);
        bot.kept();
      },
      onMark: (mark) => marks.push(mark),
      onEnded: (end) => ends.push(end),
    });
    const isIn = (hz: number): boolean => heard.length === 2400 && levelOf(Int16Array.from(heard), hz) > -40;
    await eventually('the bot hears', () => isIn(500) && !isIn(900));
    bot.feed(second(1400));
    bot.mark(1);
    await hears(a, [1400], [500]);
    await eventually('the mark', () => marks.length === 1);
    for (let i = 0; i < 30; i += 1) bot.feed(second(1400));
    bot.mark(2);
    bot.join(roomId('s'));
    await hears(b, [1400], [900]);
    await hears(a, [], [500, 1400]);
    await eventually('the bot hears the other room', () => isIn(900) && !isIn(500));
    bot.clear();
    await eventually('the second mark', () => marks.length === 2);
    await hears(b, [], [1400]);
    let recorded = new Int16Array(0);
    const recordEnds: string[] = [];
    const recorder = pool.recordRoom(roomId('s'), {
      sampleRateHz: 8000,
      channels: 1,
      onChunk: (pcm) => {
        recorder.kept();
        recorded = new Int16Array(pcm.slice().buffer);
      },
      onEnded: (end) => recordEnds.push(end),
    });
    await eventually('the record', () => recorded.length === 4000 && levelOf(recorded, 900) > -20);
    bot.close();
    await eventually('the end of the bot', () => ends.length === 1);
    for (const { leg } of [a, b]) await leg.close();
    await eventually('the end of the record', () => recordEnds.length === 1);
    expect([ends, recordEnds, marks]).toEqual([['closed'], ['gone'], [1, 2]]);
    expect(pool.counts()).toMatchObject({ legs: 0, rooms: 0, ringLinks: 0, sounds: 0 });
    for (const report of await pool.report())
      expect(report).toMatchObject({ streams: 0, rooms: 0, commandsRefused: 0 });
  });

  test('a player for one member, a whisper, a move, gain control and noise suppression', async () => {
    const pool = await startPool(isolation);
    const [a, b, c] = [await call(pool, 500, 'r'), await call(pool, 900, 'r'), await call(pool, 1700, 'r')];
    await hears(a, [900, 1700], [500]);
    const player = a.leg.play({
      sampleRateHz: 8000,
      over: true,
      onWants: () => player?.feed(second(1400), false),
      onEnded: () => undefined,
    });
    player?.feed(second(1400), false);
    await hears(a, [900, 1400, 1700], []);
    await hears(b, [500, 1700], [1400]);
    player?.pause(true);
    await hears(a, [900, 1700], [1400]);
    player?.close();
    b.leg.setHearing({ heardBy: [c.leg.legId], hears: null });
    await hears(a, [1700], [900]);
    await hears(c, [500, 900], []);
    c.leg.join(roomId('elsewhere'), plain);
    await hears(a, [], [900, 1700]);
    c.leg.join(roomId('r'), plain);
    b.leg.setHearing({ heardBy: null, hears: null });
    await hears(a, [900, 1700], []);
    for (const { leg } of [b, c]) leg.setMember({ agc: true, denoise: true });
    await delay(clock, 500);
    for (const report of await pool.report()) expect(report.commandsRefused).toBe(0);
    for (const { leg } of [b, c]) leg.setMember({ agc: false, denoise: false });
    await hears(a, [900, 1700], []);
    for (const { leg } of [a, b, c]) await leg.close();
    expect(pool.counts()).toMatchObject({ legs: 0, rooms: 0, sounds: 0 });
  });
});
