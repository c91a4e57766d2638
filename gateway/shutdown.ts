import { type Clock, delay } from '../base/clock.js';

export interface ShutdownSteps {
  /** No new calls; resolves when the last one has ended, at the latest after drain_ms. */
  drain(): Promise<void>;
  /** Ends what is left and closes everything. */
  stop(): Promise<void>;
  /** The process ends with this code. */
  exit(code: number): void;
}

/** One Ctrl-C reaches the process twice when npm passes on what the terminal has already sent to everybody. */
const SAME_SIGNAL_MS = 300;
/** stop() has deadlines of its own; this one is for a defect in them. */
const STOP_MS = 15_000;

/** SIGTERM and SIGINT: the first drains and then stops, the second stops at once. */
export class Shutdown {
  readonly #clock: Clock;
  readonly #steps: ShutdownSteps;
  #firstMs: number | null = null;
  #stopping = false;

  constructor(clock: Clock, steps: ShutdownSteps) {
    this.#clock = clock;
    this.#steps = steps;
  }

  signal(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#firstMs === null) {
      this.#firstMs = nowMs;
      void this.#drainAndStop();
    } else if (nowMs - this.#firstMs >= SAME_SIGNAL_MS) void this.#stop();
  }

  async #drainAndStop(): Promise<void> {
    // A failing drain is no reason to stay.
    await this.#steps.drain().catch(() => undefined);
    await this.#stop();
  }

  async #stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const late = new AbortController();
    const deadline = delay(this.#clock, STOP_MS, late.signal).then(() => 1);
    const stopped = this.#steps.stop().then(
      () => 0,
      () => 1,
    );
    const code = await Promise.race([stopped, deadline.catch(() => 1)]);
    late.abort();
    this.#steps.exit(code);
  }
}
