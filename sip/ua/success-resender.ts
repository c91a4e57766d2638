import type { Clock, Timer } from '../../base/clock.js';
import type { TimerBase } from '../transaction/timers.js';

/**
 * RFC 3261 §13.3.1.4: a 2xx to INVITE is passed to the transport again after T1, 2·T1, … up to every T2, over any
 * transport, until its ACK comes; 64·T1 without one is the end.
 */
export class SuccessResender {
  readonly #clock: Clock;
  readonly #t2Ms: number;
  readonly #resend: () => void;
  #timer: Timer;
  readonly #deadline: Timer;

  constructor(clock: Clock, timers: TimerBase, handlers: { resend(): void; giveUp(): void }) {
    this.#clock = clock;
    this.#t2Ms = timers.t2Ms;
    this.#resend = handlers.resend;
    this.#deadline = clock.setTimer(
      64 * timers.t1Ms,
      () => {
        this.#timer.cancel();
        handlers.giveUp();
      },
      { liveness: true },
    );
    this.#timer = this.#arm(timers.t1Ms);
  }

  stop(): void {
    this.#timer.cancel();
    this.#deadline.cancel();
  }

  #arm(delayMs: number): Timer {
    return this.#clock.setTimer(delayMs, () => {
      this.#resend();
      this.#timer = this.#arm(Math.min(delayMs * 2, this.#t2Ms));
    });
  }
}
