import { wavHeader } from '../../media/index.js';
import type { SoundFolder } from '../sounds/sound-files.js';
import { type EndedFile, endOgg, hashOf } from './track-file.js';

const HEADER_BYTES = 44;

/**
 * Makes a file playable that a program was writing when it ended: the lengths of a WAV header are set to what is there, an Ogg file is
 * cut behind its last whole page. Null: there is no sound in it. Rejects with the system's error.
 */
export async function repairFile(folder: SoundFolder, name: string, rateHz: number): Promise<EndedFile | null> {
  const size = (await folder.list()).find((entry) => entry.name === name)?.bytes ?? 0;
  return name.endsWith('.wav') ? repairWav(folder, name, { size, rateHz }) : endOgg(folder, name);
}

async function repairWav(
  folder: SoundFolder,
  name: string,
  { size, rateHz }: { readonly size: number; readonly rateHz: number },
): Promise<EndedFile | null> {
  const dataBytes = Math.max(0, size - HEADER_BYTES) & ~1;
  const sink = dataBytes === 0 ? null : await folder.update(name);
  if (sink === null) return null;
  try {
    await sink.write(0, wavHeader({ sampleRateHz: rateHz, channels: 1 }, dataBytes));
  } finally {
    await sink.close();
  }
  await folder.truncate(name, HEADER_BYTES + dataBytes);
  return { ...(await hashOf(folder, name)), durationMs: Math.round((dataBytes * 500) / rateHz) };
}
