import { type FolderEntry, isPlainName, type SoundFile, type SoundFolder, type SoundSink } from './sound-files.js';

/** The folder of `data_dir: ":memory:"`. Beyond `maxBytes` it is full, as a disk is (ENOSPC). */
export class MemoryFolder implements SoundFolder {
  readonly files = new Map<string, Uint8Array>();
  openFiles = 0;
  maxBytes: number;
  readonly #nowMs: () => number;
  readonly #changedMs = new Map<string, number>();

  constructor(maxBytes: number, nowMs: () => number = () => 0) {
    this.maxBytes = maxBytes;
    this.#nowMs = nowMs;
  }

  async open(name: string): Promise<SoundFile | null> {
    const bytes = this.files.get(name);
    if (bytes === undefined) return null;
    return { read: async (at, count) => bytes.subarray(at, at + count), close: this.#opened() };
  }

  async create(name: string): Promise<SoundSink | null> {
    if (!isPlainName(name)) return null;
    this.#put(name, new Uint8Array(0));
    return this.#sinkOf(name);
  }

  async update(name: string): Promise<SoundSink | null> {
    return this.files.has(name) ? this.#sinkOf(name) : null;
  }

  async list(): Promise<FolderEntry[]> {
    return [...this.files].map(([name, { length }]) => ({
      name,
      bytes: length,
      changedMs: this.#changedMs.get(name) ?? 0,
    }));
  }

  async truncate(name: string, bytes: number): Promise<void> {
    const before = this.files.get(name);
    if (before !== undefined) this.#put(name, before.slice(0, bytes));
  }

  async rename(from: string, to: string): Promise<void> {
    const bytes = this.files.get(from);
    if (bytes === undefined) throw Object.assign(new Error(`no ${from}`), { code: 'ENOENT' });
    await this.remove(from);
    this.#put(to, bytes);
  }

  async remove(name: string): Promise<boolean> {
    this.#changedMs.delete(name);
    return this.files.delete(name);
  }

  #put(name: string, bytes: Uint8Array): void {
    this.files.set(name, bytes);
    this.#changedMs.set(name, this.#nowMs());
  }

  #opened(): () => Promise<void> {
    this.openFiles += 1;
    let isOpen = true;
    return async () => {
      if (isOpen) this.openFiles -= 1;
      isOpen = false;
    };
  }

  #sinkOf(name: string): SoundSink {
    // Room for what comes, so that a file that grows is not copied each time.
    let buffer = this.files.get(name) ?? new Uint8Array(0);
    let length = buffer.length;
    return {
      write: async (at, bytes) => {
        // It may have been cut meanwhile.
        length = Math.min(length, this.files.get(name)?.length ?? length);
        const wanted = Math.max(length, at + bytes.length);
        if (this.#bytes - length + wanted > this.maxBytes) {
          throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        }
        if (wanted > buffer.length) {
          const larger = new Uint8Array(Math.max(wanted, 2 * buffer.length, 4096));
          larger.set(buffer.subarray(0, length));
          buffer = larger;
        }
        buffer.set(bytes, at);
        length = wanted;
        this.#put(name, buffer.subarray(0, length));
      },
      close: this.#opened(),
    };
  }

  get #bytes(): number {
    let sum = 0;
    for (const { length } of this.files.values()) sum += length;
    return sum;
  }
}
