import { fault, type Parsed, parsed } from '../base/errors.js';
import { readWav, type WavSound, writeWav } from './wav.js';
import { readWavLayout } from './wav-layout.js';

/** One frequency of a tone, from its start to its end; where both are the same it is steady. */
export interface ToneFrequency {
  readonly fromHz: number;
  readonly toHz: number;
  /** Shares of full scale, 0 … 1. */
  readonly fromAmplitude: number;
  readonly toAmplitude: number;
}

/** Frequencies that sound together. */
export interface ToneSegment {
  readonly frequencies: readonly ToneFrequency[];
  readonly durationMs: number;
}

export type ToneFault =
  | 'no-cadence'
  | 'bad-frequency'
  | 'bad-amplitude'
  | 'bad-duration'
  | 'too-many-tones'
  | 'too-long'
  | 'not-mono-pcm';

/** Of what one description sounds, and of the file that it is appended to. */
export const maxToneFileMs = 3_600_000;
const MAX_TONES = 256;
const MAX_FREQUENCIES = 16;
const DEFAULT_RATE_HZ = 8000;
const FULL_SCALE = 32767;

/**
 * Reads a description `frequencies:durations`: `/` is between tones, and between their durations in ms, which start
 * over when there are fewer; `+` is between frequencies that sound together, `~` between the two ends of a sweep of
 * frequency or amplitude, `*` before an amplitude from 0 to 1, which is also that of the frequencies before it that
 * have none. 0 Hz is silence: `400+450*0.5/0/400+450*0.5/0:400/200/400/2000` is British ringing. Frequencies without an
 * amplitude share full scale. `at` of a fault is in characters. Never throws.
 */
export function parseTone(description: string): Parsed<ToneSegment[], ToneFault> {
  const colon = description.indexOf(':');
  if (colon < 0) return fault('no-cadence', description.length);
  const tones = description.slice(0, colon).split('/');
  const durations = description.slice(colon + 1).split('/');
  if (tones.length > MAX_TONES || durations.length > MAX_TONES) return fault('too-many-tones');
  const durationsMs: number[] = [];
  let at = colon + 1;
  for (const text of durations) {
    if (!/^\d{1,8}$/.test(text)) return fault('bad-duration', at);
    durationsMs.push(Number(text));
    at += text.length + 1;
  }
  const segments: ToneSegment[] = [];
  let totalMs = 0;
  at = 0;
  for (const [index, text] of tones.entries()) {
    const frequencies = readFrequencies(text, at);
    if (!frequencies.ok) return frequencies;
    const durationMs = durationsMs[index % durationsMs.length]!;
    totalMs += durationMs;
    if (totalMs > maxToneFileMs) return fault('too-long', at);
    segments.push({ frequencies: frequencies.value, durationMs });
    at += text.length + 1;
  }
  return parsed(segments);
}

interface Swept {
  readonly from: number;
  readonly to: number;
}

function readFrequencies(text: string, from: number): Parsed<ToneFrequency[], ToneFault> {
  const parts = text.split('+');
  if (parts.length > MAX_FREQUENCIES) return fault('too-many-tones', from);
  const read: { readonly hz: Swept; amplitude: Swept | null }[] = [];
  let at = from;
  for (const part of parts) {
    const star = part.indexOf('*');
    const hz = readSwept(star < 0 ? part : part.slice(0, star), DEFAULT_RATE_HZ * 3);
    if (hz === null) return fault('bad-frequency', at);
    const amplitude = star < 0 ? null : readSwept(part.slice(star + 1), 1);
    if (star >= 0 && amplitude === null) return fault('bad-amplitude', at + star);
    read.push({ hz, amplitude });
    // It goes for those before it as well.
    for (const one of amplitude === null ? [] : read) one.amplitude ??= amplitude;
    at += part.length + 1;
  }
  const share = { from: 1 / read.length, to: 1 / read.length };
  return parsed(
    read.map(({ hz, amplitude }) => ({
      fromHz: hz.from,
      toHz: hz.to,
      fromAmplitude: (amplitude ?? share).from,
      toAmplitude: (amplitude ?? share).to,
    })),
  );
}

/** `400` or `400~450`; null for what is neither, or above `most`. */
function readSwept(text: string, most: number): Swept | null {
  const ends = text.split('~');
  if (ends.length > 2 || !ends.every((end) => /^(?:\d{1,5}(?:\.\d{0,6})?|\.\d{1,6})$/.test(end))) return null;
  const [from, to = from] = ends.map(Number) as [number, number?];
  return from > most || to > most ? null : { from, to };
}

/**
 * The sound of a description. Every tone begins at phase 0, so one of whole periods can be repeated without a seam. A tone whose
 * amplitudes are more than full scale together is made quieter as a whole, so nothing is clipped.
 */
export function renderTone(segments: readonly ToneSegment[], sampleRateHz: number): Int16Array {
  const run = new ToneRun(segments, sampleRateHz);
  const out = new Int16Array(run.samplesLeft);
  run.write(out, 0, out.length);
  return out;
}

/** The same, given out piece by piece: the pieces put together are `renderTone`. */
export class ToneRun {
  samplesLeft: number;
  readonly #segments: readonly ToneSegment[];
  readonly #lengths: readonly number[];
  readonly #rateHz: number;
  #segment = 0;
  /** Samples of the segment that were given out. */
  #at = 0;
  #phases = new Float64Array(MAX_FREQUENCIES);

  constructor(segments: readonly ToneSegment[], sampleRateHz: number) {
    this.#segments = segments;
    this.#lengths = segments.map(({ durationMs }) => Math.round((durationMs * sampleRateHz) / 1000));
    this.#rateHz = sampleRateHz;
    this.samplesLeft = this.#lengths.reduce((sum, length) => sum + length, 0);
  }

  /** Up to so many samples into `out` from `offset`; returns how many, fewer only at the end. */
  write(out: Int16Array, offset: number, samples: number): number {
    const wanted = Math.min(samples, this.samplesLeft);
    for (let done = 0; done < wanted; ) {
      const length = this.#lengths[this.#segment]!;
      const piece = Math.min(wanted - done, length - this.#at);
      this.#render(this.#segments[this.#segment]!.frequencies, length, out, offset + done, piece);
      done += piece;
      this.#at += piece;
      if (this.#at < length) continue;
      this.#segment += 1;
      this.#at = 0;
      this.#phases.fill(0);
    }
    this.samplesLeft -= wanted;
    return wanted;
  }

  #render(frequencies: readonly ToneFrequency[], length: number, out: Int16Array, offset: number, count: number): void {
    const peak = frequencies.reduce((sum, one) => sum + Math.max(one.fromAmplitude, one.toAmplitude), 0);
    const scale = FULL_SCALE / Math.max(1, peak);
    const phases = this.#phases;
    for (let i = 0; i < count; i += 1) {
      const gone = (this.#at + i) / length;
      let sum = 0;
      for (let k = 0; k < frequencies.length; k += 1) {
        const { fromHz, toHz, fromAmplitude, toAmplitude } = frequencies[k]!;
        sum += (fromAmplitude + (toAmplitude - fromAmplitude) * gone) * Math.sin(phases[k]!);
        phases[k] = (phases[k]! + (2 * Math.PI * (fromHz + (toHz - fromHz) * gone)) / this.#rateHz) % (2 * Math.PI);
      }
      out[offset + i] = Math.round(sum * scale);
    }
  }
}

/**
 * A WAV file with the tones of a description behind what `before` has, at its rate; 8 kHz in a new file.
 * @param before  a file of 16-bit PCM with one channel; null = there is none
 */
export function toneFile(description: string, before: Uint8Array | null): Parsed<Buffer, ToneFault> {
  const segments = parseTone(description);
  if (!segments.ok) return segments;
  const sound = before === null ? newFile : readBefore(before);
  if (sound === null) return fault('not-mono-pcm');
  const { sampleRateHz, samples } = sound;
  const highest = segments.value.flatMap(({ frequencies }) =>
    frequencies.flatMap(({ fromHz, toHz }) => [fromHz, toHz]),
  );
  if (Math.max(...highest) > sampleRateHz / 2) return fault('bad-frequency');
  const added = renderTone(segments.value, sampleRateHz);
  if (samples.length + added.length > (maxToneFileMs / 1000) * sampleRateHz) return fault('too-long');
  const all = new Int16Array(samples.length + added.length);
  all.set(samples);
  all.set(added, samples.length);
  return parsed(writeWav({ sampleRateHz, channels: 1, samples: all }));
}

const newFile: WavSound = { sampleRateHz: DEFAULT_RATE_HZ, channels: 1, samples: new Int16Array() };

function readBefore(file: Uint8Array): WavSound | null {
  const layout = readWavLayout(file);
  const read = readWav(file);
  if (!layout.ok || !read.ok || layout.value.encoding !== 'pcm') return null;
  return read.value.channels === 1 && read.value.sampleRateHz <= 48_000 ? read.value : null;
}
