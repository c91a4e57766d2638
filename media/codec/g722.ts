import type { Codec, Decoder, Encoder } from './codec.js';
import { Concealer } from './conceal.js';
import { SubBand } from './g722-band.js';
import { BandJoiner, BandSplitter } from './g722-qmf.js';
import { highBand, lowBand } from './g722-tables.js';
import { plain } from './plain.js';

const SAMPLE_RATE_HZ = 16000;
/** RFC 3551 §4.5.2: an error of an older document that is kept for the sake of those who followed it. */
const CLOCK_RATE_HZ = 8000;

/** Octets worked on at a time, 20 ms: any length is taken, in pieces of this. */
const PIECE = 160;

/**
 * G.722 at 64 kbit/s (mode 1): ITU-T G.722, RFC 3551 §4.5.2. Takes 16 kHz and gives an octet for two samples; a last
 * odd sample is not coded. No allocation.
 */
export class G722Encoder implements Encoder {
  readonly #low = new SubBand(lowBand);
  readonly #high = new SubBand(highBand);
  readonly #splitter = new BandSplitter(PIECE);
  readonly #lowSignal = new Int16Array(PIECE + 1);
  readonly #highSignal = new Int16Array(PIECE + 1);
  readonly #lowCodes = new Uint8Array(PIECE);
  readonly #highCodes = new Uint8Array(PIECE);

  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    const octets = samples >> 1;
    const lowCodes = this.#lowCodes;
    const highCodes = this.#highCodes;
    for (let done = 0; done < octets; done += PIECE) {
      const count = Math.min(PIECE, octets - done);
      this.#splitter.split(pcm, offset + 2 * done, count, this.#lowSignal, this.#highSignal);
      this.#low.encode(this.#lowSignal, lowCodes, count);
      this.#high.encode(this.#highSignal, highCodes, count);
      const at = outOffset + done;
      for (let i = 0; i < count; i += 1) out[at + i] = (highCodes[i]! << 6) | lowCodes[i]!;
    }
    return octets;
  }

  /** Goes on from where `other` is: from here on both give the same octets for the same sound. */
  copyFrom(other: G722Encoder): void {
    this.#low.copyFrom(other.#low);
    this.#high.copyFrom(other.#high);
    this.#splitter.copyFrom(other.#splitter);
  }

  /** Back to the state of a new encoder. */
  reset(): void {
    this.#low.reset();
    this.#high.reset();
    this.#splitter.reset();
  }
}

/** The other half. Any octets can be decoded; what is lost is made up by {@link Concealer}. No allocation. */
export class G722Decoder implements Decoder {
  readonly #low = new SubBand(lowBand);
  readonly #high = new SubBand(highBand);
  readonly #joiner = new BandJoiner(PIECE);
  readonly #lowSignal = new Int16Array(PIECE);
  readonly #highSignal = new Int16Array(PIECE);
  readonly #lowCodes = new Uint8Array(PIECE);
  readonly #highCodes = new Uint8Array(PIECE);
  readonly #concealer = new Concealer(SAMPLE_RATE_HZ);

  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    const lowCodes = this.#lowCodes;
    const highCodes = this.#highCodes;
    for (let done = 0; done < length; done += PIECE) {
      const count = Math.min(PIECE, length - done);
      for (let i = 0; i < count; i += 1) {
        const octet = payload[offset + done + i]!;
        lowCodes[i] = octet & 63;
        highCodes[i] = octet >> 6;
      }
      this.#low.decode(lowCodes, this.#lowSignal, count);
      this.#high.decode(highCodes, this.#highSignal, count);
      this.#joiner.join(this.#lowSignal, this.#highSignal, count, out, outOffset + 2 * done);
    }
    this.#concealer.heard(out, outOffset, 2 * length);
    return 2 * length;
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    this.#concealer.conceal(out, offset, samples);
    return samples;
  }
}

/** Static payload type 9. `sampleRateHz` is not `clockRateHz`: RTP timestamps of 20 ms differ by 160. */
export const g722: Codec = {
  ...plain,
  name: 'g722',
  encodingName: 'G722',
  staticPayloadType: 9,
  clockRateHz: CLOCK_RATE_HZ,
  sampleRateHz: SAMPLE_RATE_HZ,
  isStateful: true,
  channels: 1,
  maxPayloadBytes: (samples: number): number => samples >> 1,
  createEncoder: (): G722Encoder => new G722Encoder(),
  createDecoder: (): G722Decoder => new G722Decoder(),
};
