import { describe, expect, test } from 'vitest';
import { Denoiser } from '../../media/index.js';
import { AutoGain } from '../../rooms/auto-gain.js';
import { plainMember } from '../../rooms/seat.js';
import { MediaStage, roomId } from '../support/media-stage.js';
import { Floor, type FloorMember, noiseLine, rmsDb, sumOf, toneLine } from '../support/room-floor.js';

const amplitudeOf = (rms: number): number => 32_768 * 10 ** (rms / 20) * Math.SQRT2;

/** Words of 600 ms with pauses of 400 ms, at that RMS while they last, over a noise. */
function talk(levelDb: number, noiseDb: number): (at: number) => number {
  const tones = [220, 440, 880].map((hz) => toneLine(hz, amplitudeOf(levelDb) / Math.sqrt(3)));
  const noise = noiseLine(noiseDb, 5);
  return (at) => noise(at) + (at % 8000 < 4800 ? tones.reduce((sum, line) => sum + line(at), 0) : 0);
}

/** A listener and who is listened to; how loud that is in the words and in the pauses of the last second of `seconds`. */
function listen(line: (at: number) => number, seconds: number): { words: number; pauses: number } {
  const floor = new Floor();
  const listener = floor.join(() => null);
  const talker = floor.join(line);
  floor.room.set(talker.legId, { ...plainMember, agc: true });
  floor.runMs(seconds * 1000);
  const from = (seconds - 1) * 1000;
  return {
    words: Math.round(rmsDb(listener.between(from + 40, from + 560))),
    pauses: Math.round(rmsDb(listener.between(from + 640, from + 960))),
  };
}

describe('agc', () => {
  test.each([
    ['quiet', -38, 18],
    ['loud', -8, 0],
    ['usual', -20, 0],
  ])('a %s voice is brought to −20 dB', (_name, levelDb, liftedDb) => {
    const { words, pauses } = listen(talk(levelDb, -70), 12);
    expect(words).toBeGreaterThanOrEqual(-22);
    expect(words).toBeLessThanOrEqual(-18);
    expect(pauses).toBeLessThanOrEqual(-70 + liftedDb + 1);
  });

  test('goes up by 6 dB a second of speech, and down faster', () => {
    expect(listen(talk(-38, -70), 2).words).toBeLessThan(-28);
    expect(listen(talk(-8, -70), 3).words).toBeLessThan(-17);
  });

  test('a noise or silence alone is not pumped up, nor is a noise in a long pause', () => {
    for (const levelDb of [-35, -55, -75]) {
      const line = noiseLine(levelDb, 1);
      expect(listen(line, 20).words).toBeLessThanOrEqual(levelDb + 1);
    }
    const gain = new AutoGain();
    const scratch = new Int32Array(160);
    const frame = new Int16Array(160);
    const beats = (count: number, line: (at: number) => number): void => {
      for (let beat = 0; beat < count; beat += 1) {
        for (let i = 0; i < 160; i += 1) frame[i] = Math.round(line(beat * 160 + i));
        gain.apply(frame, scratch);
      }
    };
    beats(500, talk(-35, -60));
    const { gainDb } = gain;
    expect(gainDb).toBeGreaterThan(10);
    // A noise that begins at once is taken for a voice until it has lasted two seconds.
    beats(1500, noiseLine(-45, 2));
    beats(500, () => 0);
    expect(gain.gainDb).toBeLessThan(gainDb + 6);
  });

  test('comes and goes without a click', () => {
    const floor = new Floor();
    const listener = floor.join(() => null);
    const talker = floor.join(talk(-35, -80));
    floor.room.set(talker.legId, { ...plainMember, agc: true });
    floor.runMs(10_000);
    floor.room.set(talker.legId, plainMember);
    floor.runMs(500);
    expect(Math.round(rmsDb(listener.between(10_040, 10_460)))).toBe(-35);
    const heard = listener.between(9900, 10_100);
    const steepest = heard.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (heard[i - 1] ?? sample))), 0);
    // Of the three tones themselves, at −20 dB.
    expect(steepest).toBeLessThan(amplitudeOf(-20) * (0.17 + 0.35 + 0.68));
  });
});

/** A hummed vowel: 150 Hz and its harmonics, louder and softer as syllables are. */
function vowel(levelDb: number): (at: number) => number {
  const lines = [1, 2, 3, 4, 5, 6, 8].map((k) => toneLine(150 * k, amplitudeOf(levelDb) / (0.8 * k)));
  return (at) =>
    lines.reduce((sum, line) => sum + line(at), 0) * (0.55 + 0.45 * Math.sin((2 * Math.PI * 4 * at) / 8000));
}

describe('denoise', () => {
  function heardOf(line: (at: number) => number, denoise: boolean): { listener: FloorMember; floor: Floor } {
    const floor = new Floor();
    const listener = floor.join(() => null);
    const talker = floor.join(line);
    floor.room.set(talker.legId, { ...plainMember, denoise });
    floor.runMs(3000);
    return { listener, floor };
  }

  test('the package is there', () => {
    expect(Denoiser.isAvailable).toBe(true);
  });

  test('a noise goes, by 12 dB and more', () => {
    const noise = noiseLine(-40, 3);
    const { listener } = heardOf(noise, true);
    expect(rmsDb(listener.between(2000, 3000))).toBeLessThan(-52);
    expect(rmsDb(heardOf(noise, false).listener.between(2000, 3000))).toBeGreaterThan(-41);
  });

  test('a voice stays, and what is between its words gets quieter', () => {
    const voice = vowel(-20);
    const words = (at: number): number => (at % 8000 < 4800 ? voice(at) : 0);
    const { listener } = heardOf(sumOf(words, noiseLine(-45, 4)), true);
    expect(rmsDb(listener.between(2100, 2500))).toBeGreaterThan(-26);
    expect(rmsDb(listener.between(2760, 2980))).toBeLessThan(-52);
  });

  test('comes and goes without a click; who leaves gives back what it held', () => {
    const floor = new Floor();
    const listener = floor.join(() => null);
    const talker = floor.join(toneLine(300, 4000));
    for (const denoise of [true, false, true]) {
      floor.room.set(talker.legId, { ...plainMember, denoise });
      floor.runMs(400);
    }
    const { heard } = listener;
    const steepest = heard.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (heard[i - 1] ?? sample))), 0);
    // The tone itself: 4000 · 2 sin(π · 300 / 8000) = 940.
    expect(steepest).toBeLessThan(1200);
    expect(floor.room.remove(talker.legId)).toBe(true);
    floor.runMs(40);
    expect(listener.heard.slice(-160)).toEqual(Array(160).fill(0));
  });

  test('the state of one that leaves serves another: no more than 500 are open in a thread', () => {
    for (let round = 0; round < 1100; round += 1) {
      const denoiser = new Denoiser();
      denoiser.close();
    }
    const many = Array.from({ length: 501 }, () => new Denoiser());
    const frame = new Int16Array(160).fill(1000);
    expect(many[500]!.process(frame, false)).toBe(true);
    expect(frame[0]).toBe(1000);
    for (const denoiser of many) denoiser.close();
  });
});

test('both through legs, in a room that changes its rate', async () => {
  const stage = new MediaStage();
  const phones = [await stage.phone(500), await stage.phone(900)];
  for (const { leg } of phones) {
    leg.join(roomId('r'), { echo: false });
    leg.setMember({ agc: true, denoise: true });
  }
  await stage.clock.advance(1000);
  const wide = await stage.phone(1700, { codecs: ['g722'], rateHz: 16_000 });
  wide.leg.join(roomId('r'), { echo: false });
  await stage.clock.advance(1000);
  const [first] = await stage.listen([phones[0]!, phones[1]!, wide], 500);
  expect(first).toContain(1700);
  for (const { leg } of [...phones, wide]) await stage.close(leg);
  expect((await stage.report()).map(({ rooms, commandsRefused }) => [rooms, commandsRefused])).toEqual([[0, 0]]);
});
