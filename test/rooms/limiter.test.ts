import { describe, expect, test } from 'vitest';
import { Limiter } from '../../rooms/limiter.js';

const frameSamples = 160;
const rateHz = 8000;

function tone(frequencyHz: number, amplitude: number): (at: number) => number {
  return (at) => Math.round(amplitude * Math.sin((2 * Math.PI * frequencyHz * at) / rateHz));
}

/** The gain in dB that one talker is heard with, frame by frame, while `others` speak as well. */
function gainsDb(frames: number, talker: (at: number) => number, others: (at: number) => number): number[] {
  const limiter = new Limiter(frameSamples);
  const sum = new Int32Array(frameSamples);
  const out = new Int16Array(frameSamples);
  const gains: number[] = [];
  for (let frame = 0; frame < frames; frame += 1) {
    for (let i = 0; i < frameSamples; i += 1)
      sum[i] = talker(frame * frameSamples + i) + others(frame * frameSamples + i);
    limiter.apply(sum, null, out);
    gains.push(20 * Math.log10(limiter.gain));
  }
  return gains;
}

function rippleDb(gains: readonly number[]): number {
  return Math.max(...gains) - Math.min(...gains);
}

describe('soft limiter', () => {
  test('a steady talker at any level that fits is not touched, bit for bit', () => {
    const limiter = new Limiter(frameSamples);
    const out = new Int16Array(frameSamples);
    const voice = tone(440, 32_767);
    const sum = Int32Array.from({ length: frameSamples }, (_, at) => voice(at));
    limiter.apply(sum, null, out);
    expect([...out]).toEqual([...sum]);
    expect(limiter.gain).toBe(1);
  });

  test('a steady talker beside another one, beating slowly against each other, has a gain ripple under 1 dB', () => {
    const gains = gainsDb(500, tone(440, 25_000), tone(441.3, 25_000));
    expect(Math.min(...gains)).toBeLessThan(-3);
    expect(rippleDb(gains.slice(100))).toBeLessThanOrEqual(1);
  });

  test('a steady talker beside one who speaks in words has a gain ripple under 1 dB once the words have begun', () => {
    const words = tone(300, 30_000);
    const speaks = (at: number): boolean => Math.floor(at / (0.35 * rateHz)) % 2 === 0;
    const gains = gainsDb(500, tone(1000, 20_000), (at) => (speaks(at) ? words(at) : 0));
    expect(rippleDb(gains.slice(25))).toBeLessThanOrEqual(1);
  });

  test('comes back to full loudness at no more than 3 dB a second after the last loud word', () => {
    const gains = gainsDb(400, tone(1000, 20_000), (at) => (at < rateHz ? tone(300, 40_000)(at) : 0));
    expect(gains[399]).toBe(0);
    for (let i = 51; i < 400; i += 1) expect(gains[i]! - gains[i - 1]!).toBeLessThanOrEqual(0.0601);
  });

  test('no frame leaves with more than full scale, and only the first millisecond of a sudden peak is clipped', () => {
    const limiter = new Limiter(frameSamples);
    const out = new Int16Array(frameSamples);
    limiter.apply(new Int32Array(frameSamples).fill(100), null, out);
    limiter.apply(new Int32Array(frameSamples).fill(90_000), null, out);
    expect([...out.subarray(8)].every((value) => value >= 32_766)).toBe(true);
    limiter.apply(new Int32Array(frameSamples).fill(-90_000), null, out);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(-32_768);
    expect(limiter.gain).toBeCloseTo(32_767 / 90_000, 3);
  });
});

describe('ten loud talkers', () => {
  /** Speech-like: syllables of its own pace, words with pauses, loud. */
  function talker(index: number): (at: number) => number {
    const voice = tone(180 + index * 130, 20_000);
    const [syllable, word] = [1100 + index * 170, 9000 + index * 1300];
    return (at) => {
      const inWord = (at + index * 3000) % word < word * 0.7;
      return inWord ? voice(at) * Math.sin((Math.PI * (at % syllable)) / syllable) : 0;
    };
  }

  /** The mix of ten after `frames`, its gains in dB, and the share of samples at full scale. */
  function mixOf(frames: number): { readonly gains: number[]; readonly clipped: number[] } {
    const talkers = Array.from({ length: 10 }, (_, index) => talker(index));
    const limiter = new Limiter(frameSamples);
    const sum = new Int32Array(frameSamples);
    const out = new Int16Array(frameSamples);
    const gains: number[] = [];
    const clipped: number[] = [];
    for (let frame = 0; frame < frames; frame += 1) {
      for (let i = 0; i < frameSamples; i += 1) {
        const at = frame * frameSamples + i;
        sum[i] = talkers.reduce((all, voice) => all + Math.round(voice(at)), 0);
      }
      limiter.apply(sum, null, out);
      gains.push(20 * Math.log10(limiter.gain));
      clipped.push(out.filter((value) => Math.abs(value) >= 32_767).length);
    }
    return { gains, clipped };
  }

  test('are turned down, not clipped: a sample in a thousand at most, none for longer than a millisecond', () => {
    const { gains, clipped } = mixOf(1500);
    expect(Math.min(...gains)).toBeLessThan(-9);
    expect(clipped.reduce((sum, count) => sum + count, 0)).toBeLessThan((1500 * frameSamples) / 1000);
    expect(Math.max(...clipped)).toBeLessThanOrEqual(rateHz / 1000 + 2);
  });

  test('do not pump: the gain moves by less than 2.5 dB in any second, once they have begun', () => {
    const { gains } = mixOf(1500);
    const settled = gains.slice(250);
    const ranges = settled.slice(0, -50).map((_, at) => rippleDb(settled.slice(at, at + 50)));
    expect(Math.max(...ranges)).toBeLessThanOrEqual(2.5);
  });
});
