import { type SoundFormat, soundFormatOf } from '../../media/index.js';
import { SoundSourceError } from './download.js';
import type { SoundFile, SoundFolder } from './sound-files.js';

/** A file of the cache that somebody uses: it stays until all who do have let it go. */
export interface CachedSound {
  readonly format: SoundFormat;
  open(): Promise<SoundFile | null>;
  /** May be called twice. */
  release(): void;
}

export interface CacheOptions {
  readonly folder: SoundFolder;
  /** Of files that nobody uses: those not used for longest go first. */
  readonly maxBytes: number;
}

interface Entry {
  readonly name: string;
  readonly filled: Promise<{ readonly format: SoundFormat; readonly bytes: number }>;
  bytes: number;
  users: number;
  /** Goes with its last user. */
  readonly isOnce: boolean;
}

/** Sounds that came from elsewhere: fetched by URL, spoken by a program. What a run before has left is removed at the start. */
export class SoundCache {
  hits = 0;
  readonly #options: CacheOptions;
  /** The one not used for longest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { folder } = this.#options;
    for (const { name } of await folder.list()) await folder.remove(name);
  }

  get files(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#entries.values()) sum += bytes;
    return sum;
  }

  /**
   * The file of a key, filled by `fill` where it is not there; those who ask meanwhile wait for the same. Rejects as `fill` does, with
   * the system's error, or SoundSourceError where it is no sound. @param key  a plain name; `isOnce`: nobody asks for it again
   */
  async get(
    key: string,
    fill: (write: (piece: Uint8Array) => Promise<void>) => Promise<void>,
    isOnce = false,
  ): Promise<CachedSound> {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const filled = this.#fill(key, fill);
      entry = { name: key, filled, bytes: 0, users: 0, isOnce };
      this.#entries.set(key, entry);
    } else {
      this.hits += 1;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    const its = entry;
    its.users += 1;
    try {
      const { format, bytes } = await its.filled;
      its.bytes = bytes;
      return this.#lend(its, format);
    } catch (thrown) {
      its.users -= 1;
      if (this.#entries.get(key) === its) {
        this.#entries.delete(key);
        await this.#options.folder.remove(key);
      }
      throw thrown;
    }
  }

  #lend(entry: Entry, format: SoundFormat): CachedSound {
    let isLent = true;
    return {
      format,
      open: () => this.#options.folder.open(entry.name),
      release: () => {
        if (!isLent) return;
        isLent = false;
        entry.users -= 1;
        if (entry.users === 0) this.#trim(entry);
      },
    };
  }

  async #fill(key: string, fill: (write: (piece: Uint8Array) => Promise<void>) => Promise<void>) {
    const sink = await this.#options.folder.create(key);
    if (sink === null) throw new RangeError(`not a name: ${key}`);
    let bytes = 0;
    const start = new Uint8Array(12);
    try {
      await fill(async (piece) => {
        if (bytes < start.length) start.set(piece.subarray(0, start.length - bytes), bytes);
        await sink.write(bytes, piece);
        bytes += piece.length;
      });
    } finally {
      await sink.close();
    }
    const format = soundFormatOf(start);
    if (format === null) throw new SoundSourceError('URL_NOT_SOUND', 'what came is no WAV, Ogg Opus or MP3 file');
    return { format, bytes };
  }

  #trim(released: Entry): void {
    if (released.isOnce) this.#drop(released);
    let bytes = this.bytes;
    for (const entry of this.#entries.values()) {
      if (bytes <= this.#options.maxBytes) break;
      if (entry.users > 0) continue;
      bytes -= entry.bytes;
      this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.name);
    void this.#options.folder.remove(entry.name);
  }
}
