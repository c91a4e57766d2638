/** A pending timer; cancelling twice or after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

export interface TimerOptions {
  /**
   * The timer judges a peer's silence. After a stall of this process it is extended by the stall, because the peer
   * may have spoken while nobody listened.
   */
  readonly liveness?: boolean;
  /** Fractions of a millisecond count, and it never fires early. Of these a thread has one at a time. */
  readonly precise?: boolean;
}

/** Time as everything in the project sees it. Tests inject a manual one and never sleep. */
export interface Clock {
  /** Monotonic milliseconds, with a fraction; only differences mean something. */
  nowMs(): number;
  /** Wall-clock milliseconds since the Unix epoch, for what people and other systems read. */
  epochMs(): number;
  /** Calls `fire` once, `delayMs` from now. */
  setTimer(delayMs: number, fire: () => void, options?: TimerOptions): Timer;
}

/** A timer this late means that the process stood still (a long collection, a stopped machine), not that it was busy. */
const STALL_MS = 200;

/**
 * What setTimeout can hold: it fires at once for more, and peers name such times (a Session-Expires or Retry-After of
 * 2³² − 1 s). Longer waits are made of several.
 */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Turns of the event loop that a timer waits after a stall. In one turn libuv takes 32 datagrams at most out of a
 * socket, so that four thousand that arrived meanwhile are seen first. An idle turn costs microseconds.
 */
const DRAIN_TURNS = 128;

let draining: RealTimer[] = [];
let turnsLeft = 0;

function turn(): void {
  turnsLeft -= 1;
  if (turnsLeft > 0) {
    setImmediate(turn);
    return;
  }
  const due = draining;
  draining = [];
  for (const timer of due) timer.drained();
}

/** Lets what the sockets hold be seen before the timer fires; one wait for all timers of a stall, in their order. */
function afterDrain(timer: RealTimer): void {
  draining.push(timer);
  if (turnsLeft > 0) return;
  turnsLeft = DRAIN_TURNS;
  setImmediate(turn);
}

class RealTimer implements Timer {
  #handle: NodeJS.Timeout | null = null;
  #isDraining = false;
  #dueMs: number;
  readonly #fire: () => void;
  readonly #options: TimerOptions | undefined;

  constructor(delayMs: number, fire: () => void, options: TimerOptions | undefined) {
    this.#dueMs = performance.now() + delayMs;
    this.#fire = fire;
    this.#options = options;
    // Node cuts the fraction off.
    this.#arm(options?.precise === true ? Math.ceil(delayMs) : delayMs);
  }

  cancel(): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#handle = null;
    this.#isDraining = false;
  }

  #arm(delayMs: number): void {
    this.#handle = setTimeout(this.#due, Math.min(LONGEST_MS, Math.max(0, delayMs)));
  }

  readonly #due = (): void => {
    this.#handle = null;
    const lateMs = performance.now() - this.#dueMs;
    if (lateMs < -STALL_MS) {
      this.#arm(-lateMs);
      return;
    }
    if (lateMs < STALL_MS) {
      this.#fire();
      return;
    }
    if (this.#options?.liveness === true) {
      this.#dueMs += lateMs * 2;
      this.#arm(lateMs);
      return;
    }
    // The sockets hold what arrived during the stall: an answer that is already here must win over its time-out.
    this.#isDraining = true;
    afterDrain(this);
  };

  /** The sockets have been read. */
  drained(): void {
    if (!this.#isDraining) return;
    this.#isDraining = false;
    this.#fire();
  }
}

/** The machine's clock. */
export function createRealClock(): Clock {
  return {
    nowMs: () => performance.now(),
    epochMs: () => Date.now(),
    setTimer: (delayMs, fire, options) => new RealTimer(delayMs, fire, options),
  };
}

/** Resolves after `delayMs` of the given clock, or rejects when the signal aborts. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
