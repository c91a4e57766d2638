const WINDOW = 512;

/** The last figures of how long commands waited, in milliseconds; all zero before the first. */
export interface LatencyFigures {
  /** Ever. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the window, as p50 and p99. */
  readonly maxMs: number;
}

/** How long commands to media hosts took from post to applied: the last 512 of them, and how many there were. */
export class ControlLatency {
  #count = 0;
  readonly #window = new Float64Array(WINDOW);

  add(latencyMs: number): void {
    this.#window[this.#count % WINDOW] = latencyMs;
    this.#count += 1;
  }

  figures(): LatencyFigures {
    const sorted = this.#window.slice(0, Math.min(this.#count, WINDOW)).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { count: this.#count, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  }
}
