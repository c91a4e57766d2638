import { type Buckets, bucketMs } from './wire-files.js';

/** The value below which that share of all counts is, in ms: the upper end of its bucket. NaN when there are none. */
export function percentileMs(buckets: Buckets, share: number): number {
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  for (const [bucket, count] of buckets) {
    below += count;
    if (below >= total * share) return (bucket + 1) * bucketMs;
  }
  return Number.NaN;
}

/** The same of plain values, which are sorted; NaN when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
