/** Since `begin`. */
export interface ServerFigures {
  readonly userMs: number;
  readonly systemMs: number;
  readonly elapsedMs: number;
  /** Of beats: how late they began; null where there are none. */
  readonly latestMs: number | null;
  readonly lateP99Ms: number | null;
}

/** Ten minutes of beats. */
const MOST_BEATS = 30_000;
const BYTES_PER_WORD = 4;

/** How late each beat was, written by the thread that has them and read by another. */
export class Lateness {
  readonly memory: SharedArrayBuffer;
  /** How many there are. */
  readonly #count: Int32Array;
  readonly #ms: Float32Array;

  constructor(memory = new SharedArrayBuffer((1 + MOST_BEATS) * BYTES_PER_WORD)) {
    this.memory = memory;
    this.#count = new Int32Array(memory, 0, 1);
    this.#ms = new Float32Array(memory, BYTES_PER_WORD);
  }

  get count(): number {
    return Atomics.load(this.#count, 0);
  }

  add(lateMs: number): void {
    const at = this.count;
    if (at === MOST_BEATS) return;
    this.#ms[at] = lateMs;
    Atomics.store(this.#count, 0, at + 1);
  }

  /** Those after the first so many, the least first. */
  sortedFrom(from: number): Float32Array {
    return this.#ms.slice(from, this.count).sort();
  }
}

/** What the process takes of the machine, and how late its beats are. */
export class Usage {
  readonly lateness = new Lateness();
  #from = 0;
  #cpu = process.cpuUsage();
  #ms = performance.now();

  begin(): void {
    this.#from = this.lateness.count;
    this.#cpu = process.cpuUsage();
    this.#ms = performance.now();
  }

  figures(): ServerFigures {
    const { user, system } = process.cpuUsage(this.#cpu);
    const sorted = this.lateness.sortedFrom(this.#from);
    return {
      userMs: user / 1000,
      systemMs: system / 1000,
      elapsedMs: performance.now() - this.#ms,
      latestMs: sorted.at(-1) ?? null,
      lateP99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? null,
    };
  }
}
