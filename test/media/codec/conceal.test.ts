import { describe, expect, test } from 'vitest';
import { Concealer } from '../../../media/codec/conceal.js';

const frame = 160;

/** `count` samples of a voice-like wave (100 Hz and its overtones) that starts at sample `from`. */
function voice(from: number, count: number): Int16Array {
  const out = new Int16Array(count);
  for (let i = 0; i < count; i += 1) {
    const turn = (2 * Math.PI * 100 * (from + i)) / 8000;
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
function play(lost: readonly boolean[]): Int16Array {
  const concealer = new Concealer(8000);
  const out = new Int16Array(lost.length * frame);
  lost.forEach((gone, index) => {
    const at = index * frame;
    if (gone) {
      concealer.conceal(out, at, frame);
      return;
    }
    out.set(voice(at, frame), at);
    concealer.heard(out, at, frame);
  });
  return out;
}

describe('concealment', () => {
  test('a steady voice goes on through one lost frame at its own pitch', () => {
    const out = play([false, false, false, true, false, false]);
    const lostPart = out.subarray(3 * frame, 4 * frame);
    const original = voice(3 * frame, frame);
    let error = 0;
    let energy = 0;
    for (let i = 0; i < frame; i += 1) {
      error += (lostPart[i]! - original[i]!) ** 2;
      energy += original[i]! ** 2;
    }
    expect(error / energy).toBeLessThan(0.05);
  });

  test('neither the start nor the end of a loss is a click', () => {
    const whole = largestStep(voice(0, 8 * frame));
    for (const losses of [1, 2, 3]) {
      const out = play([false, false, false, ...Array<boolean>(losses).fill(true), false, false]);
      expect(largestStep(out)).toBeLessThan(whole * 1.3);
    }
  });

  test('a long loss fades to silence by 60 ms and the voice comes back whole', () => {
    const out = play([false, false, false, true, true, true, true, false, false]);
    expect(peak(out.subarray(6 * frame, 7 * frame))).toBe(0);
    expect([...out.subarray(8 * frame)]).toEqual([...voice(8 * frame, frame)]);
  });

  test('before anything was heard a loss is silence', () => {
    expect(peak(play([true, true]))).toBe(0);
  });

  test('samples without a loss before them are not touched', () => {
    expect([...play([false, false])]).toEqual([...voice(0, 2 * frame)]);
  });

  test('loud noise never leaves the range of Int16', () => {
    const concealer = new Concealer(8000);
    const loud = Int16Array.from({ length: 480 }, (_, i) => ((i * 7919) % 13 < 6 ? 32767 : -32768));
    concealer.heard(loud, 0, 480);
    const out = new Int16Array(frame);
    concealer.conceal(out, 0, frame);
    expect(peak(out)).toBeGreaterThan(20000);
  });
});
