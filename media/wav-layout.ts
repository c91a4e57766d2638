import { fault, type Parsed, parsed } from '../base/errors.js';
import { pcma, pcmu } from './codec/g711.js';
import { g722 } from './codec/g722.js';
import { ilbc } from './codec/ilbc/codec.js';

export type WavFault = 'not-wav' | 'no-format' | 'unsupported-format' | 'no-data';

export type WavEncoding = 'pcm' | 'float' | 'pcma' | 'pcmu' | 'g722' | 'ilbc';

/** Where the sound of a RIFF WAVE file is, and how it is coded. */
export interface WavLayout {
  readonly encoding: WavEncoding;
  readonly channels: number;
  /** Of the PCM that it decodes to. */
  readonly sampleRateHz: number;
  /** What is decoded at one time: a sample of each channel, or a frame of the codec; and the samples per channel in it. */
  readonly unitBytes: number;
  readonly unitSamples: number;
  readonly dataAt: number;
  /** Null: to the end of the file, as a recorder leaves it that was killed or wrote to a pipe. */
  readonly dataBytes: number | null;
}

/** Format tags of RFC 2361 and of the common players. */
const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const G722 = 0xa112;
const ILBC = 0xa116;
const EXTENSIBLE = 0xfffe;

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly blockBytes: number;
  readonly bitsPerSample: number;
}

/**
 * Reads the start of a RIFF WAVE file, of which the sound itself need not be there yet. A data chunk whose length is 0, or
 * that of a file that was never finished, runs to the end. `at` of a fault is in bytes. Never throws.
 */
export function readWavLayout(start: Uint8Array): Parsed<WavLayout, WavFault> {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (start.length < 12 || tagAt(start, 0) !== 'RIFF' || tagAt(start, 8) !== 'WAVE') return fault('not-wav');
  let format: Format | null = null;
  let at = 12;
  while (at + 8 <= start.length) {
    const name = tagAt(start, at);
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === 'fmt ') {
      format = readFormat(view, body, length);
      if (format === null) return fault('no-format', at);
    } else if (name === 'data') {
      if (format === null) return fault('no-format', at);
      const layout = layoutOf(format);
      if (layout === null) return fault('unsupported-format', body);
      return parsed({ ...layout, dataAt: body, dataBytes: length === 0 || length >= 0xffff_ff00 ? null : length });
    }
    at = body + length + (length & 1);
  }
  return fault(format === null ? 'no-format' : 'no-data', Math.min(at, start.length));
}

function tagAt(file: Uint8Array, at: number): string {
  return String.fromCharCode(...file.subarray(at, at + 4));
}

function readFormat(view: DataView, at: number, length: number): Format | null {
  if (length < 16 || at + length > view.byteLength) return null;
  const tag = view.getUint16(at, true);
  // The real encoding of the extensible form is the start of its GUID.
  const hasGuid = tag === EXTENSIBLE && length >= 26;
  return {
    tag: hasGuid ? view.getUint16(at + 24, true) : tag,
    channels: view.getUint16(at + 2, true),
    sampleRateHz: view.getUint32(at + 4, true),
    blockBytes: view.getUint16(at + 12, true),
    bitsPerSample: view.getUint16(at + 14, true),
  };
}

type Layout = Omit<WavLayout, 'dataAt' | 'dataBytes'>;

function layoutOf({ tag, channels, sampleRateHz, blockBytes, bitsPerSample }: Format): Layout | null {
  if (channels === 0 || sampleRateHz === 0) return null;
  const bytes = tag === PCM && bitsPerSample === 16 ? 2 : tag === FLOAT && bitsPerSample === 32 ? 4 : 0;
  if (bytes > 0) {
    const encoding = tag === PCM ? 'pcm' : 'float';
    return { encoding, channels, sampleRateHz, unitBytes: bytes * channels, unitSamples: 1 };
  }
  if (tag === A_LAW || tag === MU_LAW) {
    const encoding = tag === A_LAW ? 'pcma' : 'pcmu';
    return { encoding, channels, sampleRateHz, unitBytes: channels, unitSamples: 1 };
  }
  if (channels !== 1) return null;
  // RFC 3551 §4.5.2: an octet for two samples at 16 kHz, whatever rate the header gives.
  if (tag === G722) return { encoding: 'g722', channels, sampleRateHz: 16_000, unitBytes: 1, unitSamples: 2 };
  // RFC 3951 §2.2: frames of 30 ms have 50 octets, those of 20 ms 38.
  const isLong = blockBytes === 50;
  if (tag === ILBC) {
    return {
      encoding: 'ilbc',
      channels,
      sampleRateHz: 8000,
      unitBytes: isLong ? 50 : 38,
      unitSamples: isLong ? 240 : 160,
    };
  }
  return null;
}

/** Whole units to samples, channels interleaved; goes on where it was. Must not be given a part of a unit. */
export type WavDecoder = (data: Uint8Array) => Int16Array;

export function createWavDecoder({ encoding, unitBytes, unitSamples, channels }: WavLayout): WavDecoder {
  if (encoding === 'pcm' || encoding === 'float') return (data) => readSamples(data, encoding);
  const decoder = { pcma, pcmu, g722, ilbc }[encoding].createDecoder(unitBytes === 38 ? 'mode=20' : '');
  // Every decoder takes 20 ms of its sound at a time.
  const pieceBytes = encoding === 'ilbc' ? unitBytes : 160;
  return (data) => {
    const samples = new Int16Array((data.length / unitBytes) * unitSamples * channels);
    let written = 0;
    for (let at = 0; at < data.length; at += pieceBytes) {
      written += decoder.decode(data, at, Math.min(pieceBytes, data.length - at), samples, written);
    }
    return samples;
  };
}

function readSamples(data: Uint8Array, encoding: 'pcm' | 'float'): Int16Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const isPcm = encoding === 'pcm';
  const samples = new Int16Array(data.length / (isPcm ? 2 : 4));
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = isPcm ? view.getInt16(i * 2, true) : clipped(view.getFloat32(i * 4, true));
  }
  return samples;
}

function clipped(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value * 32768)));
}
