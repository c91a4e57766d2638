import { describe, expect, test } from 'vitest';
import { type RateHz, Resampler } from '../../../media/codec/resample.js';
import { tapBits, tapsOf } from '../../../media/codec/resample-taps.js';
import { kernelsOfThread } from '../../../media/kernels/load.js';
import { purityDb } from '../../support/purity.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import { levelOf } from '../../support/voice.js';

const AMPLITUDE = 10_000;
/** 20·lg(10,000 / 32,768). */
const LEVEL_DB = -10.31;
const DELAY_MS = 1.5;

const pairs: readonly [RateHz, RateHz][] = [
  [8000, 16000],
  [16000, 8000],
  [8000, 48000],
  [48000, 8000],
  [16000, 48000],
  [48000, 16000],
  [8000, 8000],
  [16000, 16000],
  [44100, 48000],
  [48000, 44100],
  [44100, 16000],
  [16000, 44100],
  [44100, 8000],
  [8000, 44100],
  [16000, 24000],
  [24000, 16000],
];
const byBoth = pairs.flatMap(([fromHz, toHz]) => [
  ['the kernel', fromHz, toHz] as const,
  ['its plain twin', fromHz, toHz] as const,
]);

type By = (typeof byBoth)[number][0];

function resampler(fromHz: RateHz, toHz: RateHz, by: By = 'the kernel'): Resampler<RateHz, RateHz> {
  return new Resampler(fromHz, toHz, by === 'the kernel' ? kernelsOfThread()! : null);
}

function tone(hz: number, rateHz: number, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

function converted(input: Int16Array, fromHz: RateHz, toHz: RateHz, by: By = 'the kernel'): Int16Array {
  const line = resampler(fromHz, toHz, by);
  const out = new Int16Array(line.outputOf(input.length));
  expect(line.process(input, 0, input.length, out, 0)).toBe(out.length);
  return out;
}

/** Half a second, whole periods of every multiple of 2 Hz, past the first 100 ms. */
function settled(samples: Int16Array, rateHz: number): Int16Array {
  return samples.subarray(rateHz / 10, (rateHz * 6) / 10);
}

describe.each(byBoth)('by %s %i to %i Hz', (by, fromHz, toHz) => {
  const low = Math.min(fromHz, toHz);
  const band = low === 8000 ? 3300 : low === 16000 ? 7200 : 20_000;

  test('what is in the pass band keeps its level within 0.5 dB', () => {
    for (const hz of [100, 400, 1000, 2500, band]) {
      const out = converted(tone(hz, fromHz, fromHz), fromHz, toHz, by);
      expect(Math.abs(levelOf(settled(out, toHz), hz, toHz) - LEVEL_DB)).toBeLessThan(0.5);
    }
  });

  test('a tone has at least 60 dB over all that is made beside it', () => {
    for (const hz of [400, 1000, 3000, band]) {
      const out = converted(tone(hz, fromHz, fromHz), fromHz, toHz, by);
      expect(purityDb(settled(out, toHz), hz, toHz)).toBeGreaterThan(60);
    }
  });

  test('it comes 1.5 ms later, to the sample', () => {
    const out = converted(tone(400, fromHz, fromHz / 2), fromHz, toHz, by);
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
    const whole = converted(input, fromHz, toHz, by);
    const line = resampler(fromHz, toHz, by);
    const out = new Int16Array(whole.length);
    let written = 0;
    for (let at = 0, turn = 1; at < input.length; turn += 1) {
      const samples = Math.min(input.length - at, (turn * 7) % 40 || 1);
      written += line.process(input, at, samples, out, written);
      at += samples;
    }
    expect(out).toEqual(whole);
  });

  test('a copy goes on as the other would', () => {
    const input = tone(1000, fromHz, 960);
    const [one, other] = [resampler(fromHz, toHz, by), resampler(fromHz, toHz, by)];
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
    const out = converted(square, fromHz, toHz, by);
    let jumps = 0;
    for (let i = 1; i < out.length; i += 1) if (Math.abs(out[i]! - out[i - 1]!) > 60_000) jumps += 1;
    // Those of the square itself, where the rates are too near for the filter to slow them down.
    expect(jumps).toBeLessThan(low === 44_100 || fromHz === toHz ? square.length / 24 : 1);
  });
});

test.each([
  [16000, 8000, 5000, 3000],
  [16000, 8000, 7000, 1000],
  [48000, 8000, 5000, 3000],
  [48000, 16000, 9000, 7000],
  [48000, 16000, 15_000, 1000],
  [48000, 44100, 23_400, 20_700],
  [44100, 16000, 9000, 7000],
  [44100, 16000, 17_000, 1000],
  [44100, 8000, 5000, 3000],
  [24000, 16000, 9000, 7000],
] as const)('%i to %i Hz: %i Hz does not come back as %i', (fromHz, toHz, hz, aliasHz) => {
  const out = settled(converted(tone(hz, fromHz, fromHz), fromHz, toHz), toHz);
  expect(levelOf(out, aliasHz, toHz)).toBeLessThan(LEVEL_DB - 60);
});

test.each([
  [8000, 16000, 3000, 5000],
  [8000, 48000, 3000, 13_000],
  [16000, 48000, 7000, 9000],
  [8000, 44100, 3000, 5000],
  [16000, 44100, 7000, 9000],
  [16000, 24000, 7000, 9000],
  [44100, 48000, 20_000, 23_900],
] as const)('%i to %i Hz: %i Hz makes no image at %i', (fromHz, toHz, hz, imageHz) => {
  const out = settled(converted(tone(hz, fromHz, fromHz), fromHz, toHz), toHz);
  expect(levelOf(out, imageHz, toHz)).toBeLessThan(LEVEL_DB - 60);
});

test.each(pairs.filter(([fromHz, toHz]) => fromHz !== toHz))(
  '%i to %i Hz: the kernel gives the same samples as its plain twin, whatever comes',
  (fromHz, toHz) => {
    const random = createSeededRandom(fromHz + toHz);
    const [kernel, twin] = [resampler(fromHz, toHz), resampler(fromHz, toHz, 'its plain twin')];
    const [out, expected] = [new Int16Array(7000), new Int16Array(7000)];
    for (let turn = 0; turn < 100; turn += 1) {
      const samples = turn % 2 === 0 ? fromHz / 50 : random.uint32() % 1000;
      const input = Int16Array.from({ length: samples }, () =>
        turn % 3 === 0 ? (random.uint32() & 1 ? 32_767 : -32_768) : random.uint32(),
      );
      const written = twin.process(input, 0, samples, expected, 2);
      expect(kernel.process(input, 0, samples, out, 2)).toBe(written);
      expect(out.subarray(0, written + 2)).toEqual(expected.subarray(0, written + 2));
    }
  },
);

test.each(pairs.filter(([fromHz, toHz]) => fromHz !== toHz))(
  '%i to %i Hz: all phases are as loud, and no samples make a sum that a lane of the kernel does not hold',
  (fromHz, toHz) => {
    const { rows, rowLength, up } = tapsOf(fromHz, toHz);
    for (let phase = 0; phase < up; phase += 1) {
      const row = rows.subarray(phase * rowLength, (phase + 1) * rowLength);
      expect(Math.abs(row.reduce((sum, tap) => sum + tap, 0) / 2 ** tapBits - 1)).toBeLessThan(0.001);
      for (let lane = 0; lane < 4; lane += 1) {
        const most = row.reduce((sum, tap, i) => sum + ((i >> 1) % 4 === lane ? Math.abs(tap) : 0), 0);
        expect(most * 32_768).toBeLessThan(2 ** 31);
      }
    }
  },
);
