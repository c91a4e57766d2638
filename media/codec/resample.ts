import type { KernelFilter, Kernels } from '../kernels/instance.js';
import { kernelsOfThread } from '../kernels/load.js';
import { delaySamples, type FilterTaps, tapBits, tapsOf } from './resample-taps.js';

/** Rates that a leg, a room or a codec's PCM may have. */
export type SampleRateHz = 8000 | 16000 | 48000;
/** Rates of sound files that can be converted. */
export const fileRatesHz = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;
export type FileRateHz = (typeof fileRatesHz)[number];
/** Rates that can be converted: those, that of speech models, and that of compact discs. */
export type RateHz = SampleRateHz | 24000 | 44100;

/** One call's input; more is taken in pieces. */
const PIECE_MS = 20;
const UNIT = 2 ** tapBits;

/**
 * Converts one line of sound from one rate to another: polyphase FIR, linear phase, 1.5 ms. Between equal rates it only
 * delays. Up to 0.4 of the lower rate the level is kept within 0.5 dB (0.41 from 8 kHz); images and aliases lie 60 dB down
 * from 0.6 kHz above half the lower rate on.
 * The filter runs in the kernel where there is one; this class alone gives the same samples.
 * O(input × taps), no allocation.
 */
export class Resampler<From extends FileRateHz = SampleRateHz, To extends RateHz = SampleRateHz> {
  readonly fromHz: From;
  readonly toHz: To;
  /** null between equal rates. */
  readonly #taps: FilterTaps | null;
  readonly #kernels: Kernels | null;
  readonly #filter: KernelFilter | null;
  readonly #kept: number;
  readonly #pieceSamples: number;
  /** The newest `#kept` samples of what came before; without a kernel then what comes now. */
  readonly #line: Int16Array;
  /** Phases from the next sample that comes in to the next one that goes out. */
  #at = 0;

  /** @param kernels  null: the filter runs here */
  constructor(fromHz: From, toHz: To, kernels: Kernels | null = kernelsOfThread()) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.#taps = (fromHz as FileRateHz) === toHz ? null : tapsOf(fromHz, toHz);
    this.#kernels = kernels;
    this.#filter = this.#taps === null ? null : (kernels?.filterOf(this.#taps) ?? null);
    this.#kept = this.#taps === null ? delaySamples(fromHz) : this.#taps.length - 1;
    this.#pieceSamples = Math.floor((PIECE_MS * fromHz) / 1000);
    this.#line = new Int16Array(this.#kept + this.#pieceSamples);
  }

  /** Samples that the next `inSamples` become. */
  outputOf(inSamples: number): number {
    if (this.#taps === null) return inSamples;
    const { up, step } = this.#taps;
    return Math.max(0, Math.ceil((inSamples * up - this.#at) / step));
  }

  /** Any number of samples; what they are too few for comes with the next ones. Returns the samples written. */
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
  copyFrom(other: Resampler<From, To>): void {
    for (let i = 0; i < this.#kept; i += 1) this.#line[i] = other.#line[i]!;
    this.#at = other.#at;
  }

  reset(): void {
    this.#line.fill(0);
    this.#at = 0;
  }

  #piece(input: Int16Array, inOffset: number, inSamples: number, out: Int16Array, outOffset: number): number {
    if (this.#filter !== null) return this.#byKernel(this.#filter, input, inOffset, inSamples, out, outOffset);
    const line = this.#line;
    const kept = this.#kept;
    if (this.#taps === null && inSamples >= kept) return this.#delay(input, inOffset, inSamples, out, outOffset);
    for (let i = 0; i < inSamples; i += 1) line[kept + i] = input[inOffset + i]!;
    const written =
      this.#taps === null ? this.#copy(inSamples, out, outOffset) : this.#run(this.#taps, inSamples, out, outOffset);
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

  #copy(samples: number, out: Int16Array, outOffset: number): number {
    for (let i = 0; i < samples; i += 1) out[outOffset + i] = this.#line[i]!;
    return samples;
  }

  #run(taps: FilterTaps, inSamples: number, out: Int16Array, outOffset: number): number {
    const { rows, rowLength, length, up, step } = taps;
    const line = this.#line;
    const whole = Math.floor(step / up);
    const rest = step % up;
    let index = Math.floor(this.#at / up);
    let phase = this.#at % up;
    let to = outOffset;
    while (index < inSamples) {
      const row = phase * rowLength + rowLength - length;
      let sum = UNIT / 2;
      for (let k = 0; k < length; k += 1) sum += rows[row + k]! * line[index + k]!;
      const sample = Math.floor(sum / UNIT);
      out[to] = sample > 32767 ? 32767 : sample < -32768 ? -32768 : sample;
      to += 1;
      index += whole;
      phase += rest;
      if (phase >= up) {
        phase -= up;
        index += 1;
      }
    }
    this.#at = (index - inSamples) * up + phase;
    return to - outOffset;
  }

  #byKernel(
    filter: KernelFilter,
    input: Int16Array,
    inOffset: number,
    inSamples: number,
    out: Int16Array,
    outOffset: number,
  ): number {
    const kernels = this.#kernels!;
    const taps = this.#taps!;
    const { samples, lineAt, convertedAt } = kernels;
    const heard = this.#line;
    const kept = this.#kept;
    for (let i = 0; i < kept; i += 1) samples[lineAt - kept + i] = heard[i]!;
    for (let i = 0; i < inSamples; i += 1) samples[lineAt + i] = input[inOffset + i]!;
    const written = kernels.resample(filter, taps, this.#at, inSamples);
    this.#at += written * taps.step - inSamples * taps.up;
    for (let i = 0; i < written; i += 1) out[outOffset + i] = samples[convertedAt + i]!;
    const newest = lineAt + inSamples - kept;
    for (let i = 0; i < kept; i += 1) heard[i] = samples[newest + i]!;
    return written;
  }
}
