import { afterEach, expect, test, vi } from 'vitest';
import { createRealClock } from '../../base/clock.js';

const DAY_MS = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

test('RFC 4028 §4 a wait of 2³² − 1 seconds, which a peer may name, is not over at once', () => {
  vi.useFakeTimers();
  const fired: string[] = [];
  const clock = createRealClock();
  clock.setTimer((2 ** 32 - 1) * 1000, () => fired.push('century'));
  clock.setTimer(60 * DAY_MS, () => fired.push('60 days'), { liveness: true });
  const cancelled = clock.setTimer(60 * DAY_MS, () => fired.push('cancelled'));
  vi.advanceTimersByTime(59 * DAY_MS);
  expect(fired).toEqual([]);
  cancelled.cancel();
  vi.advanceTimersByTime(2 * DAY_MS);
  expect(fired).toEqual(['60 days']);
});
