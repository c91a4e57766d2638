import { describe, expect, test } from 'vitest';
import { tone } from '../../../media/index.js';
import type { StagePhone } from '../../support/media-stage.js';
import { SoundDesk } from '../../support/sound-desk.js';
import { steadyLevelOf } from '../../support/voice.js';

const HZ = 1300;

/** How loud the sound is for a phone, in dB below full scale, once what changed has settled. */
async function levelFor(desk: SoundDesk, { voice }: StagePhone): Promise<number> {
  await desk.stage.clock.advance(1000);
  voice.takeHeard();
  await desk.stage.clock.advance(500);
  return steadyLevelOf(voice.takeHeard(), HZ);
}

const play = (desk: SoundDesk, body: object) =>
  desk.ask('POST', '/rooms/r/playbacks', { tone: `${HZ}*0.25:60000`, ...body });

/** A room of a listener, a talker who is silent yet, and a sound that ducks. */
async function playing(body: object): Promise<{ desk: SoundDesk; listener: StagePhone; talker: StagePhone }> {
  const desk = new SoundDesk();
  const [listener, talker] = [await desk.member('a', 0), await desk.member('b', 0)];
  const { status, json } = await play(desk, body);
  expect([status, json]).toMatchObject([201, { ...body, gain_db: json.gain_db }]);
  return { desk, listener, talker };
}

describe('duck_db', () => {
  test.each([
    [0, 0],
    [6, 0],
    [15, 0],
    [24, 0],
    [15, -12],
    [30, 6],
  ])('of %i turns the sound down by so many dB under speech, at a gain of %i dB', async (duck_db, gain_db) => {
    const { desk, listener, talker } = await playing({ duck_db, gain_db });
    const whole = await levelFor(desk, listener);
    expect(Math.abs(whole - (-12 + gain_db))).toBeLessThan(0.5);
    talker.voice.toneHz = 700;
    expect(Math.abs((await levelFor(desk, listener)) - (whole - duck_db))).toBeLessThan(1);
    talker.voice.toneHz = 0;
    expect(Math.abs((await levelFor(desk, listener)) - whole)).toBeLessThan(0.5);
  });

  test('is down within 100 ms of speech, and back half a second after its end', async () => {
    const { desk, listener, talker } = await playing({ duck_db: 20 });
    await desk.stage.clock.advance(1000);
    listener.voice.takeHeard();
    const beats = (pcm: Int16Array): number[] =>
      Array.from({ length: pcm.length / 800 }, (_, i) =>
        Math.round(steadyLevelOf(pcm.subarray(800 * i, 800 * (i + 1)), HZ)),
      );
    talker.voice.toneHz = 700;
    await desk.stage.clock.advance(600);
    const down = beats(listener.voice.takeHeard());
    // The voice itself is under way for 100 ms.
    expect(down.slice(3)).toEqual([-32, -32, -32]);
    expect(down[0]).toBe(-12);
    talker.voice.toneHz = 0;
    await desk.stage.clock.advance(1300);
    const up = beats(listener.voice.takeHeard());
    expect(up.slice(-2)).toEqual([-12, -12]);
    expect(up.every((level, i) => i === 0 || level >= up[i - 1]! - 1)).toBe(true);
  });

  test('hears applications, and nobody who is muted; what is played is no speech', async () => {
    const { desk, listener, talker } = await playing({ duck_db: 15 });
    await play(desk, { tone: '1900*0.25:60000' });
    expect(Math.round(await levelFor(desk, listener))).toBe(-12);
    talker.leg.setMember({ isMuted: true });
    talker.voice.toneHz = 700;
    expect(Math.round(await levelFor(desk, listener))).toBe(-12);
    talker.voice.toneHz = 0;
    const bot = await desk.application('bot');
    const said = tone({ frequenciesHz: [900], sampleRateHz: 8000, levelDb: -12, durationMs: 10_000 });
    bot.feed(new Uint8Array(said.buffer));
    expect(Math.round(await levelFor(desk, listener))).toBe(-27);
    bot.clear();
    expect(Math.round(await levelFor(desk, listener))).toBe(-12);
  });

  test('that is none is refused', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    for (const duck_db of [-1, -0.1, 60.1, 1e9, '15', null, true, [15]]) {
      const { status, json } = await play(desk, { duck_db });
      expect([duck_db, status, json.code]).toEqual([duck_db, 400, 'BAD_REQUEST']);
    }
    for (const duck_db of [0, 0.5, 60]) expect((await play(desk, { duck_db })).json.duck_db).toBe(duck_db);
  });
});
