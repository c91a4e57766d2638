import { KernelLimitError, type Kernels } from '../kernels/instance.js';
import { kernelsOfThread } from '../kernels/load.js';
import type { Codec, Decoder, Encoder } from './codec.js';
import { Concealer } from './conceal.js';
import { SubBand } from './g722-band.js';
import { KernelG722Decoder, KernelG722Encoder } from './g722-kernel.js';
import { BandJoiner, BandSplitter } from './g722-qmf.js';
import { filterAt, type G722State, stateSamples } from './g722-state.js';
import { highBand, lowBand } from './g722-tables.js';
import { plain } from './plain.js';

const SAMPLE_RATE_HZ = 16000;
/** RFC 3551 §4.5.2: an error of an older document that is kept for the sake of those who followed it. */
const CLOCK_RATE_HZ = 8000;

/** Octets worked on at a time, 20 ms: any length is taken, in pieces of this. */
const PIECE = 160;

/** States of the other kind pass through here. */
const passing = new Int16Array(stateSamples);

/**
 * G.722 at 64 kbit/s (mode 1): ITU-T G.722, RFC 3551 §4.5.2. Takes 16 kHz and gives an octet for two samples; a last
 * odd sample is not coded. The plain twin of {@link KernelG722Encoder}. No allocation.
 */
export class G722Encoder implements Encoder, G722State {
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
  copyFrom(other: Encoder & G722State): void {
    other.save(passing, 0);
    this.#low.load(passing, 0, 0);
    this.#high.load(passing, 0, 1);
    this.#splitter.load(passing, filterAt);
  }

  save(into: Int16Array, at: number): void {
    this.#low.save(into, at, 0);
    this.#high.save(into, at, 1);
    this.#splitter.save(into, at + filterAt);
  }

  /** Back to the state of a new encoder. */
  reset(): void {
    this.#low.reset();
    this.#high.reset();
    this.#splitter.reset();
  }
}

/** The other half, twin of {@link KernelG722Decoder}. Any octets can be decoded; what is lost is made up by {@link Concealer}. No allocation. */
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

/** By the kernel where there is one with room for it. */
function createEncoder(): Encoder {
  return ofKernel(KernelG722Encoder) ?? new G722Encoder();
}

function createDecoder(): Decoder {
  return ofKernel(KernelG722Decoder) ?? new G722Decoder();
}

function ofKernel<T>(Kind: new (kernels: Kernels) => T): T | null {
  const kernels = kernelsOfThread();
  if (kernels === null) return null;
  try {
    return new Kind(kernels);
  } catch (error) {
    if (!(error instanceof KernelLimitError)) throw error;
    return null;
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
  createEncoder,
  createDecoder,
};
