import { expect, test } from 'vitest';
import { RtcpSchedule } from '../../../media/rtcp/schedule.js';
import { createSeededRandom } from '../../support/seeded-random.js';

test('RFC 3550 §6.3.1 the first interval lies within 0.5 to 1.5 of 2.5 s, later ones of 5 s, divided by e − 3/2', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const schedule = new RtcpSchedule(createSeededRandom(seed));
    expect(schedule.isDue(1e9)).toBe(false);
    schedule.start(1000);
    let nowMs = 1000;
    const waited = (): number => {
      const fromMs = nowMs;
      while (!schedule.isDue(nowMs)) nowMs += 20;
      schedule.sent(nowMs, 80);
      return nowMs - fromMs;
    };
    const first = waited();
    expect(first).toBeGreaterThanOrEqual(1250 / 1.2183);
    expect(first).toBeLessThanOrEqual(3750 / 1.2182 + 20);
    const second = waited();
    expect(second).toBeGreaterThanOrEqual(2500 / 1.2183);
    expect(second).toBeLessThanOrEqual(7500 / 1.2182 + 20);
  }
});

test('RFC 3550 §6.3.6 the next packet is reconsidered when it is due, so that the mean is the 5 s of §6.2 and not 4', () => {
  const schedule = new RtcpSchedule(createSeededRandom(1));
  schedule.start(0);
  let nowMs = 0;
  let sent = 0;
  for (; sent < 2000; nowMs += 20) {
    if (!schedule.isDue(nowMs)) continue;
    schedule.sent(nowMs, 80);
    sent += 1;
  }
  expect(nowMs / sent).toBeGreaterThan(4700);
  expect(nowMs / sent).toBeLessThan(5300);
});
