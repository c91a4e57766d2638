import type { SoundSoup } from '../../contract/mediaswitch/rtp.js';
import {
  type CodecName,
  createWavDecoder,
  monoOf,
  Resampler,
  readWavLayout,
  type SampleRateHz,
  type WavDecoder,
  type WavLayout,
} from '../../media/index.js';
import type { SoundFile, SoundFiles } from '../sounds/sound-files.js';
import { bytesOf, type SoundReader } from '../sounds/sound-reader.js';
import { namesFor, type SoupEntry, timesOf } from './soup.js';

/** The chunks before the sound have to fit into so much. */
const HEADER_BYTES = 65_536;

type FileRateHz = ConstructorParameters<typeof Resampler>[0] | 44_100;
const fileRates: readonly number[] = [8000, 16_000, 44_100, 48_000] satisfies readonly FileRateHz[];

export interface SoupReaderOptions {
  readonly files: SoundFiles;
  readonly rateHz: SampleRateHz;
  /** Of the channel when a file is opened. */
  readonly codec: () => CodecName;
  /** A file is not there, or is none that can be played: it is left out. */
  readonly onMissing: (name: string, reason: string) => void;
}

/** A file that is being read. */
interface Open {
  readonly file: SoundFile;
  readonly layout: WavLayout;
  readonly decode: WavDecoder;
  readonly resampler: Resampler<8000, SampleRateHz> | null;
  /** Next unit, and the one after the last. */
  unit: number;
  readonly endUnit: number;
}

/**
 * Reads a sound soup file after file, loop after loop, as PCM of one rate. A list of which not a sample can be played is
 * over after one pass, whatever its loops say. Holds one open file, which `close` closes.
 */
export class SoupReader implements SoundReader {
  readonly #options: SoupReaderOptions;
  #soup: SoundSoup;
  #entry = 0;
  #name = 0;
  #entryPlays = 0;
  #listPlays = 0;
  #entrySounds = false;
  #listSounds = false;
  #isEmpty = false;
  #open: Open | null = null;
  #isClosed = false;

  constructor(soup: SoundSoup, options: SoupReaderOptions) {
    this.#soup = soup;
    this.#options = options;
  }

  /** Everything has been read. */
  get isOver(): boolean {
    return this.#isClosed || this.#isEmpty || this.#listPlays >= timesOf(this.#soup.loop);
  }

  /** Another soup of the same file names goes on from here. */
  goOnAs(soup: SoundSoup): void {
    // What is being played, or has just been, is the first time.
    this.#listPlays = this.isOver ? 1 : 0;
    this.#entryPlays = 0;
    this.#soup = soup;
  }

  /** About so many samples, never more; fewer where a frame of a codec does not fit, or all is over. */
  async read(samples: number): Promise<Uint8Array> {
    const out = new Int16Array(samples);
    let written = 0;
    while (!this.isOver) {
      this.#open ??= await this.#openNext();
      if (this.#open === null) continue;
      const made = await this.#readFrom(this.#open, out, written);
      if (made === 0 && this.#open !== null && this.#open.unit < this.#open.endUnit) break;
      written += made;
      if (this.#open !== null && this.#open.unit >= this.#open.endUnit) await this.#finish();
    }
    return bytesOf(out, written);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = this.#open;
    this.#open = null;
    await open?.file.close().catch(() => undefined);
  }

  /** The file that the cursor is at; null: it cannot be played, and the cursor has moved on. */
  async #openNext(): Promise<Open | null> {
    const entry = this.#soup.files[this.#entry];
    const name = entry === undefined ? undefined : namesFor(entry, this.#options.codec())[this.#name];
    if (entry === undefined || name === undefined) {
      this.#nextEntry();
      return null;
    }
    const open = await this.#openNamed(name, entry);
    if (open === null || this.#isClosed) {
      await open?.file.close();
      this.#name += 1;
      return null;
    }
    return open;
  }

  async #openNamed(name: string, entry: SoupEntry): Promise<Open | null> {
    const { files, onMissing, rateHz } = this.#options;
    const file = await files.open(name);
    if (file === null) {
      onMissing(name, 'no such file');
      return null;
    }
    const read = readWavLayout(await file.read(0, HEADER_BYTES).catch(() => new Uint8Array(0)));
    if (!read.ok || !fileRates.includes(read.value.sampleRateHz)) {
      onMissing(name, read.ok ? `${read.value.sampleRateHz} Hz` : read.fault);
      await file.close();
      return null;
    }
    const layout = read.value;
    const fileHz = layout.sampleRateHz as 8000;
    const unitOf = (ms: number): number => Math.floor((ms * layout.sampleRateHz) / 1000 / layout.unitSamples);
    const lastUnit = layout.dataBytes === null ? Infinity : Math.floor(layout.dataBytes / layout.unitBytes);
    return {
      file,
      layout,
      decode: createWavDecoder(layout),
      resampler: (fileHz as number) === rateHz ? null : new Resampler(fileHz, rateHz),
      unit: unitOf(entry.start ?? 0),
      endUnit: Math.min(lastUnit, entry.stop === undefined || entry.stop === null ? Infinity : unitOf(entry.stop)),
    };
  }

  /** Samples written at `at`; 0 also where no whole unit fits. At the end of the file `unit` is set to `endUnit`. */
  async #readFrom(open: Open, out: Int16Array, at: number): Promise<number> {
    const { layout, file, decode, resampler } = open;
    const free = out.length - at;
    // One sample may be over where a rate is not a multiple of the other.
    const fits = resampler === null ? free : Math.floor(((free - 1) * layout.sampleRateHz) / this.#options.rateHz);
    const units = Math.min(Math.floor(fits / layout.unitSamples), open.endUnit - open.unit);
    if (units <= 0) return 0;
    const wanted = units * layout.unitBytes;
    const data = await file.read(layout.dataAt + open.unit * layout.unitBytes, wanted).catch(() => new Uint8Array(0));
    const got = Math.floor(data.length / layout.unitBytes);
    open.unit = got < units ? open.endUnit : open.unit + got;
    if (got < units && open.endUnit === Infinity) open.unit = Infinity;
    if (got === 0) return 0;
    this.#entrySounds = true;
    this.#listSounds = true;
    const pcm = monoOf(decode(data.subarray(0, got * layout.unitBytes)), layout.channels);
    if (resampler !== null) return resampler.process(pcm, 0, pcm.length, out, at);
    out.set(pcm, at);
    return pcm.length;
  }

  /** The file is at its end. */
  async #finish(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    this.#name += 1;
    await open?.file.close().catch(() => undefined);
  }

  /** All names of the entry have been played. */
  #nextEntry(): void {
    this.#name = 0;
    this.#entryPlays += 1;
    const entry = this.#soup.files[this.#entry];
    if (this.#entrySounds && this.#entryPlays < timesOf(entry?.loop)) {
      this.#entrySounds = false;
      return;
    }
    this.#entryPlays = 0;
    this.#entrySounds = false;
    this.#entry += 1;
    if (this.#entry < this.#soup.files.length) return;
    this.#entry = 0;
    this.#listPlays += 1;
    this.#isEmpty = !this.#listSounds;
    this.#listSounds = false;
  }
}
