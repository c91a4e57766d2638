import { expect, test } from 'vitest';
import { TimerLane } from '../../../sip/transaction/timer-lane.js';
import { ManualClock } from '../../support/manual-clock.js';

test('waiters lapse after the delay, in their order, on one timer', () => {
  const clock = new ManualClock();
  const lane = new TimerLane(clock, 100);
  const lapsed: string[] = [];
  const add = (name: string): void => lane.add({ lapse: () => lapsed.push(`${name} at ${clock.nowMs()}`) });
  add('a');
  clock.advanceSync(30);
  add('b');
  add('c');
  expect(clock.pendingTimers).toBe(1);
  clock.advanceSync(200);
  expect(lapsed).toEqual(['a at 100', 'b at 130', 'c at 130']);
  expect(clock.pendingTimers).toBe(0);
});

test('a waiter may add another one, or clear the lane', () => {
  const clock = new ManualClock();
  const lane = new TimerLane(clock, 100);
  const lapsed: number[] = [];
  lane.add({ lapse: () => lane.add({ lapse: () => lapsed.push(clock.nowMs()) }) });
  clock.advanceSync(200);
  expect(lapsed).toEqual([200]);
  lane.add({ lapse: () => lane.clear() });
  lane.add({ lapse: () => lapsed.push(clock.nowMs()) });
  clock.advanceSync(200);
  expect(lapsed).toEqual([200]);
  expect(clock.pendingTimers).toBe(0);
});

test('a delay of zero lapses on the next turn of the clock', () => {
  const clock = new ManualClock();
  const lane = new TimerLane(clock, 0);
  const lapsed: number[] = [];
  lane.add({ lapse: () => lapsed.push(clock.nowMs()) });
  expect(lapsed).toEqual([]);
  clock.advanceSync(0);
  expect(lapsed).toEqual([0]);
});
