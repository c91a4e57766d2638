import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import { AppError, messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { systemCode } from '../../base/network.js';
import { type Random, randomHex } from '../../base/random.js';
import { type SoundView, soundName, soundView } from '../../contract/sounds.js';
import { type SampleRateHz, type SoundFormat, soundFormatOf, soundFormats } from '../../media/index.js';
import { SoundCodecError, type SoundCodecs } from './codecs.js';
import type { SoundFile, SoundFolder } from './sound-files.js';
import { readSoundFile, type SoundReader } from './sound-reader.js';

export interface LibraryLimits {
  /** Of one file. */
  readonly maxBytes: number;
  /** Of all files. */
  readonly maxTotalBytes: number;
  readonly maxSounds: number;
  /** Length of one sound. */
  readonly maxMs: number;
}

export interface LibraryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly folder: SoundFolder;
  readonly codecs: SoundCodecs;
  readonly limits: LibraryLimits;
}

/** Why an upload was not taken. */
export type UploadFault = 'too-large' | 'no-room' | 'busy' | 'unreadable' | 'disk' | 'broken-off';

export type Uploaded =
  | { readonly ok: true; readonly sound: SoundView; readonly isNew: boolean }
  | { readonly ok: false; readonly fault: UploadFault; readonly reason: string };

/** Uploads that are written and checked at once. */
const MAX_UPLOADS = 8;
const CHECK_BYTES = 16_384;
/** Of what a file is decoded to while it is checked. */
const CHECK_HZ = 8000;
const INDEX = '.index.json';
const UPLOAD = '.upload-';

/**
 * The sounds that rooms know by name: one file each in one folder, which may also be filled by hand while the gateway is
 * stopped. A file is decoded once before it is taken, so that what is listed can be played. Limits: LibraryLimits.
 */
export class SoundLibrary {
  readonly #options: LibraryOptions;
  readonly #sounds = new Map<string, SoundView>();
  #uploads = 0;
  /** Bytes of uploads that are being taken. */
  #uploadedBytes = 0;
  /** The index is written, one time after the other. */
  #saved: Promise<void> = Promise.resolve();

  constructor(options: LibraryOptions) {
    this.#options = options;
  }

  /** Reads the folder; what cannot be played is told in the log, and left. */
  async start(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      const known = await this.#readIndex();
      for (const { name: file, bytes, changedMs } of await folder.list()) {
        if (file.startsWith(UPLOAD)) await folder.remove(file);
        const own = ownName(file);
        if (own === null) continue;
        const before = known.get(own.name);
        const isKnown = before?.bytes === bytes && before.format === own.format && before.changed_ms === changedMs;
        const sound = isKnown && before !== undefined ? before : await this.#check(file, own.name, changedMs);
        if (typeof sound === 'string') log.warn('sounds.refused', { file, reason: sound });
        else this.#sounds.set(own.name, sound);
      }
      await this.#save();
    } catch (thrown) {
      log.error('sounds.fault', { reason: messageOf(thrown) });
    }
  }

  list(): SoundView[] {
    return [...this.#sounds.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): SoundView | null {
    return this.#sounds.get(name) ?? null;
  }

  get totalBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#sounds.values()) sum += bytes;
    return sum;
  }

  /** A reader of the sound; null: there is none of that name, or its file is gone. */
  async open(name: string, rateHz: SampleRateHz): Promise<SoundReader | null> {
    const sound = this.#sounds.get(name);
    const file = sound === undefined ? null : await this.#options.folder.open(fileOf(sound.name, sound.format));
    if (sound === undefined || file === null) return null;
    return readSoundFile({ file, format: sound.format, rateHz, codecs: this.#options.codecs });
  }

  /** Takes a file in the place of one that has the name. @param body the bytes, in pieces; read no further than the limit */
  async put(name: string, body: AsyncIterable<Uint8Array>): Promise<Uploaded> {
    const { limits, random } = this.#options;
    if (!this.#sounds.has(name) && this.#sounds.size >= limits.maxSounds) {
      return { ok: false, fault: 'no-room', reason: `there are ${limits.maxSounds} sounds, which is the limit` };
    }
    if (this.#uploads >= MAX_UPLOADS) return { ok: false, fault: 'busy', reason: 'too many uploads at once' };
    this.#uploads += 1;
    const upload = `${UPLOAD}${randomHex(random, 8)}`;
    try {
      return await this.#take(name, upload, body);
    } catch (thrown) {
      const reason = systemCode(thrown) ?? messageOf(thrown);
      if (thrown instanceof BrokenOff) return { ok: false, fault: 'broken-off', reason: 'the body broke off' };
      this.#options.log.error('sounds.fault', { reason });
      return { ok: false, fault: 'disk', reason };
    } finally {
      this.#uploads -= 1;
      await this.#options.folder.remove(upload).catch(() => false);
    }
  }

  /** What plays it goes on. False: there is none. */
  async remove(name: string): Promise<boolean> {
    const sound = this.#sounds.get(name);
    if (sound === undefined) return false;
    this.#sounds.delete(name);
    await this.#options.folder.remove(fileOf(name, sound.format));
    await this.#save();
    return true;
  }

  async #take(name: string, upload: string, body: AsyncIterable<Uint8Array>): Promise<Uploaded> {
    const { folder, limits } = this.#options;
    const room = limits.maxTotalBytes - this.totalBytes + (this.#sounds.get(name)?.bytes ?? 0);
    const sink = await folder.create(upload);
    if (sink === null) return { ok: false, fault: 'disk', reason: 'no file can be made' };
    let bytes = 0;
    try {
      for await (const piece of received(body)) {
        if (bytes + piece.length > limits.maxBytes) {
          return { ok: false, fault: 'too-large', reason: `more than ${limits.maxBytes} bytes` };
        }
        if (this.#uploadedBytes + piece.length > room) {
          return { ok: false, fault: 'no-room', reason: `all sounds together may have ${limits.maxTotalBytes} bytes` };
        }
        await sink.write(bytes, piece);
        bytes += piece.length;
        this.#uploadedBytes += piece.length;
      }
    } finally {
      await sink.close();
      this.#uploadedBytes -= bytes;
    }
    const checked = await this.#check(upload, name, 0);
    if (typeof checked === 'string') return { ok: false, fault: 'unreadable', reason: checked };
    const before = this.#sounds.get(name);
    const file = fileOf(name, checked.format);
    await folder.rename(upload, file);
    if (before !== undefined && before.format !== checked.format) await folder.remove(fileOf(name, before.format));
    const changedMs = (await folder.list()).find((entry) => entry.name === file)?.changedMs ?? 0;
    const sound = { ...checked, changed_ms: changedMs };
    this.#sounds.set(name, sound);
    await this.#save();
    return { ok: true, sound, isNew: before === undefined };
  }

  /** Decodes all of it; a text: why it cannot be played. */
  async #check(file: string, name: string, changedMs: number): Promise<SoundView | string> {
    const opened = await this.#options.folder.open(file);
    if (opened === null) return 'the file cannot be opened';
    try {
      return await this.#decodeAll(opened, name, changedMs);
    } catch (thrown) {
      if (thrown instanceof SoundCodecError) return thrown.message;
      return systemCode(thrown) ?? messageOf(thrown);
    } finally {
      await opened.close();
    }
  }

  async #decodeAll(file: SoundFile, name: string, changedMs: number): Promise<SoundView | string> {
    const { codecs, limits } = this.#options;
    const format = soundFormatOf(await file.read(0, 12));
    if (format === null) throw new SoundCodecError('not-sound');
    const decoding = codecs.decoder(format, CHECK_HZ);
    const hash = createHash('sha256');
    let bytes = 0;
    let samples = 0;
    try {
      for (let isLast = false; !isLast; ) {
        const piece = await file.read(bytes, CHECK_BYTES);
        bytes += piece.length;
        isLast = piece.length < CHECK_BYTES;
        hash.update(piece);
        samples += (await decoding.decode(piece, isLast)).length;
        if (samples > (limits.maxMs / 1000) * CHECK_HZ) return `longer than ${limits.maxMs / 1000} s`;
      }
    } finally {
      decoding.close();
    }
    if (samples === 0 || decoding.info === null) throw new SoundCodecError('no-sound');
    return {
      name,
      format,
      bytes,
      duration_ms: Math.round((samples * 1000) / CHECK_HZ),
      sample_rate_hz: decoding.info.sampleRateHz,
      channels: decoding.info.channels,
      sha256: hash.digest('hex'),
      changed_ms: changedMs,
    };
  }

  async #readIndex(): Promise<ReadonlyMap<string, SoundView>> {
    const { folder } = this.#options;
    const size = (await folder.list()).find(({ name }) => name === INDEX)?.bytes ?? 0;
    const file = await folder.open(INDEX);
    if (file === null) return new Map();
    try {
      const text = Buffer.from(await file.read(0, size)).toString('utf8');
      const read = soundView.array().safeParse(JSON.parse(text));
      return new Map(read.success ? read.data.map((sound) => [sound.name, sound]) : []);
    } catch {
      // It only saves decoding all files at the start.
      return new Map();
    } finally {
      await file.close();
    }
  }

  #save(): Promise<void> {
    this.#saved = this.#saved.then(async () => {
      const { folder, log } = this.#options;
      try {
        const next = `${UPLOAD}index`;
        const sink = await folder.create(next);
        await sink?.write(0, Buffer.from(JSON.stringify(this.list())));
        await sink?.close();
        await folder.rename(next, INDEX);
      } catch (thrown) {
        log.error('sounds.fault', { reason: messageOf(thrown) });
      }
    });
    return this.#saved;
  }
}

class BrokenOff extends AppError {
  readonly code = 'BODY_BROKEN_OFF';
}

/** What its sender does is told from what our disk does. */
async function* received(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await pieces.next().catch((cause) => Promise.reject(new BrokenOff(messageOf(cause), { cause })));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await pieces.return?.().catch(() => undefined);
  }
}

function fileOf(name: string, format: SoundFormat): string {
  return `${name}.${format}`;
}

/** The sound that a file is; null: it is something else. */
function ownName(file: string): { readonly name: string; readonly format: SoundFormat } | null {
  const dot = file.lastIndexOf('.');
  const format = soundFormats.find((one) => one === file.slice(dot + 1));
  const name = file.slice(0, dot);
  return format !== undefined && soundName.safeParse(name).success ? { name, format } : null;
}
