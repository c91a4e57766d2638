import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { HttpTransportError } from '../hooks/transport.js';
import { createCodecThread } from './codec-thread.js';
import { createInlineCodecs, type SoundCodecs } from './codecs.js';
import { createDownloads, type Download, SoundSourceError } from './download.js';
import type { RunCommand } from './speech.js';
import { runCommand } from './speech-command.js';

/** What sounds need of the world around the gateway. */
export interface SoundWorld {
  readonly codecs: SoundCodecs;
  readonly send: Download;
  readonly run: RunCommand;
  /** After the gateway has stopped. */
  close(): Promise<void>;
}

/** The real one: a thread for files, undici for URLs by the rules of `hook_allow`, programs of this machine. From dist only. */
export function createSoundWorld(options: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly allow: readonly string[];
}): SoundWorld {
  const codecs = createCodecThread(options.log);
  const downloads = createDownloads(options);
  return {
    codecs,
    send: downloads.send,
    run: runCommand,
    close: async () => {
      await codecs.close();
      await downloads.close();
    },
  };
}

/** For a gateway that was given none: files are decoded in this thread, and nothing is fetched or run. */
export function createInlineSoundWorld(): SoundWorld {
  return {
    codecs: createInlineCodecs(),
    send: ({ url }) => Promise.reject(new HttpTransportError('connect', `nothing is fetched here: ${url}`)),
    run: () => Promise.reject(new SoundSourceError('SPEECH_FAILED', 'no program is run here')),
    close: async () => undefined,
  };
}
