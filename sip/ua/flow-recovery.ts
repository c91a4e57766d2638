import type { Random } from '../../base/random.js';
import { type BackoffOptions, backoffMs } from './registration-timing.js';

/** How long a registration without keep-alives has to stand before its end is no failure. */
const PROVEN_MS = 30_000;

/**
 * When the flow of a registration is formed anew: RFC 5626 §4.5. One that has worked, which takes an answered keep-alive
 * where keep-alives are used, is formed anew at once when it is lost. One that has not is a failure like a refused
 * REGISTER, so that nobody who accepts and hangs up is hammered; failures in a row wait ever longer.
 */
export class FlowRecovery {
  /** In a row. */
  #failures = 0;
  #formedAtMs = 0;
  #isKept = false;
  #isProven = false;

  /** The registrar has accepted the flow, for the first time or once more. */
  registered(flow: { readonly isNew: boolean; readonly isKept: boolean }, nowMs: number): void {
    if (flow.isNew) {
      this.#formedAtMs = nowMs;
      this.#isProven = false;
    }
    this.#isKept = flow.isKept;
    if (!flow.isKept) this.#failures = 0;
  }

  keepAliveAnswered(): void {
    this.#isProven = true;
    this.#failures = 0;
  }

  /** A flow that was registered is gone; what to wait. */
  lostMs(nowMs: number, random: Random, othersUp: boolean, options?: BackoffOptions): number {
    const hasWorked = this.#isKept ? this.#isProven : nowMs - this.#formedAtMs >= PROVEN_MS;
    return hasWorked ? 0 : this.failedMs(random, othersUp, options);
  }

  /** A REGISTER has failed; what to wait. */
  failedMs(random: Random, othersUp: boolean, options?: BackoffOptions): number {
    this.#failures += 1;
    return backoffMs(random, this.#failures, othersUp, options);
  }
}
