import { expect, test } from 'vitest';
import { OverloadGuard } from '../../../gateway/admission/overload.js';
import { ManualClock } from '../../support/manual-clock.js';

/** A clock whose timers come late by as much as told. */
class LateClock extends ManualClock {
  lateMs = 0;

  override setTimer(delayMs: number, fire: () => void) {
    return super.setTimer(delayMs + this.lateMs, fire);
  }
}

function create(overrides: { maxLatenessMs?: number } = {}) {
  const clock = new LateClock();
  const load = { mixerMs: 0, memory: 0.2 };
  const guard = new OverloadGuard({
    clock,
    maxLatenessMs: overrides.maxLatenessMs ?? 200,
    mixerLatenessMs: () => load.mixerMs,
    memoryShare: () => load.memory,
  });
  guard.start();
  return { clock, load, guard };
}

test('a late mixer refuses, counted, until it is in time again', () => {
  const { load, guard } = create({ maxLatenessMs: 50 });
  expect(guard.check()).toBeNull();
  load.mixerMs = 51;
  expect(guard.check()).toBe('mixer-late');
  load.mixerMs = 50;
  expect(guard.check()).toBeNull();
  expect(guard.refused).toEqual({ 'mixer-late': 1, 'event-loop-late': 0, memory: 0 });
});

test('a mixer that gives beats up refuses, however much lateness is allowed', () => {
  const { load, guard } = create({ maxLatenessMs: 500 });
  load.mixerMs = 60;
  expect(guard.check()).toBeNull();
  load.mixerMs = 80;
  expect(guard.check()).toBe('mixer-late');
});

test('a late event loop refuses for the ten seconds that its samples are kept', () => {
  const { clock, guard } = create();
  clock.lateMs = 300;
  clock.advanceSync(2000);
  clock.lateMs = 0;
  expect(guard.loopLatenessMs).toBe(300);
  expect(guard.check()).toBe('event-loop-late');
  clock.advanceSync(11_000);
  expect(guard.check()).toBeNull();
  guard.stop();
  expect(clock.pendingTimers).toBe(0);
});

test('memory near its limit refuses, also when lateness does not count', () => {
  const { load, guard } = create({ maxLatenessMs: 0 });
  load.mixerMs = 5000;
  expect(guard.check()).toBeNull();
  load.memory = 0.95;
  expect(guard.check()).toBe('memory');
});
