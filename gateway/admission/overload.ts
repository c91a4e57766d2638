import type { Clock, Timer } from '../../base/clock.js';

export interface OverloadOptions {
  readonly clock: Clock;
  /** How late the mixer or the event loop may be, in milliseconds; 0 = whatever it is. */
  readonly maxLatenessMs: number;
  /** How late the beats of the media host were that would get the call, over the last seconds (99th percentile). */
  readonly mixerLatenessMs: () => number;
  /** Used share of the memory that this process may have, 0 … 1. */
  readonly memoryShare: () => number;
}

export type OverloadReason = 'mixer-late' | 'event-loop-late' | 'memory';

const SAMPLE_MS = 500;
/** Samples that a high value stays in force for: ten seconds. */
const SAMPLES = 20;
/**
 * Beats that are five behind are given up (rooms/ticker.ts), so that the 99th percentile of a mixer that loses sound all
 * the time is between 80 and 100 ms and never more. Three beats late it is about to, whatever maxLatenessMs allows.
 */
const MIXER_LIMIT_MS = 60;
/** Above this share the collector runs all the time and every call suffers. */
const MEMORY_LIMIT = 0.9;

/**
 * Whether one more call would harm those that are up: by measured lateness, not by processor share. Only new calls are
 * refused (503), never anything inside a dialog.
 */
export class OverloadGuard {
  /** Calls refused, by reason. */
  readonly refused: Record<OverloadReason, number> = { 'mixer-late': 0, 'event-loop-late': 0, memory: 0 };
  readonly #options: OverloadOptions;
  readonly #lateMs = new Float64Array(SAMPLES);
  #next = 0;
  #timer: Timer | null = null;
  #dueMs = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
  }

  /** The event loop's greatest delay over the last ten seconds. */
  get loopLatenessMs(): number {
    return Math.max(...this.#lateMs);
  }

  start(): void {
    this.#dueMs = this.#options.clock.nowMs() + SAMPLE_MS;
    this.#timer = this.#options.clock.setTimer(SAMPLE_MS, () => {
      this.#lateMs[this.#next] = Math.max(0, this.#options.clock.nowMs() - this.#dueMs);
      this.#next = (this.#next + 1) % SAMPLES;
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Why a new call is refused now; counted. null: it may come. */
  check(): OverloadReason | null {
    const reason = this.#reason();
    if (reason !== null) this.refused[reason] += 1;
    return reason;
  }

  #reason(): OverloadReason | null {
    const { maxLatenessMs, mixerLatenessMs, memoryShare } = this.#options;
    if (maxLatenessMs > 0 && mixerLatenessMs() > Math.min(maxLatenessMs, MIXER_LIMIT_MS)) return 'mixer-late';
    if (maxLatenessMs > 0 && this.loopLatenessMs > maxLatenessMs) return 'event-loop-late';
    return memoryShare() > MEMORY_LIMIT ? 'memory' : null;
  }
}
