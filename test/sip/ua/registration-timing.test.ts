import { expect, test } from 'vitest';
import { backoffMs, refreshDelayMs } from '../../../sip/ua/registration-timing.js';
import { createSeededRandom } from '../../support/seeded-random.js';

test('RFC 5626 §4.5 the wait is 50 to 100 % of the base doubled per failure, up to the longest', () => {
  const random = createSeededRandom(3);
  for (const [failures, othersUp, upperS] of [
    [1, false, 60],
    [2, false, 120],
    [3, false, 240],
    [1, true, 180],
    [9, false, 1800],
    [4000, true, 1800],
  ] as const) {
    const waits = Array.from({ length: 50 }, () => backoffMs(random, failures, othersUp));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(upperS * 500);
    expect(Math.max(...waits)).toBeLessThanOrEqual(upperS * 1000);
    expect(new Set(waits).size).toBeGreaterThan(10);
  }
});

test('RFC 3261 §10.2.4 a refresh is due within what was granted, whatever the rule says', () => {
  expect(refreshDelayMs(180)).toBe(144_000);
  expect(refreshDelayMs(180, 0.5)).toBe(90_000);
  expect(refreshDelayMs(180, (grantedS) => grantedS - 30)).toBe(150_000);
  expect(refreshDelayMs(20, (grantedS) => grantedS - 30)).toBe(1000);
  expect(refreshDelayMs(60, 7)).toBe(60_000);
  expect(refreshDelayMs(60, Number.NaN)).toBe(48_000);
  expect(refreshDelayMs(400_000_000)).toBeLessThan(2 ** 31);
});
