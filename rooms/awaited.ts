import type { Clock } from '../base/clock.js';

/** Something that several wait for, each with a limit. Bounded by those who wait: here the calls that are being set up. */
export class Awaited {
  readonly #waiting = new Set<() => void>();

  /** It has come: everybody who waits goes on. */
  tell(): void {
    for (const goOn of [...this.#waiting]) goOn();
  }

  /** Resolves when it has come, or after `limitMs`. */
  within(clock: Clock, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        timer.cancel();
        this.#waiting.delete(goOn);
        resolve();
      };
      const timer = clock.setTimer(limitMs, goOn);
      this.#waiting.add(goOn);
    });
  }
}
