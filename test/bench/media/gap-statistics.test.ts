import { expect, test } from 'vitest';
import { percentile, percentileMs } from '../../../bench/media/gap-statistics.js';

test('percentiles of buckets are the upper ends of the buckets they fall into', () => {
  const buckets = [
    [199, 98],
    [215, 1],
    [400, 1],
  ] as const;
  expect(percentileMs(buckets, 0.5)).toBeCloseTo(20);
  expect(percentileMs(buckets, 0.99)).toBeCloseTo(21.6);
  expect(percentileMs(buckets, 1)).toBeCloseTo(40.1);
  expect(percentileMs([], 0.5)).toBeNaN();
});

test('percentiles of values do not mind their order', () => {
  expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
  expect(percentile([5, 1, 4, 2, 3], 0.95)).toBe(5);
  expect(percentile([], 0.5)).toBeNaN();
});
