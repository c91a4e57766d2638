export interface ToneOptions {
  /** One or more; they share the level unless each has its own. */
  readonly frequenciesHz: readonly number[];
  readonly sampleRateHz: number;
  /** Peak of the sum, in dB below full scale; −10 unless told. */
  readonly levelDb?: number;
  /** Peak of each frequency, in dB below full scale, in place of `levelDb`. */
  readonly levelsDb?: readonly number[];
  /** Sound and silence in turn, in ms, from the start and over again: `[1000, 4000]`. Without it the tone is steady. */
  readonly cadenceMs?: readonly number[];
}

/** Rise and fall at the edges of a cadence, so that they do not click. */
export const toneEdgeMs = 5;
const DEFAULT_LEVEL_DB = -10;

/** A tone without end, given out piece by piece with no seam between the pieces. No allocation after construction. */
export class Tone {
  readonly #stepsPerSample: Float64Array;
  readonly #amplitudes: Float64Array;
  readonly #cadenceSamples: Float64Array;
  readonly #edgeSamples: number;
  #cycleSamples = 0;
  /** Samples given out; within the cadence's cycle where there is one. */
  #at = 0;
  readonly #phases: Float64Array;

  constructor(options: ToneOptions) {
    const { frequenciesHz, sampleRateHz, levelDb = DEFAULT_LEVEL_DB, cadenceMs = [] } = options;
    this.#stepsPerSample = Float64Array.from(frequenciesHz, (hz) => (2 * Math.PI * hz) / sampleRateHz);
    this.#phases = new Float64Array(frequenciesHz.length);
    const shared = amplitudeOf(levelDb) / Math.max(1, frequenciesHz.length);
    this.#amplitudes = Float64Array.from(frequenciesHz, (_, k) => {
      const ownDb = options.levelsDb?.[k];
      return ownDb === undefined ? shared : amplitudeOf(ownDb);
    });
    this.#cadenceSamples = Float64Array.from(cadenceMs, (ms) => Math.round((ms * sampleRateHz) / 1000));
    this.#edgeSamples = (toneEdgeMs * sampleRateHz) / 1000;
    for (const samples of this.#cadenceSamples) this.#cycleSamples += samples;
  }

  /** Writes the next `samples` of the tone into `out` from `offset`. */
  write(out: Int16Array, offset: number, samples: number): void {
    const steps = this.#stepsPerSample;
    const phases = this.#phases;
    const amplitudes = this.#amplitudes;
    for (let i = 0; i < samples; i += 1) {
      let sum = 0;
      for (let k = 0; k < steps.length; k += 1) {
        sum += amplitudes[k]! * Math.sin(phases[k]!);
        phases[k] = (phases[k]! + steps[k]!) % (2 * Math.PI);
      }
      out[offset + i] = Math.round(sum * this.#envelope());
    }
  }

  /** The cadence's share, 0 … 1, at the next sample. */
  #envelope(): number {
    if (this.#cycleSamples === 0) return 1;
    let into = this.#at;
    this.#at = this.#at + 1 === this.#cycleSamples ? 0 : this.#at + 1;
    for (let k = 0; k < this.#cadenceSamples.length; k += 1) {
      const length = this.#cadenceSamples[k]!;
      if (into < length)
        return k % 2 === 1 ? 0 : Math.min(1, into / this.#edgeSamples, (length - into) / this.#edgeSamples);
      into -= length;
    }
    return 0;
  }
}

function amplitudeOf(levelDb: number): number {
  return 32767 * 10 ** (levelDb / 20);
}

/** `durationMs` of a tone at once. */
export function tone(options: ToneOptions & { readonly durationMs: number }): Int16Array {
  const out = new Int16Array(Math.round((options.durationMs * options.sampleRateHz) / 1000));
  new Tone(options).write(out, 0, out.length);
  return out;
}
