import { messageOf } from '../../base/errors.js';
import type { RoomId } from '../../base/ids.js';
import { randomHex } from '../../base/random.js';
import type { RecordingBody, RecordingFile, RecordingView } from '../../contract/recordings.js';
import type { Outcome } from '../api/sounds.js';
import type { SoundFile } from '../sounds/sound-files.js';
import { lineOf, Recording, type RecordingDeps } from './recording.js';
import { repairFile } from './repair.js';
import { type Sidecar, Sidecars } from './sidecars.js';

export interface RecordingLimits {
  /** Finished recordings and their files go, the oldest first, above so many files or bytes. */
  readonly maxFiles: number;
  readonly maxBytes: number;
}

export interface RecordingsOptions extends RecordingDeps {
  readonly limits: RecordingLimits;
}

/** Recordings that run at once; one more is refused. */
const MAX_RUNNING = 500;
const MAX_PER_ROOM = 8;
/** Ended ones without a file that are still shown; the oldest is forgotten. */
const MAX_EMPTY = 500;

/**
 * The recordings of rooms: those that run, and those whose files are there. Beside the files of each is what is known of it, so
 * that it is found again at the next start; one that an earlier run did not end is repaired then.
 */
export class Recordings {
  started = 0;
  failed = 0;
  /** Files deleted because of the limits. */
  expired = 0;
  repaired = 0;
  readonly #options: RecordingsOptions;
  readonly #running = new Map<string, Recording>();
  readonly #done = new Map<string, RecordingView>();
  readonly #sidecars: Sidecars;
  /** Of all finished files. */
  #files = 0;
  #bytes = 0;

  constructor(options: RecordingsOptions) {
    this.#options = options;
    this.#sidecars = new Sidecars(options.folder, options.log);
  }

  async start(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      const entries = await folder.list();
      for (const { name, bytes } of entries) {
        const read = await this.#sidecars.read(name, bytes);
        if (read === null) continue;
        const names = entries.map((one) => one.name);
        const kept = await this.#repair(read, names);
        this.#done.set(kept.recording_id, kept);
        for (const file of kept.files) this.#count(file, 1);
      }
      this.#expire();
    } catch (thrown) {
      log.error('sounds.fault', { reason: messageOf(thrown) });
    }
  }

  get running(): number {
    return this.#running.size;
  }

  /** Of all finished files. */
  get bytes(): number {
    return this.#bytes;
  }

  record(roomId: RoomId, body: RecordingBody): Outcome<RecordingView> {
    const { directory, random, log } = this.#options;
    const { source = 'mix' } = body;
    if (!directory.has(roomId)) return { ok: false, code: 'ROOM_NOT_FOUND', reason: 'there is no such room' };
    if (source !== 'mix') {
      const refusal = this.#refusal(roomId, source);
      if (refusal !== null) return refusal;
    }
    const inRoom = [...this.#running.values()].filter((recording) => recording.roomId === roomId).length;
    if (this.#running.size >= MAX_RUNNING || inRoom >= MAX_PER_ROOM) {
      return { ok: false, code: 'TOO_MANY_REQUESTS', reason: 'too many recordings run' };
    }
    const id = randomHex(random, 12);
    const recording = new Recording({
      ...this.#options,
      id,
      roomId,
      body,
      onChanged: () => this.#sidecars.save(recording.toView(), recording.tracks),
      onFile: (file) => {
        this.#count(file, 1);
        this.#expire();
      },
      onEnded: () => this.#ended(id, recording),
    });
    this.#running.set(id, recording);
    this.started += 1;
    this.#sidecars.save(recording.toView());
    recording.start();
    log.info('recording.started', { recordingId: id, roomId, source });
    return { ok: true, value: recording.toView() };
  }

  /** The oldest first. */
  list(roomId: string | null = null): RecordingView[] {
    const all = [...this.#done.values(), ...[...this.#running.values()].map((recording) => recording.toView())];
    return all
      .filter(({ room_id }) => roomId === null || room_id === roomId)
      .sort((a, b) => a.started_ms - b.started_ms);
  }

  get(id: string): RecordingView | null {
    return this.#running.get(id)?.toView() ?? this.#done.get(id) ?? null;
  }

  pause(id: string, on: boolean): Outcome<RecordingView> {
    const recording = this.#running.get(id);
    if (recording === undefined) {
      if (!this.#done.has(id)) return { ok: false, code: 'RECORDING_NOT_FOUND', reason: 'there is no such recording' };
      return { ok: false, code: 'WRONG_STATE', reason: 'the recording is over' };
    }
    recording.pause(on);
    return { ok: true, value: recording.toView() };
  }

  /** As it is when its files are finished. Null: there is none. */
  async stop(id: string): Promise<RecordingView | null> {
    const recording = this.#running.get(id);
    recording?.stop('requested');
    await recording?.finished;
    return this.get(id);
  }

  /** Ends them all, and writes what is known of them. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const recording of running) recording.stop('shutdown');
    await Promise.all(running.map((recording) => recording.finished));
    await this.#sidecars.close();
  }

  async openFile(id: string, name: string): Promise<{ readonly info: RecordingFile; readonly file: SoundFile } | null> {
    const info = this.get(id)?.files.find(({ file }) => file === name);
    const file = info === undefined ? null : await this.#options.folder.open(`${id}.${name}`);
    return info === undefined || file === null ? null : { info, file };
  }

  /** Null: there is no such recording. With its last file a recording that is over is forgotten. */
  async removeFile(id: string, name: string): Promise<boolean | null> {
    const view = this.get(id);
    if (view === null) return null;
    if (!view.files.some(({ file }) => file === name)) return false;
    await this.#removeFile(id, name);
    return true;
  }

  #refusal(roomId: RoomId, source: string): Extract<Outcome<never>, { readonly ok: false }> | null {
    const { directory } = this.#options;
    const others = [...this.#running.values()].filter((recording) => recording.roomId === roomId);
    if (source === 'members') {
      const isTaken = others.some(
        (one) => one.recordsMembers || directory.members(roomId).some((m) => one.records(m.memberId)),
      );
      return isTaken ? { ok: false, code: 'ALREADY_RECORDED', reason: 'a member is being recorded already' } : null;
    }
    const member = directory.member(roomId, source);
    if (member === null) return { ok: false, code: 'MEMBER_NOT_FOUND', reason: 'the room has no such member' };
    if (lineOf(member) === null) return { ok: false, code: 'NOT_SUPPORTED', reason: 'this stream only hears' };
    return others.some((one) => one.recordsMembers || one.records(source))
      ? { ok: false, code: 'ALREADY_RECORDED', reason: 'the member is being recorded already' }
      : null;
  }

  #ended(id: string, recording: Recording): void {
    this.#running.delete(id);
    const view = recording.toView();
    if (view.state === 'failed') this.failed += 1;
    this.#done.set(id, view);
    this.#sidecars.save(view);
    this.#forgetEmpty();
  }

  #count({ bytes }: RecordingFile, by: 1 | -1): void {
    this.#files += by;
    this.#bytes += by * bytes;
  }

  async #removeFile(id: string, name: string): Promise<void> {
    const { folder } = this.#options;
    const file = this.get(id)?.files.find((one) => one.file === name);
    if (file === undefined) return;
    this.#count(file, -1);
    this.#running.get(id)?.forget(name);
    const done = this.#done.get(id);
    const left = done === undefined ? null : { ...done, files: done.files.filter(({ file }) => file !== name) };
    if (left !== null && left.files.length === 0) this.#done.delete(id);
    else if (left !== null) this.#done.set(id, left);
    await folder.remove(`${id}.${name}`);
    if (left === null) return;
    if (left.files.length > 0) this.#sidecars.save(left);
    else this.#sidecars.forget(id);
  }

  #forgetEmpty(): void {
    const empty = [...this.#done.values()].filter(({ files }) => files.length === 0);
    for (const { recording_id: id } of empty.slice(0, Math.max(0, empty.length - MAX_EMPTY))) {
      this.#done.delete(id);
      this.#sidecars.forget(id);
    }
  }

  /** The oldest finished files go, also those of a recording that runs. */
  #expire(): void {
    const { maxFiles, maxBytes } = this.#options.limits;
    if (this.#files <= maxFiles && this.#bytes <= maxBytes) return;
    const all = this.list().flatMap(({ recording_id: id, started_ms, files }) =>
      files.map(({ file, start_ms }) => ({ id, file, atMs: started_ms + start_ms })),
    );
    for (const { id, file } of all.sort((a, b) => a.atMs - b.atMs)) {
      if (this.#files <= maxFiles && this.#bytes <= maxBytes) return;
      this.expired += 1;
      void this.#removeFile(id, file);
    }
  }

  /** What an earlier run had not ended, or not on a disk that was full. */
  async #repair({ tracks, ...view }: Sidecar, names: readonly string[]): Promise<RecordingView> {
    const { folder, log } = this.#options;
    const isOver = view.state === 'stopped' || view.state === 'failed';
    const files = [...view.files];
    const prefix = `${view.recording_id}.`;
    for (const name of names.filter((one) => one.startsWith(prefix) && /\.(?:wav|ogg)$/.test(one))) {
      const file = name.slice(prefix.length);
      if (files.some((known) => known.file === file)) continue;
      const repaired = await repairFile(folder, name, view.rate);
      if (repaired === null) {
        await folder.remove(name);
        continue;
      }
      const { bytes, sha256, durationMs } = repaired;
      const base = file.replace(/-\d+\.\w+$/, '');
      const track = tracks.find((one) => one.name === base);
      const before = files.filter((one) => one.file.startsWith(`${base}-`));
      const start_ms = before.reduce((sum, one) => sum + one.duration_ms, track?.start_ms ?? 0);
      const member_id = track?.member_id ?? null;
      files.push({ file, member_id, start_ms: Math.round(start_ms), duration_ms: durationMs, bytes, sha256 });
      this.repaired += 1;
      log.warn('recording.repaired', { recordingId: view.recording_id, file, durationMs });
    }
    if (isOver && files.length === view.files.length) return view;
    const after: RecordingView = isOver ? { ...view, files } : { ...view, state: 'stopped', reason: 'crashed', files };
    this.#sidecars.save(after);
    return after;
  }
}
