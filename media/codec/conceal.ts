/** Loss after which only silence is left: longer made-up sound is heard as a buzz. */
const FADE_START_MS = 10;
const FADE_END_MS = 60;

/** Pitch of human voices, 66 to 200 Hz. */
const LONGEST_PERIOD_MS = 15;
const SHORTEST_PERIOD_MS = 5;
const COMPARED_MS = 20;

/** How long the first good samples are blended with what was made up: longer after longer losses. */
const BLEND_MIN_MS = 4;
const BLEND_MAX_MS = 10;

/**
 * Makes up sound for lost packets by repeating the last pitch period, after the idea of ITU-T G.711 Appendix I: full
 * level for 10 ms, then falling to silence at 60 ms; the first good samples after a loss are blended in.
 * Differs from the appendix in adding no delay: the seam at the start of a loss is closed by a decaying offset
 * instead of an overlap with samples already sent.
 * O(samples) per frame, plus one pitch search per loss, about 25 µs; no allocation.
 */
export class Concealer {
  readonly #samplesPerMs: number;
  /** The newest samples given out, oldest first. */
  readonly #history: Int16Array;
  readonly #cycle: Int16Array;
  #periodSamples = 0;
  #position = 0;
  #lostSamples = 0;
  /** What the made-up sound has to start from, less what it would start from. */
  #seam = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
    this.#history = new Int16Array((LONGEST_PERIOD_MS + COMPARED_MS) * this.#samplesPerMs);
    this.#cycle = new Int16Array(LONGEST_PERIOD_MS * this.#samplesPerMs);
  }

  /** Good samples were decoded into `pcm`; after a loss their start is blended, in place, with what was made up. */
  heard(pcm: Int16Array, offset: number, samples: number): void {
    if (this.#lostSamples > 0) {
      const lostMs = this.#lostSamples / this.#samplesPerMs;
      const blendMs = Math.min(BLEND_MAX_MS, BLEND_MIN_MS + lostMs / 5);
      const blended = Math.min(samples, Math.round(blendMs * this.#samplesPerMs));
      for (let i = 0; i < blended; i += 1) {
        const share = (i + 1) / (blended + 1);
        pcm[offset + i] = Math.round(pcm[offset + i]! * share + this.#next() * (1 - share));
      }
      this.#lostSamples = 0;
    }
    this.#remember(pcm, offset, samples);
  }

  /** Fills `samples` of `out` from `offset` in place of what was lost. Silence before the first good sample. */
  conceal(out: Int16Array, offset: number, samples: number): void {
    if (this.#lostSamples === 0) this.#startLoss();
    for (let i = 0; i < samples; i += 1) out[offset + i] = this.#next();
    this.#remember(out, offset, samples);
  }

  #startLoss(): void {
    const history = this.#history;
    const end = history.length;
    const period = this.#findPeriod();
    const overlap = period >> 2;
    for (let i = 0; i < period; i += 1) this.#cycle[i] = history[end - period + i]!;
    for (let i = 0; i < overlap; i += 1) {
      const share = (i + 1) / (overlap + 1);
      const at = end - overlap + i;
      this.#cycle[period - overlap + i] = Math.round(history[at]! * (1 - share) + history[at - period]! * share);
    }
    this.#seam = history[end - 1]! - history[end - 1 - period]!;
    this.#periodSamples = period;
    this.#position = 0;
  }

  /** One made-up sample. */
  #next(): number {
    const period = this.#periodSamples;
    const lostMs = this.#lostSamples / this.#samplesPerMs;
    const level = Math.min(1, Math.max(0, (FADE_END_MS - lostMs) / (FADE_END_MS - FADE_START_MS)));
    const seam = this.#lostSamples < period ? this.#seam * (1 - (this.#lostSamples + 1) / period) : 0;
    const sample = (this.#cycle[this.#position]! + seam) * level;
    this.#position = this.#position + 1 === period ? 0 : this.#position + 1;
    this.#lostSamples += 1;
    return Math.max(-32768, Math.min(32767, Math.round(sample)));
  }

  /**
   * The lag at which the last 20 ms look most like what came before. What is compared, and how finely, is the same at
   * every rate, so that a loss costs the same: first every 1/8 ms, then each sample around the best of these.
   */
  #findPeriod(): number {
    const perMs = this.#samplesPerMs;
    const step = Math.max(1, perMs >> 3);
    const longest = LONGEST_PERIOD_MS * perMs;
    const shortest = SHORTEST_PERIOD_MS * perMs;
    const near = this.#bestLag(shortest, longest, step);
    if (step === 1) return near;
    return this.#bestLag(Math.max(shortest, near - step + 1), Math.min(longest, near + step - 1), 1);
  }

  /** The best of the lags `from` to `to`, by one sample in 1/4 ms; the last one where nothing is alike. */
  #bestLag(from: number, to: number, step: number): number {
    const history = this.#history;
    const stride = Math.max(1, this.#samplesPerMs >> 2);
    const compared = LONGEST_PERIOD_MS * this.#samplesPerMs;
    let best = to;
    let bestScore = 0;
    for (let lag = from; lag <= to; lag += step) {
      let product = 0;
      let energy = 1;
      for (let i = compared; i < history.length; i += stride) {
        const before = history[i - lag]!;
        product += history[i]! * before;
        energy += before * before;
      }
      const score = product / Math.sqrt(energy);
      if (score > bestScore) {
        bestScore = score;
        best = lag;
      }
    }
    return best;
  }

  #remember(pcm: Int16Array, offset: number, samples: number): void {
    const history = this.#history;
    const kept = Math.min(samples, history.length);
    history.copyWithin(0, kept);
    const from = offset + samples - kept;
    const to = history.length - kept;
    for (let i = 0; i < kept; i += 1) history[to + i] = pcm[from + i]!;
  }
}
