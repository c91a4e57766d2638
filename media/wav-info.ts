import { type Parsed, parsed } from '../base/errors.js';
import { readWavLayout, type WavEncoding, type WavFault } from './wav-layout.js';

/** What a WAV file is, for a person. */
export interface WavInfo {
  readonly format: string;
  readonly sampleRateHz: number;
  readonly channels: number;
  readonly samples: number;
  readonly dataAt: number;
  readonly dataBytes: number;
}

const formatNames: Readonly<Record<WavEncoding, string>> = {
  pcm: '16-bit PCM (format tag 1)',
  float: '32-bit float (format tag 3)',
  pcma: 'A-law (format tag 6)',
  pcmu: 'µ-law (format tag 7)',
  g722: 'G.722 (format tag 0xA112)',
  ilbc: 'iLBC (format tag 0xA116)',
};

/** @param start the beginning of the file, up to its sound @param fileBytes how long the whole file is */
export function wavInfo(start: Uint8Array, fileBytes: number): Parsed<WavInfo, WavFault> {
  const read = readWavLayout(start);
  if (!read.ok) return read;
  const { encoding, sampleRateHz, channels, unitBytes, unitSamples, dataAt, dataBytes } = read.value;
  const bytes = Math.max(0, Math.min(dataBytes ?? fileBytes, fileBytes - dataAt));
  const samples = Math.floor(bytes / unitBytes) * unitSamples;
  return parsed({ format: formatNames[encoding], sampleRateHz, channels, samples, dataAt, dataBytes: bytes });
}

/** One line for each fact: `length: 1.500 s, 12000 samples`. */
export function wavInfoLines(info: WavInfo): string[] {
  const { format, sampleRateHz, channels, samples, dataAt, dataBytes } = info;
  return [
    `format: ${format}`,
    `sample rate: ${sampleRateHz} Hz`,
    `channels: ${channels}`,
    `length: ${(samples / sampleRateHz).toFixed(3)} s, ${samples} samples`,
    `sound: ${dataBytes} bytes from byte ${dataAt}`,
  ];
}
