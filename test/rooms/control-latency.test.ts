import { expect, test } from 'vitest';
import { ControlLatency } from '../../rooms/control-latency.js';
import { MediaStage, roomId } from '../support/media-stage.js';

test('before the first command all figures are zero', () => {
  expect(new ControlLatency().figures()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
});

test('the last 512 commands count, and all are counted', () => {
  const latency = new ControlLatency();
  for (let i = 0; i < 100; i += 1) latency.add(1000);
  for (let i = 1; i <= 512; i += 1) latency.add(i);
  expect(latency.figures()).toEqual({ count: 612, p50Ms: 257, p99Ms: 507, maxMs: 512 });
});

test('a command waits for the next beat, 20 ms at most, and a ping a second goes on measuring it', async () => {
  const stage = new MediaStage();
  const phone = await stage.phone(500);
  phone.leg.join(roomId('r'), { echo: false });
  await stage.clock.advance(10_000);
  const { count, p50Ms, maxMs } = stage.pool.counts().control;
  expect(count).toBeGreaterThanOrEqual(12);
  expect(count).toBeLessThan(16);
  expect(p50Ms).toBeLessThanOrEqual(20);
  expect(maxMs).toBeLessThanOrEqual(20);
});
