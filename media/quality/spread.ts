const BUCKETS = 64;

/** What a figure was over a call, in its own unit. */
export interface SpreadSummary {
  readonly min: number;
  readonly avg: number;
  readonly max: number;
  /** 19 of 20 seconds were no worse. */
  readonly p95: number;
}

/**
 * Least, mean, most and 95th percentile of one figure, second by second, however long a call is. The percentile is the
 * upper edge of one of 64 buckets of `step` each; where less is worse (MOS) it counts from above. 280 bytes.
 */
export class Spread {
  readonly #from: number;
  readonly #step: number;
  readonly #isLessWorse: boolean;
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly from?: number; readonly step: number; readonly isLessWorse?: boolean }) {
    this.#from = options.from ?? 0;
    this.#step = options.step;
    this.#isLessWorse = options.isLessWorse ?? false;
  }

  /** NaN: there was no figure in that second. */
  add(value: number): void {
    if (Number.isNaN(value)) return;
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    const bucket = Math.floor((value - this.#from) / this.#step);
    this.#buckets[Math.min(BUCKETS - 1, Math.max(0, bucket))]! += 1;
  }

  /** Null: there never was a figure. */
  summary(): SpreadSummary | null {
    if (this.#count === 0) return null;
    return { min: this.#min, avg: this.#sum / this.#count, max: this.#max, p95: this.#percentile() };
  }

  #percentile(): number {
    let left = Math.ceil(this.#count * 0.05);
    for (let i = 0; i < BUCKETS; i += 1) {
      const bucket = this.#isLessWorse ? i : BUCKETS - 1 - i;
      left -= this.#buckets[bucket]!;
      if (left > 0) continue;
      // The last bucket has no upper edge.
      if (bucket === BUCKETS - 1 && !this.#isLessWorse) return this.#max;
      const edge = this.#from + (bucket + (this.#isLessWorse ? 0 : 1)) * this.#step;
      return Math.min(this.#max, Math.max(this.#min, edge));
    }
    return this.#max;
  }
}
