import type { Codec, Decoder, Encoder } from './codec.js';
import { Concealer } from './conceal.js';
import { plain, tens } from './plain.js';
import type { SampleRateHz } from './resample.js';

/** What fits into a datagram beside all headers: RFC 3551 §4.5.11 leaves the length to the sender. */
const MAX_SENT_BYTES = 1280;

class L16Encoder implements Encoder {
  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    for (let i = 0; i < samples; i += 1) {
      const sample = pcm[offset + i]!;
      out[outOffset + 2 * i] = sample >> 8;
      out[outOffset + 2 * i + 1] = sample;
    }
    return 2 * samples;
  }

  copyFrom(): void {
    // It keeps nothing.
  }
}

class L16Decoder implements Decoder {
  readonly #concealer: Concealer;

  constructor(sampleRateHz: SampleRateHz) {
    this.#concealer = new Concealer(sampleRateHz);
  }

  /** An odd octet at the end is ignored. */
  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    const samples = length >> 1;
    for (let i = 0; i < samples; i += 1) {
      out[outOffset + i] = (payload[offset + 2 * i]! << 8) | payload[offset + 2 * i + 1]!;
    }
    this.#concealer.heard(out, outOffset, samples);
    return samples;
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    this.#concealer.conceal(out, offset, samples);
    return samples;
  }
}

/**
 * Linear PCM of 16 bits, mono, in network byte order (RFC 3551 §4.5.11). Packets are as long as fits a datagram: 10 ms
 * at 48 kHz.
 */
export function createL16(name: Codec['name'], sampleRateHz: SampleRateHz): Codec {
  const longestMs = (MAX_SENT_BYTES * 1000) / (2 * sampleRateHz);
  return {
    ...plain,
    name,
    encodingName: 'L16',
    staticPayloadType: null,
    clockRateHz: sampleRateHz,
    sampleRateHz,
    isStateful: false,
    channels: 1,
    ptimeMs: (_parameters, wantedMs, mostMs) => tens(wantedMs, mostMs, Math.min(60, longestMs)),
    maxPayloadBytes: (samples) => 2 * samples,
    createEncoder: () => new L16Encoder(),
    createDecoder: () => new L16Decoder(sampleRateHz),
  };
}
