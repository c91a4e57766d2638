/** Since `begin`. */
export interface ServerFigures {
  readonly userMs: number;
  readonly systemMs: number;
  readonly elapsedMs: number;
  /** Of beats: how late they began; null where there are none. */
  readonly latestMs: number | null;
  readonly lateP99Ms: number | null;
}

/** What the process takes of the machine, and how late its beats are. */
export class Usage {
  #late: number[] = [];
  #cpu = process.cpuUsage();
  #ms = performance.now();

  begin(): void {
    this.#late = [];
    this.#cpu = process.cpuUsage();
    this.#ms = performance.now();
  }

  beat(lateMs: number): void {
    this.#late.push(lateMs);
  }

  figures(): ServerFigures {
    const { user, system } = process.cpuUsage(this.#cpu);
    const sorted = this.#late.toSorted((a, b) => a - b);
    return {
      userMs: user / 1000,
      systemMs: system / 1000,
      elapsedMs: performance.now() - this.#ms,
      latestMs: sorted.at(-1) ?? null,
      lateP99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? null,
    };
  }
}
