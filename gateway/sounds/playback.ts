import { AppError, messageOf } from '../../base/errors.js';
import type { PlaybackView } from '../../contract/sounds.js';
import type { MediaPlayer, PlayOptions } from '../../rooms/index.js';
import { feedPlayer } from './sound-feeder.js';
import { readRepeatedly, type SoundReader } from './sound-reader.js';
import type { ReadySound } from './sources.js';

export type OpenPlayer = (options: PlayOptions) => MediaPlayer | null;

/** What becomes of a playback. */
export interface PlaybackNews {
  onStarted(playback: Playback): void;
  /** Once: `ended` or `failed`. */
  onEnded(playback: Playback): void;
}

export interface PlaybackOptions {
  readonly view: Omit<PlaybackView, 'state' | 'played_ms' | 'reason' | 'error' | 'gain_db'>;
  readonly gainDb: number;
  readonly load: (signal: AbortSignal) => Promise<ReadySound>;
  readonly open: OpenPlayer;
  readonly news: PlaybackNews;
}

/** One sound on its way to a room or a member: loaded at once, played when it is told to start. */
export class Playback {
  readonly view: PlaybackOptions['view'];
  state: PlaybackView['state'] = 'loading';
  reason: PlaybackView['reason'] = null;
  error: string | null = null;
  playedMs: number | null = null;
  gainDb: number;
  readonly #options: PlaybackOptions;
  readonly #stopLoading = new AbortController();
  #ready: ReadySound | null = null;
  #isPaused = false;
  #mayStart = false;
  #isOpening = false;
  #player: MediaPlayer | null = null;
  #reader: SoundReader | null = null;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.view = options.view;
    this.gainDb = options.gainDb;
    options.load(this.#stopLoading.signal).then(
      (ready) => this.#loaded(ready),
      (thrown) => this.#fail(codeOf(thrown)),
    );
  }

  get isOver(): boolean {
    return this.state === 'ended' || this.state === 'failed';
  }

  toView(): PlaybackView {
    const state = this.state === 'playing' && this.#isPaused ? 'paused' : this.state;
    const { gainDb: gain_db, playedMs: played_ms, reason, error } = this;
    return { ...this.view, state, gain_db, played_ms, reason, error };
  }

  /** Its turn has come; it begins as soon as it is loaded. */
  start(): void {
    this.#mayStart = true;
    if (this.#ready !== null) void this.#play(this.#ready);
  }

  pause(on: boolean): void {
    this.#isPaused = on;
    this.#player?.pause(on);
  }

  setGain(db: number): void {
    this.gainDb = db;
    this.#player?.setGain(db);
  }

  /** Silence at once. */
  stop(reason: 'stopped' | 'gone'): void {
    if (this.isOver) return;
    this.#finish('ended', reason);
  }

  #loaded(ready: ReadySound): void {
    if (this.isOver) {
      ready.release();
      return;
    }
    this.#ready = ready;
    this.state = 'queued';
    if (this.#mayStart) void this.#play(ready);
  }

  async #play(ready: ReadySound): Promise<void> {
    if (this.isOver || this.#isOpening) return;
    this.#isOpening = true;
    try {
      this.#reader = await readRepeatedly(() => ready.open(), this.view.loops);
      if (this.isOver) void this.#reader.close();
      else this.#feed(ready, this.#reader);
    } catch (thrown) {
      this.#fail(codeOf(thrown));
    }
  }

  #feed(ready: ReadySound, reader: SoundReader): void {
    const { gainDb } = this;
    let player: MediaPlayer | null = null;
    feedPlayer({
      reader,
      sampleRateHz: ready.rateHz,
      play: (options) => {
        player = this.#options.open({ ...options, gainDb, duckDb: this.view.duck_db });
        return player;
      },
      onEnded: ({ end, playedMs, fault }) => {
        this.playedMs ??= playedMs;
        if (end === 'lost') this.#fail('MEDIA_HOST_LOST');
        else if (fault !== null) this.#fail('SOUND_UNREADABLE');
        else this.#finish('ended', end === 'played' ? 'played' : end === 'gone' ? 'gone' : 'stopped');
      },
    });
    if (player === null) {
      this.#finish('ended', 'gone');
      return;
    }
    this.#player = player;
    this.state = 'playing';
    if (this.#isPaused) this.pause(true);
    this.#options.news.onStarted(this);
  }

  #fail(error: string): void {
    this.error = this.isOver ? this.error : error;
    this.#finish('failed', null);
  }

  #finish(state: 'ended' | 'failed', reason: PlaybackView['reason']): void {
    if (this.isOver) return;
    this.state = state;
    this.reason = reason;
    this.#stopLoading.abort();
    const player = this.#player;
    this.#player = null;
    player?.close();
    void this.#reader?.close();
    this.#ready?.release();
    this.#ready = null;
    this.#options.news.onEnded(this);
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof AppError ? thrown.code : `SOUND_UNREADABLE: ${messageOf(thrown)}`.slice(0, 200);
}
