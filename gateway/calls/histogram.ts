/** A histogram of the Prometheus text format: values counted by upper bounds, with their sum. */
export interface HistogramView {
  /** `upTo` rising; each counts all values that are no larger. */
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

/** Counts values for GET /metrics. Its size is that of its bounds. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  add(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#bounds.forEach((bound, index) => {
      if (value <= bound) this.#counts[index]! += 1;
    });
  }

  view(): HistogramView {
    const buckets = this.#bounds.map((upTo, index) => ({ upTo, count: this.#counts[index]! }));
    return { buckets, count: this.#count, sum: this.#sum };
  }
}
