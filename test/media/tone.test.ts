import { describe, expect, test } from 'vitest';
import { Tone, tone } from '../../media/tone.js';

function peak(pcm: Int16Array): number {
  return pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

describe('tones', () => {
  test('has the frequency and level asked for', () => {
    const pcm = tone({ frequenciesHz: [1000], sampleRateHz: 8000, levelDb: -6, durationMs: 1000 });
    const rising = pcm.filter((sample, i) => i > 0 && pcm[i - 1]! < 0 && sample >= 0).length;
    expect(rising).toBeGreaterThanOrEqual(999);
    expect(rising).toBeLessThanOrEqual(1001);
    expect(peak(pcm)).toBe(Math.round(32767 * 10 ** (-6 / 20)));
  });

  test('two frequencies share the level', () => {
    const pcm = tone({ frequenciesHz: [440, 480], sampleRateHz: 8000, levelDb: 0, durationMs: 1000 });
    expect(peak(pcm)).toBeLessThanOrEqual(32767);
    expect(peak(pcm)).toBeGreaterThan(30000);
  });

  test('pieces have no seam: they are the whole', () => {
    const options = { frequenciesHz: [425], sampleRateHz: 8000, cadenceMs: [100, 50] };
    const whole = tone({ ...options, durationMs: 400 });
    const pieces = new Int16Array(whole.length);
    const source = new Tone(options);
    for (let at = 0; at < pieces.length; at += 160) source.write(pieces, at, 160);
    expect([...pieces]).toEqual([...whole]);
  });

  test('a cadence is sound and silence in turn, with soft edges', () => {
    const pcm = tone({ frequenciesHz: [425], sampleRateHz: 8000, cadenceMs: [100, 200], durationMs: 600 });
    expect(peak(pcm.subarray(0, 800))).toBeGreaterThan(9000);
    expect(peak(pcm.subarray(800, 2400))).toBe(0);
    expect(peak(pcm.subarray(2400, 3200))).toBeGreaterThan(9000);
    expect(peak(pcm.subarray(780, 800))).toBeLessThan(6000);
  });
});
