import type { RoomId } from '../../base/ids.js';
import type { ApiErrorCode } from '../../contract/errors.js';
import type { SoundCommands } from '../api/sounds.js';
import type { RoomDirectory } from '../rooms/news.js';
import type { SoundLibrary, UploadFault } from './library.js';
import type { Playbacks } from './playbacks.js';

const uploadCodes: Readonly<Record<UploadFault, ApiErrorCode>> = {
  'too-large': 'PAYLOAD_TOO_LARGE',
  'no-room': 'NO_SPACE',
  busy: 'TOO_MANY_REQUESTS',
  unreadable: 'UNPROCESSABLE',
  disk: 'NO_SPACE',
  'broken-off': 'BAD_REQUEST',
};

/** What the API may ask of sounds. */
export function createSoundCommands(parts: {
  readonly library: SoundLibrary;
  readonly playbacks: Playbacks;
  readonly directory: RoomDirectory;
  readonly maxSoundBytes: number;
}): SoundCommands {
  const { library, playbacks, directory, maxSoundBytes } = parts;
  return {
    maxSoundBytes,
    sounds: () => library.list(),
    sound: (name) => library.get(name),
    putSound: async (name, body) => {
      const taken = await library.put(name, body);
      if (!taken.ok) return { ok: false, code: uploadCodes[taken.fault], reason: taken.reason };
      return { ok: true, value: { sound: taken.sound, isNew: taken.isNew } };
    },
    removeSound: (name) => library.remove(name),
    play: (roomId, body) => playbacks.play(roomId as RoomId, body),
    playbacks: (roomId) => {
      const list = playbacks.list(roomId as RoomId);
      return list.length === 0 && !directory.has(roomId as RoomId) ? null : list;
    },
    playback: (id) => playbacks.get(id),
    updatePlayback: (id, body) => playbacks.update(id, body),
    stopPlayback: (id) => playbacks.stop(id),
  };
}
