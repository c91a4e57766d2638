import { expect } from 'vitest';
import { silentLogger } from '../../base/log.js';
import { Recordings, type RecordingsOptions } from '../../gateway/recordings/recordings.js';
import { createInlineCodecs } from '../../gateway/sounds/codecs.js';
import type { MemoryFolder } from '../../gateway/sounds/memory-folder.js';
import { readSoundFile, samplesOf } from '../../gateway/sounds/sound-reader.js';
import { readWav } from '../../media/index.js';
import { createSeededRandom } from './seeded-random.js';
import type { SoundDesk } from './sound-desk.js';
import { levelOf } from './voice.js';

/** Its id. */
export async function record(desk: SoundDesk, body: object = {}) {
  const { status, json } = await desk.ask('POST', '/rooms/r/recordings', body);
  expect(status).toBe(201);
  return json.recording_id as string;
}

/** A file as samples, whatever its kind. */
export async function heard(
  desk: SoundDesk,
  id: string,
  file: string,
  rateHz: 8000 | 16_000 | 48_000 = 16_000,
): Promise<Int16Array> {
  const { bytes } = await desk.ask('GET', `/recordings/${id}/files/${file}`);
  if (file.endsWith('.wav')) {
    const read = readWav(bytes);
    if (!read.ok) throw new Error(read.fault);
    return read.value.samples;
  }
  const source = {
    read: async (at: number, count: number) => bytes.subarray(at, at + count),
    close: async () => undefined,
  };
  const reader = readSoundFile({ file: source, format: 'ogg', rateHz, codecs: createInlineCodecs() });
  return samplesOf(await reader.read(rateHz * 600));
}

/** Which of the tones are in it. */
export const tones = (pcm: Int16Array, hz: readonly number[], rateHz = 16_000): number[] =>
  hz.filter((one) => levelOf(pcm, one, rateHz) > -35);

/** Recordings in a folder that the test holds. */
export function recordingsIn(
  desk: SoundDesk,
  folder: MemoryFolder,
  limits: RecordingsOptions['limits'] = { maxFiles: 100, maxBytes: 1e9 },
) {
  return new Recordings({ ...optionsIn(desk, folder), limits });
}

export function optionsIn(desk: SoundDesk, folder: MemoryFolder): RecordingsOptions {
  return {
    clock: desk.stage.clock,
    random: createSeededRandom(5),
    log: silentLogger,
    directory: desk.directory,
    pool: desk.stage.pool,
    folder,
    codecs: createInlineCodecs(),
    limits: { maxFiles: 100, maxBytes: 1e9 },
  };
}
