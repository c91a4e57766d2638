/** What may be cut or put in at once: pitch periods of voices, several of them where they are short. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 12;
/** How long two places are compared, and faded into each other. */
const OVERLAP_MS = 8;
const LEAST_OVERLAP_MS = 2.5;
/** Root mean square below which any length is as good as another: −52 dB of full scale. */
const QUIET = 80;
/** Of two lengths that fit alike the longer one is taken: fewer splices. */
const LENGTH_BONUS = 0.002;
const MAX_RATE_HZ = 48_000;

/** The two sounds of a splice faded into each other; used within one call. */
const faded = new Int16Array((OVERLAP_MS * MAX_RATE_HZ) / 1000);

/**
 * Makes decoded sound shorter or longer without changing its pitch, by one splice (the idea of WSOLA, Verhelst and
 * Roelands, ICASSP 1993): one or more pitch periods are cut or said again, where the sound is most like itself that much
 * later, and both sides are faded into each other. What was there before and after the splice stays as it was, to the sample.
 * Where the sound is too unlike itself nothing is done, and the caller tries again with the next packet. Lengths are 2.5
 * to 12 ms, so a packet must have at least 5 ms. O(lags × samples compared) per splice, about 20 µs; no allocation.
 */
export class TimeScale {
  readonly #samplesPerMs: number;
  /** Where the last search found the best splice, and what is cut or put in there; 0 for none. */
  #at = 0;
  #lag = 0;
  #overlap = 0;
  #score = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /**
   * Cuts at most `most` of the `samples` of `pcm` from `offset`, in place.
   * @param leastAlike correlation that the two sides must have, −1 … 1
   * @returns the samples cut; 0 = nothing was done
   */
  shorten(pcm: Int16Array, offset: number, samples: number, most: number, leastAlike: number): number {
    if (!this.#find(pcm, offset, samples, most, leastAlike)) return 0;
    const lag = this.#lag;
    const overlap = this.#overlap;
    const from = offset + this.#at;
    for (let i = 0; i < overlap; i += 1) {
      const share = (i + 1) / (overlap + 1);
      pcm[from + i] = Math.round(pcm[from + i]! * (1 - share) + pcm[from + lag + i]! * share);
    }
    pcm.copyWithin(from + overlap, from + lag + overlap, offset + samples);
    return lag;
  }

  /** Puts in at most `most`, for which there must be room behind the `samples`; otherwise as `shorten`. */
  lengthen(pcm: Int16Array, offset: number, samples: number, most: number, leastAlike: number): number {
    if (!this.#find(pcm, offset, samples, most, leastAlike)) return 0;
    const lag = this.#lag;
    const overlap = this.#overlap;
    const from = offset + this.#at;
    for (let i = 0; i < overlap; i += 1) {
      const share = (i + 1) / (overlap + 1);
      faded[i] = Math.round(pcm[from + lag + i]! * (1 - share) + pcm[from + i]! * share);
    }
    pcm.copyWithin(from + lag + overlap, from + overlap, offset + samples);
    for (let i = 0; i < overlap; i += 1) pcm[from + lag + i] = faded[i]!;
    return lag;
  }

  #find(pcm: Int16Array, offset: number, samples: number, most: number, leastAlike: number): boolean {
    const perMs = this.#samplesPerMs;
    const overlap = Math.min(OVERLAP_MS * perMs, samples >> 1);
    const longest = Math.min(most, LONGEST_MS * perMs, samples - Math.ceil(LEAST_OVERLAP_MS * perMs));
    this.#score = Number.NEGATIVE_INFINITY;
    this.#lag = 0;
    if (this.#isQuiet(pcm, offset, samples)) {
      this.#lag = Math.floor(longest);
      this.#overlap = Math.min(overlap, samples - this.#lag);
      this.#at = (samples - this.#lag - this.#overlap) >> 1;
      return this.#lag > 0;
    }
    const shortest = Math.ceil(SHORTEST_MS * perMs);
    const step = Math.max(1, perMs >> 4);
    for (let lag = shortest; lag <= longest; lag += step) this.#tryLag(pcm, offset, samples, lag, overlap);
    if (this.#lag === 0) return false;
    const near = this.#lag;
    this.#score = Number.NEGATIVE_INFINITY;
    for (let lag = Math.max(shortest, near - step); lag <= Math.min(longest, near + step); lag += 1) {
      this.#compare(pcm, offset + this.#at, this.#at, lag, Math.min(overlap, samples - lag - this.#at), 1);
    }
    return this.#score >= leastAlike;
  }

  /** That lag at the begin, middle and end of the sound. */
  #tryLag(pcm: Int16Array, offset: number, samples: number, lag: number, longestOverlap: number): void {
    const stride = Math.max(1, this.#samplesPerMs >> 2);
    const overlap = Math.min(longestOverlap, samples - lag);
    const last = samples - lag - overlap;
    this.#compare(pcm, offset, 0, lag, overlap, stride);
    if (last < longestOverlap >> 1) return;
    this.#compare(pcm, offset + (last >> 1), last >> 1, lag, overlap, stride);
    this.#compare(pcm, offset + last, last, lag, overlap, stride);
  }

  /** How alike both sides are, by one sample in `stride`; keeps the best. Two silences are alike. */
  #compare(pcm: Int16Array, from: number, at: number, lag: number, overlap: number, stride: number): void {
    let product = 0;
    let here = 1;
    let there = 1;
    let count = 0;
    for (let i = 0; i < overlap; i += stride) {
      count += 1;
      const one = pcm[from + i]!;
      const other = pcm[from + lag + i]!;
      product += one * other;
      here += one * one;
      there += other * other;
    }
    const bonus = (LENGTH_BONUS * lag) / (LONGEST_MS * this.#samplesPerMs);
    const isQuiet = here < QUIET * QUIET * count && there < QUIET * QUIET * count;
    const score = (isQuiet ? 1 : product / Math.sqrt(here * there)) + bonus;
    if (score <= this.#score) return;
    this.#score = score;
    this.#at = at;
    this.#lag = lag;
    this.#overlap = overlap;
  }

  #isQuiet(pcm: Int16Array, offset: number, samples: number): boolean {
    let energy = 0;
    for (let i = 0; i < samples; i += 1) energy += pcm[offset + i]! ** 2;
    return energy < QUIET * QUIET * samples;
  }
}

/** The most that one splice puts in. */
export const longestSpliceMs = LONGEST_MS;
/** The least that a splice of sound that is not quiet cuts or puts in. */
export const shortestSpliceMs = SHORTEST_MS;
