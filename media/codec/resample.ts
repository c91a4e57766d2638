/** Rates that a leg, a room or a codec may have. */
export type SampleRateHz = 8000 | 16000 | 48000;

/**
 * What every conversion delays the sound by, also the one between equal rates: so a leg may change from one conversion to
 * another without a jump in time. 1.5 ms is what a filter of 60 dB with a transition of 1.2 kHz needs.
 */
const DELAY_MS = 1.5;
/** Kaiser's β for 60 dB (Oppenheim, Schafer, Discrete-Time Signal Processing, §7.6). */
const BETA = 5.65;
/** Edge of the pass band, at −6 dB, of the lower of the two rates. */
const CUTOFF = 0.485;
/** One call's input; more is taken in pieces. */
const PIECE_MS = 20;

/** Modified Bessel function of the first kind and order 0, by its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** A windowed sinc at `rateHz` whose pass band has the gain `gain`; its middle is `DELAY_MS` after its begin. */
function lowPass(rateHz: number, cutoffHz: number, gain: number): Float64Array {
  const half = (DELAY_MS * rateHz) / 1000;
  const taps = new Float64Array(half * 2 + 1);
  let sum = 0;
  for (let i = 0; i < taps.length; i += 1) {
    const at = i - half;
    const angle = (2 * Math.PI * cutoffHz * at) / rateHz;
    const sinc = at === 0 ? 1 : Math.sin(angle) / angle;
    taps[i] = sinc * (bessel0(BETA * Math.sqrt(1 - (at / half) ** 2)) / bessel0(BETA));
    sum += taps[i]!;
  }
  for (let i = 0; i < taps.length; i += 1) taps[i] = (taps[i]! * gain) / sum;
  return taps;
}

/** The filter in its phases: what each output sample takes of the newest input samples, newest first. */
function phasesOf(fromHz: number, toHz: number): Float64Array[] {
  const up = Math.max(1, toHz / fromHz);
  const highHz = Math.max(fromHz, toHz);
  if (fromHz === toHz) {
    const delay = new Float64Array((DELAY_MS * fromHz) / 1000 + 1);
    delay[delay.length - 1] = 1;
    return [delay];
  }
  const taps = lowPass(highHz, CUTOFF * Math.min(fromHz, toHz), up);
  return Array.from({ length: up }, (_, phase) => taps.filter((_tap, index) => index % up === phase));
}

const phases = new Map<string, Float64Array[]>();

function cachedPhases(fromHz: number, toHz: number): Float64Array[] {
  const key = `${fromHz} ${toHz}`;
  let found = phases.get(key);
  if (found === undefined) {
    found = phasesOf(fromHz, toHz);
    phases.set(key, found);
  }
  return found;
}

/**
 * Converts one line of sound from one rate to another: polyphase FIR, linear phase, 1.5 ms. Between equal rates it only
 * delays. Images and aliases lie 60 dB down from 0.6 kHz above half the lower rate on.
 * O(input × taps), no allocation.
 */
export class Resampler {
  readonly fromHz: SampleRateHz;
  readonly toHz: SampleRateHz;
  readonly #phases: readonly Float64Array[];
  readonly #down: number;
  readonly #kept: number;
  readonly #pieceSamples: number;
  /** The newest `#kept` samples of what came before, then what comes now. */
  readonly #line: Int16Array;

  constructor(fromHz: SampleRateHz, toHz: SampleRateHz) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.#phases = cachedPhases(fromHz, toHz);
    this.#down = Math.max(1, fromHz / toHz);
    this.#kept = this.#phases[0]!.length - 1;
    this.#pieceSamples = (PIECE_MS * fromHz) / 1000;
    this.#line = new Int16Array(this.#kept + this.#pieceSamples);
  }

  /** Samples that `inSamples` become; a multiple of the ratio. */
  outputOf(inSamples: number): number {
    return (inSamples * this.toHz) / this.fromHz;
  }

  /** @param inSamples  a multiple of `fromHz / toHz` where that is above 1 */
  process(input: Int16Array, inOffset: number, inSamples: number, out: Int16Array, outOffset: number): number {
    let written = 0;
    const piece = this.#pieceSamples;
    for (let done = 0; done < inSamples; done += piece) {
      const samples = Math.min(piece, inSamples - done);
      written += this.#piece(input, inOffset + done, samples, out, outOffset + written);
    }
    return written;
  }

  /** Takes over what the other has heard. Both convert between the same rates. */
  copyFrom(other: Resampler): void {
    for (let i = 0; i < this.#kept; i += 1) this.#line[i] = other.#line[i]!;
  }

  reset(): void {
    this.#line.fill(0);
  }

  #piece(input: Int16Array, inOffset: number, inSamples: number, out: Int16Array, outOffset: number): number {
    const line = this.#line;
    const kept = this.#kept;
    if (this.fromHz === this.toHz && inSamples >= kept) return this.#delay(input, inOffset, inSamples, out, outOffset);
    for (let i = 0; i < inSamples; i += 1) line[kept + i] = input[inOffset + i]!;
    const written = this.#filter(inSamples, out, outOffset);
    line.copyWithin(0, inSamples, inSamples + kept);
    return written;
  }

  /** Between equal rates, each sample moved once: most legs of most rooms go this way, twice a beat. */
  #delay(input: Int16Array, inOffset: number, samples: number, out: Int16Array, outOffset: number): number {
    const line = this.#line;
    const kept = this.#kept;
    const whole = samples - kept;
    for (let i = 0; i < kept; i += 1) out[outOffset + i] = line[i]!;
    for (let i = 0; i < whole; i += 1) out[outOffset + kept + i] = input[inOffset + i]!;
    for (let i = 0; i < kept; i += 1) line[i] = input[inOffset + whole + i]!;
    return samples;
  }

  #filter(inSamples: number, out: Int16Array, outOffset: number): number {
    const line = this.#line;
    const kept = this.#kept;
    const up = this.#phases.length;
    let to = outOffset;
    for (let at = 0; at < inSamples; at += this.#down) {
      for (let phase = 0; phase < up; phase += 1) {
        const taps = this.#phases[phase]!;
        const newest = kept + at;
        let sum = 0;
        for (let k = 0; k < taps.length; k += 1) sum += taps[k]! * line[newest - k]!;
        out[to] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : Math.round(sum);
        to += 1;
      }
    }
    return to - outOffset;
  }
}
