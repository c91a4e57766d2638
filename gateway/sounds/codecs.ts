import { AppError } from '../../base/errors.js';
import type { SampleRateHz, SoundFileInfo, SoundFormat } from '../../media/index.js';
import { CodecHost } from './codec-host.js';
import type { CodecAnswer, CodecCommand, CodecFault } from './codec-protocol.js';

/** A file that cannot be decoded or encoded (any more), and why. */
export class SoundCodecError extends AppError {
  readonly code = 'SOUND_UNREADABLE';
  readonly fault: CodecFault;

  constructor(fault: CodecFault) {
    super(texts[fault]);
    this.fault = fault;
  }
}

const texts: Readonly<Record<CodecFault, string>> = {
  'not-sound': 'not a WAV, Ogg Opus or MP3 file',
  'unsupported-format': 'a coding, sample rate or number of channels that is not supported',
  damaged: 'the file is damaged',
  'no-sound': 'there is no sound in it',
  unavailable: 'too many sounds are being decoded or encoded',
};

/** A file on its way to PCM. One question at a time. Rejects with SoundCodecError. */
export interface SoundDecoding {
  readonly info: SoundFileInfo | null;
  decode(bytes: Uint8Array, isLast: boolean): Promise<Int16Array>;
  close(): void;
}

/** PCM on its way to an Ogg Opus file. Rejects with SoundCodecError. */
export interface SoundEncoding {
  encode(pcm: Int16Array, isLast: boolean): Promise<Uint8Array>;
  close(): void;
}

/** Who decodes and encodes sound files: a thread of its own in the program, this one in tests. */
export interface SoundCodecs {
  decoder(format: SoundFormat, rateHz: SampleRateHz): SoundDecoding;
  encoder(rateHz: SampleRateHz, serial: number): SoundEncoding;
  /** May be called twice. */
  close(): Promise<void>;
}

/** Over whatever carries the commands. */
export function createCodecs(
  ask: (command: CodecCommand) => Promise<CodecAnswer>,
  close: () => Promise<void>,
): SoundCodecs {
  let last = 0;
  const asked = async (command: CodecCommand): Promise<Extract<CodecAnswer, { readonly ok: true }>> => {
    const answer = await ask(command);
    if (!answer.ok) throw new SoundCodecError(answer.fault);
    return answer;
  };
  const opened = (command: CodecCommand): Promise<unknown> => {
    const done = asked(command);
    // Told with the first question; nobody may ask one.
    done.catch(() => undefined);
    return done;
  };
  return {
    decoder: (format, rateHz) => {
      last += 1;
      const codec = last;
      const ready = opened({ type: 'open-decoder', codec, format, rateHz });
      let info: SoundFileInfo | null = null;
      return {
        get info() {
          return info;
        },
        decode: async (bytes, isLast) => {
          await ready;
          const answer = await asked({ type: 'decode', codec, bytes, isLast });
          info = answer.info ?? info;
          return answer.pcm ?? new Int16Array(0);
        },
        close: () => void ask({ type: 'close', codec }),
      };
    },
    encoder: (rateHz, serial) => {
      last += 1;
      const codec = last;
      const ready = opened({ type: 'open-encoder', codec, rateHz, serial });
      return {
        encode: async (pcm, isLast) => {
          await ready;
          return (await asked({ type: 'encode', codec, pcm, isLast })).bytes ?? new Uint8Array(0);
        },
        close: () => void ask({ type: 'close', codec }),
      };
    },
    close,
  };
}

/** In this thread. */
export function createInlineCodecs(host = new CodecHost()): SoundCodecs {
  return createCodecs(
    (command) => host.handle(command),
    async () => undefined,
  );
}
