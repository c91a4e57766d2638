import { Resampler, type SampleRateHz, type SoundTap } from '../media/index.js';
import { beatMs, frameSamplesAt } from './ticker.js';

const CHUNK_BEATS = 25;
/** Chunks under way to whoever keeps them: 4 s. */
const MOST_UNKEPT = 8;
/** A beat at 48 kHz of nothing. */
const silence = new Int16Array(frameSamplesAt(48_000));

export interface RecorderOptions {
  readonly sampleRateHz: SampleRateHz;
  readonly channels: 1 | 2;
  /** Half a second of sound; `pcm` is only lent. `lostFrames`: sample frames that are missing before it. */
  onChunk(pcm: Uint8Array, lostFrames: number): void;
}

/**
 * What one leg says and hears, at one rate whatever the leg's is, in chunks of 500 ms. Limit: 8 chunks that nobody has kept
 * yet; one more is dropped, and told as `lostFrames` with the next. Beats that were skipped are told the same way. No
 * allocation after the first sound of each rate.
 */
export class LegRecorder implements SoundTap {
  readonly #options: RecorderOptions;
  readonly #frameSamples: number;
  readonly #said: Side;
  readonly #told: Side;
  readonly #chunk: Uint8Array;
  #bytes = 0;
  #lostFrames = 0;
  #lastMs = Number.NaN;
  #posted = 0;
  #kept = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#frameSamples = frameSamplesAt(options.sampleRateHz);
    this.#said = new Side(options.sampleRateHz);
    this.#told = new Side(options.sampleRateHz);
    this.#chunk = new Uint8Array(this.#frameSamples * 2 * options.channels * CHUNK_BEATS);
  }

  /** So many chunks are dealt with, all in all. */
  kept(chunks: number): void {
    this.#kept = Math.min(this.#posted, Math.max(this.#kept, chunks));
  }

  heard(_nowMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void {
    this.#said.take(frame, rateHz);
  }

  heardNext(frame: Int16Array | null, rateHz: SampleRateHz): void {
    this.#said.prime(frame, rateHz);
  }

  toldNext(frame: Int16Array | null, rateHz: SampleRateHz): void {
    this.#told.prime(frame, rateHz);
  }

  told(nowMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void {
    this.#told.take(frame, rateHz);
    const beats = Number.isNaN(this.#lastMs) ? 1 : Math.round((nowMs - this.#lastMs) / beatMs);
    this.#lastMs = nowMs;
    if (beats > 1) {
      this.flush();
      this.#lostFrames += (beats - 1) * this.#frameSamples;
    }
    if (this.#options.channels === 2) this.#writeBoth();
    else this.#writeSum();
    if (this.#bytes === this.#chunk.length) this.flush();
  }

  /** Posts what there is, if it may. */
  flush(): void {
    if (this.#bytes === 0) return;
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (this.#posted - this.#kept >= MOST_UNKEPT) {
      this.#lostFrames += bytes / (2 * this.#options.channels);
      return;
    }
    this.#posted += 1;
    const lostFrames = this.#lostFrames;
    this.#lostFrames = 0;
    this.#options.onChunk(bytes === this.#chunk.length ? this.#chunk : this.#chunk.slice(0, bytes), lostFrames);
  }

  #writeBoth(): void {
    const said = this.#said.frame;
    const told = this.#told.frame;
    for (let i = 0; i < this.#frameSamples; i += 1) {
      this.#put(said[i]!);
      this.#put(told[i]!);
    }
  }

  #writeSum(): void {
    const said = this.#said.frame;
    const told = this.#told.frame;
    for (let i = 0; i < this.#frameSamples; i += 1) {
      const sum = said[i]! + told[i]!;
      this.#put(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
    }
  }

  #put(sample: number): void {
    this.#chunk[this.#bytes] = sample;
    this.#chunk[this.#bytes + 1] = sample >> 8;
    this.#bytes += 2;
  }
}

/** One direction, brought to the recorder's rate; what a change of its own rate leaves in one filter, the other one has heard too. */
class Side {
  readonly frame: Int16Array;
  readonly #rateHz: SampleRateHz;
  readonly #unheard: Int16Array;
  readonly #resamplers = new Map<SampleRateHz, Resampler>();

  constructor(rateHz: SampleRateHz) {
    this.#rateHz = rateHz;
    this.frame = new Int16Array(frameSamplesAt(rateHz));
    this.#unheard = new Int16Array(this.frame.length);
  }

  take(frame: Int16Array | null, rateHz: SampleRateHz): void {
    this.#convert(frame, rateHz, this.frame);
  }

  /** What was taken on this beat, at the rate of the next one. */
  prime(frame: Int16Array | null, rateHz: SampleRateHz): void {
    this.#convert(frame, rateHz, this.#unheard);
  }

  #convert(frame: Int16Array | null, rateHz: SampleRateHz, out: Int16Array): void {
    let resampler = this.#resamplers.get(rateHz);
    if (resampler === undefined) {
      resampler = new Resampler(rateHz, this.#rateHz);
      this.#resamplers.set(rateHz, resampler);
    }
    resampler.process(frame ?? silence, 0, frameSamplesAt(rateHz), out, 0);
  }
}
