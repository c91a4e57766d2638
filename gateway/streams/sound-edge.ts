import { codecs, Resampler } from '../../media/index.js';
import { bytesPerSample, mediaRateOf, type StreamFormat } from './format.js';

/** Sound is fed to the media host in pieces of at most so much. */
const PIECE_MS = 500;

/**
 * The sound of one stream between its WebSocket and its media host: G.711 µ-law by the codec's tables, 24 kHz by the
 * resampler. Mono PCM of the media host is 16 bits little-endian, as `l16` on the WebSocket. Buffers are made once and lent:
 * what is kept has to be copied. O(samples), for 24 kHz O(samples × taps).
 */
export class SoundEdge {
  /** Bytes of one millisecond on the WebSocket. */
  readonly bytesPerMs: number;
  readonly #isMulaw: boolean;
  readonly #up: Resampler<16000, 24000> | null;
  readonly #down: Resampler<24000, 16000> | null;
  readonly #encoder = codecs.pcmu.createEncoder();
  readonly #decoder = codecs.pcmu.createDecoder();
  readonly #host: Int16Array;
  readonly #wire: Int16Array;
  readonly #codes: Uint8Array;

  constructor({ encoding, rateHz }: StreamFormat) {
    this.bytesPerMs = (bytesPerSample[encoding] * rateHz) / 1000;
    this.#isMulaw = encoding === 'mulaw';
    this.#up = rateHz === 24_000 ? new Resampler(16_000, 24_000) : null;
    this.#down = rateHz === 24_000 ? new Resampler(24_000, 16_000) : null;
    // One sample more than the ratio says: a resampler that was owed one gives it now.
    this.#host = new Int16Array((mediaRateOf(rateHz) * PIECE_MS) / 1000 + 2);
    this.#wire = new Int16Array((rateHz * PIECE_MS) / 1000 + 2);
    this.#codes = new Uint8Array(this.#wire.length);
  }

  /** The longest sound that `toHost` takes at once, in bytes of the WebSocket. */
  get pieceBytes(): number {
    return PIECE_MS * this.bytesPerMs;
  }

  /** @param pcm  of the media host, at most PIECE_MS. Lends the bytes for the WebSocket. */
  toWire(pcm: Uint8Array): Uint8Array {
    if (!this.#isMulaw && this.#up === null) return pcm;
    let samples = readSamples(pcm, this.#host);
    let sound = this.#host;
    if (this.#up !== null) {
      samples = this.#up.process(this.#host, 0, samples, this.#wire, 0);
      sound = this.#wire;
    }
    if (!this.#isMulaw) return bytesOf(sound, samples);
    this.#encoder.encode(sound, 0, samples, this.#codes, 0);
    return this.#codes.subarray(0, samples);
  }

  /** @param bytes  of the WebSocket, whole samples, at most `pieceBytes`. Lends the PCM for the media host. */
  toHost(bytes: Uint8Array): Uint8Array {
    if (!this.#isMulaw && this.#down === null) return bytes;
    let samples: number;
    if (this.#isMulaw) {
      samples = bytes.length;
      this.#decoder.decode(bytes, 0, samples, this.#wire, 0);
    } else {
      samples = readSamples(bytes, this.#wire);
    }
    if (this.#down === null) return bytesOf(this.#wire, samples);
    return bytesOf(this.#host, this.#down.process(this.#wire, 0, samples, this.#host, 0));
  }

  /** Forgets what it has heard of the application: what comes now is not its continuation. */
  cleared(): void {
    this.#down?.reset();
  }
}

/** Bytes may begin anywhere in their buffer. */
function readSamples(bytes: Uint8Array, into: Int16Array): number {
  const samples = bytes.length >> 1;
  for (let i = 0; i < samples; i += 1) into[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
  return samples;
}

/** Every machine that Node runs on is little-endian. */
function bytesOf(samples: Int16Array, count: number): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, count * 2);
}
