import { createHash } from 'node:crypto';
import { OggPageReader, type SampleRateHz, wavHeader } from '../../media/index.js';
import type { SoundCodecs, SoundEncoding } from '../sounds/codecs.js';
import type { SoundFolder, SoundSink } from '../sounds/sound-files.js';
import { samplesOf } from '../sounds/sound-reader.js';

export interface TrackFileOptions {
  readonly folder: SoundFolder;
  readonly name: string;
  readonly rateHz: SampleRateHz;
  readonly codecs: SoundCodecs;
  /** RFC 3533 §6, of an Ogg file. */
  readonly serial: number;
}

/** A finished file. */
export interface FinishedFile {
  readonly bytes: number;
  readonly sha256: string;
  /** Where a fault has cut off what had been written; else the sound is as long as what was written. */
  readonly durationMs?: number;
}

/** One file that is being recorded, mono. Calls come one after the other; they reject with the system's error. */
export interface TrackFile {
  /** 16 bits little-endian. */
  write(pcm: Uint8Array): Promise<void>;
  /** Makes what was written a whole file, also after a fault. */
  finish(): Promise<FinishedFile>;
}

const HEADER_BYTES = 44;
const READ_BYTES = 65_536;
/** RFC 7845 §4: of granule positions, and what of them our encoder is ahead (media/files/ogg-opus-encoder.ts). */
const TICKS_HZ = 48_000;
const PRE_SKIP_TICKS = 312;

/** Rejects with the system's error where the file cannot be made. */
export async function openTrackFile(format: 'wav' | 'ogg', options: TrackFileOptions): Promise<TrackFile> {
  const sink = await options.folder.create(options.name);
  if (sink === null) throw new RangeError(`not a name: ${options.name}`);
  return format === 'wav' ? new WavTrackFile(options, sink) : new OggTrackFile(options, sink);
}

/** The lengths in its header are right at its end, so that its hash is made by reading it once more. */
class WavTrackFile implements TrackFile {
  readonly #options: TrackFileOptions;
  readonly #sink: SoundSink;
  #dataBytes = 0;
  #hasHeader = false;

  constructor(options: TrackFileOptions, sink: SoundSink) {
    this.#options = options;
    this.#sink = sink;
  }

  async write(pcm: Uint8Array): Promise<void> {
    if (!this.#hasHeader) await this.#writeHeader();
    await this.#sink.write(HEADER_BYTES + this.#dataBytes, pcm);
    this.#dataBytes += pcm.length;
  }

  async finish(): Promise<FinishedFile> {
    const { folder, name } = this.#options;
    try {
      await this.#writeHeader();
    } finally {
      await this.#sink.close();
    }
    // A write that failed may have left a part.
    await folder.truncate(name, HEADER_BYTES + this.#dataBytes);
    return hashOf(folder, name);
  }

  async #writeHeader(): Promise<void> {
    const { rateHz } = this.#options;
    await this.#sink.write(0, wavHeader({ sampleRateHz: rateHz, channels: 1 }, this.#dataBytes));
    this.#hasHeader = true;
  }
}

/** Written from front to back, and hashed on the way. */
class OggTrackFile implements TrackFile {
  readonly #options: TrackFileOptions;
  readonly #sink: SoundSink;
  readonly #encoding: SoundEncoding;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #isBroken = false;

  constructor(options: TrackFileOptions, sink: SoundSink) {
    this.#options = options;
    this.#sink = sink;
    this.#encoding = options.codecs.encoder(options.rateHz, options.serial);
  }

  async write(pcm: Uint8Array): Promise<void> {
    await this.#put(await this.#encoding.encode(samplesOf(pcm), false));
  }

  async finish(): Promise<FinishedFile> {
    const { folder, name } = this.#options;
    try {
      if (!this.#isBroken) await this.#put(await this.#encoding.encode(new Int16Array(0), true));
    } finally {
      this.#encoding.close();
      await this.#sink.close();
      await folder.truncate(name, this.#bytes);
    }
    const finished = { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
    return this.#isBroken ? { ...finished, durationMs: (await readOgg(folder, name)).durationMs } : finished;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#isBroken = true;
    await this.#sink.write(this.#bytes, bytes);
    this.#isBroken = false;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}

/** What an Ogg Opus file of ours holds: where its last whole page ends, and how long it is up to there. */
export async function readOgg(
  folder: SoundFolder,
  name: string,
): Promise<{ readonly wholeBytes: number; readonly durationMs: number }> {
  const reader = new OggPageReader();
  let ticks = 0;
  await hashOf(folder, name, (piece) => {
    for (const { granule } of reader.read(piece)) ticks = granule ?? ticks;
  });
  return {
    wholeBytes: reader.wholeBytes,
    durationMs: Math.round((Math.max(0, ticks - PRE_SKIP_TICKS) * 1000) / TICKS_HZ),
  };
}

/** Reads a file once. Rejects with the system's error. */
export async function hashOf(
  folder: SoundFolder,
  name: string,
  look: (piece: Uint8Array) => void = () => undefined,
): Promise<FinishedFile> {
  const file = await folder.open(name);
  if (file === null) throw new Error(`${name} is gone`);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (;;) {
      const piece = await file.read(bytes, READ_BYTES);
      hash.update(piece);
      look(piece);
      bytes += piece.length;
      if (piece.length < READ_BYTES) return { bytes, sha256: hash.digest('hex') };
    }
  } finally {
    await file.close();
  }
}
