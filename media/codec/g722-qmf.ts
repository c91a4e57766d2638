/** Samples that each filter looks back: at 16 kHz the one that splits, at 8 kHz the one that joins. */
const SPLIT_HISTORY = 22;
const JOIN_HISTORY = 11;

/**
 * Transmit filter of G.722, ITU-T G.722 §3.1 and §5.2.1: sound at 16 kHz to two bands at 8 kHz, each of 15 bits, held to that
 * range. Takes at most `piece` pairs at a time. No allocation.
 */
export class BandSplitter {
  readonly #heard: Int16Array;

  constructor(piece: number) {
    // An odd count is filtered as if there were one more.
    this.#heard = new Int16Array(SPLIT_HISTORY + 2 * piece + 2);
  }

  reset(): void {
    this.#heard.fill(0);
  }

  /** Writes what was heard, oldest first. */
  save(into: Int16Array, at: number): void {
    for (let i = 0; i < SPLIT_HISTORY; i += 1) into[at + i] = this.#heard[i]!;
  }

  /** What `save` wrote. */
  load(from: Int16Array, at: number): void {
    for (let i = 0; i < SPLIT_HISTORY; i += 1) this.#heard[i] = from[at + i]!;
  }

  /** Reads `2 × count` samples of `pcm` from `offset`; `low` and `high` have room for one more than `count`. */
  split(pcm: Int16Array, offset: number, count: number, low: Int16Array, high: Int16Array): void {
    const x = this.#heard;
    for (let i = 0; i < 2 * count; i += 1) x[SPLIT_HISTORY + i] = pcm[offset + i]!;
    // Two turns at once: most samples are then loaded once for both, which takes a third off.
    for (let i = 0, k = 0; i < count; i += 2, k += 4) {
      const x2 = x[k + 2]!;
      const x3 = x[k + 3]!;
      const x4 = x[k + 4]!;
      const x5 = x[k + 5]!;
      const x6 = x[k + 6]!;
      const x7 = x[k + 7]!;
      const x8 = x[k + 8]!;
      const x9 = x[k + 9]!;
      const x10 = x[k + 10]!;
      const x11 = x[k + 11]!;
      const x12 = x[k + 12]!;
      const x13 = x[k + 13]!;
      const x14 = x[k + 14]!;
      const x15 = x[k + 15]!;
      const x16 = x[k + 16]!;
      const x17 = x[k + 17]!;
      const x18 = x[k + 18]!;
      const x19 = x[k + 19]!;
      const x20 = x[k + 20]!;
      const x21 = x[k + 21]!;
      const x22 = x[k + 22]!;
      const x23 = x[k + 23]!;
      const late = weigh(x23, x21, x19, x17, x15, x13, x11, x9, x7, x5, x3, x[k + 1]!);
      const early = weigh(x[k]!, x2, x4, x6, x8, x10, x12, x14, x16, x18, x20, x22);
      const nextLate = weigh(x[k + 25]!, x23, x21, x19, x17, x15, x13, x11, x9, x7, x5, x3);
      const nextEarly = weigh(x2, x4, x6, x8, x10, x12, x14, x16, x18, x20, x22, x[k + 24]!);
      low[i] = clamp((late + early) >> 14, 16383);
      high[i] = clamp((late - early) >> 14, 16383);
      low[i + 1] = clamp((nextLate + nextEarly) >> 14, 16383);
      high[i + 1] = clamp((nextLate - nextEarly) >> 14, 16383);
    }
    x.copyWithin(0, 2 * count, 2 * count + SPLIT_HISTORY);
  }
}

/**
 * Receive filter of G.722, ITU-T G.722 §5.2.2: two bands of 15 bits at 8 kHz to sound of 16 bits at 16 kHz. Takes at most
 * `piece` samples of each at a time. No allocation.
 */
export class BandJoiner {
  readonly #sums: Int16Array;
  readonly #differences: Int16Array;

  constructor(piece: number) {
    this.#sums = new Int16Array(JOIN_HISTORY + piece + 1);
    this.#differences = new Int16Array(JOIN_HISTORY + piece + 1);
  }

  /** Writes `2 × count` samples to `out` from `offset`. */
  join(low: Int16Array, high: Int16Array, count: number, out: Int16Array, offset: number): void {
    const s = this.#sums;
    const d = this.#differences;
    for (let i = 0; i < count; i += 1) {
      s[JOIN_HISTORY + i] = low[i]! + high[i]!;
      d[JOIN_HISTORY + i] = low[i]! - high[i]!;
    }
    for (let i = 0, k = offset; i < count; i += 2, k += 4) {
      const d0 = d[i]!;
      const d1 = d[i + 1]!;
      const d2 = d[i + 2]!;
      const d3 = d[i + 3]!;
      const d4 = d[i + 4]!;
      const d5 = d[i + 5]!;
      const d6 = d[i + 6]!;
      const d7 = d[i + 7]!;
      const d8 = d[i + 8]!;
      const d9 = d[i + 9]!;
      const d10 = d[i + 10]!;
      const d11 = d[i + 11]!;
      const d12 = d[i + 12]!;
      const s0 = s[i]!;
      const s1 = s[i + 1]!;
      const s2 = s[i + 2]!;
      const s3 = s[i + 3]!;
      const s4 = s[i + 4]!;
      const s5 = s[i + 5]!;
      const s6 = s[i + 6]!;
      const s7 = s[i + 7]!;
      const s8 = s[i + 8]!;
      const s9 = s[i + 9]!;
      const s10 = s[i + 10]!;
      const s11 = s[i + 11]!;
      const s12 = s[i + 12]!;
      out[k] = clamp(weigh(d11, d10, d9, d8, d7, d6, d5, d4, d3, d2, d1, d0) >> 11, 32767);
      out[k + 1] = clamp(weigh(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11) >> 11, 32767);
      if (i + 1 === count) break;
      out[k + 2] = clamp(weigh(d12, d11, d10, d9, d8, d7, d6, d5, d4, d3, d2, d1) >> 11, 32767);
      out[k + 3] = clamp(weigh(s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12) >> 11, 32767);
    }
    s.copyWithin(0, count, count + JOIN_HISTORY);
    d.copyWithin(0, count, count + JOIN_HISTORY);
  }
}

/** To −`most` − 1 … `most`. */
function clamp(value: number, most: number): number {
  return value > most ? most : value < -most - 1 ? -most - 1 : value;
}

/**
 * One half of the filter's 24 taps, in 2^-13: ITU-T G.722 §5.2, table 11. The other half are the same the other way
 * round: of each 24 samples every second is weighed from the newest backwards, the rest from the oldest on.
 */
function weigh(
  x0: number,
  x1: number,
  x2: number,
  x3: number,
  x4: number,
  x5: number,
  x6: number,
  x7: number,
  x8: number,
  x9: number,
  x10: number,
  x11: number,
): number {
  const first = 3 * x0 - 11 * x1 + 12 * x2 + 32 * x3 - 210 * x4 + 951 * x5;
  return first + 3876 * x6 - 805 * x7 + 362 * x8 - 156 * x9 + 53 * x10 - 11 * x11;
}
