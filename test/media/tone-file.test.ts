import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTone, renderTone, ToneRun, toneFile } from '../../media/tone-file.js';
import { readWav, type WavSound, writeWav } from '../../media/wav.js';
import { spectrumOf } from '../support/fft.js';
import { purityDb } from '../support/purity.js';

const rateHz = 8000;

function soundOf(description: string, before: Uint8Array | null = null): WavSound {
  const made = toneFile(description, before);
  if (!made.ok) throw new Error(`${made.fault} at ${made.at}`);
  const read = readWav(made.value);
  if (!read.ok) throw new Error(read.fault);
  return read.value;
}

function faultOf(description: string, before: Uint8Array | null = null): string {
  const made = toneFile(description, before);
  return made.ok ? 'none' : `${made.fault} ${made.at}`;
}

/** A part of the sound. */
function part({ samples }: WavSound, fromMs: number, toMs: number): Int16Array {
  return samples.subarray((fromMs * rateHz) / 1000, (toMs * rateHz) / 1000);
}

function peakOf(samples: Int16Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

/** The strongest frequencies, in order of pitch. */
function loudestHz(samples: Int16Array, count: number): number[] {
  const length = 8192;
  // A window, so that what is between two bins does not look like others.
  const windowed = Float64Array.from(samples, (sample, i) => sample * Math.sin((Math.PI * i) / samples.length) ** 2);
  const { re, im } = spectrumOf(windowed, length);
  const power = Array.from({ length: length / 2 }, (_, k) => re[k]! ** 2 + im[k]! ** 2);
  const peaks = power
    .map((_, k) => k)
    .filter((k) => power[k]! > (power[k - 1] ?? 0) && power[k]! > (power[k + 1] ?? 0));
  const best = peaks.sort((a, b) => power[b]! - power[a]!).slice(0, count);
  return best.map((k) => (k * rateHz) / length).sort((a, b) => a - b);
}

describe('mediaswitch row 27: the tone generator', () => {
  test('mediaswitch row 27: 350+440*0.5:1000 is a second of both, each at half of full scale', () => {
    const sound = soundOf('350+440*0.5:1000');
    expect([sound.sampleRateHz, sound.channels, sound.samples.length]).toEqual([8000, 1, 8000]);
    const [low, high] = loudestHz(sound.samples, 2);
    expect(Math.abs(low! - 350)).toBeLessThan(1);
    expect(Math.abs(high! - 440)).toBeLessThan(1);
    const without440 = sound.samples.map((sample, i) => sample - 16383.5 * Math.sin((2 * Math.PI * 440 * i) / rateHz));
    expect(purityDb(without440, 350, rateHz)).toBeGreaterThan(60);
    expect(peakOf(without440)).toBeGreaterThan(16300);
  });

  test('mediaswitch row 27: British ringing is two bursts of 400 ms and two silences', () => {
    const sound = soundOf('400+450*0.5/0/400+450*0.5/0:400/200/400/2000');
    expect(sound.samples).toHaveLength(3000 * 8);
    expect(peakOf(part(sound, 400, 600))).toBe(0);
    expect(peakOf(part(sound, 1000, 3000))).toBe(0);
    expect(part(sound, 600, 1000)).toEqual(part(sound, 0, 400));
    const [low, high] = loudestHz(part(sound, 0, 400), 2);
    expect(Math.abs(low! - 400)).toBeLessThan(3);
    expect(Math.abs(high! - 450)).toBeLessThan(3);
  });

  test('mediaswitch row 27: durations start over where there are fewer than tones', () => {
    const sound = soundOf('400/0/500:100/50');
    expect(sound.samples).toHaveLength(250 * 8);
    expect(purityDb(part(sound, 0, 100), 400, rateHz)).toBeGreaterThan(60);
    expect(peakOf(part(sound, 100, 150))).toBe(0);
    expect(purityDb(part(sound, 150, 250), 500, rateHz)).toBeGreaterThan(60);
  });

  test('mediaswitch row 27: a frequency and an amplitude are swept from one end to the other', () => {
    const sound = soundOf('500~1500*0~0.8:2000');
    const at = (ms: number): number => loudestHz(part(sound, ms - 50, ms + 50), 1)[0]!;
    expect(Math.abs(at(500) - 750)).toBeLessThan(15);
    expect(Math.abs(at(1500) - 1250)).toBeLessThan(15);
    expect(peakOf(part(sound, 0, 20))).toBeLessThan(350);
    const middle = peakOf(part(sound, 990, 1010));
    expect(Math.abs(middle / 32767 - 0.4)).toBeLessThan(0.02);
  });

  test('mediaswitch row 27: amplitudes are of each frequency; what is too loud together is made quieter, not clipped', () => {
    const frequencies = (description: string): readonly unknown[] => {
      const read = parseTone(description);
      if (!read.ok) throw new Error(read.fault);
      return read.value[0]!.frequencies.map(({ fromAmplitude }) => fromAmplitude);
    };
    expect(frequencies('1+2*.25+3*1:10')).toEqual([0.25, 0.25, 1]);
    expect(frequencies('1+2:10')).toEqual([0.5, 0.5]);
    expect(frequencies('1*0.1+2:10')).toEqual([0.1, 0.5]);
    const loud = soundOf('400+450*1:1000');
    expect(peakOf(loud.samples)).toBeLessThanOrEqual(32767);
    expect(loud.samples.filter((sample) => Math.abs(sample) === 32767).length).toBeLessThan(4);
  });

  test('mediaswitch row 27: an existing file keeps its sound and its rate', () => {
    const samples = Int16Array.from({ length: 1600 }, (_, i) => i);
    const before = writeWav({ sampleRateHz: 16_000, channels: 1, samples });
    const sound = soundOf('5000:100', before);
    expect([sound.sampleRateHz, sound.samples.length]).toEqual([16_000, 3200]);
    expect(sound.samples.subarray(0, 1600)).toEqual(samples);
    expect(purityDb(sound.samples.subarray(1600), 5000, 16_000)).toBeGreaterThan(60);
  });

  test.each([
    ['', 'no-cadence 0'],
    ['400', 'no-cadence 3'],
    ['400:', 'bad-duration 4'],
    ['400:1s', 'bad-duration 4'],
    ['400:100/x', 'bad-duration 8'],
    [':100', 'bad-frequency 0'],
    ['400/a:100', 'bad-frequency 4'],
    ['400+:100', 'bad-frequency 4'],
    ['1~2~3:100', 'bad-frequency 0'],
    ['-400:100', 'bad-frequency 0'],
    ['4001:100', 'bad-frequency 0'],
    ['400*2:100', 'bad-amplitude 3'],
    ['400*:100', 'bad-amplitude 3'],
    ['400:3600001', 'too-long 0'],
    ['400/400:3600000', 'too-long 4'],
    [`${'1/'.repeat(300)}1:1`, 'too-many-tones 0'],
    [`${'1+'.repeat(20)}1:1`, 'too-many-tones 0'],
  ])('mediaswitch row 27: %s is %s', (description, expected) => {
    expect(faultOf(description)).toBe(expected);
  });

  test('mediaswitch row 27: a file of another kind is not written over', () => {
    expect(faultOf('400:100', Buffer.from('not a WAV file at all, but a text'))).toBe('not-mono-pcm 0');
    const stereo = writeWav({ sampleRateHz: 8000, channels: 2, samples: new Int16Array(8) });
    expect(faultOf('400:100', stereo)).toBe('not-mono-pcm 0');
    const full = writeWav({ sampleRateHz: 100, channels: 1, samples: new Int16Array(360_000) });
    expect(faultOf('4:100', full)).toBe('too-long 0');
  });

  test('no text makes the reader throw, and what it reads can be sounded', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.:/+~*x') });
    fc.assert(
      fc.property(text, (description) => {
        const read = parseTone(description);
        if (!read.ok) expect(read.at).toBeLessThanOrEqual(description.length);
        else renderTone(read.value, 10);
      }),
    );
  });
});

test('a tone given out in pieces is the same as at once', () => {
  const read = parseTone('400+450*0.5/0/400~900*0~1/300:401/0/203/77');
  if (!read.ok) throw new Error(read.fault);
  const whole = renderTone(read.value, 16_000);
  const run = new ToneRun(read.value, 16_000);
  const pieces: number[] = [];
  for (let size = 1; run.samplesLeft > 0; size += 7) {
    const piece = new Int16Array(size);
    pieces.push(...piece.subarray(0, run.write(piece, 0, size)));
  }
  expect(pieces).toEqual([...whole]);
});
