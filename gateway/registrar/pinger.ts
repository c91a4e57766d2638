import type { Clock, Timer } from '../../base/clock.js';
import type { SessionId } from '../../base/ids.js';
import { type Random, randomFraction } from '../../base/random.js';
import type { Binding } from './bindings.js';

export interface PingerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds between two OPTIONS to that phone; 0 = none. */
  readonly intervalMs: (binding: Binding) => number;
  /** Sends an OPTIONS; true when the phone answered, whatever it said. Never rejects. */
  readonly ping: (binding: Binding) => Promise<boolean>;
  /** The phone has left too many of them unanswered. */
  readonly onSilent: (sessionId: SessionId) => void;
}

interface Pinged {
  binding: Binding;
  timer: Timer;
  /** Sent and not answered. */
  outstanding: number;
}

/** With an OPTIONS every 30 s a phone that went away is noticed after four minutes. */
const MAX_OUTSTANDING = 7;

/**
 * Asks registered phones whether they are still there: OPTIONS (RFC 3261 §11) at an interval of their domain's, from a
 * random moment on. As many as there are bindings of such domains.
 */
export class Pinger {
  readonly #options: PingerOptions;
  readonly #pinged = new Map<SessionId, Pinged>();

  constructor(options: PingerOptions) {
    this.#options = options;
  }

  /** OPTIONS that a phone has not answered yet; none where it is not asked. */
  outstanding(sessionId: SessionId): number {
    return this.#pinged.get(sessionId)?.outstanding ?? 0;
  }

  /** The phone has registered, or registered again: it is there. */
  kept(binding: Binding): void {
    const known = this.#pinged.get(binding.sessionId);
    if (known !== undefined) {
      known.binding = binding;
      known.outstanding = 0;
      return;
    }
    const { random, intervalMs } = this.#options;
    const everyMs = intervalMs(binding);
    if (everyMs === 0) return;
    const timer = this.#startTimer(binding.sessionId, everyMs * randomFraction(random));
    this.#pinged.set(binding.sessionId, { binding, timer, outstanding: 0 });
  }

  ended(sessionId: SessionId): void {
    this.#pinged.get(sessionId)?.timer.cancel();
    this.#pinged.delete(sessionId);
  }

  #startTimer(sessionId: SessionId, delayMs: number): Timer {
    return this.#options.clock.setTimer(delayMs, () => this.#tick(sessionId), { liveness: true });
  }

  #tick(sessionId: SessionId): void {
    const { intervalMs, ping, onSilent } = this.#options;
    const pinged = this.#pinged.get(sessionId);
    if (pinged === undefined) return;
    if (pinged.outstanding >= MAX_OUTSTANDING) {
      onSilent(sessionId);
      return;
    }
    const everyMs = intervalMs(pinged.binding);
    if (everyMs === 0) {
      this.ended(sessionId);
      return;
    }
    pinged.timer = this.#startTimer(sessionId, everyMs);
    pinged.outstanding += 1;
    void ping(pinged.binding).then((isThere) => {
      if (isThere && pinged.outstanding > 0) pinged.outstanding -= 1;
    });
  }
}
