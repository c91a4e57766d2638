import { describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { tone } from '../../media/index.js';
import { createMediaPool, type MediaStream, type StreamOptions } from '../../rooms/index.js';
import { StreamEar, StreamLine } from '../../rooms/stream-line.js';
import { ManualClock } from '../support/manual-clock.js';
import { MediaStage, roomId } from '../support/media-stage.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualMediaNode } from '../support/virtual-media-node.js';
import { VirtualNetwork } from '../support/virtual-network.js';
import { levelOf } from '../support/voice.js';

const plain = { echo: false };

/** An application in a room: keeps what it hears and is told. */
class Bot {
  readonly stream: MediaStream;
  readonly chunks: {
    readonly pcm: Int16Array;
    readonly lostFrames: number;
    readonly atMs: number;
    readonly ms: number;
  }[] = [];
  readonly marks: [mark: number, ms: number][] = [];
  readonly ends: string[] = [];
  keeps = true;

  constructor(stage: Pick<MediaStage, 'pool' | 'clock'>, options: Partial<StreamOptions> = {}) {
    this.stream = stage.pool.openStream({
      roomId: roomId('r'),
      sampleRateHz: 8000,
      ways: 'both',
      of: 'mix',
      chunkMs: 20,
      bufferMs: 1000,
      onChunk: (pcm, lostFrames, atMs) => {
        this.chunks.push({ pcm: samplesOf(pcm), lostFrames, atMs, ms: stage.clock.nowMs() });
        if (this.keeps) this.stream.kept();
      },
      onMark: (mark) => this.marks.push([mark, stage.clock.nowMs()]),
      onEnded: (end) => this.ends.push(end),
      ...options,
    });
  }

  heard(): Int16Array {
    return Int16Array.from(this.chunks.flatMap(({ pcm }) => [...pcm]));
  }
}

async function stageOf(hosts: number): Promise<MediaStage> {
  const stage = new MediaStage(hosts);
  await stage.clock.advance(20);
  return stage;
}

function samplesOf(pcm: Uint8Array): Int16Array {
  return Int16Array.from({ length: pcm.length / 2 }, (_, i) => Buffer.from(pcm).readInt16LE(2 * i));
}

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));
}

const beep = (durationMs: number): Uint8Array =>
  bytesOf(tone({ frequenciesHz: [1400], sampleRateHz: 8000, levelDb: -12, durationMs }));

describe.each([
  ['in one host', 1],
  ['through a ring', 2],
])('a stream %s', (_where, hosts) => {
  test('hears the others and not itself, is heard at once, tells marks on their beat, and leaves nothing', async () => {
    const stage = await stageOf(hosts);
    const bot = new Bot(stage);
    const phones = [await stage.phone(500), await stage.phone(900, { roomId: 'r' })];
    for (const { leg } of phones) leg.join(roomId('r'), plain);
    await stage.clock.advance(500);
    for (const { voice } of phones) voice.takeHeard();
    bot.chunks.length = 0;
    const fedMs = stage.clock.nowMs();
    expect(bot.stream.feed(beep(400))).toBe(true);
    expect([bot.stream.mark(1), bot.stream.feed(beep(100)), bot.stream.mark(2)]).toEqual([true, true, true]);
    expect(bot.stream.waitingMs).toBe(500);
    await stage.clock.advance(600);
    for (const { voice } of phones) {
      const heard = voice.takeHeard();
      // Of 600 ms, 500 are of the beep.
      expect(levelOf(heard, 1400)).toBeGreaterThan(-16);
    }
    expect(bot.marks.map(([mark, ms]) => [mark, ms - fedMs])).toEqual([
      [1, 400],
      [2, 500],
    ]);
    expect(bot.stream.waitingMs).toBe(0);
    expect(bot.chunks.map(({ lostFrames }) => lostFrames)).toEqual(Array(30).fill(0));
    expect(bot.chunks.map(({ atMs }) => atMs - bot.chunks[0]!.atMs)).toEqual(
      Array.from({ length: 30 }, (_, i) => i * 20),
    );
    expect(bot.chunks.map(({ ms }) => (ms - bot.chunks[0]!.ms) % 20)).toEqual(Array(30).fill(0));
    expect([500, 900, 1400].map((hz) => levelOf(bot.heard(), hz) > -40)).toEqual([true, true, false]);
    bot.stream.close();
    await stage.clock.advance(40);
    expect(bot.ends).toEqual(['closed']);
    expect([bot.stream.feed(beep(20)), bot.stream.mark(3)]).toEqual([false, false]);
    for (const { leg } of phones) await stage.close(leg);
    await stage.clock.advance(40);
    expect(stage.pool.counts()).toMatchObject({ sounds: 0, rooms: 0, ringLinks: 0 });
    const reports = await stage.report();
    expect(
      reports.map(({ streams, streamDropped, commandsRefused }) => [streams, streamDropped, commandsRefused]),
    ).toEqual(Array(hosts).fill([0, 0, 0]));
  });

  test('is silent from the beat of clear on, and the marks come with it', async () => {
    const stage = await stageOf(hosts);
    const bot = new Bot(stage);
    const phone = await stage.phone(0);
    phone.leg.join(roomId('r'), plain);
    await stage.clock.advance(200);
    bot.stream.feed(beep(900));
    bot.stream.mark(7);
    await stage.clock.advance(300);
    const clearedMs = stage.clock.nowMs();
    bot.stream.clear();
    expect(bot.stream.feed(beep(1000).fill(0))).toBe(true);
    await stage.clock.advance(140);
    phone.voice.takeHeard();
    await stage.clock.advance(400);
    expect(levelOf(phone.voice.takeHeard(), 1400)).toBeLessThan(-90);
    expect(bot.marks.map(([mark, ms]) => [mark, ms - clearedMs <= 20])).toEqual([[7, true]]);
  });

  test('moves with what it has to say, and hears nothing of the old room', async () => {
    const stage = await stageOf(hosts);
    const [here, there] = [await stage.phone(500, { roomId: 'r' }), await stage.phone(900, { roomId: 's' })];
    here.leg.join(roomId('r'), plain);
    there.leg.join(roomId('s'), plain);
    const bot = new Bot(stage);
    bot.stream.setMember({ gainDb: -6 });
    await stage.clock.advance(300);
    bot.stream.feed(beep(1000));
    await stage.clock.advance(200);
    bot.stream.join(roomId('s'));
    await stage.clock.advance(140);
    bot.chunks.length = 0;
    for (const { voice } of [here, there]) voice.takeHeard();
    await stage.clock.advance(500);
    expect(levelOf(here.voice.takeHeard(), 1400)).toBeLessThan(-80);
    const level = levelOf(there.voice.takeHeard(), 1400);
    expect(level).toBeGreaterThan(-20);
    expect(level).toBeLessThan(-17);
    expect([500, 900].map((hz) => levelOf(bot.heard(), hz) > -40)).toEqual([false, true]);
    expect((await stage.report()).map(({ commandsRefused }) => commandsRefused)).toEqual(Array(hosts).fill(0));
  });
});

test('a stream that only hears is not heard, one that only speaks is told nothing', async () => {
  const stage = await stageOf(1);
  const phone = await stage.phone(500);
  phone.leg.join(roomId('r'), plain);
  const bots = [new Bot(stage, { ways: 'hears' }), new Bot(stage, { ways: 'speaks', sampleRateHz: 16_000 })];
  await stage.clock.advance(100);
  expect(bots.map(({ stream }) => stream.feed(beep(900)))).toEqual([false, true]);
  await stage.clock.advance(300);
  expect(levelOf(phone.voice.takeHeard().slice(-1600), 2800)).toBeGreaterThan(-15);
  expect(bots.map(({ chunks }) => chunks.length > 15)).toEqual([true, false]);
});

test('ends with its host; `lost` is told once', async () => {
  const stage = await stageOf(1);
  const bot = new Bot(stage);
  await stage.clock.advance(100);
  void stage.pool.close(100);
  await stage.clock.advance(1000);
  expect(bot.ends).toEqual(['gone']);
  expect(stage.pool.counts().sounds).toBe(0);
});

test('sixteen chunks that nobody keeps are the most: what comes then is lost, and told', async () => {
  const stage = await stageOf(1);
  const bot = new Bot(stage, { chunkMs: 40 });
  bot.keeps = false;
  await stage.clock.advance(1200);
  expect(bot.chunks.length).toBe(16);
  expect((await stage.report())[0]!.streamDropped).toBeGreaterThan(13 * 320);
  bot.keeps = true;
  for (let i = 0; i < 16; i += 1) bot.stream.kept();
  await stage.clock.advance(200);
  expect(bot.chunks[16]!.lostFrames).toBeGreaterThan(13 * 320);
  expect(bot.chunks[16]!.atMs * 8).toBe(16 * 320 + bot.chunks[16]!.lostFrames);
});

test('feed takes all or nothing, up to the buffer', async () => {
  const stage = await stageOf(1);
  const bot = new Bot(stage);
  expect([bot.stream.feed(beep(1000)), bot.stream.feed(beep(20))]).toEqual([true, false]);
  await stage.clock.advance(300);
  expect(bot.stream.waitingMs).toBeLessThan(800);
  expect(bot.stream.feed(beep(200))).toBe(true);
  expect((await stage.report())[0]!.streamDropped).toBe(0);
});

describe('the line of a stream', () => {
  test('drops and counts what is fed beyond its buffer, also after it has grown', () => {
    const line = new StreamLine(8000, 5000);
    line.feed(new Uint8Array(2 * 30_000));
    expect(line.overfed).toBe(0);
    line.feed(new Uint8Array(2 * 15_000));
    expect([line.overfed, line.fed, line.said]).toEqual([5000, 45_000, 5000]);
  });

  test('gives back what was fed in feeds of any length, the end of it after one beat of waiting', () => {
    const line = new StreamLine(8000, 60_000);
    const sound = Int16Array.from({ length: 3 * 160 + 50 }, (_, i) => i + 1);
    for (const [from, to] of [
      [0, 7],
      [7, 200],
      [200, sound.length],
    ] as const)
      line.feed(bytesOf(sound.slice(from, to)));
    const out = new Int16Array(160);
    const said: number[] = [];
    const beats = Array.from({ length: 6 }, () => {
      const isHeard = line.read(out);
      if (isHeard) said.push(...out);
      return isHeard;
    });
    expect(beats).toEqual([true, true, true, false, true, false]);
    expect(said.slice(0, sound.length)).toEqual([...sound]);
    expect(said.slice(sound.length)).toEqual(Array(110).fill(0));
  });

  test('takes a thousand marks and counts what is more; tells them in order', () => {
    const line = new StreamLine(8000, 1000);
    line.feed(new Uint8Array(640));
    for (let mark = 0; mark < 1002; mark += 1) line.mark(mark);
    expect(line.marksDropped).toBe(2);
    const out = new Int16Array(160);
    line.read(out);
    expect(line.news()).toBe(null);
    line.read(out);
    expect(line.news()).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('what is cleared fades within 5 ms, under what is fed next', () => {
    const line = new StreamLine(8000, 1000);
    const out = new Int16Array(160);
    line.feed(bytesOf(new Int16Array(800).fill(4000)));
    line.read(out);
    line.clear();
    line.feed(bytesOf(new Int16Array(160).fill(-1000)));
    expect(line.read(out)).toBe(true);
    expect([out[0], out[20], out[40], out[159]]).toEqual([2900, 900, -1000, -1000]);
  });
});

test('an ear tells beats that were skipped as lost', () => {
  let beat = 5;
  const told: number[][] = [];
  const ear = new StreamEar({
    sampleRateHz: 8000,
    chunkMs: 40,
    beat: () => beat,
    onChunk: (pcm, lost, atMs) => told.push([pcm.length, lost, atMs]),
  });
  for (beat of [5, 6, 7, 10, 11]) ear.write(null);
  expect(told).toEqual([
    [640, 0, 0],
    [320, 0, 40],
    [640, 320, 100],
  ]);
});

test('through a media node on another machine: the same, message by message', async () => {
  const clock = new ManualClock();
  const random = createSeededRandom(5);
  const network = new VirtualNetwork({ clock, random });
  const node = await VirtualMediaNode.start({ clock, random, network: network.host('10.0.2.1'), address: '10.0.2.1' });
  const spawn = (): never => {
    throw new Error('all hosts are remote');
  };
  const remotes = [node.placeFor(network.host('10.0.0.1'))];
  const pool = createMediaPool({ clock, random, log: silentLogger, hosts: 0, spawn, remotes });
  await clock.advance(200);
  const [speaker, listener, alone] = ['mix', 'mix', 'alone'].map(
    (of, i) => new Bot({ pool, clock }, of === 'alone' ? { of: 'sound-2' as LegId } : { bufferMs: 10_000 * (i + 1) }),
  ) as [Bot, Bot, Bot];
  const ends: string[] = [];
  let recorded: Int16Array = new Int16Array(0);
  const recorder = pool.recordRoom(roomId('r'), {
    sampleRateHz: 8000,
    channels: 1,
    onChunk: (pcm) => {
      recorded = samplesOf(pcm);
      recorder.kept();
    },
    onEnded: (end) => ends.push(end),
  });
  let said: Int16Array = new Int16Array(0);
  const own = speaker.stream.record({
    sampleRateHz: 8000,
    channels: 2,
    onChunk: (pcm) => {
      said = samplesOf(pcm).filter((_, i) => i % 2 === 0);
      own?.kept();
    },
    onEnded: (end) => ends.push(end),
  });
  expect(speaker.stream.feed(beep(8000))).toBe(true);
  await clock.advance(1200);
  expect(listener.chunks.length).toBeGreaterThan(50);
  expect(levelOf(listener.heard().slice(-4000), 1400)).toBeGreaterThan(-14);
  expect(levelOf(recorded, 1400)).toBeGreaterThan(-14);
  expect(levelOf(said, 1400)).toBeGreaterThan(-14);
  // It hears the listener alone, who says nothing.
  expect(levelOf(alone.heard(), 1400)).toBeLessThan(-90);
  const player = pool.playToRoom(roomId('r'), {
    sampleRateHz: 8000,
    gainDb: -3,
    onWants: () => undefined,
    onEnded: (end) => ends.push(end),
  });
  player.feed(beep(900), false);
  player.setGain(-9);
  player.pause(true);
  speaker.stream.clear();
  speaker.stream.mark(1);
  player.close();
  for (const { stream } of [speaker, listener, alone]) stream.close();
  await clock.advance(200);
  expect(speaker.marks.length).toBe(1);
  expect(ends.sort()).toEqual(['closed', 'gone', 'gone']);
  expect(pool.counts()).toMatchObject({ sounds: 0, rooms: 0 });
  expect(node.log.filter(({ event }) => event.includes('failed') || event.includes('refused'))).toEqual([]);
  const closing = Promise.all([pool.close(1000), node.close()]);
  await clock.advance(5000);
  await closing;
});
