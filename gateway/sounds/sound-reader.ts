import type { SampleRateHz, SoundFormat } from '../../media/index.js';
import type { SoundCodecs } from './codecs.js';
import type { SoundFile } from './sound-files.js';

/** Sound that is asked for piece by piece: mono, 16 bits little-endian, of the rate that it was opened with. */
export interface SoundReader {
  /** Everything has been read. */
  readonly isOver: boolean;
  /** So many samples; fewer where all is over, or a frame of a codec does not fit. Rejects where the sound cannot be read on. */
  read(samples: number): Promise<Uint8Array>;
  /** May be called twice. */
  close(): Promise<void>;
}

/** What of a file is decoded at one time: a few hundred milliseconds of any kind. */
const pieceBytes: Readonly<Record<SoundFormat, number>> = { wav: 16_384, ogg: 1024, mp3: 2048 };

/** 16 bits little-endian, whatever this machine has. */
export function bytesOf(samples: Int16Array, count = samples.length): Uint8Array {
  const bytes = new Uint8Array(count * 2);
  for (let i = 0; i < count; i += 1) {
    bytes[2 * i] = samples[i]!;
    bytes[2 * i + 1] = samples[i]! >> 8;
  }
  return bytes;
}

/** The other way round. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i += 1) samples[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
  return samples;
}

export interface FileReaderOptions {
  readonly file: SoundFile;
  readonly format: SoundFormat;
  readonly rateHz: SampleRateHz;
  readonly codecs: SoundCodecs;
}

/** Reads and decodes a file as far as it is asked for, and keeps what one piece gave beyond that. */
export function readSoundFile({ file, format, rateHz, codecs }: FileReaderOptions): SoundReader {
  const decoding = codecs.decoder(format, rateHz);
  let at = 0;
  let isRead = false;
  let isClosed = false;
  let kept = new Int16Array(0) as Int16Array;
  return {
    get isOver() {
      return isClosed || (isRead && kept.length === 0);
    },
    read: async (samples) => {
      const out = new Int16Array(samples);
      let written = 0;
      for (;;) {
        const taken = Math.min(samples - written, kept.length);
        out.set(kept.subarray(0, taken), written);
        kept = kept.subarray(taken);
        written += taken;
        if (isRead || isClosed || written === samples) break;
        const bytes = await file.read(at, pieceBytes[format]);
        at += bytes.length;
        isRead = bytes.length < pieceBytes[format];
        kept = await decoding.decode(bytes, isRead);
      }
      return bytesOf(out, written);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      decoding.close();
      await file.close().catch(() => undefined);
    },
  };
}

/** Reads the same sound so often, without a gap between one time and the next. `times` 0: for ever. */
export async function readRepeatedly(open: () => Promise<SoundReader>, times: number): Promise<SoundReader> {
  let reader = await open();
  let left = times === 0 ? Number.POSITIVE_INFINITY : times;
  let isClosed = false;
  /** Of this time. */
  let timeBytes = 0;
  return {
    get isOver() {
      return isClosed || (left <= 1 && reader.isOver);
    },
    read: async (samples) => {
      const pieces: Uint8Array[] = [];
      let missing = samples;
      for (;;) {
        const piece = await reader.read(missing);
        pieces.push(piece);
        missing -= piece.length / 2;
        timeBytes += piece.length;
        if (missing <= 0 || isClosed || !reader.isOver || left <= 1) break;
        // A sound of nothing is not repeated for ever.
        if (timeBytes === 0) {
          left = 1;
          break;
        }
        timeBytes = 0;
        left -= 1;
        await reader.close();
        reader = await open();
        if (isClosed) await reader.close();
      }
      return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    },
    close: async () => {
      isClosed = true;
      await reader.close();
    },
  };
}

/** Silence of that length. */
export function readSilence(durationMs: number, rateHz: SampleRateHz): SoundReader {
  let left = Math.round((durationMs * rateHz) / 1000);
  return {
    get isOver() {
      return left === 0;
    },
    read: async (samples) => {
      const taken = Math.min(samples, left);
      left -= taken;
      return new Uint8Array(2 * taken);
    },
    close: async () => {
      left = 0;
    },
  };
}
