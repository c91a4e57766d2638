import { expect, test } from 'vitest';
import { Shutdown } from '../../gateway/shutdown.js';
import { ManualClock, settle } from '../support/manual-clock.js';

function rig(stop: () => Promise<void> = () => Promise.resolve()) {
  const clock = new ManualClock();
  const told: string[] = [];
  let drained = (): void => undefined;
  const shutdown = new Shutdown(clock, {
    drain: () => {
      told.push('drain');
      return new Promise((resolve) => {
        drained = resolve;
      });
    },
    stop: () => {
      told.push('stop');
      return stop();
    },
    exit: (code) => told.push(`exit ${code}`),
  });
  return { clock, told, shutdown, drained: () => drained() };
}

test('the first signal drains, then stops and exits with 0', async () => {
  const { clock, told, shutdown, drained } = rig();
  shutdown.signal();
  await clock.advance(10_000);
  expect(told).toEqual(['drain']);
  drained();
  await settle();
  expect(told).toEqual(['drain', 'stop', 'exit 0']);
  expect(clock.pendingTimers).toBe(0);
});

test('one key press that arrives twice counts once; a second one stops at once, a third changes nothing', async () => {
  const { clock, told, shutdown, drained } = rig();
  shutdown.signal();
  await clock.advance(50);
  shutdown.signal();
  expect(told).toEqual(['drain']);
  await clock.advance(1000);
  shutdown.signal();
  shutdown.signal();
  await settle();
  drained();
  await settle();
  expect(told).toEqual(['drain', 'stop', 'exit 0']);
});

test('a stop that fails or never ends still exits, with 1', async () => {
  const failing = rig(() => Promise.reject(new Error('store gone')));
  failing.shutdown.signal();
  failing.drained();
  await settle();
  expect(failing.told).toEqual(['drain', 'stop', 'exit 1']);
  const hanging = rig(() => new Promise(() => undefined));
  hanging.shutdown.signal();
  hanging.drained();
  await hanging.clock.advance(15_000);
  expect(hanging.told).toEqual(['drain', 'stop', 'exit 1']);
});
