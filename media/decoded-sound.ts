import type { SampleRateHz } from './codec/resample.js';
import { PcmLine } from './pcm-line.js';

const BEAT_MS = 20;
/** Of the codecs that are heard every day. */
const USUAL_SAMPLE_RATE_HZ = 16_000;
const LOWEST_SAMPLE_RATE_HZ = 8000;

/**
 * Decoded sound on its way to the beats: written at any rate a codec has, given out at the rate of whoever asks. Whoever
 * writes puts samples into `pcm` from `begin()` on and then says how many they are with `write()`. Holds `maxMs` of one
 * packet beside what two beats need; whoever writes keeps to that. No allocation but at the first sound of a rate.
 */
export class DecodedSound {
  /** What was kept of the write before, then what is written. Another one after the first `begin` of a higher rate. */
  pcm: Int16Array;
  readonly #maxMs: number;
  #line: PcmLine;
  /** At the rate that comes next, written beside the other so that the change is not heard. */
  #next: PcmLine | null = null;
  /** Samples too few to be converted to every other rate, for the next time. */
  #kept = 0;
  #keptRateHz = 0;

  constructor(rateHz: SampleRateHz, maxMs: number) {
    this.#maxMs = maxMs;
    this.pcm = this.#roomAt(USUAL_SAMPLE_RATE_HZ);
    this.#line = this.#lineAt(rateHz);
  }

  get rateHz(): SampleRateHz {
    return this.#line.rateHz;
  }

  /** Sound that waits. */
  get waitingMs(): number {
    return (this.#line.samples * 1000) / this.#line.rateHz;
  }

  /** Something other than silence waits, as far as is known. */
  get isSounding(): boolean {
    return this.#line.isSounding;
  }

  /** What this beat still lacks; 0 or less when there is enough. */
  get missingMs(): number {
    return BEAT_MS - this.waitingMs;
  }

  /** Where in `pcm` sound of that rate goes. */
  begin(rateHz: SampleRateHz): number {
    if (rateHz !== this.#keptRateHz) this.#kept = 0;
    this.#keptRateHz = rateHz;
    // Most legs never hear 48 kHz, and all have to be held in memory.
    if (this.pcm.length < this.#samplesAt(rateHz)) this.pcm = this.#roomAt(rateHz);
    return this.#kept;
  }

  #samplesAt(rateHz: number): number {
    return ((this.#maxMs + 1) * rateHz) / 1000;
  }

  #roomAt(rateHz: number): Int16Array {
    return new Int16Array(this.#samplesAt(rateHz));
  }

  /** So many samples were put where `begin` said. */
  write(rateHz: SampleRateHz, samples: number): void {
    const all = this.#kept + samples;
    const kept = all % (rateHz / LOWEST_SAMPLE_RATE_HZ);
    this.#line.write(this.pcm, rateHz, all - kept);
    this.#next?.write(this.pcm, rateHz, all - kept);
    for (let i = 0; i < kept; i += 1) this.pcm[i] = this.pcm[all - kept + i]!;
    this.#kept = kept;
  }

  /** So many samples of silence, see PcmLine. */
  writeSilence(rateHz: SampleRateHz, samples: number): void {
    // What was kept of the silence before is as long as what is kept of this one.
    const whole = samples - (samples % (rateHz / LOWEST_SAMPLE_RATE_HZ));
    this.#line.writeSilence(rateHz, whole);
    this.#next?.writeSilence(rateHz, whole);
  }

  /** One beat at the rate in use into `out`, and at the one that is prepared into `next`; null drops it. */
  take(out: Int16Array | null, next: Int16Array | null): void {
    this.#line.take((BEAT_MS * this.#line.rateHz) / 1000, out);
    this.#next?.take((BEAT_MS * this.#next.rateHz) / 1000, next);
  }

  /** From the next beat on the same sound comes at that rate too; null: not any more. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#next = rateHz === null ? null : this.#lineAt(rateHz);
    this.#next?.begin(this.#line);
  }

  /** From the next beat on the rate is the one that was prepared. */
  retune(): void {
    if (this.#next === null) return;
    this.#line = this.#next;
    this.#next = null;
  }

  clear(): void {
    this.#line.clear();
    this.#next?.clear();
    this.#kept = 0;
  }

  #lineAt(rateHz: SampleRateHz): PcmLine {
    return new PcmLine(rateHz, BEAT_MS * 2 + this.#maxMs);
  }
}

/** Samples that make up at least `ms`, so many that every other rate has a whole number of them. */
export function wholeSamples(ms: number, rateHz: SampleRateHz): number {
  const step = rateHz / LOWEST_SAMPLE_RATE_HZ;
  return Math.max(1, Math.ceil((ms * rateHz) / 1000 / step - 1e-6)) * step;
}
