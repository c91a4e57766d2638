import type { EncodingKind, SampleRateHz, SharedPayloads, SharedSound } from '../media/index.js';
import { EncodingLine, isOpusRefusal, maxPayloadBytesOf } from '../media/index.js';
import { Limiter } from './limiter.js';
import { frameSamplesAt } from './ticker.js';

/** Kinds that one mix is encoded in: a peer chooses its own, and whoever comes later encodes for itself. */
const MAX_KINDS = 16;
/** A kind that nobody asked for in so many beats makes way for another. */
const IDLE_BEATS = 50;
/** Two packets of 10 ms. */
const MAX_PACKETS = 2;

/** One kind of encoding of one mix. */
class Encoded implements SharedPayloads {
  readonly line: EncodingLine;
  /** As the line stood before the beat whose payloads are here. */
  readonly before: EncodingLine;
  readonly packets: Uint8Array[];
  count = 0;
  readonly #room: Uint8Array;
  /** The last beat that the line has heard. */
  beat = -2;

  /** Throws OpusLimitError. */
  constructor(kind: EncodingKind, rateHz: SampleRateHz) {
    this.line = new EncodingLine(kind, rateHz);
    try {
      this.before = new EncodingLine(kind, rateHz);
    } catch (error) {
      this.line.close();
      throw error;
    }
    this.#room = new Uint8Array(MAX_PACKETS * maxPayloadBytesOf(kind));
    this.packets = Array.from({ length: MAX_PACKETS }, () => this.#room.subarray(0, 0));
  }

  get pendingSamples(): number {
    return this.line.pendingSamples;
  }

  /** Hears one beat. */
  make(frame: Int16Array): void {
    const { line } = this;
    this.before.copyFrom(line);
    line.write(frame);
    this.count = 0;
    for (let at = 0; line.hasPacket; this.count += 1) {
      const length = line.take(this.#room, at);
      this.#keep(this.count, at, length);
      at += length;
    }
  }

  /** Views are kept: most codecs write payloads of one length, and one view is copied faster than many bytes. */
  #keep(index: number, at: number, length: number): void {
    const { byteOffset, length: before } = this.packets[index]!;
    if (length !== before || byteOffset !== at) this.packets[index] = this.#room.subarray(at, at + length);
  }

  close(): void {
    this.line.close();
    this.before.close();
  }
}

/** null when there is no encoder to be had (OpusLimitError). */
function open(kind: EncodingKind, rateHz: SampleRateHz): Encoded | null {
  try {
    return new Encoded(kind, rateHz);
  } catch (error) {
    if (!isOpusRefusal(error)) throw error;
    return null;
  }
}

/**
 * What everybody who does not speak hears: one sum, one limiter, and for each kind of encoding one line of payloads, made
 * when the first listener of the beat asks.
 */
export class SharedMix implements SharedSound {
  readonly rateHz: SampleRateHz;
  readonly frame: Int16Array;
  readonly limiter: Limiter;
  isSilent = true;
  /** Beats encoded, over the room's life: one per kind and beat however many listen. */
  encodings = 0;
  /** Askers that had to encode for themselves because there were too many kinds, or no encoder was to be had. */
  refusals = 0;
  #now = -1;
  #madeAt = -1;
  readonly #encoded = new Map<string, Encoded>();
  /** Asked for last: most rooms have one kind, and many askers. */
  #latest: Encoded | null = null;

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
  make(sum: Int32Array, asker: Limiter | null, isSilent: boolean): void {
    if (!this.isCurrent) {
      if (asker === null) this.limiter.reset();
      else this.limiter.follow(asker);
    }
    this.limiter.apply(sum, null, this.frame);
    this.isSilent = isSilent;
    this.#madeAt = this.#now;
  }

  /** Only after make(). */
  payloadsOf(kind: EncodingKind, asker: EncodingLine): SharedPayloads | null {
    const isLatest = this.#latest !== null && this.#latest.line.kind.key === kind.key;
    const encoded = isLatest ? this.#latest : (this.#encoded.get(kind.key) ?? this.#open(kind));
    if (encoded === null) return null;
    this.#latest = encoded;
    if (encoded.beat === this.#now) return encoded.before.pendingSamples === asker.pendingSamples ? encoded : null;
    if (encoded.beat !== this.#now - 1) encoded.line.copyFrom(asker);
    else if (encoded.pendingSamples !== asker.pendingSamples) return null;
    encoded.make(this.frame);
    encoded.beat = this.#now;
    this.encodings += 1;
    return encoded;
  }

  before(kind: EncodingKind): EncodingLine | null {
    const encoded = this.#encoded.get(kind.key);
    if (encoded?.beat === this.#now) return encoded.before;
    return encoded?.beat === this.#now - 1 ? encoded.line : null;
  }

  after(kind: EncodingKind): EncodingLine | null {
    const encoded = this.#encoded.get(kind.key);
    return encoded?.beat === this.#now ? encoded.line : null;
  }

  /** Goes on from the mix at another rate, whose sound of this beat is `frame` at this one's rate. */
  follow(other: SharedMix, frame: Int16Array): void {
    this.encodings = other.encodings;
    this.refusals = other.refusals;
    this.#now = other.#now;
    if (!other.isMade) return;
    this.limiter.follow(other.limiter);
    this.#madeAt = other.#madeAt;
    for (const theirs of other.#encoded.values()) {
      const ours = theirs.beat === other.#now ? this.#open(theirs.line.kind) : null;
      if (ours === null) continue;
      ours.line.hear(frame);
      ours.line.continue(theirs.line);
      ours.beat = theirs.beat;
    }
  }

  /** Nobody listens any more. */
  close(): void {
    for (const encoded of this.#encoded.values()) encoded.close();
    this.#encoded.clear();
    this.#latest = null;
  }

  #open(kind: EncodingKind): Encoded | null {
    const encoded = this.#encoded.size < MAX_KINDS || this.#makeRoom() ? open(kind, this.rateHz) : null;
    if (encoded === null) this.refusals += 1;
    else this.#encoded.set(kind.key, encoded);
    return encoded;
  }

  #makeRoom(): boolean {
    for (const [key, encoded] of this.#encoded) {
      if (encoded.beat > this.#now - IDLE_BEATS) continue;
      encoded.close();
      if (this.#latest === encoded) this.#latest = null;
      return this.#encoded.delete(key);
    }
    return false;
  }
}
