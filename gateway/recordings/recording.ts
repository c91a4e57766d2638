import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import type { RecordingBody, RecordingFile, RecordingView } from '../../contract/recordings.js';
import type { SampleRateHz } from '../../media/index.js';
import type { MediaLeg, MediaPool, MediaSoundEnd, RecordOptions } from '../../rooms/index.js';
import type { MemberRef, RoomDirectory } from '../rooms/news.js';
import type { SoundCodecs } from '../sounds/codecs.js';
import type { SoundFolder } from '../sounds/sound-files.js';
import { Track } from './track.js';
import { openTrackFile } from './track-file.js';

export interface RecordingDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly directory: RoomDirectory;
  readonly pool: Pick<MediaPool, 'recordRoom'>;
  readonly folder: SoundFolder;
  readonly codecs: SoundCodecs;
  /** See TrackOptions. */
  readonly mostFrames?: number | undefined;
}

export interface RecordingOptions extends RecordingDeps {
  readonly id: string;
  readonly roomId: RoomId;
  readonly body: RecordingBody;
  /** Something to be kept has changed. */
  readonly onChanged: () => void;
  /** One of its files is finished. */
  readonly onFile: (file: RecordingFile) => void;
  readonly onEnded: () => void;
}

/** Files `{name}-001.…` and on. */
export interface RecordingTrack {
  readonly name: string;
  readonly member_id: string | null;
  readonly start_ms: number;
}

type Reason = NonNullable<RecordingView['reason']>;
/** Members that one recording has files of, one after the other. */
const MAX_TRACKS = 2000;

/** What can be recorded of a member; null: it never says anything. */
export function lineOf({ leg, stream }: MemberRef): Pick<MediaLeg, 'record'> | null {
  return leg ?? (stream?.speaks === true ? stream : null);
}

/** One recording of a room: a track for the mix, or one for each member. */
export class Recording {
  readonly roomId: RoomId;
  /** Resolves when all files are finished. Never rejects. */
  readonly finished: Promise<void>;
  /** What the names of its files mean: kept beside them, for a start after a crash. */
  readonly tracks: RecordingTrack[] = [];
  readonly #options: RecordingOptions;
  readonly #startedMs: number;
  readonly #startedEpochMs: number;
  readonly #tracks = new Set<Track>();
  readonly #files: RecordingFile[] = [];
  #tracksMade = 0;
  #lostMs = 0;
  #state: RecordingView['state'] = 'recording';
  #reason: Reason | null = null;
  #error: string | null = null;
  #unwatch: () => void = () => undefined;
  #isOver = false;
  #resolve: () => void = () => undefined;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.roomId = options.roomId;
    this.#startedMs = options.clock.nowMs();
    this.#startedEpochMs = options.clock.epochMs();
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Begins; what it records may end at once. */
  start(): void {
    const { directory, roomId, body, pool } = this.#options;
    const { source = 'mix' } = body;
    directory.emit(roomId, { type: 'recording_started', recording_id: this.#options.id });
    this.#unwatch = directory.watch(roomId, {
      onEntered: (member) => {
        if (source === 'members') this.#recordMember(member);
      },
      onLeft: (memberId) => {
        for (const track of this.#tracks) if (track.memberId === memberId) track.stop();
        if (source === memberId) this.#stop('member-left');
      },
      onEnded: () => this.#stop('room-ended'),
    });
    if (source === 'mix') this.#record(null, 1, (record) => pool.recordRoom(roomId, record));
    else if (source === 'members') for (const member of directory.members(roomId)) this.#recordMember(member);
    else {
      const member = directory.member(roomId, source);
      if (member !== null) this.#recordMember(member);
    }
  }

  /** Whether a member's sound is being recorded by this. */
  records(memberId: string): boolean {
    return [...this.#tracks].some((track) => track.memberId === memberId);
  }

  /** Whether a member's sound would be, if it came. */
  get recordsMembers(): boolean {
    return this.#options.body.source === 'members';
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  pause(on: boolean): void {
    if (this.#reason !== null || this.#isOver || (this.#state === 'paused') === on) return;
    const { directory, id, clock, onChanged } = this.#options;
    this.#state = on ? 'paused' : 'recording';
    for (const track of this.#tracks) track.pause(on, clock.nowMs() - this.#startedMs);
    directory.emit(this.roomId, { type: on ? 'recording_paused' : 'recording_resumed', recording_id: id });
    onChanged();
  }

  stop(reason: 'requested' | 'shutdown'): void {
    this.#stop(reason);
  }

  forget(file: string): void {
    const at = this.#files.findIndex((one) => one.file === file);
    if (at >= 0) this.#files.splice(at, 1);
  }

  toView(): RecordingView {
    const { id, body } = this.#options;
    return {
      recording_id: id,
      room_id: this.roomId,
      source: body.source ?? 'mix',
      format: body.format ?? 'wav',
      rate: body.rate ?? 16_000,
      state: this.#state,
      started_ms: this.#startedEpochMs,
      reason: this.#isOver ? this.#reason : null,
      error: this.#error,
      lost_ms: Math.round(this.#lostMs),
      files: [...this.#files],
    };
  }

  #recordMember(member: MemberRef): void {
    const line = lineOf(member);
    if (line === null || this.#reason !== null || this.records(member.memberId)) return;
    this.#record(member.memberId, 2, (record) => line.record(record));
  }

  #record(
    memberId: string | null,
    channels: 1 | 2,
    open: (options: RecordOptions) => ReturnType<MediaPool['recordRoom']> | null,
  ): void {
    if (this.#tracksMade >= MAX_TRACKS) return;
    this.#tracksMade += 1;
    const { body, clock, folder, codecs, random, id, log } = this.#options;
    const { format = 'wav', rate = 16_000, split_s, max_s } = body;
    const base = memberId === null ? 'mix' : `member-${this.#tracksMade}`;
    const rateHz: SampleRateHz = rate;
    const startMs = clock.nowMs() - this.#startedMs;
    this.tracks.push({ name: base, member_id: memberId, start_ms: startMs });
    this.#options.onChanged();
    try {
      const track: Track = new Track({
        memberId,
        rateHz,
        channels,
        startMs,
        splitMs: split_s === undefined ? null : split_s * 1000,
        maxMs: max_s === undefined ? null : max_s * 1000,
        isPaused: this.#state === 'paused',
        mostFrames: this.#options.mostFrames,
        record: open,
        openFile: async (number) => {
          const name = `${base}-${String(number).padStart(3, '0')}.${format}`;
          const options = { folder, name: `${id}.${name}`, rateHz, codecs, serial: random.uint32() };
          return { name, file: await openTrackFile(format, options) };
        },
        onFile: (file) => this.#fileReady(file),
        onFull: () => this.#stop('max-length'),
        onEnded: (end, fault) => this.#trackEnded(track, end, fault),
      });
      this.#tracks.add(track);
    } catch (thrown) {
      log.warn('recording.failed', { recordingId: id, reason: messageOf(thrown) });
      this.#stop('lost');
    }
  }

  #fileReady(file: RecordingFile): void {
    const { directory, id, onChanged, onFile } = this.#options;
    this.#files.push(file);
    const { start_ms: _start, ...told } = file;
    directory.emit(this.roomId, { type: 'recording_ready', recording_id: id, ...told });
    onFile(file);
    onChanged();
  }

  #trackEnded(track: Track, end: MediaSoundEnd, fault: string | null): void {
    this.#tracks.delete(track);
    this.#lostMs += (track.lostFrames * 1000) / (this.#options.body.rate ?? 16_000);
    if (fault !== null) {
      this.#error ??= fault;
      this.#stop('requested');
    } else if (!this.recordsMembers) this.#stop(end === 'lost' ? 'lost' : 'room-ended');
    this.#settle();
  }

  /** No new sound; over when the last file is finished. */
  #stop(reason: Reason): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    for (const track of this.#tracks) track.stop();
    this.#settle();
  }

  #settle(): void {
    if (this.#reason === null || this.#tracks.size > 0 || this.#isOver) return;
    const { directory, id, log, onEnded } = this.#options;
    this.#isOver = true;
    this.#unwatch();
    const recording_id = id;
    if (this.#error === null) {
      this.#state = 'stopped';
      log.info('recording.stopped', { recordingId: id, roomId: this.roomId, reason: this.#reason });
      directory.emit(this.roomId, { type: 'recording_stopped', recording_id, reason: this.#reason });
    } else {
      this.#state = 'failed';
      this.#reason = null;
      log.error('recording.failed', { recordingId: id, roomId: this.roomId, reason: this.#error });
      directory.emit(this.roomId, { type: 'recording_failed', recording_id, error: this.#error });
    }
    onEnded();
    this.#resolve();
  }
}
