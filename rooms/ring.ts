import type { SampleRateHz } from '../media/index.js';
import type { SharedRingLink } from './protocol.js';
import { frameSamplesAt } from './ticker.js';

/** Frames a ring holds; a power of two. 160 ms, of which about two frames are ever in use. */
const SLOTS = 8;
/** A reader this far behind drops frames until it is back at its usual distance. */
const MOST_WAITING = 4;
/** Frames that wait when reading starts: one to read now, one so that a late writer is not noticed. */
const PRIMED = 2;

const WRITTEN = 0;
const READ = 1;
const HEADER_WORDS = 4;

/**
 * A ring of PCM frames between two threads: one writer, one reader, each once per beat, no locks and no waiting.
 *
 *     Int32 written   frames written so far, wraps      Int32 hasSound[SLOTS]        1, or 0 for a silent frame
 *     Int32 read      frames read so far, wraps         Int16 samples[SLOTS][frame]
 *     Int32 reserved × 2
 *
 * Limit: SLOTS frames. A full ring loses the newcomer (counted by the writer as `overruns`); a reader that finds more
 * than MOST_WAITING frames drops the oldest (counted there as `overruns`); an empty ring gives silence (`underruns`).
 * The delay it adds is one beat, plus the distance between the two hosts' beats.
 */
interface RingViews {
  readonly words: Int32Array;
  readonly samples: Int16Array;
  readonly frameSamples: number;
}

function viewsOf(buffer: SharedArrayBuffer, frameSamples: number): RingViews {
  const words = new Int32Array(buffer, 0, HEADER_WORDS + SLOTS);
  const samples = new Int16Array(buffer, words.byteLength, SLOTS * frameSamples);
  return { words, samples, frameSamples };
}

function ringBytes(frameSamples: number): number {
  return (HEADER_WORDS + SLOTS) * 4 + SLOTS * frameSamples * 2;
}

/** One ring. */
export function createRing(frameSamples: number): SharedArrayBuffer {
  return new SharedArrayBuffer(ringBytes(frameSamples));
}

/** Both rings of a link, and one more for each single track. */
export function createRingLink(sampleRateHz: SampleRateHz, trackCount = 0): SharedRingLink {
  const frameSamples = frameSamplesAt(sampleRateHz);
  const ring = (): SharedArrayBuffer => createRing(frameSamples);
  const tracks = trackCount === 0 ? {} : { tracks: Array.from({ length: trackCount }, ring) };
  return { carrier: 'memory', toRoom: ring(), fromRoom: ring(), sampleRateHz, ...tracks };
}

/** Takes this beat's frame, null = silence; never waits, and counts what it could not take. */
export interface FrameWriter {
  readonly overruns: number;
  write(frame: Int16Array | null): void;
}

/** Gives this beat's frame; false = silence, `out` is then unchanged. */
export interface FrameReader {
  readonly overruns: number;
  readonly underruns: number;
  read(out: Int16Array): boolean;
}

/** One end of a link, whatever carries it. */
export interface RingEnd {
  readonly reader: FrameReader;
  readonly writer: FrameWriter;
  readonly sampleRateHz: SampleRateHz;
  /** At the leg: of its single tracks. */
  readonly trackReaders?: readonly FrameReader[];
  /** At the room. */
  readonly trackWriters?: readonly FrameWriter[];
  /** Nothing arrives any more. */
  close(): void;
}

/** An end of a link in shared memory. */
export function sharedRingEnd(link: SharedRingLink, side: 'leg' | 'room'): RingEnd {
  const { toRoom, fromRoom, sampleRateHz, tracks = [] } = link;
  const samples = frameSamplesAt(sampleRateHz);
  return {
    trackReaders: side === 'room' ? [] : tracks.map((ring) => new RingReader(ring, samples)),
    trackWriters: side === 'leg' ? [] : tracks.map((ring) => new RingWriter(ring, samples)),
    reader: new RingReader(side === 'room' ? toRoom : fromRoom, samples),
    writer: new RingWriter(side === 'room' ? fromRoom : toRoom, samples),
    sampleRateHz,
    close: () => undefined,
  };
}

/** The writing end. */
export class RingWriter implements FrameWriter {
  /** Frames lost because the reader stood still. */
  overruns = 0;
  readonly #ring: RingViews;

  constructor(buffer: SharedArrayBuffer, frameSamples: number) {
    this.#ring = viewsOf(buffer, frameSamples);
  }

  /** Writes this beat's frame; null = silence. O(samples), no allocation. */
  write(frame: Int16Array | null): void {
    const { words, samples, frameSamples } = this.#ring;
    const written = Atomics.load(words, WRITTEN);
    if (((written - Atomics.load(words, READ)) | 0) >= SLOTS) {
      this.overruns += 1;
      return;
    }
    const slot = written & (SLOTS - 1);
    words[HEADER_WORDS + slot] = frame === null ? 0 : 1;
    if (frame !== null) {
      const base = slot * frameSamples;
      for (let i = 0; i < frameSamples; i += 1) samples[base + i] = frame[i]!;
    }
    // The store publishes the frame: everything above is seen by whoever sees the new count.
    Atomics.store(words, WRITTEN, (written + 1) | 0);
  }
}

/** The reading end. */
export class RingReader implements FrameReader {
  /** Frames dropped because too many waited. */
  overruns = 0;
  /** Beats without a frame, not counting those before the first frame. */
  underruns = 0;
  readonly #ring: RingViews;
  #primed = false;
  #started = false;

  constructor(buffer: SharedArrayBuffer, frameSamples: number) {
    this.#ring = viewsOf(buffer, frameSamples);
  }

  /** This beat's frame into `out`; false = silence, `out` is then unchanged. O(samples), no allocation. */
  read(out: Int16Array): boolean {
    const { words, samples, frameSamples } = this.#ring;
    let read = Atomics.load(words, READ);
    let waiting = (Atomics.load(words, WRITTEN) - read) | 0;
    if (!this.#primed && waiting < PRIMED) {
      if (this.#started) this.underruns += 1;
      return false;
    }
    if (waiting <= 0) {
      this.#primed = false;
      this.underruns += 1;
      return false;
    }
    this.#primed = true;
    this.#started = true;
    if (waiting > MOST_WAITING) {
      this.overruns += waiting - PRIMED;
      read = (read + waiting - PRIMED) | 0;
      waiting = PRIMED;
    }
    const slot = read & (SLOTS - 1);
    const hasSound = words[HEADER_WORDS + slot] === 1;
    if (hasSound) {
      const base = slot * frameSamples;
      for (let i = 0; i < frameSamples; i += 1) out[i] = samples[base + i]!;
    }
    Atomics.store(words, READ, (read + 1) | 0);
    return hasSound;
  }
}
