import type { CodecName, Encoder } from '../media/index.js';
import { codecs } from '../media/index.js';
import { Limiter } from './limiter.js';

interface Encoded {
  readonly encoder: Encoder;
  readonly payload: Uint8Array;
  length: number;
  /** The beat whose sound `payload` holds. */
  beat: number;
}

/**
 * What everybody who does not speak hears: one sum, one limiter, and per codec one encoded payload, made when the first
 * listener of the beat asks. Payloads are 20 ms; a leg with a longer or shorter ptime cuts or gathers them itself.
 */
export class SharedMix {
  readonly frame: Int16Array;
  readonly limiter: Limiter;
  /** Encodings made, over the room's life: one per codec and beat however many listen. */
  encodings = 0;
  #beat = -1;
  readonly #encoded = new Map<CodecName, Encoded>();

  constructor(frameSamples: number) {
    this.frame = new Int16Array(frameSamples);
    this.limiter = new Limiter(frameSamples);
  }

  /** The mix of this beat is in `frame`. */
  isMade(beat: number): boolean {
    return this.#beat === beat;
  }

  /** Somebody heard it on this beat or the last, so its limiter stands where they hear it. */
  isCurrent(beat: number): boolean {
    return this.#beat >= beat - 1;
  }

  /**
   * Makes the mix of `beat`. After a beat without listeners the limiter goes on from that of the one who asks (null:
   * who comes from silence).
   */
  make(beat: number, sum: Int32Array, asker: Limiter | null): void {
    if (!this.isCurrent(beat)) {
      if (asker === null) this.limiter.reset();
      else this.limiter.follow(asker);
    }
    this.limiter.apply(sum, null, this.frame);
    this.#beat = beat;
  }

  /** This beat's payload; `lengthOf` gives its bytes. Only after make(). */
  payloadOf(codec: CodecName): Uint8Array {
    let encoded = this.#encoded.get(codec);
    if (encoded === undefined) {
      const payload = new Uint8Array(codecs[codec].maxPayloadBytes(this.frame.length));
      encoded = { encoder: codecs[codec].createEncoder(), payload, length: 0, beat: -1 };
      this.#encoded.set(codec, encoded);
    }
    if (encoded.beat !== this.#beat) {
      encoded.length = encoded.encoder.encode(this.frame, 0, this.frame.length, encoded.payload, 0);
      encoded.beat = this.#beat;
      this.encodings += 1;
    }
    return encoded.payload;
  }

  lengthOf(codec: CodecName): number {
    return this.#encoded.get(codec)?.length ?? 0;
  }
}
