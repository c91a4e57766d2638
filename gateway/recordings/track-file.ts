import { createHash } from 'node:crypto';
import { endOggPage, OggPageReader, type SampleRateHz, wavHeader } from '../../media/index.js';
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

/** How a file ended. */
export interface TrackFileEnd {
  /** Null: there was no sound in it, and it is not there any more. */
  readonly finished: FinishedFile | null;
  /** What kept the last of its sound out of it; null: nothing. */
  readonly fault: unknown;
}

/** One file that is being recorded, mono. Calls come one after the other; they reject with the system's error. */
export interface TrackFile {
  /** 16 bits little-endian. */
  write(pcm: Uint8Array): Promise<void>;
  /** Makes what was written a whole file, also after a fault and on a disk that takes nothing more. Rejects where it cannot be read. */
  finish(): Promise<TrackFileEnd>;
}

const HEADER_BYTES = 44;
const READ_BYTES = 65_536;
/** What is given up of a WAV file for its header, and how often. */
const ROOM_BYTES = 65_536;
const MOST_TRIES = 3;
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

  async finish(): Promise<TrackFileEnd> {
    const { folder, name, rateHz } = this.#options;
    const headed = this.#dataBytes === 0 ? null : await this.#end();
    const closed = await faultOf(this.#sink.close());
    if (headed?.isWhole === true) {
      const durationMs = Math.round((this.#dataBytes * 500) / rateHz);
      return { finished: { ...(await hashOf(folder, name)), durationMs }, fault: headed.fault ?? closed };
    }
    if (this.#dataBytes === 0) await folder.remove(name);
    return { finished: null, fault: headed?.fault ?? closed };
  }

  /**
   * Cuts off what a write that failed may have left, and writes the header. A file system that writes even that to a new place has none
   * when it is full: then the last sound makes room for it.
   */
  async #end(): Promise<{ readonly isWhole: boolean; readonly fault: unknown }> {
    let first: unknown = null;
    for (let tries = 0; tries < MOST_TRIES && this.#dataBytes > 0; tries += 1) {
      if (tries > 0) this.#dataBytes -= Math.min(this.#dataBytes, ROOM_BYTES);
      const cut = await faultOf(this.#options.folder.truncate(this.#options.name, HEADER_BYTES + this.#dataBytes));
      const fault = cut ?? (await faultOf(this.#writeHeader()));
      first ??= fault;
      if (fault === null) return { isWhole: this.#dataBytes > 0, fault: first };
    }
    return { isWhole: false, fault: first };
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
  #samples = 0;
  /** What was written last is not whole, or the encoder has failed. */
  #isBroken = false;

  constructor(options: TrackFileOptions, sink: SoundSink) {
    this.#options = options;
    this.#sink = sink;
    this.#encoding = options.codecs.encoder(options.rateHz, options.serial);
  }

  async write(pcm: Uint8Array): Promise<void> {
    this.#samples += pcm.length / 2;
    await this.#put(samplesOf(pcm), false);
  }

  async finish(): Promise<TrackFileEnd> {
    const { folder, name } = this.#options;
    const hasSound = this.#samples > 0;
    const fault = this.#isBroken || !hasSound ? null : await faultOf(this.#put(new Int16Array(0), true));
    this.#encoding.close();
    const closed = await faultOf(this.#sink.close());
    if (this.#isBroken || !hasSound) return { finished: await endOgg(folder, name), fault };
    return { finished: { bytes: this.#bytes, sha256: this.#hash.digest('hex') }, fault: closed };
  }

  async #put(pcm: Int16Array, isLast: boolean): Promise<void> {
    this.#isBroken = true;
    const bytes = await this.#encoding.encode(pcm, isLast);
    await this.#sink.write(this.#bytes, bytes);
    this.#isBroken = false;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}

/** Null: it was done. */
async function faultOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (thrown) {
    return thrown;
  }
}

/** An Ogg file that was cut off, ended. */
export type EndedFile = Required<FinishedFile>;

/**
 * Makes an Ogg Opus file of ours end with its last whole page, which becomes the last one of its stream (RFC 3533 §6); where a disk does
 * not even take that, players do without. Null: there is no sound in it, and it is removed. Rejects with the system's error.
 */
export async function endOgg(folder: SoundFolder, name: string): Promise<EndedFile | null> {
  const reader = new OggPageReader();
  let ticks = 0;
  await hashOf(folder, name, (piece) => {
    for (const { granule } of reader.read(piece)) ticks = granule ?? ticks;
  });
  const { wholeBytes, lastPageAt } = reader;
  if (ticks <= PRE_SKIP_TICKS) {
    await folder.remove(name);
    return null;
  }
  await folder.truncate(name, wholeBytes);
  const page = await pageAt(folder, name, lastPageAt, wholeBytes - lastPageAt);
  endOggPage(page);
  const sink = await folder.update(name);
  await faultOf(sink?.write(lastPageAt, page) ?? Promise.resolve());
  await sink?.close();
  return {
    ...(await hashOf(folder, name)),
    durationMs: Math.round(((ticks - PRE_SKIP_TICKS) * 1000) / TICKS_HZ),
  };
}

async function pageAt(folder: SoundFolder, name: string, at: number, bytes: number): Promise<Uint8Array> {
  const file = await folder.open(name);
  if (file === null) throw new Error(`${name} is gone`);
  try {
    return (await file.read(at, bytes)).slice();
  } finally {
    await file.close();
  }
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
