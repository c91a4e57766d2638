import { type FileRateHz, fileRatesHz, Resampler, type SampleRateHz } from '../codec/resample.js';

/** Brings pieces of a file's sound to one rate. */
export class RateLine {
  readonly #resampler: Resampler<FileRateHz, SampleRateHz> | null;

  constructor(fromHz: FileRateHz, toHz: SampleRateHz) {
    this.#resampler = fromHz === toHz ? null : new Resampler<FileRateHz, SampleRateHz>(fromHz, toHz);
  }

  static converts(rateHz: number): rateHz is FileRateHz {
    return (fileRatesHz as readonly number[]).includes(rateHz);
  }

  process(pcm: Int16Array): Int16Array {
    if (this.#resampler === null) return pcm;
    const out = new Int16Array(this.#resampler.outputOf(pcm.length));
    this.#resampler.process(pcm, 0, pcm.length, out, 0);
    return out;
  }
}
