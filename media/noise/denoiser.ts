import { Resampler, type SampleRateHz } from '../codec/resample.js';
import { type Rnnoise, rnnoiseFrameSamples, rnnoiseOfThread } from './rnnoise.js';

const WIDE_HZ = 48_000;
/** 20 ms at 48 kHz. */
const WIDE_SAMPLES = 960;
/** Beats that are heard as they are while the filter finds its feet. */
const FIRST_BEATS = 3;
/** Beats of silence after which nothing is left in it. */
const TAIL_BEATS = 2;

interface Edge {
  readonly toWide: Resampler;
  readonly fromWide: Resampler;
  readonly dry: Int16Array;
}

/**
 * Takes the noise out of one voice, beat by beat at the rate of its room (RNNoise). It comes and goes faded over one beat, and
 * delays the voice by 10 ms and both resamplers. `close` gives its state back. A thread has 500 at most: further ones leave
 * the voice as it is. O(samples) and some 0.6 ms of work per beat of sound, no allocation but at a change of rate.
 */
export class Denoiser {
  /** Whether this thread can do it at all. */
  static get isAvailable(): boolean {
    return rnnoiseOfThread() !== null;
  }

  /** It is to go; it has once `isOver`. */
  isEnding = false;
  isOver = false;
  readonly #engine: Rnnoise | null = rnnoiseOfThread();
  #state: number;
  readonly #wide = new Int16Array(WIDE_SAMPLES);
  readonly #unused = new Int16Array(WIDE_SAMPLES);
  #edge: Edge | null = null;
  #next: Edge | null = null;
  #beats = 0;
  #silentBeats = TAIL_BEATS;
  /** Of the filtered voice in what is heard, at the begin and the end of this beat. */
  #from = 0;
  #to = 0;

  constructor() {
    this.#state = this.#engine?.open() ?? 0;
  }

  close(): void {
    if (this.#state !== 0) this.#engine?.close(this.#state);
    this.#state = 0;
    this.isOver = true;
  }

  /**
   * One beat, changed in place.
   * @param isSilent  nothing came: what is in the frame does not count
   * @returns whether there is anything to hear in the frame
   */
  process(frame: Int16Array, isSilent: boolean): boolean {
    if (this.#state === 0 || this.#engine === null) return !isSilent;
    this.#silentBeats = isSilent ? this.#silentBeats + 1 : 0;
    this.#aim();
    if (this.#silentBeats > TAIL_BEATS) return false;
    if (isSilent) frame.fill(0);
    this.#use(frame.length);
    const { toWide, fromWide, dry } = this.#edge!;
    dry.set(frame);
    toWide.process(frame, 0, frame.length, this.#wide, 0);
    this.#engine.process(this.#state, this.#wide, 0);
    this.#engine.process(this.#state, this.#wide, rnnoiseFrameSamples);
    fromWide.process(this.#wide, 0, WIDE_SAMPLES, frame, 0);
    this.#blend(dry, frame);
    return true;
  }

  /** The same beat at the rate that is prepared, in place; only after `process` that gave something. */
  processNext(frame: Int16Array): void {
    if (this.#state === 0 || this.#engine === null) return;
    if (this.#next?.dry.length !== frame.length) this.#next = edgeOf(frame.length);
    const { toWide, fromWide, dry } = this.#next;
    dry.set(frame);
    toWide.process(frame, 0, frame.length, this.#unused, 0);
    fromWide.process(this.#wide, 0, WIDE_SAMPLES, frame, 0);
    this.#blend(dry, frame);
  }

  /** How much of the filtered voice is heard. */
  #aim(): void {
    this.#beats += 1;
    this.#from = this.#to;
    this.#to = this.isEnding || this.#beats <= FIRST_BEATS ? 0 : 1;
    if (this.isEnding && this.#from === 0) this.isOver = true;
  }

  #use(samples: number): void {
    if (this.#edge?.dry.length === samples) return;
    this.#edge = this.#next?.dry.length === samples ? this.#next : edgeOf(samples);
    this.#next = null;
  }

  #blend(dry: Int16Array, wet: Int16Array): void {
    const from = this.#from;
    if (from === 1 && this.#to === 1) return;
    const step = (this.#to - from) / wet.length;
    for (let i = 0; i < wet.length; i += 1) {
      const share = from + step * (i + 1);
      wet[i] = Math.round(dry[i]! * (1 - share) + wet[i]! * share);
    }
  }
}

function edgeOf(samples: number): Edge {
  const rateHz = (samples * 50) as SampleRateHz;
  return {
    toWide: new Resampler(rateHz, WIDE_HZ),
    fromWide: new Resampler(WIDE_HZ, rateHz),
    dry: new Int16Array(samples),
  };
}
