import { describe, expect, test } from 'vitest';
import { Concealer } from '../../../media/codec/conceal.js';
import { Resampler } from '../../../media/codec/resample.js';
import { spectralDistanceDb } from '../../support/fidelity.js';
import { speech } from './ilbc/sound.js';

/** `count` samples of a voice-like wave (`pitchHz` and its overtones) that starts at sample `from`. */
function voice(rateHz: number, from: number, count: number, pitchHz = 100): Int16Array {
  const out = new Int16Array(count);
  for (let i = 0; i < count; i += 1) {
    const turn = (2 * Math.PI * pitchHz * (from + i)) / rateHz;
    out[i] = Math.round(4000 * (Math.sin(turn) + Math.sin(3 * turn) / 2 + Math.sin(7 * turn) / 4));
  }
  return out;
}

function peak(pcm: Int16Array): number {
  return pcm.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

function largestStep(pcm: Int16Array): number {
  let most = 0;
  for (let i = 1; i < pcm.length; i += 1) most = Math.max(most, Math.abs(pcm[i]! - pcm[i - 1]!));
  return most;
}

/** Frames heard where `lost` is false, made up where it is true, as one run of sound. */
function play(rateHz: number, lost: readonly boolean[], pitchHz = 100): Int16Array {
  const concealer = new Concealer(rateHz);
  const frame = rateHz / 50;
  const out = new Int16Array(lost.length * frame);
  lost.forEach((gone, index) => {
    const at = index * frame;
    if (gone) {
      concealer.conceal(out, at, frame);
      return;
    }
    out.set(voice(rateHz, at, frame, pitchHz), at);
    concealer.heard(out, at, frame);
  });
  return out;
}

/** Energy of the difference by that of `right`. */
function errorOf(heard: Int16Array, right: Int16Array): number {
  let error = 0;
  let energy = 0;
  for (let i = 0; i < right.length; i += 1) {
    error += (heard[i]! - right[i]!) ** 2;
    energy += right[i]! ** 2;
  }
  return error / energy;
}

/** Two voices of espeak-ng (test/media/codec/ilbc/sound.ts). */
function speechAt(rateHz: number): Int16Array {
  if (rateHz === 8000) return speech;
  const out = new Int16Array(speech.length * 2);
  new Resampler(8000, 16_000).process(speech, 0, speech.length, out, 0);
  return out;
}

/** The sound with lost frames made up, or left silent. */
function lossy(rateHz: number, sound: Int16Array, isLost: (index: number) => boolean, isMadeUp = true): Int16Array {
  const concealer = new Concealer(rateHz);
  const frame = rateHz / 50;
  const out = sound.slice();
  for (let at = 0, index = 0; at + frame <= sound.length; at += frame, index += 1) {
    if (!isLost(index)) {
      if (isMadeUp) concealer.heard(out, at, frame);
    } else if (isMadeUp) concealer.conceal(out, at, frame);
    else out.fill(0, at, at + frame);
  }
  return out;
}

describe.each([8000, 16000])('concealment at %d Hz', (rateHz) => {
  const frame = rateHz / 50;

  test('a steady voice goes on through one lost frame at its own pitch', () => {
    // 100 Hz is a whole number of samples, the others are not.
    for (const pitchHz of [100, 123, 187]) {
      const out = play(rateHz, [false, false, false, true, false, false], pitchHz);
      const original = voice(rateHz, 3 * frame, frame, pitchHz);
      expect(errorOf(out.subarray(3 * frame, 4 * frame), original)).toBeLessThan(0.05);
    }
  });

  test('neither the start nor the end of a loss is a click', () => {
    const whole = largestStep(voice(rateHz, 0, 8 * frame));
    for (const losses of [1, 2, 3]) {
      const out = play(rateHz, [false, false, false, ...Array<boolean>(losses).fill(true), false, false]);
      expect(largestStep(out)).toBeLessThan(whole * 1.3);
    }
  });

  test('a long loss fades to silence by 60 ms and the voice comes back whole', () => {
    const out = play(rateHz, [false, false, false, true, true, true, true, false, false]);
    expect(peak(out.subarray(6 * frame, 7 * frame))).toBe(0);
    expect([...out.subarray(8 * frame)]).toEqual([...voice(rateHz, 8 * frame, frame)]);
  });

  test('before anything was heard a loss is silence', () => {
    expect(peak(play(rateHz, [true, true]))).toBe(0);
  });

  test('samples without a loss before them are not touched', () => {
    expect([...play(rateHz, [false, false])]).toEqual([...voice(rateHz, 0, 2 * frame)]);
  });

  test('in speech with one frame in ten lost the spectrum goes on: nearer to the original than with gaps', () => {
    const sound = speechAt(rateHz);
    const ear = { sampleRateHz: rateHz, highestHz: 3400 };
    let [made, gaps] = [0, 0];
    for (let phase = 0; phase < 10; phase += 1) {
      const isLost = (index: number): boolean => index % 10 === phase;
      made += spectralDistanceDb(sound, lossy(rateHz, sound, isLost), ear) / 10;
      gaps += spectralDistanceDb(sound, lossy(rateHz, sound, isLost, false), ear) / 10;
    }
    expect(made).toBeLessThan(Math.min(3, gaps * 0.8));
  });

  test('loud noise never leaves the range of Int16', () => {
    const concealer = new Concealer(rateHz);
    const loud = Int16Array.from({ length: 3 * frame }, (_, i) => ((i * 7919) % 13 < 6 ? 32767 : -32768));
    concealer.heard(loud, 0, 3 * frame);
    const out = new Int16Array(frame);
    concealer.conceal(out, 0, frame);
    expect(peak(out)).toBeGreaterThan(20000);
  });
});
