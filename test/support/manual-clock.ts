import type { Clock, Timer } from '../../base/clock.js';

interface Entry {
  dueMs: number;
  order: number;
  fire: (() => void) | null;
}

/** Lets promise chains and immediates that are already due run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A clock that moves only when told. Timers fire in order of their due time, then of their creation; between two
 * due times promise chains run to their end, so that an answer is seen before a later time-out.
 */
export class ManualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  #heap: Entry[] = [];
  #pending = 0;
  readonly #startEpochMs: number;

  constructor(startEpochMs = 1_700_000_000_000) {
    this.#startEpochMs = startEpochMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  epochMs(): number {
    return this.#startEpochMs + Math.floor(this.#nowMs);
  }

  /** Timers that are set and neither fired nor cancelled. */
  get pendingTimers(): number {
    return this.#pending;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const entry: Entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order, fire };
    this.#order += 1;
    this.#pending += 1;
    this.#push(entry);
    return {
      cancel: () => {
        if (entry.fire === null) return;
        entry.fire = null;
        this.#pending -= 1;
      },
    };
  }

  /** Moves on by `ms`, firing what falls due; promise chains run before the first and after every due time. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#peek(); next !== undefined && next.dueMs <= untilMs; next = this.#peek()) {
      this.#nowMs = next.dueMs;
      this.#fireDue();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Like advance, for code without promises: fires everything due without yielding. */
  advanceSync(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#peek(); next !== undefined && next.dueMs <= untilMs; next = this.#peek()) {
      this.#nowMs = next.dueMs;
      this.#fireDue();
    }
    this.#nowMs = untilMs;
  }

  /** Advances in steps until `condition` holds; throws when it does not within `limitMs` of this clock. */
  async until(condition: () => boolean, limitMs = 60_000, stepMs = 10): Promise<void> {
    for (let spentMs = 0; !condition(); spentMs += stepMs) {
      if (spentMs >= limitMs)
        throw new Error(`not reached within ${limitMs} ms of manual time: ${condition.toString()}`);
      await this.advance(stepMs);
    }
  }

  #fireDue(): void {
    const dueMs = this.#nowMs;
    for (let next = this.#peek(); next !== undefined && next.dueMs <= dueMs; next = this.#peek()) {
      this.#pop();
      const fire = next.fire;
      next.fire = null;
      this.#pending -= 1;
      fire?.();
    }
  }

  /** The next live entry; cancelled ones are dropped on the way. */
  #peek(): Entry | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === null) this.#pop();
    return this.#heap[0];
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
