import { z } from 'zod';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { type RecordingView, recordingView } from '../../contract/recordings.js';
import type { SoundFolder } from '../sounds/sound-files.js';
import type { RecordingTrack } from './recording.js';

const sidecar = recordingView.extend({
  tracks: z.array(z.object({ name: z.string(), member_id: z.string().nullable(), start_ms: z.number() })),
});
/** What is kept of a recording beside its files. */
export type Sidecar = z.output<typeof sidecar>;
const SIDECAR = /^[0-9a-f]{24}\.json$/;

/**
 * What is known of recordings, one file for each: `{id}.json`. Written one after the other, each at once and whole. What a full disk
 * did not take waits and is tried again with the next one that is saved; of each recording only the newest waits.
 */
export class Sidecars {
  readonly #folder: SoundFolder;
  readonly #log: Logger;
  readonly #waiting = new Map<string, Sidecar>();
  #work: Promise<void> = Promise.resolve();

  constructor(folder: SoundFolder, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  save(view: RecordingView, tracks: readonly RecordingTrack[] = []): void {
    this.#waiting.set(view.recording_id, { ...view, tracks: [...tracks] });
    this.#work = this.#work.then(() => this.#writeAll());
  }

  forget(id: string): void {
    this.#waiting.delete(id);
    this.#work = this.#work.then(async () => {
      await this.#folder.remove(`${id}.json`);
      await this.#writeAll();
    });
  }

  /** What was told so far is written, or tried. Never rejects. */
  async close(): Promise<void> {
    this.#work = this.#work.then(() => this.#writeAll());
    await this.#work;
  }

  /** Null: not one of ours, or it cannot be read. */
  async read(name: string, bytes: number): Promise<Sidecar | null> {
    const file = SIDECAR.test(name) ? await this.#folder.open(name) : null;
    if (file === null) return null;
    try {
      const read = sidecar.safeParse(JSON.parse(Buffer.from(await file.read(0, bytes)).toString('utf8')));
      return read.success ? read.data : null;
    } catch {
      return null;
    } finally {
      await file.close();
    }
  }

  async #writeAll(): Promise<void> {
    for (const [id, one] of [...this.#waiting]) {
      if (this.#waiting.get(id) !== one) continue;
      try {
        await this.#write(id, one);
      } catch (thrown) {
        this.#log.error('sounds.fault', { reason: messageOf(thrown) });
        await this.#folder.remove(`${id}.next`).catch(() => false);
        return;
      }
      if (this.#waiting.get(id) === one) this.#waiting.delete(id);
    }
  }

  async #write(id: string, one: Sidecar): Promise<void> {
    const next = `${id}.next`;
    const sink = await this.#folder.create(next);
    try {
      await sink?.write(0, Buffer.from(JSON.stringify(one)));
    } finally {
      await sink?.close();
    }
    await this.#folder.rename(next, `${id}.json`);
  }
}
