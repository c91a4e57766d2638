/** Coefficients that are used; those of a longer payload are left out, as RFC 3389 §3 allows. */
export const comfortNoiseMaxOrder = 12;
/** A payload with all of them. */
export const comfortNoiseMaxBytes = 1 + comfortNoiseMaxOrder;

const FULL_SCALE = 32768;
/** RFC 3389 §3.2: k = 258 · (N − 127) / 32768, so N = 0 … 254 is −1 < k < 1; 255 stands for nothing. */
const COEFFICIENT_STEP = 258 / 32768;
const COEFFICIENT_ZERO = 127;
const COEFFICIENT_MOST = 254;
const LOWEST_LEVEL = 127;
/** How fast a new level is reached: this part of what is missing, per sample at 8 kHz. */
const GLIDE = 1 / 160;
/** Makes the variance of a uniform −1 … 1 one. */
const UNIFORM = Math.sqrt(3);

/**
 * Comfort noise from the parameters of an RFC 3389 payload: white noise through an all-pole lattice of the payload's
 * reflection coefficients, at its level. The RFC leaves their sign open; A(z) begins with 1 + k₁z⁻¹ here, as in WebRTC, so
 * k₁ < 0 for noise that is louder at low frequencies. |k| < 1 keeps the lattice stable, whatever a peer sends.
 *
 *     0                   1                   2
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |0|   level     |      N1       |      N2       | …   level in −dBov
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * O(samples × order), no allocation after construction.
 */
export class ComfortNoise {
  readonly #k = new Float64Array(comfortNoiseMaxOrder);
  /** What each stage of the lattice passed back, one sample ago. */
  readonly #backward = new Float64Array(comfortNoiseMaxOrder + 1);
  #order = 0;
  #gain = 0;
  #targetGain = 0;
  #seed: number;

  /** @param seed of the noise: the same seed makes the same noise */
  constructor(seed: number) {
    this.#seed = seed | 0 || 1;
  }

  /** Takes the parameters of one payload; false, and nothing taken, where it is empty. */
  set(payload: Uint8Array, offset: number, length: number): boolean {
    if (length < 1) return false;
    const order = Math.min(length - 1, comfortNoiseMaxOrder);
    let left = 1;
    for (let i = 0; i < order; i += 1) {
      const coded = payload[offset + 1 + i]!;
      const k = coded > COEFFICIENT_MOST ? 0 : (coded - COEFFICIENT_ZERO) * COEFFICIENT_STEP;
      this.#k[i] = k;
      left *= 1 - k * k;
    }
    if (order !== this.#order) this.#backward.fill(0);
    this.#order = order;
    const level = FULL_SCALE * 10 ** (-(payload[offset]! & 0x7f) / 20);
    this.#targetGain = level * Math.sqrt(left) * UNIFORM;
    return true;
  }

  /** The noise begins anew, at once at its level. */
  begin(): void {
    this.#backward.fill(0);
    this.#gain = this.#targetGain;
  }

  /** From now on the noise fades to silence, within 100 ms. */
  fade(): void {
    this.#targetGain = 0;
  }

  /** The next `samples` of it into `out`. */
  generate(out: Int16Array, offset: number, samples: number): void {
    const order = this.#order;
    const k = this.#k;
    const backward = this.#backward;
    for (let i = 0; i < samples; i += 1) {
      this.#gain += (this.#targetGain - this.#gain) * GLIDE;
      let forward = this.#uniform() * this.#gain;
      for (let stage = order; stage >= 1; stage -= 1) {
        forward -= k[stage - 1]! * backward[stage - 1]!;
        backward[stage] = backward[stage - 1]! + k[stage - 1]! * forward;
      }
      backward[0] = forward;
      out[offset + i] = forward > 32767 ? 32767 : forward < -32768 ? -32768 : Math.round(forward);
    }
  }

  /** −1 … 1, by Marsaglia's xorshift of 32 bits. */
  #uniform(): number {
    let x = this.#seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#seed = x;
    return x / 0x8000_0000;
  }
}

const windowed = new Float64Array(2880);
const correlation = new Float64Array(comfortNoiseMaxOrder + 1);
const predictor = new Float64Array(comfortNoiseMaxOrder + 1);
const predictorBefore = new Float64Array(comfortNoiseMaxOrder + 1);

/**
 * Describes the noise in `samples` of `pcm` (at most 60 ms at 48 kHz) as an RFC 3389 payload in `out`: level, and `order`
 * reflection coefficients by Levinson's recursion over the autocorrelation of the Hann-windowed sound.
 * @returns the bytes written. No allocation.
 */
export function describeNoise(
  pcm: Int16Array,
  offset: number,
  samples: number,
  order: number,
  out: Uint8Array,
  outOffset: number,
): number {
  const used = Math.min(order, comfortNoiseMaxOrder);
  let energy = 0;
  for (let i = 0; i < samples; i += 1) {
    const sample = pcm[offset + i]!;
    energy += sample * sample;
    windowed[i] = sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / samples));
  }
  const levelDb = 10 * Math.log10(energy / Math.max(1, samples) / FULL_SCALE ** 2);
  out[outOffset] = Math.round(Math.min(LOWEST_LEVEL, Math.max(0, -levelDb)));
  for (let lag = 0; lag <= used; lag += 1) {
    let sum = 0;
    for (let i = lag; i < samples; i += 1) sum += windowed[i]! * windowed[i - lag]!;
    correlation[lag] = sum;
  }
  reflect(used, out, outOffset + 1);
  return used + 1;
}

/** The reflection coefficients of `correlation`, coded. */
function reflect(order: number, out: Uint8Array, outOffset: number): void {
  // A floor of −40 dB keeps a pure tone, or silence, from a predictor on the edge of stability.
  let error = correlation[0]! * 1.0001 + 1;
  predictor.fill(0);
  predictor[0] = 1;
  for (let m = 1; m <= order; m += 1) {
    let sum = 0;
    for (let i = 0; i < m; i += 1) sum += predictor[i]! * correlation[m - i]!;
    const k = -sum / error;
    for (let i = 0; i <= m; i += 1) predictorBefore[i] = predictor[i]!;
    for (let i = 1; i <= m; i += 1) predictor[i] = predictorBefore[i]! + k * predictorBefore[m - i]!;
    error *= 1 - k * k;
    const coded = Math.round(k / COEFFICIENT_STEP) + COEFFICIENT_ZERO;
    out[outOffset + m - 1] = Math.max(0, Math.min(COEFFICIENT_MOST, coded));
  }
}
