import { type Parsed, parsed } from '../base/errors.js';
import { createWavDecoder, readWavLayout, type WavFault } from './wav-layout.js';

/** Sound as it is in a WAV file: 16-bit samples, channels interleaved. */
export interface WavSound {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly samples: Int16Array;
}

const PCM = 1;
const HEADER_BYTES = 44;

/**
 * Reads a RIFF WAVE file: 16-bit PCM, 32-bit float (clipped to 16 bits), A-law, µ-law, and mono G.722 and iLBC, see
 * media/wav-layout.ts. `at` of a fault is in bytes. Never throws.
 */
export function readWav(file: Uint8Array): Parsed<WavSound, WavFault> {
  const read = readWavLayout(file);
  if (!read.ok) return read;
  const { dataAt, dataBytes, unitBytes, sampleRateHz, channels } = read.value;
  const bytes = Math.min(dataBytes ?? file.length, file.length - dataAt);
  const data = file.subarray(dataAt, dataAt + bytes - (bytes % unitBytes));
  return parsed({ sampleRateHz, channels, samples: createWavDecoder(read.value)(data) });
}

/** The 44 bytes before so many bytes of 16-bit PCM. */
export function wavHeader({ sampleRateHz, channels }: Omit<WavSound, 'samples'>, dataBytes: number): Buffer {
  const out = Buffer.alloc(HEADER_BYTES);
  out.write('RIFF', 0, 'latin1');
  out.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  out.write('WAVEfmt ', 8, 'latin1');
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(PCM, 20);
  out.writeUInt16LE(channels, 22);
  out.writeUInt32LE(sampleRateHz, 24);
  out.writeUInt32LE(sampleRateHz * channels * 2, 28);
  out.writeUInt16LE(channels * 2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36, 'latin1');
  out.writeUInt32LE(dataBytes, 40);
  return out;
}

/** Writes a WAV file of 16-bit PCM. */
export function writeWav(sound: WavSound): Buffer {
  const { samples } = sound;
  const data = Buffer.alloc(samples.length * 2);
  for (let i = 0; i < samples.length; i += 1) data.writeInt16LE(samples[i]!, i * 2);
  return Buffer.concat([wavHeader(sound, data.length), data]);
}
