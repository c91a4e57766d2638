import { fault, type Parsed, parsed } from '../base/errors.js';

/** Sound as it is in a WAV file: 16-bit samples, channels interleaved. */
export interface WavSound {
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly samples: Int16Array;
}

export type WavFault = 'not-wav' | 'no-format' | 'unsupported-format' | 'no-data';

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const HEADER_BYTES = 44;

interface Format {
  readonly encoding: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly bitsPerSample: number;
}

/**
 * Reads a RIFF WAVE file of 16-bit PCM or 32-bit float (clipped to 16 bits). A data chunk whose length is 0 or beyond
 * the end runs to the end of the file: that is what a recorder leaves that was killed or wrote to a pipe.
 * `at` of a fault is in bytes. Never throws.
 */
export function readWav(file: Uint8Array): Parsed<WavSound, WavFault> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || tag(file, 0) !== 'RIFF' || tag(file, 8) !== 'WAVE') return fault('not-wav');
  let format: Format | null = null;
  let at = 12;
  while (at + 8 <= file.length) {
    const name = tag(file, at);
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === 'fmt ') {
      format = readFormat(view, body, length);
      if (format === null) return fault('no-format', at);
    } else if (name === 'data') {
      if (format === null) return fault('no-format', at);
      const runsToEnd = length === 0 || body + length > file.length;
      return readSamples(view, format, body, runsToEnd ? file.length : body + length);
    }
    at = body + length + (length & 1);
  }
  return fault(format === null ? 'no-format' : 'no-data', Math.min(at, file.length));
}

function tag(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}

function readFormat(view: DataView, at: number, length: number): Format | null {
  if (length < 16 || at + length > view.byteLength) return null;
  const encoding = view.getUint16(at, true);
  // The real encoding of the extensible form is the start of its GUID.
  const hasGuid = encoding === EXTENSIBLE && length >= 26;
  return {
    encoding: hasGuid ? view.getUint16(at + 24, true) : encoding,
    channels: view.getUint16(at + 2, true),
    sampleRateHz: view.getUint32(at + 4, true),
    bitsPerSample: view.getUint16(at + 14, true),
  };
}

function readSamples(view: DataView, format: Format, from: number, to: number): Parsed<WavSound, WavFault> {
  const { encoding, bitsPerSample, channels, sampleRateHz } = format;
  const isPcm = encoding === PCM && bitsPerSample === 16;
  const isFloat = encoding === FLOAT && bitsPerSample === 32;
  if ((!isPcm && !isFloat) || channels === 0 || sampleRateHz === 0) return fault('unsupported-format', from);
  const bytes = isPcm ? 2 : 4;
  const frames = Math.floor((to - from) / (bytes * channels));
  const samples = new Int16Array(frames * channels);
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = isPcm ? view.getInt16(from + i * 2, true) : clipped(view.getFloat32(from + i * 4, true));
  }
  return parsed({ sampleRateHz, channels, samples });
}

function clipped(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
}

/** Writes a WAV file of 16-bit PCM. */
export function writeWav(sound: WavSound): Buffer {
  const { sampleRateHz, channels, samples } = sound;
  const dataBytes = samples.length * 2;
  const out = Buffer.alloc(HEADER_BYTES + dataBytes);
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
  for (let i = 0; i < samples.length; i += 1) out.writeInt16LE(samples[i]!, HEADER_BYTES + i * 2);
  return out;
}
