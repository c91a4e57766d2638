import type { SoundSoup } from '../../contract/mediaswitch/rtp.js';
import { type CodecName, codecs } from '../../media/index.js';
import type { MediaPlayer, PlayOptions } from '../../rooms/index.js';
import { feedPlayer } from '../sounds/sound-feeder.js';
import type { SoundFiles } from '../sounds/sound-files.js';
import { nameKeyOf } from './soup.js';
import { SoupReader } from './soup-reader.js';

export interface SoupPlayerOptions {
  readonly files: SoundFiles;
  /** Of the channel now. */
  readonly codec: () => CodecName;
  /** Null: the leg is not open. */
  readonly play: (options: PlayOptions) => MediaPlayer | null;
  readonly onMissing: (name: string, reason: string) => void;
}

interface Playing {
  readonly key: string;
  readonly reader: SoupReader;
  player: MediaPlayer | null;
}

/** Plays one sound soup after the other to a channel, reading the files ahead of their time. */
export class SoupPlayer {
  readonly #options: SoupPlayerOptions;
  #playing: Playing | null = null;

  constructor(options: SoupPlayerOptions) {
    this.#options = options;
  }

  get isPlaying(): boolean {
    return this.#playing !== null;
  }

  /** A soup of the same file names goes on where the one before is; any other begins at its first file. */
  play(soup: SoundSoup): void {
    const key = nameKeyOf(soup);
    if (this.#playing?.key === key) {
      this.#playing.reader.goOnAs(soup);
      return;
    }
    this.stop();
    const { files, codec, onMissing } = this.#options;
    const rateHz = codecs[codec()].sampleRateHz === 8000 ? 8000 : 16_000;
    const reader = new SoupReader(soup, { files, codec, onMissing, rateHz });
    const playing: Playing = { key, reader, player: null };
    this.#playing = playing;
    this.#start(playing, rateHz);
  }

  stop(): void {
    const playing = this.#playing;
    if (playing === null) return;
    this.#playing = null;
    playing.player?.close();
    void playing.reader.close();
  }

  #start(playing: Playing, sampleRateHz: PlayOptions['sampleRateHz']): void {
    const player = feedPlayer({
      reader: playing.reader,
      sampleRateHz,
      play: this.#options.play,
      onEnded: ({ end }) => {
        if (this.#playing !== playing || playing.player !== player) return;
        // Loops that came with a later soup, when all of the earlier one was already on its way.
        if (end === 'played' && !playing.reader.isOver) this.#start(playing, sampleRateHz);
        else this.stop();
      },
    });
    playing.player = player;
    if (player === null) this.stop();
  }
}
