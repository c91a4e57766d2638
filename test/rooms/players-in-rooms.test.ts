import { describe, expect, test } from 'vitest';
import { tone } from '../../media/index.js';
import type { MediaPlayer, PlayOptions } from '../../rooms/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { levelOf, steadyLevelOf } from '../support/voice.js';

const plain = { echo: false };

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));
}

/** Ten seconds of a tone at −12 dB, fed as asked for. */
class Song {
  readonly #pcm: Int16Array;
  readonly ends: [end: string, playedMs: number][] = [];
  player: MediaPlayer | null = null;
  #at = 0;

  constructor(hz = 1400) {
    this.#pcm = tone({ frequenciesHz: [hz], sampleRateHz: 8000, levelDb: -12, durationMs: 10_000 });
  }

  readonly options: PlayOptions = {
    sampleRateHz: 8000,
    onWants: (samples) => this.feed(samples),
    onEnded: (end, playedMs) => this.ends.push([end, playedMs]),
  };

  start(player: MediaPlayer | null): MediaPlayer {
    this.player = player;
    this.feed(player!.capacity);
    return player!;
  }

  feed(samples: number): void {
    const to = Math.min(this.#pcm.length, this.#at + samples);
    this.player?.feed(bytesOf(this.#pcm.slice(this.#at, to)), to === this.#pcm.length);
    this.#at = to;
  }
}

/** Two phones in a room of the second one's host, and what they hear of 500, 900 and 1400 Hz in half a second. */
async function pair(hosts: number): Promise<{
  stage: MediaStage;
  first: StagePhone;
  second: StagePhone;
  levels: (phone: StagePhone) => Promise<number[]>;
}> {
  const stage = new MediaStage(hosts);
  const first = await stage.phone(500);
  const second = await stage.phone(900, { roomId: 'r' });
  second.leg.join(roomId('r'), plain);
  await stage.clock.advance(40);
  first.leg.join(roomId('r'), plain);
  await stage.clock.advance(500);
  const levels = async ({ voice }: StagePhone): Promise<number[]> => {
    await stage.clock.advance(160);
    voice.takeHeard();
    await stage.clock.advance(500);
    const heard = voice.takeHeard();
    return [500, 900, 1400].map((hz) => Math.max(none, Math.round(levelOf(heard, hz))));
  };
  return { stage, first, second, levels };
}

const none = -50;
/** A phone says 8000 of 32768. */
const voice = -12;

describe.each([
  ['of its own host', 1],
  ['through a ring', 2],
])('a leg in a room %s', (_where, hosts) => {
  test('hears its player instead of the room, and alone; the room again while it stands still and after it', async () => {
    const { stage, first, second, levels } = await pair(hosts);
    const song = new Song();
    const player = song.start(first.leg.play(song.options));
    expect(await levels(first)).toEqual([none, none, -12]);
    expect(await levels(second)).toEqual([voice, none, none]);
    player.pause(true);
    expect(await levels(first)).toEqual([none, voice, none]);
    player.pause(false);
    player.setGain(-20);
    expect(await levels(first)).toEqual([none, none, -32]);
    player.close();
    expect(await levels(first)).toEqual([none, voice, none]);
    // Three times 660 ms, and the two beats in which it faded.
    expect(song.ends).toEqual([['closed', 3 * 660 + 2 * 20]]);
    expect((await stage.report()).map(({ players, commandsRefused }) => [players, commandsRefused])).toEqual(
      Array(hosts).fill([0, 0]),
    );
  });

  test('hears it over the room, and turned down while somebody speaks', async () => {
    const { first, second, levels } = await pair(hosts);
    const song = new Song();
    song.start(first.leg.play({ ...song.options, over: true, gainDb: -3, duckDb: 12 }));
    expect(await levels(first)).toEqual([none, voice, -27]);
    second.voice.toneHz = 0;
    await levels(second);
    await levels(second);
    expect(await levels(first)).toEqual([none, none, -15]);
  });
});

describe('a player in a room', () => {
  test('is turned down while a member speaks, and comes back', async () => {
    const { stage, first, second, levels } = await pair(1);
    const song = new Song();
    song.start(stage.pool.playToRoom(roomId('r'), { ...song.options, duckDb: 15 }));
    expect(await levels(first)).toEqual([none, voice, -27]);
    for (const { voice: phone } of [first, second]) phone.toneHz = 0;
    await levels(first);
    await levels(first);
    expect(await levels(first)).toEqual([none, none, -12]);
    expect(await levels(second)).toEqual([none, none, -12]);
  });

  test('stands still and goes on, and is stopped, without a click', async () => {
    const { stage, first, second } = await pair(1);
    for (const { voice: phone } of [first, second]) phone.toneHz = 0;
    const song = new Song(200);
    const player = song.start(stage.pool.playToRoom(roomId('r'), song.options));
    await stage.clock.advance(500);
    first.voice.takeHeard();
    player.pause(true);
    await stage.clock.advance(300);
    player.pause(false);
    await stage.clock.advance(310);
    player.close();
    await stage.clock.advance(50);
    const heard = first.voice.takeHeard();
    // The steepest step of the tone itself: 8230 · 2 sin(π · 200 / 8000) = 1292; µ-law adds up to 256.
    const steepest = heard.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (heard[i - 1] ?? sample))), 0);
    expect(steepest).toBeLessThan(1600);
    expect(levelOf(heard.slice(1600, 2400), 200)).toBeLessThan(-60);
    expect(levelOf(heard.slice(-1440, -640), 200)).toBeGreaterThan(-16);
  });

  test('is heard in a large room in which more speak than are heard, and is nobody who speaks', async () => {
    const stage = new MediaStage();
    const phones = [];
    for (let i = 0; i < 12; i += 1) phones.push(await stage.phone(400 + 50 * i, { roomId: 'r' }));
    for (const { leg } of phones) leg.join(roomId('r'), plain);
    const told: string[][] = [];
    stage.pool.watchLevels(roomId('r'), ({ legIds }) => told.push([...legIds]));
    const song = new Song();
    song.start(stage.pool.playToRoom(roomId('r'), { ...song.options, gainDb: -10 }));
    await stage.clock.advance(500);
    for (const { voice: phone } of phones) phone.takeHeard();
    await stage.clock.advance(500);
    for (const { voice: phone } of phones) expect(steadyLevelOf(phone.takeHeard(), 1400)).toBeGreaterThan(-40);
    expect(told.flat().filter((legId) => legId.startsWith('sound'))).toEqual([]);
  });
});

describe('the recorder of a room', () => {
  test('hears everybody, at its own rate, and ends with the last member', async () => {
    const { stage, first, second } = await pair(2);
    const chunks: Int16Array[] = [];
    const ends: string[] = [];
    const recorder = stage.pool.recordRoom(roomId('r'), {
      sampleRateHz: 16_000,
      channels: 1,
      onChunk: (pcm) => {
        chunks.push(new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength)));
        recorder.kept();
      },
      onEnded: (end) => ends.push(end),
    });
    await stage.clock.advance(2020);
    expect(chunks.map(({ length }) => length)).toEqual([8000, 8000, 8000, 8000]);
    for (const chunk of chunks) {
      for (const { toneHz } of [first, second]) expect(Math.round(levelOf(chunk, toneHz, 16_000))).toBe(-12);
    }
    first.leg.leave();
    await stage.clock.advance(500);
    expect(ends).toEqual([]);
    second.leg.leave();
    await stage.clock.advance(40);
    expect(ends).toEqual(['gone']);
    expect(stage.pool.counts()).toMatchObject({ rooms: 0, sounds: 0 });
    expect((await stage.report()).map(({ recorders, rooms }) => [recorders, rooms])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('of a room that nobody is in ends at once', async () => {
    const stage = new MediaStage();
    const ends: string[] = [];
    const options = {
      sampleRateHz: 8000,
      channels: 1,
      onChunk: () => undefined,
      onEnded: (end: string) => ends.push(end),
    } as const;
    stage.pool.recordRoom(roomId('nowhere'), options);
    await stage.clock.advance(40);
    expect(ends).toEqual(['gone']);
  });
});
