import type { Clock, Timer } from '../../base/clock.js';

export interface WatchOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** False: there is nothing to lose, and the watch sleeps until it is woken. */
  readonly isNeeded: () => boolean;
  /** Whether the server is there. Must not reject. */
  readonly look: () => Promise<boolean>;
  /** It was not there so many times in a row. */
  readonly misses: number;
  readonly lost: () => void;
}

/**
 * Notices that a server is gone, which by itself would never be told: news of calls and channels come from there. Asks
 * only while there are any.
 */
export class Watch {
  readonly #options: WatchOptions;
  #timer: Timer | null = null;
  #isLooking = false;
  #missed = 0;
  #isClosed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  wake(): void {
    if (this.#timer !== null || this.#isLooking || this.#isClosed) return;
    this.#timer = this.#options.clock.setTimer(this.#options.everyMs, () => void this.#look());
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #look(): Promise<void> {
    const { isNeeded, look, misses, lost } = this.#options;
    this.#timer = null;
    if (!isNeeded()) {
      this.#missed = 0;
      return;
    }
    this.#isLooking = true;
    this.#missed = (await look()) ? 0 : this.#missed + 1;
    this.#isLooking = false;
    if (this.#isClosed) return;
    if (this.#missed >= misses) {
      this.#missed = 0;
      lost();
    }
    this.wake();
  }
}
