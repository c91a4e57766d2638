import type { Clock, Timer } from '../../base/clock.js';

/** What waits in a lane. */
export interface Waiter {
  /** The wait is over. A waiter that has ended meanwhile ignores it. */
  lapse(): void;
}

interface Entry {
  readonly waiter: Waiter;
  readonly dueMs: number;
  next: Entry | null;
}

/**
 * Waits of one constant length (Timers D, I, J, K, L, M) on a single clock timer: entries fall due in the order they
 * came. With 4,000 requests a second and Timer J of 32 s, 128,000 of them wait at a time. Holds one entry per
 * finished transaction, so the layer's limits bound it. O(1) per entry.
 */
export class TimerLane {
  readonly #clock: Clock;
  readonly #delayMs: number;
  #first: Entry | null = null;
  #last: Entry | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  add(waiter: Waiter): void {
    const entry: Entry = { waiter, dueMs: this.#clock.nowMs() + this.#delayMs, next: null };
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#timer ??= this.#clock.setTimer(this.#delayMs, this.#fire);
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#first = null;
    this.#last = null;
  }

  readonly #fire = (): void => {
    this.#timer = null;
    const nowMs = this.#clock.nowMs();
    let entry = this.#first;
    while (entry !== null && entry.dueMs <= nowMs) {
      this.#first = entry.next;
      if (this.#first === null) this.#last = null;
      // What is dead but not yet collected would keep all that follow it.
      entry.next = null;
      entry.waiter.lapse();
      entry = this.#first;
    }
    // A waiter may have added to the lane, which set the timer, or closed the layer, which emptied it.
    if (entry !== null && this.#timer === null) {
      this.#timer = this.#clock.setTimer(entry.dueMs - nowMs, this.#fire);
    }
  };
}
