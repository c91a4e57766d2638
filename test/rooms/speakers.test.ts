import { describe, expect, test } from 'vitest';
import { defaultRoomRules } from '../../rooms/room-rules.js';
import { levelOfPower } from '../../rooms/speakers.js';
import { Floor, fromMs, noiseLine, nothing, rmsDb, spoken, sumOf, toneLine } from '../support/room-floor.js';

const word = toneLine(700, 3000);
/** A word between two moments, on a line with that noise. */
function said(begins: number, ends: number, noiseDb: number, seed: number): (at: number) => number {
  const noise = noiseLine(noiseDb, seed);
  return (at) => noise(at) + (at >= begins * 8 && at < ends * 8 ? word(at) : 0);
}

describe('who is heard in a room', () => {
  test.each([0, 3, 8, 13, 18])(
    'design §4 a word that begins %i ms into a beat comes whole but for the first 5 ms of that beat, in a room of 10',
    (offsetMs) => {
      const floor = new Floor();
      const beginsMs = 3000 + offsetMs;
      const line = said(beginsMs, beginsMs + 500, -60, 1);
      floor.join(line);
      const [listener] = floor.joinMany(9, (index) => noiseLine(-60, index + 2));
      floor.runMs(3520);
      expect(listener!.between(3005, 3510)).toEqual(spoken(line, 3005, 3510));
      // What is faded is faded in, not cut.
      const first = listener!.between(3000, 3005);
      for (let i = 0; i < 40; i += 1) expect(first[i]).toBeCloseTo((line(24_000 + i) * (i + 1)) / 40, -0.4);
    },
  );

  test('a word is heard to its end and 300 ms more, then the line closes within 5 ms', () => {
    const floor = new Floor();
    floor.join(said(3000, 3200, -55, 1));
    const [listener] = floor.joinMany(7, (index) => noiseLine(-60, index + 2));
    floor.runMs(4000);
    expect(rmsDb(listener!.between(3300, 3500))).toBeCloseTo(-55, 0);
    expect(rmsDb(listener!.between(3500, 3505))).toBeGreaterThan(-65);
    expect(listener!.between(3505, 4000).every((sample) => sample === 0)).toBe(true);
  });

  test('the background noise of 50 members does not add up, while nobody speaks and while one does', () => {
    const floor = new Floor();
    floor.join(fromMs(4000, toneLine(700, 3000)));
    const noisy = floor.joinMany(50, (index) => noiseLine(-50, index));
    const listener = floor.join(nothing);
    floor.runMs(6000);
    expect(rmsDb(listener.between(3000, 4000))).toBe(Number.NEGATIVE_INFINITY);
    expect(listener.between(4020, 6000)).toEqual(spoken(toneLine(700, 3000), 4020, 6000));
    // They hear what all hear, made once.
    expect(noisy.every((member) => member.sharedBeats >= 99)).toBe(true);
  });

  test('the noise of lines that nobody knows yet is held to that of eight', () => {
    const floor = new Floor();
    floor.joinMany(50, (index) => noiseLine(-50, index));
    const listener = floor.join(nothing);
    floor.runMs(500);
    expect(rmsDb(listener.between(100, 500))).toBeLessThan(-39);
  });

  test('design §4 up to six members nothing is gated, not even their noise; K is a setting', () => {
    const small = new Floor();
    const lines = Array.from({ length: 5 }, (_, index) => noiseLine(-60, index));
    small.joinMany(5, (index) => lines[index]!);
    const listener = small.join(nothing);
    small.runMs(3000);
    const sum = sumOf(...lines.map((line) => (at: number) => Math.round(line(at))));
    expect(listener.between(0, 3000)).toEqual(spoken(sum, 0, 3000));

    const strict = new Floor({ rules: { ...defaultRoomRules, ungatedMembers: 2 } });
    strict.joinMany(5, (index) => lines[index]!);
    const other = strict.join(nothing);
    strict.runMs(3000);
    expect(rmsDb(other.between(2500, 3000))).toBe(Number.NEGATIVE_INFINITY);
  });

  test.each([-26, -40, -48])(
    'errs open: speech at %i dB is heard from its first syllable on a line nobody knows, and in −62 dB of noise',
    (levelDb) => {
      const voice = toneLine(440, 32768 * 10 ** (levelDb / 20) * Math.SQRT2);
      // 250 ms of sound, 150 ms of pause: syllables.
      const speech = (at: number): number => (at % 3200 < 2000 ? voice(at) : 0);
      const floor = new Floor();
      const line = sumOf(speech, noiseLine(-62, 1));
      floor.join(line);
      const [listener] = floor.joinMany(9, () => nothing);
      floor.runMs(6000);
      expect(listener!.between(0, 6000)).toEqual(spoken(line, 0, 6000));
    },
  );

  test('errs open: a steady tone, or music, is heard for as long as it lasts', () => {
    const floor = new Floor();
    floor.join(toneLine(440, 4000));
    const [listener] = floor.joinMany(9, () => nothing);
    floor.runMs(10_000);
    expect(rmsDb(listener!.between(9000, 10_000))).toBeGreaterThan(-22);
  });

  test('a room that grows over K and shrinks again makes no step in what was heard', () => {
    const floor = new Floor();
    const [listener] = floor.joinMany(6, (index) => (index === 0 ? nothing : (at) => (at >= 0 ? 100 : 0)));
    floor.runMs(3000);
    const guest = floor.join(nothing);
    floor.runMs(3000);
    floor.room.remove(guest.legId);
    floor.runMs(1000);
    expect(listener!.between(2900, 3000).every((sample) => sample === 500)).toBe(true);
    expect(listener!.between(5900, 6000).every((sample) => sample === 0)).toBe(true);
    expect(listener!.between(6900, 7000).every((sample) => sample === 500)).toBe(true);
    const steps = listener!.heard.slice(1).map((sample, i) => Math.abs(sample - listener!.heard[i]!));
    expect(Math.max(...steps)).toBeLessThanOrEqual(500 / 40 + 5);
  });
});

describe('more talkers than are heard at once', () => {
  /** Indexes of the first `count` members whose tone reaches the listener between two moments. */
  function heard(samples: Int16Array, tones: readonly number[]): number[] {
    return tones.flatMap((hz, index) => {
      let [real, imaginary] = [0, 0];
      for (const [i, sample] of samples.entries()) {
        real += sample * Math.cos((2 * Math.PI * hz * i) / 8000);
        imaginary += sample * Math.sin((2 * Math.PI * hz * i) / 8000);
      }
      return (2 * Math.hypot(real, imaginary)) / samples.length > 200 ? [index] : [];
    });
  }

  test('eight are heard, and the same eight while nobody is much louder', () => {
    const tones = Array.from({ length: 12 }, (_, index) => 300 + index * 250);
    const floor = new Floor();
    // Levels that go up and down by 4 dB, each at a pace of its own.
    floor.joinMany(12, (index) => {
      const tone = toneLine(tones[index]!, 1500);
      const pace = 2000 + index * 300;
      return (at) => tone(at) * (1 + 0.25 * Math.sin((2 * Math.PI * at) / pace));
    });
    const listener = floor.join(nothing);
    floor.runMs(5000);
    const first = heard(listener.between(100, 500), tones);
    expect(first).toHaveLength(8);
    for (let ms = 500; ms < 5000; ms += 500) expect(heard(listener.between(ms, ms + 500), tones)).toEqual(first);
  });

  test('who is 6 dB louder takes the place of the least loud at once', () => {
    const tones = Array.from({ length: 9 }, (_, index) => 300 + index * 250);
    const floor = new Floor();
    floor.joinMany(8, (index) => toneLine(tones[index]!, 1500 + 20 * index));
    floor.join(fromMs(1000, toneLine(tones[8]!, 4000)));
    const listener = floor.join(nothing);
    floor.runMs(2000);
    expect(heard(listener.between(500, 1000), tones)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(heard(listener.between(1010, 1110), tones)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

test('RFC 6464 §3 levels are −dBov: 0 for the loudest square wave, 3 for the loudest sine, 127 for silence', () => {
  expect([32768 ** 2, 32768 ** 2 / 2, 327.68 ** 2, 1, 0, 32768 ** 2 * 4].map(levelOfPower)).toEqual([
    0, 3, 40, 90, 127, 0,
  ]);
});
