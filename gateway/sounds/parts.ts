import { join } from 'node:path';
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../base/clock.js';
import type { RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { Random } from '../../base/random.js';
import type { MediaPool } from '../../rooms/index.js';
import { addRecordingRoutes, type RecordingCommands } from '../api/recordings.js';
import { addSoundRoutes, type SoundCommands } from '../api/sounds.js';
import type { Config } from '../config.js';
import { Recordings } from '../recordings/recordings.js';
import type { RoomDirectory } from '../rooms/news.js';
import type { SoundCodecs } from './codecs.js';
import { createSoundCommands } from './commands.js';
import type { Download } from './download.js';
import { SoundLibrary } from './library.js';
import { MemoryFolder } from './memory-folder.js';
import { Playbacks } from './playbacks.js';
import { LibrarySounds } from './room-sounds.js';
import { SoundCache } from './sound-cache.js';
import { createSoundFolder, type SoundFolder } from './sound-files.js';
import { SoundSources } from './sources.js';
import { type RunCommand, Speech } from './speech.js';

export interface SoundPartsDeps {
  readonly config: Pick<
    Config,
    | 'dataDir'
    | 'maxRoomRateHz'
    | 'soundMaxBytes'
    | 'soundMaxS'
    | 'soundsMaxBytes'
    | 'soundCacheBytes'
    | 'soundFetchTimeoutMs'
    | 'ttsCommand'
    | 'ttsUrl'
    | 'ttsVoice'
    | 'ttsTimeoutMs'
    | 'recordingsMaxFiles'
    | 'recordingsMaxBytes'
  >;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly pool: Pick<MediaPool, 'playToRoom' | 'recordRoom'>;
  readonly directory: RoomDirectory;
  readonly codecs: SoundCodecs;
  readonly send: Download;
  readonly run: RunCommand;
}

/** Sounds into rooms and out of them. */
export interface SoundParts {
  readonly commands: SoundCommands & RecordingCommands;
  /** What gateway/rooms plays of itself. */
  readonly roomSounds: LibrarySounds;
  /**
   * Adds /sounds, /recordings and what belongs to them; for `parts` of createApi.
   * @param idempotent  what does requests that create once for each Idempotency-Key
   */
  addRoutes(app: Parameters<typeof addSoundRoutes>[0], idempotent?: MiddlewareHandler): void;
  /** Reads what is there; before the API listens. */
  start(): Promise<void>;
  /** Ends playbacks and recordings; before the media pool closes. */
  close(): Promise<void>;
  counters(): Readonly<Record<string, number>>;
}

/** Of each folder with data_dir `:memory:`. */
const MEMORY_BYTES = 268_435_456;
const MAX_SOUNDS = 10_000;

/** Throws SoundFolderError where a folder of data_dir cannot be made or written. */
export function createSoundParts(deps: SoundPartsDeps): SoundParts {
  const { config, clock, random, log, pool, directory, codecs, send, run } = deps;
  const folderOf = (name: string): SoundFolder =>
    config.dataDir === null
      ? new MemoryFolder(MEMORY_BYTES, () => clock.epochMs())
      : createSoundFolder(join(config.dataDir, name));
  const maxBytes = config.soundMaxBytes;
  const library = new SoundLibrary({
    clock,
    random,
    log,
    folder: folderOf('sounds'),
    codecs,
    limits: { maxBytes, maxTotalBytes: config.soundsMaxBytes, maxSounds: MAX_SOUNDS, maxMs: config.soundMaxS * 1000 },
  });
  const cache = new SoundCache({ folder: folderOf('sound-cache'), maxBytes: config.soundCacheBytes });
  const speech = new Speech({
    clock,
    command: config.ttsCommand,
    url: config.ttsUrl,
    voice: config.ttsVoice,
    timeoutMs: config.ttsTimeoutMs,
    maxBytes,
    run,
    send,
    cache,
  });
  const sources = new SoundSources({
    clock,
    random,
    library,
    cache,
    codecs,
    speech,
    send,
    maxRateHz: config.maxRoomRateHz,
    maxBytes,
    fetchTimeoutMs: config.soundFetchTimeoutMs,
  });
  const playbacks = new Playbacks({ clock, random, log, directory, pool, sources });
  const recordings = new Recordings({
    clock,
    random,
    log,
    directory,
    pool,
    folder: folderOf('recordings'),
    codecs,
    limits: { maxFiles: config.recordingsMaxFiles, maxBytes: config.recordingsMaxBytes },
  });
  const commands: SoundParts['commands'] = {
    ...createSoundCommands({ library, playbacks, directory, maxSoundBytes: maxBytes }),
    record: (roomId, body) => recordings.record(roomId as Parameters<Recordings['record']>[0], body),
    recordings: (roomId) => {
      const list = recordings.list(roomId);
      // Those of a room that is over are still there.
      const isKnown = roomId === null || list.length > 0 || directory.has(roomId as RoomId);
      return isKnown ? list : null;
    },
    recording: (id) => recordings.get(id),
    pauseRecording: (id, on) => recordings.pause(id, on),
    stopRecording: (id) => recordings.stop(id),
    recordingFile: (id, name) => recordings.openFile(id, name),
    removeRecordingFile: (id, name) => recordings.removeFile(id, name),
  };
  return {
    commands,
    roomSounds: new LibrarySounds({ sources, pool }),
    addRoutes: (app, idempotent) => {
      const creating = ['/rooms/:room_id/playbacks', '/rooms/:room_id/recordings'];
      if (idempotent !== undefined) app.on('POST', creating, idempotent);
      addSoundRoutes(app, commands);
      addRecordingRoutes(app, commands);
    },
    start: async () => {
      await cache.start();
      await library.start();
      await recordings.start();
    },
    close: async () => {
      playbacks.close();
      await recordings.close();
      await codecs.close();
    },
    counters: () => ({
      sounds: library.list().length,
      sound_bytes: library.totalBytes,
      sound_cache_files: cache.files,
      sound_cache_bytes: cache.bytes,
      sound_cache_hits_total: cache.hits,
      texts_spoken_total: speech.spoken,
      texts_failed_total: speech.failed,
      playbacks: playbacks.active,
      playbacks_started_total: playbacks.started,
      playbacks_failed_total: playbacks.failed,
      playbacks_refused_total: playbacks.refused,
      recordings: recordings.running,
      recording_bytes: recordings.bytes,
      recordings_started_total: recordings.started,
      recordings_failed_total: recordings.failed,
      recording_files_expired_total: recordings.expired,
      recording_files_repaired_total: recordings.repaired,
    }),
  };
}
