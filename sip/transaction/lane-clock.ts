import type { Clock, Timer, TimerOptions } from '../../base/clock.js';
import type { TimerBase } from './timers.js';
import { TRYING_AFTER_MS } from './timers.js';

class LaneTimer implements Timer {
  readonly fire: () => void;
  readonly dueMs: number;
  /** Null once it has fired or was cancelled. */
  lane: Lane | null;
  before: LaneTimer | null = null;
  after: LaneTimer | null = null;

  constructor(lane: Lane, fire: () => void, dueMs: number) {
    this.lane = lane;
    this.fire = fire;
    this.dueMs = dueMs;
  }

  cancel(): void {
    this.lane?.remove(this);
  }
}

/**
 * Timers of one constant length, in the order in which they fall due, on one timer of the clock. That one stays when
 * the last of them is cancelled: most are, and the next is not far.
 */
class Lane {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #options: TimerOptions | undefined;
  #first: LaneTimer | null = null;
  #last: LaneTimer | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, delayMs: number, options: TimerOptions | undefined) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#options = options;
  }

  add(fire: () => void): LaneTimer {
    const timer = new LaneTimer(this, fire, this.#clock.nowMs() + this.#delayMs);
    timer.before = this.#last;
    if (this.#last === null) this.#first = timer;
    else this.#last.after = timer;
    this.#last = timer;
    this.#timer ??= this.#clock.setTimer(this.#delayMs, this.#fire, this.#options);
    return timer;
  }

  remove(timer: LaneTimer): void {
    const { before, after } = timer;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    timer.lane = null;
    timer.before = null;
    timer.after = null;
  }

  /** Lets go of the clock when nothing waits. */
  rest(): void {
    if (this.#first !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  readonly #fire = (): void => {
    this.#timer = null;
    const nowMs = this.#clock.nowMs();
    for (let next = this.#first; next !== null && next.dueMs <= nowMs; next = this.#first) {
      this.remove(next);
      next.fire();
    }
    if (this.#first !== null) {
      this.#timer ??= this.#clock.setTimer(this.#first.dueMs - nowMs, this.#fire, this.#options);
    }
  };
}

/**
 * A clock whose timers of the lengths that transactions use (T1 and its doublings, T2, T4, 64·T1, the 200 ms before a
 * 100) cost a list entry each instead of a timer of the system. Timers of other lengths are the clock's own. Holds as
 * many entries as its users have timers, so their limits bound it. O(1) to set, cancel and fire.
 */
export class LaneClock implements Clock {
  readonly #clock: Clock;
  readonly #lanes = new Map<number, Lane>();
  /** Those that judge a peer's silence: a stall of this process extends them. */
  readonly #liveness = new Map<number, Lane>();

  constructor(clock: Clock, { t1Ms, t2Ms, t4Ms }: TimerBase) {
    this.#clock = clock;
    const lengths = [TRYING_AFTER_MS, t2Ms, t4Ms];
    for (let doublings = 1; doublings <= 64; doublings *= 2) lengths.push(doublings * t1Ms);
    for (const delayMs of lengths) {
      this.#lanes.set(delayMs, new Lane(clock, delayMs, undefined));
      this.#liveness.set(delayMs, new Lane(clock, delayMs, { liveness: true }));
    }
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  epochMs(): number {
    return this.#clock.epochMs();
  }

  setTimer(delayMs: number, fire: () => void, options?: TimerOptions): Timer {
    const lane = (options?.liveness === true ? this.#liveness : this.#lanes).get(delayMs);
    return lane === undefined ? this.#clock.setTimer(delayMs, fire, options) : lane.add(fire);
  }

  /** Lets go of the clock where nothing waits, so that an idle process may end. */
  rest(): void {
    for (const lane of this.#lanes.values()) lane.rest();
    for (const lane of this.#liveness.values()) lane.rest();
  }
}
