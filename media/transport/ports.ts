import type { Clock } from '../../base/clock.js';

/** RTP on the even port, RTCP on the next one (RFC 3550 §11). */
export interface PortPair {
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

export interface PortAllocatorOptions {
  readonly clock: Clock;
  /** First and last port of the range, both included; an odd first port is rounded up. */
  readonly fromPort: number;
  readonly toPort: number;
  /** How long a pair rests after its release, so that a late packet of the old call finds nobody; 1000 unless told. */
  readonly restMs?: number;
}

/**
 * Hands out even/odd port pairs (RFC 3550 §11), the least recently used first, each at least `restMs` after its
 * release. Opens nothing: on EADDRINUSE the caller releases the pair, which then rests too, and takes the next.
 * O(1), bounded by the range.
 */
export class PortAllocator {
  readonly capacity: number;
  readonly #clock: Clock;
  readonly #firstPort: number;
  readonly #restMs: number;
  /** Ring of free pairs in the order of their release; all rest equally long, so the head is rested first. */
  readonly #free: Uint32Array;
  readonly #readyAtMs: Float64Array;
  readonly #taken: Uint8Array;
  #head = 0;
  #freeCount: number;

  constructor(options: PortAllocatorOptions) {
    this.#clock = options.clock;
    this.#restMs = options.restMs ?? 1000;
    this.#firstPort = options.fromPort + (options.fromPort & 1);
    this.capacity = Math.max(0, (options.toPort + 1 - this.#firstPort) >> 1);
    this.#free = Uint32Array.from({ length: this.capacity }, (_, index) => index);
    this.#readyAtMs = new Float64Array(this.capacity).fill(Number.NEGATIVE_INFINITY);
    this.#taken = new Uint8Array(this.capacity);
    this.#freeCount = this.capacity;
  }

  /** Pairs that are handed out. */
  get inUse(): number {
    return this.capacity - this.#freeCount;
  }

  /** The pair that has rested longest; null when none has rested long enough. */
  next(): PortPair | null {
    if (this.#freeCount === 0) return null;
    const index = this.#free[this.#head]!;
    if (this.#readyAtMs[index]! > this.#clock.nowMs()) return null;
    this.#head = (this.#head + 1) % this.capacity;
    this.#freeCount -= 1;
    this.#taken[index] = 1;
    const rtpPort = this.#firstPort + index * 2;
    return { rtpPort, rtcpPort: rtpPort + 1 };
  }

  /** Gives a pair back, to rest; one that is not handed out is ignored. */
  release(pair: PortPair): void {
    const index = (pair.rtpPort - this.#firstPort) / 2;
    if (this.#taken[index] !== 1) return;
    this.#taken[index] = 0;
    this.#readyAtMs[index] = this.#clock.nowMs() + this.#restMs;
    this.#free[(this.#head + this.#freeCount) % this.capacity] = index;
    this.#freeCount += 1;
  }
}
