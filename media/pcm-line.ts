import { Resampler, type SampleRateHz } from './codec/resample.js';

/**
 * Sound at one rate that was decoded and not yet given out, in the order of time. What is written may have any codec's
 * rate. Holds `maxMs`; whoever writes keeps to that. No allocation but at the first sound of a codec's rate.
 */
export class PcmLine {
  readonly rateHz: SampleRateHz;
  readonly #pcm: Int16Array;
  /** By the rate that is written. */
  readonly #resamplers = new Map<SampleRateHz, Resampler>();
  /** The one in use. */
  #resampler: Resampler;
  #samples = 0;
  /** After so many of them there is silence, which is not written. */
  #sounding = 0;

  constructor(rateHz: SampleRateHz, maxMs: number) {
    this.rateHz = rateHz;
    this.#resampler = this.#resamplerFrom(rateHz);
    this.#pcm = new Int16Array((rateHz * maxMs) / 1000);
  }

  /** Samples that wait. */
  get samples(): number {
    return this.#samples;
  }

  /** Something other than silence waits, as far as is known. */
  get isSounding(): boolean {
    return this.#sounding > 0;
  }

  /** Takes over what waits in the other, which has another rate: what comes next then begins at the same moment. */
  begin(other: PcmLine): void {
    if (other.#samples === 0) return;
    other.#writeSilence();
    this.#samples = new Resampler(other.rateHz, this.rateHz).process(other.#pcm, 0, other.#samples, this.#pcm, 0);
    this.#sounding = this.#samples;
  }

  write(sound: Int16Array, rateHz: SampleRateHz, samples: number): void {
    if (rateHz !== this.#resampler.fromHz) this.#resampler = this.#resamplerFrom(rateHz);
    this.#writeSilence();
    this.#samples += this.#resampler.process(sound, 0, samples, this.#pcm, this.#samples);
    this.#sounding = this.#samples;
  }

  /** So many samples of silence, after enough of it that no resampler remembers anything else. */
  writeSilence(rateHz: SampleRateHz, samples: number): void {
    this.#samples += (samples * this.rateHz) / rateHz;
  }

  #resamplerFrom(rateHz: SampleRateHz): Resampler {
    let resampler = this.#resamplers.get(rateHz);
    if (resampler === undefined) {
      resampler = new Resampler(rateHz, this.rateHz);
      this.#resamplers.set(rateHz, resampler);
    }
    return resampler;
  }

  #writeSilence(): void {
    if (this.#sounding < this.#samples) this.#pcm.fill(0, this.#sounding, this.#samples);
  }

  /** The first `samples` into `out`; null drops them. */
  take(samples: number, out: Int16Array | null): void {
    const pcm = this.#pcm;
    const sounding = Math.min(samples, this.#sounding);
    if (out !== null) {
      for (let i = 0; i < sounding; i += 1) out[i] = pcm[i]!;
      if (sounding < samples) out.fill(0, sounding, samples);
    }
    if (this.#sounding > samples) pcm.copyWithin(0, samples, this.#sounding);
    this.#sounding -= sounding;
    this.#samples -= samples;
  }

  clear(): void {
    this.#samples = 0;
    this.#sounding = 0;
    for (const resampler of this.#resamplers.values()) resampler.reset();
  }
}
