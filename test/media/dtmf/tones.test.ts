import { describe, expect, test } from 'vitest';
import { InbandDetector } from '../../../media/dtmf/inband.js';
import { columnsHz, keypad, rowsHz } from '../../../media/dtmf/keypad.js';
import { DtmfTones, type DtmfTonesOptions } from '../../../media/dtmf/tones.js';
import { levelOf } from '../../support/voice.js';

/** All that is written, frame by frame. */
function play(tones: DtmfTones, rateHz: number): Int16Array {
  const frames: Int16Array[] = [];
  for (;;) {
    const frame = new Int16Array(rateHz / 50).fill(77);
    if (!tones.write(frame, 0, frame.length)) {
      expect(frame.every((sample) => sample === 77)).toBe(true);
      return Int16Array.from(frames.flatMap((each) => [...each]));
    }
    frames.push(frame);
  }
}

function sound(
  text: string,
  durationMs: number,
  options: Partial<DtmfTonesOptions> = {},
  pauseMs?: number,
): Int16Array {
  const tones = new DtmfTones({ sampleRateHz: 8000, ...options });
  tones.send(text, durationMs, pauseMs);
  return play(tones, options.sampleRateHz ?? 8000);
}

describe('DTMF tones', () => {
  test('ITU-T Q.23 each key is its row and its column, at the levels asked for', () => {
    for (const [key, digit] of [...keypad].entries()) {
      const pcm = sound(digit, 1000, { lowLevelDb: -20, highLevelDb: -17 }).subarray(800, 7200);
      for (const [row, hz] of rowsHz.entries())
        if (row === key >> 2) expect(levelOf(pcm, hz)).toBeCloseTo(-20, 0);
        else expect(levelOf(pcm, hz)).toBeLessThan(-55);
      for (const [column, hz] of columnsHz.entries())
        if (column === (key & 3)) expect(levelOf(pcm, hz)).toBeCloseTo(-17, 0);
        else expect(levelOf(pcm, hz)).toBeLessThan(-55);
    }
  });

  test.each([8000, 16_000, 48_000])(
    'ITU-T Q.24 the detector hears what was sent, digits and durations, at %i Hz',
    (rateHz) => {
      for (const durationMs of [40, 100]) {
        const heard: [string, number][] = [];
        const onDigit = (digit: string, ms: number): unknown => heard.push([digit, ms]);
        const detector = new InbandDetector({ sampleRateHz: rateHz, onDigit });
        const pcm = sound(keypad + keypad, durationMs, { sampleRateHz: rateHz }, 40);
        detector.push(pcm, 0, pcm.length);
        detector.reset();
        expect(heard.map(([digit]) => digit).join('')).toBe(keypad + keypad);
        for (const [, ms] of heard) expect(Math.abs(ms - durationMs)).toBeLessThanOrEqual(5);
      }
    },
  );

  test('do not click: no step between two samples is larger than the tone makes', () => {
    const pcm = sound('D', 100);
    const steepest = (2 * Math.PI * (941 * 10 ** (-11 / 20) + 1633 * 10 ** (-9 / 20)) * 32767) / 8000;
    let edge = 0;
    for (let i = 1; i < pcm.length; i += 1) {
      const step = Math.abs(pcm[i]! - pcm[i - 1]!);
      expect(step).toBeLessThanOrEqual(steepest + 1);
      if (i < 4 || (i > 836 && i < 844)) edge = Math.max(edge, step);
    }
    expect(edge).toBeLessThan(steepest / 8);
  });

  test('are as long as asked for, with the pause behind each, and held to what receivers see', () => {
    const tones = new DtmfTones({ sampleRateHz: 8000 });
    tones.send('12', 80, 50);
    expect(play(tones, 8000).length).toBe(Math.ceil((2 * 130 * 8) / 160) * 160);
    tones.send('1', 1, 1);
    expect(play(tones, 8000).length).toBe(640);
    expect(tones.active).toBe(false);
  });

  test('what is no digit and what the queue has no room for is dropped and counted', () => {
    const tones = new DtmfTones({ sampleRateHz: 8000 });
    expect(tones.send('1x2,d#', 50)).toBe(4);
    expect(tones.dropped).toBe(2);
    expect(tones.send('0'.repeat(200), 50)).toBe(124);
    expect(tones.dropped).toBe(78);
  });
});
