import { expect, test } from 'vitest';
import { LaneClock } from '../../../sip/transaction/lane-clock.js';
import { defaultTimerBase } from '../../../sip/transaction/timers.js';
import { ManualClock } from '../../support/manual-clock.js';

function started() {
  const clock = new ManualClock();
  const lanes = new LaneClock(clock, defaultTimerBase);
  const fired: string[] = [];
  const set = (name: string, delayMs: number, options?: { liveness: boolean }) =>
    lanes.setTimer(delayMs, () => fired.push(`${name} at ${clock.nowMs()}`), options);
  return { clock, lanes, fired, set };
}

test('RFC 3261 §17.1.1.1 timers of one length share one timer of the clock and fire each at its time', () => {
  const { clock, lanes, fired, set } = started();
  set('a', 500);
  clock.advanceSync(200);
  set('b', 500);
  set('c', 500).cancel();
  set('d', 4000);
  expect(clock.pendingTimers).toBe(2);
  clock.advanceSync(10_000);
  expect(fired).toEqual(['a at 500', 'b at 700', 'd at 4200']);
  expect(clock.pendingTimers).toBe(0);
  expect([lanes.nowMs(), lanes.epochMs()]).toEqual([clock.nowMs(), clock.epochMs()]);
});

test('a timer that judges silence does not share a lane with one that does not', () => {
  const { clock, fired, set } = started();
  set('F', 32_000, { liveness: true });
  set('J', 32_000);
  expect(clock.pendingTimers).toBe(2);
  clock.advanceSync(32_000);
  expect(fired).toEqual(['F at 32000', 'J at 32000']);
});

test('cancelled timers, first, middle and last, do not fire; cancelling again, or after firing, does nothing', () => {
  const { clock, fired, set } = started();
  const timers = ['a', 'b', 'c', 'd', 'e'].map((name) => set(name, 500));
  for (const at of [0, 2, 4, 2]) timers[at]!.cancel();
  clock.advanceSync(500);
  for (const timer of timers) timer.cancel();
  set('f', 500);
  clock.advanceSync(500);
  expect(fired).toEqual(['b at 500', 'd at 500', 'f at 1000']);
});

test('a timer may cancel and set others of its lane', () => {
  const { clock, lanes, fired, set } = started();
  lanes.setTimer(500, () => {
    next.cancel();
    set('again', 500);
  });
  const next = set('next', 500);
  clock.advanceSync(1000);
  expect(fired).toEqual(['again at 1000']);
});

test('an emptied lane keeps its timer until it fires or the clock may rest', () => {
  const { clock, lanes, fired, set } = started();
  set('a', 500).cancel();
  expect(clock.pendingTimers).toBe(1);
  lanes.rest();
  expect(clock.pendingTimers).toBe(0);
  clock.advanceSync(100);
  set('b', 500);
  lanes.rest();
  clock.advanceSync(500);
  expect(fired).toEqual(['b at 600']);
});

test('other lengths are timers of the clock', () => {
  const { clock, fired, set } = started();
  const odd = set('odd', 1234);
  set('even', 1233);
  odd.cancel();
  expect(clock.pendingTimers).toBe(1);
  clock.advanceSync(2000);
  expect(fired).toEqual(['even at 1233']);
});
