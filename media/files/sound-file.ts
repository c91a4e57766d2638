import type { Parsed } from '../../base/errors.js';

/** Kinds of sound files that are read: RIFF WAVE, Opus in Ogg (RFC 7845), MPEG-1 and 2 layers I to III. */
export const soundFormats = ['wav', 'ogg', 'mp3'] as const;
export type SoundFormat = (typeof soundFormats)[number];

/**
 * `not-sound`: none of the kinds that are read. `unsupported-format`: one of them, with a coding, rate or number of channels
 * that is not. `damaged`: it began well. `no-sound`: not a sample.
 */
export type SoundFileFault = 'not-sound' | 'unsupported-format' | 'damaged' | 'no-sound';

/** What a file says of itself, once its start was read. */
export interface SoundFileInfo {
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** A file on its way to mono PCM of one rate, piece by piece. Never throws; after a fault or the last piece nothing follows. */
export interface FileDecoder {
  /** Null until so much of the file was read. */
  readonly info: SoundFileInfo | null;
  /** The next bytes of the file, any number of them. Returns the samples that they became, which may be none. */
  decode(bytes: Uint8Array, isLast: boolean): Parsed<Int16Array, SoundFileFault>;
  /** Gives back what garbage collection does not find. */
  close(): void;
}

export const noSamples: Int16Array = new Int16Array(0);

/** The kind of a file by its first 12 bytes; null: none that is read. */
export function soundFormatOf(start: Uint8Array): SoundFormat | null {
  const text = String.fromCharCode(...start.subarray(0, 12));
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WAVE') return 'wav';
  if (text.startsWith('OggS')) return 'ogg';
  // A tag of ID3v2, or a frame of MPEG audio: eleven bits that are 1.
  if (text.startsWith('ID3')) return 'mp3';
  return start[0] === 0xff && ((start[1] ?? 0) & 0xe0) === 0xe0 ? 'mp3' : null;
}

/** The mean of the channels. */
export function monoOf(samples: Int16Array, channels: number): Int16Array {
  if (channels === 1) return samples;
  const mono = new Int16Array(samples.length / channels);
  for (let i = 0; i < mono.length; i += 1) {
    let sum = 0;
    for (let k = 0; k < channels; k += 1) sum += samples[i * channels + k]!;
    mono[i] = Math.round(sum / channels);
  }
  return mono;
}

/** Bytes that wait for more, in front of those that came. */
export function joined(rest: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (rest.length === 0) return bytes;
  const all = new Uint8Array(rest.length + bytes.length);
  all.set(rest);
  all.set(bytes, rest.length);
  return all;
}
