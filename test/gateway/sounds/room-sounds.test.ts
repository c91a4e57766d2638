import { expect, test } from 'vitest';
import { tone, writeWav } from '../../../media/index.js';
import { room, SoundDesk } from '../../support/sound-desk.js';
import { levelOf } from '../../support/voice.js';

const music = writeWav({
  sampleRateHz: 44_100,
  channels: 1,
  samples: tone({ frequenciesHz: [1300], sampleRateHz: 44_100, levelDb: -12, durationMs: 300 }),
});

test('sounds that rooms play of themselves: by name to a room, again and again to one leg until it is stopped', async () => {
  const desk = new SoundDesk();
  const [alice, bob] = [await desk.member('a', 500), await desk.member('b', 700)];
  await desk.ask('PUT', '/sounds/music', music, { 'content-type': 'audio/wav' });
  const { roomSounds } = desk.parts;
  expect(['music', 'tone:440:100', 'nobody', 'tone:nothing'].map((sound) => roomSounds.has(sound))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const ends: string[] = [];
  const to = (sound: string, loops: boolean) => ({ loops, onEnded: () => void ends.push(sound) });
  expect(roomSounds.playTo({ kind: 'room', roomId: room }, 'nobody', to('nobody', false))).toBeNull();
  roomSounds.playTo({ kind: 'room', roomId: room }, 'tone:1700*0.3:600', to('entry', false));
  const hold = roomSounds.playTo({ kind: 'leg', leg: alice.leg }, 'music', to('hold', true));
  const heard = async (ms: number): Promise<boolean[][]> => {
    for (const { voice } of [alice, bob]) voice.takeHeard();
    await desk.stage.clock.advance(ms);
    return [alice, bob].map(({ voice }) => {
      const pcm = voice.takeHeard();
      return [1300, 1700].map((hz) => levelOf(pcm, hz) > -35);
    });
  };
  await desk.stage.clock.advance(150);
  expect(await heard(300)).toEqual([
    [true, true],
    [false, true],
  ]);
  await desk.stage.clock.advance(500);
  expect(await heard(2000)).toEqual([
    [true, false],
    [false, false],
  ]);
  hold?.stop();
  hold?.stop();
  await desk.stage.clock.advance(100);
  expect(await heard(300)).toEqual([
    [false, false],
    [false, false],
  ]);
  expect(ends).toEqual(['entry', 'hold']);
  expect(desk.stage.pool.counts().sounds).toBe(0);
});
