import type { Codec, Decoder, Encoder } from './codec.js';
import { Concealer } from './conceal.js';
import { plain, tens } from './plain.js';
import { Resampler, type SampleRateHz } from './resample.js';

/** What fits into a datagram beside all headers: RFC 3551 §4.5.11 leaves the length to the sender. */
const MAX_SENT_BYTES = 1280;

function readSamples(payload: Uint8Array, offset: number, samples: number, out: Int16Array, outOffset: number): void {
  for (let i = 0; i < samples; i += 1) {
    out[outOffset + i] = (payload[offset + 2 * i]! << 8) | payload[offset + 2 * i + 1]!;
  }
}

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
    readSamples(payload, offset, samples, out, outOffset);
    this.#concealer.heard(out, outOffset, samples);
    return samples;
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    this.#concealer.conceal(out, offset, samples);
    return samples;
  }
}

/** PCM of this rate stands for sound at the rate of compact discs, at which no room runs. */
const DISC_PCM_HZ = 48_000;
const DISC_HZ = 44_100;
/** Converted at a time: 20 ms, and the sample that may be left of the time before. */
const PIECE_PCM = 960;
const PIECE_DISC = 882;

/** L16 at 44.1 kHz of PCM at 48 kHz: a packet of 10 ms has 441 samples of 480. */
class DiscEncoder implements Encoder {
  readonly #plain = new L16Encoder();
  readonly #resampler = new Resampler(DISC_PCM_HZ, DISC_HZ);
  readonly #piece = new Int16Array(PIECE_DISC + 1);

  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    let written = 0;
    for (let done = 0; done < samples; done += PIECE_PCM) {
      const count = Math.min(PIECE_PCM, samples - done);
      const converted = this.#resampler.process(pcm, offset + done, count, this.#piece, 0);
      written += this.#plain.encode(this.#piece, 0, converted, out, outOffset + written);
    }
    return written;
  }

  copyFrom(other: DiscEncoder): void {
    this.#resampler.copyFrom(other.#resampler);
  }
}

/** The other half: 441 samples become 480. */
class DiscDecoder implements Decoder {
  readonly #resampler = new Resampler(DISC_HZ, DISC_PCM_HZ);
  readonly #concealer = new Concealer(DISC_PCM_HZ);
  readonly #piece = new Int16Array(PIECE_DISC);

  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    const samples = length >> 1;
    let written = 0;
    for (let done = 0; done < samples; done += PIECE_DISC) {
      const count = Math.min(PIECE_DISC, samples - done);
      readSamples(payload, offset + 2 * done, count, this.#piece, 0);
      written += this.#resampler.process(this.#piece, 0, count, out, outOffset + written);
    }
    this.#concealer.heard(out, outOffset, written);
    return written;
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    this.#concealer.conceal(out, offset, samples);
    return samples;
  }
}

/**
 * Linear PCM of 16 bits, mono, in network byte order (RFC 3551 §4.5.11). Packets are as long as fits a datagram: 10 ms
 * at 44.1 and 48 kHz. Payload type 11 is that of 44.1 kHz (RFC 3551 §6), whose PCM has 48 kHz on our side.
 */
export function createL16(name: Codec['name'], rateHz: SampleRateHz | typeof DISC_HZ): Codec {
  const isDisc = rateHz === DISC_HZ;
  const sampleRateHz: SampleRateHz = isDisc ? DISC_PCM_HZ : rateHz;
  const longestMs = (MAX_SENT_BYTES * 1000) / (2 * rateHz);
  return {
    ...plain,
    name,
    encodingName: 'L16',
    staticPayloadType: isDisc ? 11 : null,
    clockRateHz: rateHz,
    sampleRateHz,
    isStateful: isDisc,
    channels: 1,
    ptimeMs: (_parameters, wantedMs, mostMs) => tens(wantedMs, mostMs, Math.min(60, longestMs)),
    maxPayloadBytes: (samples) => 2 * Math.ceil((samples * rateHz) / sampleRateHz),
    createEncoder: () => (isDisc ? new DiscEncoder() : new L16Encoder()),
    createDecoder: () => (isDisc ? new DiscDecoder() : new L16Decoder(sampleRateHz)),
  };
}
