import type { Clock, Timer } from '../../base/clock.js';

/** Named one-shot timers of one owner; starting a running one restarts it. `stopAll` leaves nothing behind. */
export class NamedTimers<Name extends string> {
  readonly #clock: Clock;
  readonly #fire: (name: Name) => void;
  readonly #running = new Map<Name, Timer>();

  constructor(clock: Clock, fire: (name: Name) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  start(name: Name, delayMs: number): void {
    this.stop(name);
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#running.delete(name);
      this.#fire(name);
    });
    this.#running.set(name, timer);
  }

  stop(name: Name): void {
    this.#running.get(name)?.cancel();
    this.#running.delete(name);
  }

  stopAll(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
