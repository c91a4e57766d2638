import { describe, expect, test } from 'vitest';
import { InbandDetector } from '../../../media/dtmf/inband.js';
import { InbandSender } from '../../../media/dtmf/inband-sender.js';
import { levelOf } from '../../support/voice.js';

const SOUND_HZ = 300;
const PEAK = 12_000;

/** Sound with the digits over it, as long as the sender is active and half a second before and after. */
function line(rateHz: number, digits: string, durationMs: number): Int16Array {
  const sender = new InbandSender();
  const frame = rateHz / 50;
  const out: number[] = [];
  let beatsLeft = 25;
  let isSent = false;
  while (beatsLeft > 0) {
    const pcm = Int16Array.from({ length: frame }, (_, i) =>
      Math.round(PEAK * Math.sin((2 * Math.PI * SOUND_HZ * (out.length + i)) / rateHz)),
    );
    if (sender.active) sender.over(pcm, 0, frame, rateHz);
    else beatsLeft -= 1;
    out.push(...pcm);
    if (isSent || beatsLeft > 0) continue;
    isSent = true;
    beatsLeft = 25;
    expect(sender.send(digits, durationMs)).toBe(digits.length);
  }
  return Int16Array.from(out);
}

/** Digits and lengths; a detector measures to within 5 ms. */
function detected(pcm: Int16Array, rateHz: number): string[] {
  const heard: string[] = [];
  const onDigit = (digit: string, ms: number): unknown => heard.push(`${digit}:${Math.abs(ms - 100) <= 5 ? 100 : ms}`);
  const detector = new InbandDetector({ sampleRateHz: rateHz, onDigit });
  detector.push(pcm, 0, pcm.length);
  detector.reset();
  return heard;
}

describe.each([8000, 16_000, 48_000])('ITU-T Q.23 digits over a sound at %i Hz', (rateHz) => {
  test('are found by a receiver, each with its length, and the sound is as it was before and after', () => {
    const pcm = line(rateHz, '19#D', 100);
    expect(detected(pcm, rateHz)).toEqual(['1:100', '9:100', '#:100', 'D:100']);
    const tenth = rateHz / 10;
    for (const at of [0, rateHz / 2 - tenth, pcm.length - rateHz / 2 + tenth, pcm.length - tenth]) {
      expect(levelOf(pcm.subarray(at, at + tenth), SOUND_HZ, rateHz)).toBeCloseTo(-8.7, 0);
    }
  });

  test('click neither where they begin nor where the sound comes back', () => {
    const pcm = line(rateHz, '5', 100);
    const tones = 770 * 10 ** (-11 / 20) + 1336 * 10 ** (-9 / 20);
    const steepest = (2 * Math.PI * (tones * 32_767 + SOUND_HZ * PEAK)) / rateHz;
    for (let i = 1; i < pcm.length; i += 1) expect(Math.abs(pcm[i]! - pcm[i - 1]!)).toBeLessThan(steepest * 1.05);
  });

  test('nothing of the sound is in them', () => {
    const pcm = line(rateHz, '8', 1000);
    const from = rateHz / 2 + rateHz / 50;
    expect(levelOf(pcm.subarray(from, from + rateHz / 2), SOUND_HZ, rateHz)).toBeLessThan(-60);
  });
});

test('another rate cuts off the digit that is on, and the next one has it', () => {
  const sender = new InbandSender();
  const pcm = new Int16Array(960);
  sender.send('12', 100);
  for (let beat = 0; beat < 2; beat += 1) sender.over(pcm, 0, 160, 8000);
  const wide: number[] = [];
  while (sender.active) {
    pcm.fill(0);
    sender.over(pcm, 0, 320, 16_000);
    wide.push(...pcm.subarray(0, 320));
  }
  expect(detected(Int16Array.from(wide), 16_000)).toEqual(['2:100']);
});
