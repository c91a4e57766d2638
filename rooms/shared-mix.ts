import type { CodecName, Encoding, SampleRateHz, SharedSound } from '../media/index.js';
import { codecs, Resampler } from '../media/index.js';
import { Limiter } from './limiter.js';
import { frameSamplesAt } from './ticker.js';

interface Encoded extends Encoding {
  /** As both stood before the beat whose sound `payload` holds. */
  readonly before: Encoding;
  /** The frame at the codec's rate. */
  readonly frame: Int16Array;
  readonly payload: Uint8Array;
  length: number;
  beat: number;
}

/**
 * What everybody who does not speak hears: one sum, one limiter, and per codec one encoded payload, made when the first
 * listener of the beat asks. Payloads are 20 ms; a leg with a longer or shorter ptime cuts or gathers them itself.
 */
export class SharedMix implements SharedSound {
  readonly rateHz: SampleRateHz;
  readonly frame: Int16Array;
  readonly limiter: Limiter;
  /** Encodings made, over the room's life: one per codec and beat however many listen. */
  encodings = 0;
  #now = -1;
  #madeAt = -1;
  readonly #encoded = new Map<CodecName, Encoded>();

  constructor(rateHz: SampleRateHz) {
    this.rateHz = rateHz;
    this.frame = new Int16Array(frameSamplesAt(rateHz));
    this.limiter = new Limiter(this.frame.length);
  }

  /** A beat begins. */
  begin(beat: number): void {
    this.#now = beat;
  }

  /** The mix of this beat is in `frame`. */
  get isMade(): boolean {
    return this.#madeAt === this.#now;
  }

  /** Somebody heard it on this beat or the last, so its limiter stands where they hear it. */
  get isCurrent(): boolean {
    return this.#madeAt >= this.#now - 1;
  }

  /**
   * Makes the mix of this beat. After a beat without listeners the limiter goes on from that of the one who asks (null:
   * who comes from silence).
   */
  make(sum: Int32Array, asker: Limiter | null): void {
    if (!this.isCurrent) {
      if (asker === null) this.limiter.reset();
      else this.limiter.follow(asker);
    }
    this.limiter.apply(sum, null, this.frame);
    this.#madeAt = this.#now;
  }

  /** Only after make(). */
  payloadOf(codec: CodecName, asker: Encoding): Uint8Array {
    const encoded = this.#encoded.get(codec) ?? this.#open(codec);
    if (encoded.beat !== this.#now) {
      const from = encoded.beat === this.#now - 1 ? encoded : asker;
      if (from !== encoded) copyEncoding(encoded, from);
      copyEncoding(encoded.before, encoded);
      const samples = encoded.resampler.process(this.frame, 0, this.frame.length, encoded.frame, 0);
      encoded.length = encoded.encoder.encode(encoded.frame, 0, samples, encoded.payload, 0);
      encoded.beat = this.#now;
      this.encodings += 1;
    }
    return encoded.payload;
  }

  lengthOf(codec: CodecName): number {
    return this.#encoded.get(codec)?.length ?? 0;
  }

  before(codec: CodecName): Encoding | null {
    const encoded = this.#encoded.get(codec);
    if (encoded?.beat === this.#now) return encoded.before;
    return encoded?.beat === this.#now - 1 ? encoded : null;
  }

  /** Goes on from the mix at another rate, whose sound of this beat is `frame` at this one's rate. */
  follow(other: SharedMix, frame: Int16Array): void {
    this.encodings = other.encodings;
    this.#now = other.#now;
    if (!other.isMade) return;
    this.limiter.follow(other.limiter);
    this.#madeAt = other.#madeAt;
    for (const [codec, theirs] of other.#encoded) {
      if (theirs.beat !== other.#now) continue;
      const ours = this.#open(codec);
      ours.resampler.process(frame, 0, frame.length, ours.frame, 0);
      ours.encoder.copyFrom(theirs.encoder);
      ours.beat = theirs.beat;
    }
  }

  #open(codec: CodecName): Encoded {
    const { sampleRateHz, maxPayloadBytes, createEncoder } = codecs[codec];
    const samples = frameSamplesAt(sampleRateHz);
    const make = (): Encoding => ({ resampler: new Resampler(this.rateHz, sampleRateHz), encoder: createEncoder() });
    const buffers = { frame: new Int16Array(samples), payload: new Uint8Array(maxPayloadBytes(samples)) };
    const encoded: Encoded = { ...make(), before: make(), ...buffers, length: 0, beat: -2 };
    this.#encoded.set(codec, encoded);
    return encoded;
  }
}

function copyEncoding(to: Encoding, from: Encoding): void {
  to.resampler.copyFrom(from.resampler);
  to.encoder.copyFrom(from.encoder);
}
