import { describe, expect, test } from 'vitest';
import type { Clock, Timer } from '../../base/clock.js';
import { Ticker } from '../../rooms/ticker.js';
import { ManualClock } from '../support/manual-clock.js';

/** A clock whose timers all fire late by what the test says, as on a busy machine. */
class LateClock implements Clock {
  lateMs = 0;
  /** Timers fired. */
  turns = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  epochMs(): number {
    return this.#clock.epochMs();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    return this.#clock.setTimer(delayMs + this.lateMs, () => {
      this.turns += 1;
      fire();
    });
  }
}

function setUp(): { clock: ManualClock; late: LateClock; ticker: Ticker; beats: [number, number, number][] } {
  const clock = new ManualClock();
  const late = new LateClock(clock);
  const beats: [number, number, number][] = [];
  const ticker = new Ticker(late, (beat, dueMs) => beats.push([beat, dueMs, clock.nowMs()]));
  return { clock, late, ticker, beats };
}

describe('the 20 ms beat', () => {
  test('keeps its absolute schedule although every timer is late: no drift', () => {
    const { clock, late, ticker, beats } = setUp();
    late.lateMs = 3;
    ticker.start();
    clock.advanceSync(10_003);
    expect(beats).toHaveLength(501);
    expect(beats.at(-1)).toEqual([501, 10_000, 10_003]);
    expect(ticker.latenessP99Ms()).toBe(3);
    expect(ticker.skipped).toBe(0);
  });

  test('makes up to five beats after a delay, each with its own due time', () => {
    const { clock, late, ticker, beats } = setUp();
    ticker.start();
    clock.advanceSync(20);
    late.lateMs = 85;
    clock.advanceSync(20);
    late.lateMs = 0;
    clock.advanceSync(140);
    expect(beats.map(([beat, dueMs]) => [beat, dueMs])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index + 1, index * 20]),
    );
    expect(ticker.skipped).toBe(0);
  });

  test('waits 5 ms before each beat that it makes up: what the sockets hold is taken first', () => {
    const { clock, late, ticker, beats } = setUp();
    late.lateMs = 85;
    ticker.start();
    late.lateMs = 0;
    clock.advanceSync(140);
    expect(beats).toEqual([
      [1, 0, 90],
      [2, 20, 95],
      [3, 40, 100],
      [4, 60, 105],
      [5, 80, 110],
      [6, 100, 110],
      [7, 120, 120],
      [8, 140, 140],
    ]);
  });

  test('a stop while it waits leaves no timer, and the next start is at once', () => {
    const { clock, late, ticker, beats } = setUp();
    late.lateMs = 85;
    ticker.start();
    clock.advanceSync(87);
    late.lateMs = 0;
    ticker.stop();
    expect(clock.pendingTimers).toBe(0);
    ticker.start();
    clock.advanceSync(0);
    expect(beats).toEqual([[1, 87, 87]]);
  });

  test('gives up what is older, counts it, and goes on in step with the schedule', () => {
    const { clock, late, ticker, beats } = setUp();
    late.lateMs = 1000;
    ticker.start();
    late.lateMs = 0;
    clock.advanceSync(1025);
    expect(beats.map(([, dueMs]) => dueMs)).toEqual([920, 940, 960, 980, 1000, 1020]);
    expect(ticker.skipped).toBe(46);
    expect(ticker.beat).toBe(52);
    clock.advanceSync(35);
    expect(beats.slice(-2)).toEqual([
      [53, 1040, 1040],
      [54, 1060, 1060],
    ]);
  });

  test('stops inside a beat and leaves no timer; a new start begins at once with the next number', () => {
    const clock = new ManualClock();
    const beats: [number, number][] = [];
    const ticker = new Ticker(clock, (beat, dueMs) => {
      beats.push([beat, dueMs]);
      if (beat === 2) ticker.stop();
    });
    ticker.start();
    clock.advanceSync(500);
    expect(beats).toEqual([
      [1, 0],
      [2, 20],
    ]);
    expect(clock.pendingTimers).toBe(0);
    ticker.start();
    ticker.start();
    clock.advanceSync(0);
    expect(beats.at(-1)).toEqual([3, 500]);
    expect(clock.pendingTimers).toBe(1);
  });

  test('a new start forgets how late the beats before it were', () => {
    const { clock, late, ticker } = setUp();
    late.lateMs = 600;
    ticker.start();
    clock.advanceSync(10_000);
    expect(ticker.latenessP99Ms()).toBeGreaterThanOrEqual(80);
    late.lateMs = 0;
    ticker.stop();
    clock.advanceSync(60_000);
    ticker.start();
    clock.advanceSync(40);
    expect(ticker.latenessP99Ms()).toBe(0);
  });

  test('one stall of a young host is not its lateness; a host that goes on being late shows it, up to what is skipped', () => {
    const { clock, late, ticker } = setUp();
    ticker.start();
    clock.advanceSync(200);
    late.lateMs = 150;
    clock.advanceSync(20);
    late.lateMs = 0;
    clock.advanceSync(500);
    expect(ticker.latenessP99Ms()).toBeLessThan(20);
    late.lateMs = 400;
    clock.advanceSync(10_000);
    expect(ticker.skipped).toBeGreaterThan(100);
    expect(ticker.latenessP99Ms()).toBeGreaterThanOrEqual(80);
    expect(ticker.latenessP99Ms()).toBeLessThanOrEqual(100);
  });
});
