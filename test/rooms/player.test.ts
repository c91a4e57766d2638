import { describe, expect, test } from 'vitest';
import { tone } from '../../media/index.js';
import type { PlayOptions } from '../../rooms/index.js';
import { PlayerLine } from '../../rooms/player.js';
import { LegRecorder } from '../../rooms/recorder.js';
import { MediaStage, roomId } from '../support/media-stage.js';
import { levelOf } from '../support/voice.js';

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer.slice(samples.byteOffset, samples.byteOffset + samples.byteLength));
}

const nobody: PlayOptions = { sampleRateHz: 8000, onWants: () => undefined, onEnded: () => undefined };

describe('a player as a member of a room', () => {
  test('is heard by legs of its host and of another one, asks for more, ends, and leaves nothing', async () => {
    const stage = new MediaStage(2);
    const phones = [await stage.phone(500, { roomId: 'r' }), await stage.phone(900)];
    for (const { leg } of phones) leg.join(roomId('r'), { echo: false });
    expect(stage.pool.counts().ringLinks).toBe(1);
    const sound = tone({ frequenciesHz: [1400], sampleRateHz: 8000, levelDb: -12, durationMs: 5000 });
    const ends: unknown[] = [];
    let at = 0;
    const feed = (samples: number): void => {
      player.feed(bytesOf(sound.subarray(at, at + samples)), at + samples >= sound.length);
      at += samples;
    };
    const player = stage.pool.playToRoom(roomId('r'), {
      sampleRateHz: 8000,
      onWants: feed,
      onEnded: (end, playedMs) => ends.push([end, playedMs]),
    });
    feed(player.capacity);
    await stage.clock.advance(500);
    for (const { voice } of phones) voice.takeHeard();
    await stage.clock.advance(4000);
    for (const { voice } of phones) expect(levelOf(voice.takeHeard(), 1400)).toBeGreaterThan(-15);
    await stage.clock.advance(1000);
    expect(ends).toEqual([['played', 5000]]);
    expect(stage.pool.counts().sounds).toBe(0);
    expect((await stage.report()).map(({ players }) => players)).toEqual([0, 0]);
  });

  test('keeps its room until it is closed, and ends with its host', async () => {
    const stage = new MediaStage();
    const ends: string[] = [];
    const options = { ...nobody, onEnded: (end: string) => ends.push(end) };
    await stage.clock.advance(20);
    const player = stage.pool.playToRoom(roomId('r'), options);
    await stage.clock.advance(100);
    expect(stage.pool.counts()).toMatchObject({ rooms: 1, sounds: 1 });
    player.close();
    await stage.clock.advance(100);
    expect(stage.pool.counts()).toMatchObject({ rooms: 0, sounds: 0 });
    stage.pool.playToRoom(roomId('r'), options);
    void stage.pool.close(100);
    await stage.clock.advance(1000);
    expect(ends).toEqual(['closed', 'gone']);
  });
});

test('what is fed beyond the buffer of a player is dropped and counted; one question per feed', () => {
  const line = new PlayerLine(8000);
  line.feed(new Uint8Array(2 * 20_000), false);
  expect([line.overfed, line.wanted()]).toEqual([4000, 0]);
  const frame = new Int16Array(160);
  for (let beat = 0; beat < 50; beat += 1) expect(line.take(frame)).toBe(true);
  expect([line.wanted(), line.wanted()]).toEqual([8000, 0]);
  for (let beat = 0; beat < 60; beat += 1) line.take(frame);
  expect([line.playedBeats, line.missedBeats, line.isOver]).toEqual([100, 10, false]);
});

test('a recorder whose chunks nobody keeps drops what comes, and tells how much', () => {
  const chunks: [bytes: number, lostFrames: number][] = [];
  const onChunk = (pcm: Uint8Array, lost: number): unknown => chunks.push([pcm.length, lost]);
  const recorder = new LegRecorder({ sampleRateHz: 8000, channels: 1, onChunk });
  const beats = (from: number, count: number): void => {
    for (let beat = from; beat < from + count; beat += 1) {
      recorder.heard(beat * 20, null, 8000);
      recorder.told(beat * 20, null, 8000);
    }
  };
  beats(0, 25 * 10);
  expect(chunks).toEqual(Array.from({ length: 8 }, () => [8000, 0]));
  recorder.kept(8);
  beats(250, 25);
  expect(chunks.at(-1)).toEqual([8000, 8000]);
  beats(280, 25);
  expect(chunks.at(-1)).toEqual([8000, 800]);
});
