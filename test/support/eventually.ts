import { createRealClock, delay } from '../../base/clock.js';

const clock = createRealClock();

/**
 * Waits, in real time, until a condition holds; resolves with what it found. The limit is generous on purpose: it is
 * there for a test that would never end, not to measure anything.
 */
export async function eventually<T>(
  what: string,
  find: () => T | Promise<T>,
  limitMs = 40_000,
): Promise<Exclude<T, false | null | undefined>> {
  const untilMs = clock.nowMs() + limitMs;
  for (;;) {
    const found = await find();
    if (found !== false && found !== null && found !== undefined) return found as Exclude<T, false | null | undefined>;
    if (clock.nowMs() > untilMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await delay(clock, 20);
  }
}
