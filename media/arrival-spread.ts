import { timestampDelta } from './rtp/sequence.js';

const MIN_TARGET_MS = 20;
const MAX_TARGET_MS = 60;
/** Until enough packets were seen to know better. */
const FIRST_TARGET_MS = 40;
/** Added to what was seen: what comes may be a little later. */
const GUARD_MS = 5;
/** Arrivals that the target delay is computed from: two seconds of 20 ms packets. */
const WINDOW = 100;
const WINDOW_MIN = 25;
const RECOMPUTE_EVERY = 10;
/** A step of the relative delay beyond this is a pause or a new timestamp line, not jitter. */
const MAX_STEP_MS = 1000;
/** The same, at the begin of a talkspurt: some senders do not count the silence before it. */
const MAX_STEP_AT_START_MS = 60;

/**
 * How late packets come, one against the other, and the delay that makes up for it: the spread of the last 100 arrivals
 * and 5 ms, 20 to 60 ms. Delays are relative: how much later a packet came than its timestamp says, on a scale that begins
 * anywhere, and moves with the drift of the two clocks. O(1) per packet, O(100) per tenth; no allocation.
 */
export class ArrivalSpread {
  targetMs = FIRST_TARGET_MS;
  /** The delay of the earliest of the last arrivals. */
  leastMs = 0;
  readonly #clockRateHz: number;
  readonly #delays = new Float64Array(WINDOW);
  #count = 0;
  #at = 0;
  #delayMs = 0;
  #timestamp = 0;
  #arrivalMs = 0;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /** Enough packets were seen since the last jump. */
  get isKnown(): boolean {
    return this.#count >= WINDOW_MIN;
  }

  /**
   * @param begins the packet is the first of a talkspurt
   * @returns its relative delay
   */
  observe(timestamp: number, arrivalMs: number, begins: boolean): number {
    const stepMs =
      arrivalMs - this.#arrivalMs - (timestampDelta(timestamp, this.#timestamp) * 1000) / this.#clockRateHz;
    if (this.#count > 0) {
      this.#delayMs += stepMs;
      if (Math.abs(stepMs) > (begins ? MAX_STEP_AT_START_MS : MAX_STEP_MS)) this.#count = 0;
    }
    if (this.#count === 0) {
      this.#delayMs = 0;
      this.leastMs = 0;
      this.#at = 0;
    }
    this.#timestamp = timestamp;
    this.#arrivalMs = arrivalMs;
    this.#delays[this.#at] = this.#delayMs;
    this.leastMs = Math.min(this.leastMs, this.#delayMs);
    this.#at = (this.#at + 1) % WINDOW;
    this.#count = Math.min(WINDOW, this.#count + 1);
    if (this.isKnown && this.#at % RECOMPUTE_EVERY === 0) this.#chooseTarget();
    return this.#delayMs;
  }

  /** The timestamp line begins anew; the target stays. */
  clear(): void {
    this.#count = 0;
  }

  /** Another source: nothing is known of it. */
  reset(): void {
    this.clear();
    this.targetMs = FIRST_TARGET_MS;
  }

  #chooseTarget(): void {
    let least = this.#delays[0]!;
    let most = least;
    for (let i = 1; i < this.#count; i += 1) {
      const delayMs = this.#delays[i]!;
      if (delayMs < least) least = delayMs;
      if (delayMs > most) most = delayMs;
    }
    this.leastMs = least;
    this.targetMs = Math.min(MAX_TARGET_MS, Math.max(MIN_TARGET_MS, most - least + GUARD_MS));
  }
}
