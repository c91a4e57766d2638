import { messageOf } from '../../base/errors.js';
import { systemCode } from '../../base/network.js';
import type { RecordingFile } from '../../contract/recordings.js';
import type { SampleRateHz } from '../../media/index.js';
import type { MediaRecorder, MediaSoundEnd, RecordOptions } from '../../rooms/index.js';
import type { TrackFile } from './track-file.js';

export interface TrackOptions {
  readonly memberId: string | null;
  readonly rateHz: SampleRateHz;
  /** 2: of a leg, whose left side is what the member says; 1: the mix. */
  readonly channels: 1 | 2;
  /** From the start of the recording to that of the track. */
  readonly startMs: number;
  readonly splitMs: number | null;
  readonly maxMs: number | null;
  readonly isPaused: boolean;
  /** A file is ended and the next one begun at the latest after so many; WAV_FRAMES unless told. */
  readonly mostFrames?: number | undefined;
  /** Null: its place is not there. May throw. */
  readonly record: (options: RecordOptions) => MediaRecorder | null;
  /** The nth file, from 1. Rejects with the system's error. */
  readonly openFile: (number: number) => Promise<{ readonly name: string; readonly file: TrackFile }>;
  readonly onFile: (file: RecordingFile) => void;
  readonly onFull: () => void;
  /** It is over, and its last file is finished. `fault`: what the system said. */
  readonly onEnded: (end: MediaSoundEnd, fault: string | null) => void;
}

/** Changes of pause that wait for their sound; more than so many within half a second count as the last one. */
const MAX_MARKS = 32;
const SILENCE_FRAMES = 8000;

/**
 * One line of sound on its way into files: the mix, or what one member says. What waits to be written is bounded by the media
 * host (rooms/recorder.ts); what that had to drop is silence in the file, and counted in `lostFrames`. A pause is left out, to
 * about a beat.
 */
export class Track {
  /** Resolves when all files are finished. Never rejects. */
  readonly finished: Promise<void>;
  lostFrames = 0;
  readonly #options: TrackOptions;
  /** Pauses and their ends, in frames of the track. */
  readonly #marks: { readonly atFrame: number; readonly isPaused: boolean }[] = [];
  #isPaused: boolean;
  #recorder: MediaRecorder | null = null;
  #work: Promise<void> = Promise.resolve();
  #frames = 0;
  #keptFrames = 0;
  #files = 0;
  #current: { readonly name: string; readonly file: TrackFile; readonly startFrame: number; frames: number } | null =
    null;
  #fault: string | null = null;
  #isEnding = false;
  #resolve: () => void = () => undefined;

  constructor(options: TrackOptions) {
    this.#options = options;
    this.#isPaused = options.isPaused;
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#recorder = options.record({
      sampleRateHz: options.rateHz,
      channels: options.channels,
      onChunk: (pcm, lostFrames) => this.#take(pcm, lostFrames),
      onEnded: (end) => this.#ended(end),
    });
    if (this.#recorder === null) this.#ended('gone');
  }

  get memberId(): string | null {
    return this.#options.memberId;
  }

  /** @param sinceMs  from the start of the recording to now */
  pause(on: boolean, sinceMs: number): void {
    if (this.#marks.length >= MAX_MARKS) this.#marks.pop();
    const { startMs, rateHz } = this.#options;
    this.#marks.push({ atFrame: Math.round(((sinceMs - startMs) * rateHz) / 1000), isPaused: on });
  }

  /** What has been heard so far is still written. */
  stop(): void {
    this.#recorder?.close();
  }

  #take(pcm: Uint8Array, lostFrames: number): void {
    const mono = this.#options.channels === 2 ? leftOf(pcm) : pcm;
    this.#work = this.#work
      .then(async () => {
        await this.#writeSilence(lostFrames);
        await this.#writeMarked(mono);
      })
      .catch((thrown) => this.#failed(thrown))
      .then(() => this.#recorder?.kept());
  }

  async #writeSilence(frames: number): Promise<void> {
    const before = this.#keptFrames;
    for (let left = frames; left > 0; left -= SILENCE_FRAMES) {
      await this.#writeMarked(new Uint8Array(2 * Math.min(left, SILENCE_FRAMES)));
    }
    // What is lost in a pause is missed by nobody.
    this.lostFrames += this.#keptFrames - before;
  }

  /** Leaves out what is within a pause. */
  async #writeMarked(pcm: Uint8Array): Promise<void> {
    const frames = pcm.length / 2;
    const from = this.#frames;
    this.#frames += frames;
    let at = 0;
    for (let mark = this.#marks[0]; mark !== undefined && mark.atFrame < from + frames; mark = this.#marks[0]) {
      this.#marks.shift();
      const cut = Math.max(at, mark.atFrame - from);
      if (!this.#isPaused) await this.#write(pcm.subarray(2 * at, 2 * cut), from + at);
      this.#isPaused = mark.isPaused;
      at = cut;
    }
    if (!this.#isPaused) await this.#write(pcm.subarray(2 * at), from + at);
  }

  /** @param frame  of the track, at which it begins */
  async #write(pcm: Uint8Array, frame: number): Promise<void> {
    const { rateHz, splitMs, maxMs, onFull, mostFrames = WAV_FRAMES } = this.#options;
    const splitFrames = Math.min(mostFrames, splitMs === null ? mostFrames : (splitMs * rateHz) / 1000);
    const maxFrames = maxMs === null ? Number.POSITIVE_INFINITY : (maxMs * rateHz) / 1000;
    let left = Math.min(pcm.length / 2, maxFrames - this.#keptFrames);
    for (let at = 0; left > 0 && this.#fault === null; ) {
      if (this.#current === null) {
        this.#files += 1;
        this.#current = { ...(await this.#options.openFile(this.#files)), startFrame: frame + at, frames: 0 };
      }
      const current = this.#current;
      const taken = Math.min(left, splitFrames - current.frames);
      await current.file.write(pcm.subarray(2 * at, 2 * (at + taken)));
      current.frames += taken;
      this.#keptFrames += taken;
      at += taken;
      left -= taken;
      if (current.frames >= splitFrames) await this.#finishFile();
    }
    if (this.#keptFrames >= maxFrames) onFull();
  }

  async #finishFile(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    if (current === null) return;
    const { rateHz, startMs, memberId, onFile } = this.#options;
    const { finished, fault } = await current.file.finish();
    if (finished !== null) {
      const { bytes, sha256, durationMs } = finished;
      onFile({
        file: current.name,
        member_id: memberId,
        start_ms: Math.round(startMs + (current.startFrame * 1000) / rateHz),
        duration_ms: durationMs ?? Math.round((current.frames * 1000) / rateHz),
        bytes,
        sha256,
      });
    }
    if (fault !== null) throw fault;
  }

  #failed(thrown: unknown): void {
    this.#fault ??= systemCode(thrown) ?? messageOf(thrown);
    this.#recorder?.close();
  }

  #ended(end: MediaSoundEnd): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#work = this.#work
      .then(() => this.#finishFile())
      .catch((thrown) => this.#failed(thrown))
      .then(() => {
        this.#recorder = null;
        this.#options.onEnded(end, this.#fault);
        this.#resolve();
      });
  }
}

/** What the lengths of a WAV file can say, of 32 bits in bytes, to the second at each rate. */
export const WAV_FRAMES = 2_147_424_000;

function leftOf(pcm: Uint8Array): Uint8Array {
  const left = new Uint8Array(pcm.length / 2);
  for (let i = 0, from = 0; i < left.length; i += 2, from += 4) {
    left[i] = pcm[from]!;
    left[i + 1] = pcm[from + 1]!;
  }
  return left;
}
