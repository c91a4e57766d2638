import { type Spectrum, spectrumOf, transform } from './fft.js';

/** Everything here takes mono PCM of this rate. */
export const hearingRateHz = 8000;

const SILENCE_DB = -50;

export interface ToneWindow {
  readonly atMs: number;
  /** Of everything in this half second, in dB below full scale (a full-scale sine is −3). */
  readonly totalDb: number;
  /** Of the tone alone. */
  readonly toneDb: number;
  /** The tone's part of the energy, 0 … 1; 0 where there is silence. */
  readonly share: number;
}

/** How much of a tone is in each whole half second (Goertzel's algorithm). */
export function toneWindows(pcm: Int16Array, frequencyHz: number): ToneWindow[] {
  const length = hearingRateHz / 2;
  const windows: ToneWindow[] = [];
  for (let from = 0; from + length <= pcm.length; from += length) {
    const window = pcm.subarray(from, from + length);
    const total = window.reduce((sum, sample) => sum + sample * sample, 0) / length;
    const tone = goertzelPower(window, frequencyHz);
    windows.push({
      atMs: (from * 1000) / hearingRateHz,
      totalDb: decibels(total),
      toneDb: decibels(tone),
      share: decibels(total) < SILENCE_DB ? 0 : Math.min(1, tone / total),
    });
  }
  return windows;
}

/** Half seconds in which a tone is at least `minShare` of what is heard. */
export function toneHeardMs(pcm: Int16Array, frequencyHz: number, minShare = 0.2): number {
  return toneWindows(pcm, frequencyHz).filter((window) => window.share >= minShare).length * 500;
}

/** Mean power of one frequency. */
function goertzelPower(pcm: Int16Array, frequencyHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / hearingRateHz);
  let previous = 0;
  let before = 0;
  for (const sample of pcm) [previous, before] = [sample + coefficient * previous - before, previous];
  const power = previous * previous + before * before - coefficient * previous * before;
  return (2 * power) / (pcm.length * pcm.length);
}

function decibels(power: number): number {
  return power === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(power / 32768 ** 2);
}

/** Whitening: prediction order, analysis window and step. */
const ORDER = 12;
const FRAME = 160;
const WINDOW = 320;

/** A piece of the reference that is looked for, and the step from one to the next. */
const SEGMENT = 1600;
const HOP = 800;
/** Pieces this far below the loudest are pauses: nobody has to hear them. */
const PAUSE_DB = -30;
/** Recording block of the fast correlation. */
const BLOCK = 8192;
/** Delays that count as the same: a jitter buffer may drop or add frames within a sentence. */
const SLACK = 640;
const BIN = 160;
/** Correlation at which a piece counts as heard. */
const FOUND = 0.1;
/** Delays of neighbours that belong together: fractions of a sample, resampling filters. */
const SAME_LAG = 5;

/**
 * What a score means, from a calibration with eight espeak-ng sentences of 3.7 to 5.4 s (eight voices, English and
 * German, male and female), each looked for in eight mixes of three that overlap; sox made the 8 kHz files.
 * Lowest score of a sentence that was there / highest of one that was not:
 *
 *     alone, one G.711 pass; 20 dB lower           1.00 / 0.05; 1.00 / 0.06
 *     three voices, equal level, two G.711 passes  0.92 / 0.12   (the mix clipped: 0.92 / 0.06)
 *     the sentence 6 dB below the two others       0.85 / 0.07   (12 dB below: 0.44 / 0.08)
 *     2 % of frames concealed; 5 %                 0.90 / 0.06; 0.85 / 0.06
 *     1 % of frames dropped and 1 % repeated, in one voice and again in the mix   0.79 / 0.09
 *     resampled to 48 or 44.1 kHz and back; shifted by half a sample   0.92 / 0.06; 0.92 / 0.09
 *     20 ms of silence in every 100 ms, alone      1.00
 *     first half; second half of a sentence        0.57; 0.41
 *     white noise, a tone, silence                 0.00
 *
 * Two sentences that share words in the same voice of the same synthesizer are partly the same sound (0.73 for
 * "The quick brown fox … near the river bank" twice): give each speaker a voice and a text of its own, of 2 s or more.
 */
const WHOLE = 0.7;
const ABSENT = 0.25;

export interface Heard {
  /** The part of the reference's loud 200 ms pieces that is in the recording, in place and order: 0 … 1. */
  readonly score: number;
  /** Where the reference starts in the recording; negative when its start is missing. */
  readonly atMs: number;
  /** The correlation of each loud piece, in order, at that place. */
  readonly pieces: readonly number[];
}

/** All of the reference was heard. */
export function isWhole(heard: Heard): boolean {
  return heard.score >= WHOLE;
}

/** Nothing of the reference was heard, but for what two voices have in common. */
export function isAbsent(heard: Heard): boolean {
  return heard.score <= ABSENT;
}

/**
 * A recording prepared for any number of `find`s, each of which looks for 200 ms pieces of a reference by normalised
 * correlation of the whitened sounds. Pieces need about the same delay, and exactly that of a neighbour, so the
 * order of what was said counts, and a jitter buffer may still drop or add frames. About 40 ms per second recorded.
 */
export class Recording {
  readonly #white: Float64Array;
  /** Sum of squares of `#white` before each sample. */
  readonly #energy: Float64Array;
  readonly #blocks: Spectrum[] = [];

  constructor(pcm: Int16Array) {
    this.#white = whiten(pcm);
    this.#energy = new Float64Array(pcm.length + 1);
    for (let i = 0; i < pcm.length; i += 1) this.#energy[i + 1] = this.#energy[i]! + this.#white[i]! ** 2;
    for (let from = 0; from < pcm.length; from += BLOCK - SEGMENT) {
      this.#blocks.push(spectrumOf(this.#white.subarray(from, from + BLOCK), BLOCK));
    }
  }

  /** How much of a reference was heard, and where. */
  find(reference: Int16Array): Heard {
    const white = whiten(reference);
    const starts = loudPieces(reference);
    const curves = starts.map((start) => this.#correlate(white.subarray(start, start + SEGMENT)));
    const lag = bestLag(starts, curves);
    const peaks = starts.map((start, i) => peakOf(curves[i]!, start, lag));
    const found = peaks.filter((peak, i) => peak.strength >= FOUND && hasCompany(peaks, i)).length;
    return {
      score: starts.length === 0 ? 0 : found / starts.length,
      atMs: (lag * 1000) / hearingRateHz,
      pieces: peaks.map((peak) => peak.strength),
    };
  }

  /** Normalised correlation of a piece with the recording, by the sample at which the piece would start. */
  #correlate(piece: Float64Array): Float64Array {
    const pattern = spectrumOf(piece, BLOCK);
    let pieceEnergy = 0;
    for (const sample of piece) pieceEnergy += sample * sample;
    const curve = new Float64Array(this.#white.length);
    const step = BLOCK - SEGMENT;
    this.#blocks.forEach((block, index) => {
      const product = { re: new Float64Array(BLOCK), im: new Float64Array(BLOCK) };
      for (let k = 0; k < BLOCK; k += 1) {
        product.re[k] = block.re[k]! * pattern.re[k]! + block.im[k]! * pattern.im[k]!;
        product.im[k] = block.im[k]! * pattern.re[k]! - block.re[k]! * pattern.im[k]!;
      }
      transform(product, true);
      for (let i = 0; i < step && index * step + i < curve.length; i += 1) {
        const at = index * step + i;
        const energy = this.#energy[Math.min(at + SEGMENT, curve.length)]! - this.#energy[at]!;
        curve[at] = product.re[i]! / Math.sqrt(energy * pieceEnergy + 1e-9);
      }
    });
    return curve;
  }
}

/** How much of a reference is in a recording: see `Recording`. */
export function hear(recording: Int16Array, reference: Int16Array): Heard {
  return new Recording(recording).find(reference);
}

/** Starts of the pieces that are loud enough to be asked for. */
function loudPieces(pcm: Int16Array): number[] {
  const levels: { start: number; power: number }[] = [];
  for (let start = 0; start + SEGMENT <= pcm.length; start += HOP) {
    const power = pcm.subarray(start, start + SEGMENT).reduce((sum, sample) => sum + sample * sample, 0);
    levels.push({ start, power });
  }
  const floor = Math.max(1, ...levels.map((level) => level.power)) * 10 ** (PAUSE_DB / 10);
  return levels.filter((level) => level.power >= floor).map((level) => level.start);
}

/** The delay that most pieces agree on, each by its strongest correlation in bins of 20 ms. */
function bestLag(starts: readonly number[], curves: readonly Float64Array[]): number {
  const length = curves[0]?.length ?? 0;
  const first = -Math.ceil((starts.at(-1) ?? 0) / BIN) * BIN;
  let best = 0;
  let bestSum = 0;
  for (let lag = first; lag < length; lag += BIN) {
    let sum = 0;
    for (const [i, start] of starts.entries()) sum += strongest(curves[i]!, start + lag - BIN, start + lag + BIN) ** 2;
    if (sum > bestSum) {
      bestSum = sum;
      best = lag;
    }
  }
  return best;
}

interface Peak {
  readonly strength: number;
  readonly lag: number;
}

/** The strongest correlation of a piece near the common delay, and its own delay. */
function peakOf(curve: Float64Array, start: number, lag: number): Peak {
  let peak = { strength: 0, lag };
  const end = Math.min(curve.length, start + lag + SLACK);
  for (let i = Math.max(0, start + lag - SLACK); i < end; i += 1) {
    if (curve[i]! > peak.strength) peak = { strength: curve[i]!, lag: i - start };
  }
  return peak;
}

/** A neighbour that shares no sample with this piece has the same delay: what is there by chance has any. */
function hasCompany(peaks: readonly Peak[], index: number): boolean {
  return [-3, -2, 2, 3].some((distance) => {
    const neighbour = peaks[index + distance];
    if (neighbour === undefined || neighbour.strength < FOUND) return false;
    return Math.abs(neighbour.lag - peaks[index]!.lag) <= SAME_LAG;
  });
}

function strongest(curve: Float64Array, from: number, to: number): number {
  let most = 0;
  for (let i = Math.max(0, from); i < Math.min(curve.length, to); i += 1) most = Math.max(most, curve[i]!);
  return most;
}

/**
 * Takes the short-term spectrum and level out of speech (linear prediction, then each 20 ms to about the same
 * level), so that correlation goes by what was said when and not by how vowels look in general.
 */
function whiten(pcm: Int16Array): Float64Array {
  const out = new Float64Array(pcm.length);
  for (let from = 0; from < pcm.length; from += FRAME) {
    const weights = prediction(pcm, from + FRAME / 2 - WINDOW / 2);
    for (let i = from; i < Math.min(from + FRAME, pcm.length); i += 1) {
      let sample = pcm[i]!;
      for (let k = 0; k < ORDER; k += 1) sample -= weights[k]! * (pcm[i - 1 - k] ?? 0);
      out[i] = sample;
    }
  }
  level(out);
  return out;
}

function level(samples: Float64Array): void {
  const rms: number[] = [];
  for (let from = 0; from < samples.length; from += FRAME) {
    const frame = samples.subarray(from, from + FRAME);
    rms.push(Math.sqrt(frame.reduce((sum, sample) => sum + sample * sample, 0) / FRAME));
  }
  const floor = Math.max(1, ...rms) / 20;
  for (let i = 0; i < samples.length; i += 1) samples[i]! /= rms[Math.floor(i / FRAME)]! + floor;
}

/** Levinson and Durbin's recursion over a Hann window. */
function prediction(pcm: Int16Array, from: number): Float64Array {
  const windowed = new Float64Array(WINDOW);
  for (let i = 0; i < WINDOW; i += 1) {
    windowed[i] = (pcm[from + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
  }
  const correlation = new Float64Array(ORDER + 1);
  for (let lag = 0; lag <= ORDER; lag += 1) {
    for (let i = lag; i < WINDOW; i += 1) correlation[lag]! += windowed[i]! * windowed[i - lag]!;
  }
  // A floor of noise 40 dB down keeps the filter from blowing up what is not there.
  correlation[0]! = correlation[0]! * 1.0001 + 1;
  let weights = new Float64Array(ORDER);
  let error = correlation[0]!;
  for (let m = 0; m < ORDER; m += 1) {
    let residue = correlation[m + 1]!;
    for (let k = 0; k < m; k += 1) residue -= weights[k]! * correlation[m - k]!;
    const reflection = residue / error;
    const next = weights.slice();
    next[m] = reflection;
    for (let k = 0; k < m; k += 1) next[k] = weights[k]! - reflection * weights[m - 1 - k]!;
    weights = next;
    error *= 1 - reflection * reflection;
  }
  return weights;
}
