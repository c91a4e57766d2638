import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codecNames } from '../../../media/index.js';
import { burstRatioOf, impairmentOf, mosOf, rFactorOf } from '../../../media/quality/e-model.js';

const clear = { impairment: impairmentOf('pcmu'), lossFraction: 0, burstRatio: 1, delayMs: 0 };

describe('ITU-T G.107', () => {
  test.each([
    [100, 4.5],
    [93.2, 4.41],
    [90, 4.34],
    [80, 4.02],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
    [0, 1],
  ])('ITU-T G.107 annex B: R %f is a MOS of %f', (rFactor, mos) => {
    expect(mosOf(rFactor)).toBeCloseTo(mos, 1);
  });

  test.each([
    [0, 93.2],
    [100, 93.2],
    [150, 93.04],
    [200, 90.16],
    [400, 69.13],
  ])('ITU-T G.107 §7.4 %i ms of delay leave R at %f', (delayMs, rFactor) => {
    expect(rFactorOf({ ...clear, delayMs })).toBeCloseTo(rFactor, 1);
  });

  test.each([
    [0.01, 1, 89.56],
    [0.05, 1, 77.42],
    [0.05, 2, 75.94],
    [1, 1, 17.26],
  ])('ITU-T G.107 §7.5 a loss of %f with burst ratio %f leaves R at %f', (lossFraction, burstRatio, rFactor) => {
    expect(rFactorOf({ ...clear, lossFraction, burstRatio })).toBeCloseTo(rFactor, 1);
  });

  test('each codec has figures of its own', () => {
    expect(codecNames.filter((name) => impairmentOf(name) === impairmentOf('nothing known'))).toEqual([]);
  });

  test('more loss, longer bursts and more delay never sound better', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const ratio = fc.double({ min: 0, max: 50, noNaN: true });
    const delay = fc.double({ min: 0, max: 5000, noNaN: true });
    const codec = fc.constantFrom('pcmu', 'g722', 'opus', 'ilbc', 'nothing known');
    fc.assert(
      fc.property(codec, share, ratio, delay, share, (name, lossFraction, burstRatio, delayMs, more) => {
        const before = { impairment: impairmentOf(name), lossFraction, burstRatio, delayMs };
        const r = rFactorOf(before);
        const after = [
          { ...before, lossFraction: lossFraction + (1 - lossFraction) * more },
          { ...before, burstRatio: burstRatio * (1 + more) },
          { ...before, delayMs: delayMs * (1 + more) },
        ].map(rFactorOf);
        for (const worse of after) expect(worse).toBeLessThanOrEqual(r + 1e-9);
        expect(mosOf(r)).toBeGreaterThanOrEqual(1);
        expect(mosOf(r)).toBeLessThanOrEqual(4.5);
      }),
    );
  });

  test('ITU-T G.107 §7.5 the burst ratio of single losses is 1, of losses that come in fours nearly 4', () => {
    expect(burstRatioOf(5, 5, 100)).toBe(1);
    expect(burstRatioOf(4, 1, 100)).toBeCloseTo(3.84);
    expect(burstRatioOf(0, 0, 100)).toBe(1);
    expect(burstRatioOf(0, 0, 0)).toBe(1);
  });
});
