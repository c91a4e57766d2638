import { describe, expect, test } from 'vitest';
import { Resampler, type SampleRateHz } from '../../../media/codec/resample.js';
import { levelOf } from '../../support/voice.js';

const AMPLITUDE = 10_000;
/** 20·lg(10,000 / 32,768). */
const LEVEL_DB = -10.31;
const DELAY_MS = 1.5;

const pairs: readonly [SampleRateHz, SampleRateHz][] = [
  [8000, 16000],
  [16000, 8000],
  [8000, 48000],
  [48000, 8000],
  [16000, 48000],
  [48000, 16000],
  [8000, 8000],
  [16000, 16000],
];

function tone(hz: number, rateHz: number, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

function converted(input: Int16Array, fromHz: SampleRateHz, toHz: SampleRateHz): Int16Array {
  const resampler = new Resampler(fromHz, toHz);
  const out = new Int16Array(resampler.outputOf(input.length));
  expect(resampler.process(input, 0, input.length, out, 0)).toBe(out.length);
  return out;
}

/** Half a second, whole periods of every multiple of 2 Hz, past the first 100 ms. */
function settled(samples: Int16Array, rateHz: number): Int16Array {
  return samples.subarray(rateHz / 10, (rateHz * 6) / 10);
}

describe.each(pairs)('%i to %i Hz', (fromHz, toHz) => {
  const low = Math.min(fromHz, toHz);
  const band = low === 8000 ? 3300 : low === 16000 ? 7200 : 20_000;

  test('what is in the pass band keeps its level within 0.5 dB', () => {
    for (const hz of [100, 400, 1000, 2500, band]) {
      const out = converted(tone(hz, fromHz, fromHz), fromHz, toHz);
      expect(Math.abs(levelOf(settled(out, toHz), hz, toHz) - LEVEL_DB)).toBeLessThan(0.5);
    }
  });

  test('it comes 1.5 ms later, to the sample', () => {
    const out = converted(tone(400, fromHz, fromHz / 2), fromHz, toHz);
    const delay = (DELAY_MS * toHz) / 1000;
    let worst = 0;
    for (let i = toHz / 10; i < out.length; i += 1) {
      const expected = AMPLITUDE * Math.sin((2 * Math.PI * 400 * (i - delay)) / toHz);
      worst = Math.max(worst, Math.abs(out[i]! - expected));
    }
    // 0.2 % of the amplitude: ripple and rounding.
    expect(worst).toBeLessThan(AMPLITUDE * 0.002 + 1);
  });

  test('however it is cut, it is the same', () => {
    const input = tone(1000, fromHz, fromHz / 10);
    const whole = converted(input, fromHz, toHz);
    const resampler = new Resampler(fromHz, toHz);
    const out = new Int16Array(whole.length);
    const step = Math.max(1, fromHz / toHz);
    let written = 0;
    for (let at = 0, turn = 1; at < input.length; turn += 1) {
      const samples = Math.min(input.length - at, step * ((turn * 7) % 40 || 1));
      written += resampler.process(input, at, samples, out, written);
      at += samples;
    }
    expect(out).toEqual(whole);
  });

  test('a copy goes on as the other would', () => {
    const input = tone(1000, fromHz, 960);
    const [one, other] = [new Resampler(fromHz, toHz), new Resampler(fromHz, toHz)];
    const scratch = new Int16Array(6000);
    one.process(input, 0, 960, scratch, 0);
    other.copyFrom(one);
    const [a, b] = [new Int16Array(6000), new Int16Array(6000)];
    one.process(input, 0, 960, a, 0);
    other.process(input, 0, 960, b, 0);
    expect(b).toEqual(a);
    other.reset();
    other.process(new Int16Array(960), 0, 960, b, 0);
    expect(b.subarray(0, one.outputOf(960)).every((sample) => sample === 0)).toBe(true);
  });

  test('full scale is limited, never wrapped', () => {
    const square = Int16Array.from({ length: fromHz / 10 }, (_, i) => ((i / 24) & 1 ? -32768 : 32767));
    const out = converted(square, fromHz, toHz);
    for (let i = 1; i < out.length; i += 1) {
      const jump = Math.abs(out[i]! - out[i - 1]!);
      if (jump > 60_000) expect(fromHz).toBe(toHz);
    }
  });
});

test.each([
  [16000, 8000, 5000, 3000],
  [16000, 8000, 7000, 1000],
  [48000, 8000, 5000, 3000],
  [48000, 16000, 9000, 7000],
  [48000, 16000, 15_000, 1000],
] as const)('%i to %i Hz: %i Hz does not come back as %i', (fromHz, toHz, hz, aliasHz) => {
  const out = settled(converted(tone(hz, fromHz, fromHz), fromHz, toHz), toHz);
  expect(levelOf(out, aliasHz, toHz)).toBeLessThan(LEVEL_DB - 58);
});

test.each([
  [8000, 16000, 3000, 5000],
  [8000, 48000, 3000, 13_000],
  [16000, 48000, 7000, 9000],
] as const)('%i to %i Hz: %i Hz makes no image at %i', (fromHz, toHz, hz, imageHz) => {
  const out = settled(converted(tone(hz, fromHz, fromHz), fromHz, toHz), toHz);
  expect(levelOf(out, imageHz, toHz)).toBeLessThan(LEVEL_DB - 58);
});
