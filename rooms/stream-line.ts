import type { SampleRateHz } from '../media/index.js';
import { beatMs, frameSamplesAt } from './ticker.js';

export const MAX_STREAM_MS = 60_000;
export const MAX_CHUNK_MS = 500;
/** Marks that wait in one stream. */
export const MAX_MARKS = 1000;

/** What there is room for at first; more where more is fed. */
const FIRST_MS = 2000;
/** Of a frame: 5 ms, in which what is cleared fades. */
const FADE_SHARE = 4;
/** Progress is told so often, in beats. */
const TOLD_BEATS = 5;

/**
 * Sound that an application says in a room, on its way from the main thread to a beat, with the marks in it. Limits: `bufferMs`
 * of sound, beyond which what comes is dropped (`overfed`, in samples), and MAX_MARKS marks, beyond which one is not told
 * (`marksDropped`). A feed that ends within a beat waits one beat for the rest of it, then silence fills it up.
 */
export class StreamLine {
  overfed = 0;
  marksDropped = 0;
  /** Samples said or cleared, and samples taken, since the stream began. */
  said = 0;
  fed = 0;
  readonly rateHz: SampleRateHz;
  readonly #frameSamples: number;
  readonly #mostSamples: number;
  #ring: Int16Array;
  #at = 0;
  #samples = 0;
  /** The end of what was cleared. */
  readonly #fade: Int16Array;
  #isFading = false;
  /** An incomplete beat has waited. */
  #hasWaited = false;
  readonly #marks: { readonly mark: number; readonly at: number }[] = [];
  #toldSaid = 0;
  #toldBeats = 0;

  constructor(rateHz: SampleRateHz, bufferMs: number) {
    const samplesPerMs = rateHz / 1000;
    this.rateHz = rateHz;
    this.#frameSamples = frameSamplesAt(rateHz);
    this.#mostSamples = Math.min(bufferMs, MAX_STREAM_MS) * samplesPerMs;
    this.#ring = new Int16Array(Math.min(this.#mostSamples, FIRST_MS * samplesPerMs));
    this.#fade = new Int16Array(this.#frameSamples / FADE_SHARE);
  }

  feed(pcm: Uint8Array): void {
    const samples = pcm.length >> 1;
    const taken = Math.min(samples, this.#mostSamples - this.#samples);
    if (this.#samples + taken > this.#ring.length) this.#grow(this.#samples + taken);
    const ring = this.#ring;
    let to = (this.#at + this.#samples) % ring.length;
    for (let i = 0; i < taken; i += 1) {
      ring[to] = pcm[2 * i]! | (pcm[2 * i + 1]! << 8);
      to = to + 1 === ring.length ? 0 : to + 1;
    }
    this.#samples += taken;
    // What was dropped counts as said: whoever fed it waits for nothing of it.
    this.fed += samples;
    this.said += samples - taken;
    this.overfed += samples - taken;
    this.#hasWaited = false;
  }

  mark(mark: number): void {
    if (this.#marks.length === MAX_MARKS) this.marksDropped += 1;
    else this.#marks.push({ mark, at: this.fed });
  }

  /** Nothing that was fed is heard any more, but for 5 ms in which it fades. */
  clear(): void {
    const fade = this.#fade;
    const fading = Math.min(fade.length, this.#samples);
    for (let i = 0; i < fading; i += 1) {
      fade[i] = Math.round(this.#ring[(this.#at + i) % this.#ring.length]! * (1 - (i + 1) / fade.length));
    }
    fade.fill(0, fading);
    this.#isFading = fading > 0 && this.said > 0;
    this.#at = 0;
    this.#samples = 0;
    this.said = this.fed;
  }

  /** This beat's sound into `out`; false = silence. O(samples), no allocation. */
  read(out: Int16Array): boolean {
    const wanted = this.#frameSamples;
    const isWhole = this.#samples >= wanted;
    const taken = isWhole || this.#hasWaited ? Math.min(this.#samples, wanted) : 0;
    this.#hasWaited = !isWhole && taken === 0 && this.#samples > 0;
    if (taken === 0 && !this.#isFading) return false;
    const ring = this.#ring;
    for (let i = 0; i < taken; i += 1) {
      out[i] = ring[this.#at]!;
      this.#at = this.#at + 1 === ring.length ? 0 : this.#at + 1;
    }
    out.fill(0, taken, wanted);
    this.#samples -= taken;
    this.said += taken;
    if (this.#isFading) this.#fadeOut(out);
    return true;
  }

  /** After the beat: what is to be told, or null. The array is the receiver's. */
  news(): readonly number[] | null {
    this.#toldBeats += 1;
    const hasMark = this.#marks.length > 0 && this.#marks[0]!.at <= this.said;
    const isOver = this.#samples === 0 || this.#toldBeats >= TOLD_BEATS;
    if (!hasMark && (this.said === this.#toldSaid || !isOver)) return null;
    this.#toldSaid = this.said;
    this.#toldBeats = 0;
    let reached = 0;
    while (reached < this.#marks.length && this.#marks[reached]!.at <= this.said) reached += 1;
    return this.#marks.splice(0, reached).map(({ mark }) => mark);
  }

  #fadeOut(out: Int16Array): void {
    this.#isFading = false;
    for (let i = 0; i < this.#fade.length; i += 1) {
      const sum = out[i]! + this.#fade[i]!;
      out[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
    }
  }

  #grow(samples: number): void {
    const ring = new Int16Array(Math.min(this.#mostSamples, 2 ** Math.ceil(Math.log2(samples))));
    for (let i = 0; i < this.#samples; i += 1) ring[i] = this.#ring[(this.#at + i) % this.#ring.length]!;
    this.#ring = ring;
    this.#at = 0;
  }
}

export interface StreamEarOptions {
  readonly sampleRateHz: SampleRateHz;
  readonly chunkMs: number;
  /** The number of this beat. */
  beat(): number;
  /** `pcm` is only lent. */
  onChunk(pcm: Uint8Array, lostFrames: number, atMs: number): void;
}

/** Chunks under way to the application. */
const MOST_UNKEPT = 16;

/**
 * What an application hears, as chunks that leave on the beat that completes them. Limit: 16 chunks that nobody has kept yet; one
 * more is dropped and told as `lostFrames` with the next, as are beats that were skipped. No allocation.
 */
export class StreamEar {
  /** Sample frames that nobody took. */
  dropped = 0;
  readonly #options: StreamEarOptions;
  readonly #frameSamples: number;
  readonly #chunk: Uint8Array;
  #bytes = 0;
  #lostFrames = 0;
  #firstBeat = -1;
  #lastBeat = -1;
  #chunkBeat = 0;
  #posted = 0;
  #kept = 0;

  constructor(options: StreamEarOptions) {
    this.#options = options;
    this.#frameSamples = frameSamplesAt(options.sampleRateHz);
    this.#chunk = new Uint8Array((this.#frameSamples * 2 * options.chunkMs) / beatMs);
  }

  /** So many chunks are dealt with, all in all. */
  kept(chunks: number): void {
    this.#kept = Math.min(this.#posted, Math.max(this.#kept, chunks));
  }

  /** Once per beat; null = silence. */
  write(frame: Int16Array | null): void {
    const beat = this.#options.beat();
    if (this.#firstBeat < 0) this.#firstBeat = beat;
    else if (beat > this.#lastBeat + 1) {
      this.flush();
      this.#lostFrames += (beat - this.#lastBeat - 1) * this.#frameSamples;
    }
    this.#lastBeat = beat;
    if (this.#bytes === 0) this.#chunkBeat = beat;
    const chunk = this.#chunk;
    let to = this.#bytes;
    for (let i = 0; i < this.#frameSamples; i += 1, to += 2) {
      const sample = frame === null ? 0 : frame[i]!;
      chunk[to] = sample;
      chunk[to + 1] = sample >> 8;
    }
    this.#bytes = to;
    if (to === chunk.length) this.flush();
  }

  /** Posts what there is, if it may. */
  flush(): void {
    const bytes = this.#bytes;
    if (bytes === 0) return;
    this.#bytes = 0;
    if (this.#posted - this.#kept >= MOST_UNKEPT) {
      this.#lostFrames += bytes / 2;
      this.dropped += bytes / 2;
      return;
    }
    this.#posted += 1;
    const lostFrames = this.#lostFrames;
    this.#lostFrames = 0;
    const atMs = (this.#chunkBeat - this.#firstBeat) * beatMs;
    this.#options.onChunk(bytes === this.#chunk.length ? this.#chunk : this.#chunk.slice(0, bytes), lostFrames, atMs);
  }
}
