import { type Random, randomFraction } from '../../base/random.js';

/** RFC 3550 §6.2: the smallest interval, halved before the first packet. */
const MIN_INTERVAL_MS = 5000;
/** RFC 3550 §6.3.1: makes up for the reconsideration's bias, e − 3/2. */
const COMPENSATION = Math.E - 1.5;
/** RFC 3550 §6.2: RTCP's share of the session's bandwidth; of G.711 with its headers, in bytes a second. */
const RTCP_BYTES_PER_SECOND = 0.05 * 10_000;
/** UDP and IPv4 headers, which RFC 3550 §6.3.3 counts. */
const LOWER_LAYER_BYTES = 28;

/**
 * When the next RTCP packet is due: RFC 3550 §6.3, §A.7, for a session of two members. Asked on each beat instead of
 * owning a timer. When an interval is over another one is drawn, and only when that is over too the packet goes
 * (reconsideration, RFC 3550 §6.3.6): it brings the mean back to the 5 s that the division by e − 3/2 takes away.
 */
export class RtcpSchedule {
  readonly #random: Random;
  #averageBytes = 100 + LOWER_LAYER_BYTES;
  #initial = true;
  /** When the last packet went, or the schedule began. */
  #lastMs = 0;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Begins the first, halved interval; later calls do nothing. */
  start(nowMs: number): void {
    if (this.#dueMs !== Number.POSITIVE_INFINITY) return;
    this.#lastMs = nowMs;
    this.#dueMs = nowMs + this.#intervalMs();
  }

  get hasSent(): boolean {
    return !this.#initial;
  }

  /** Draws anew each time an interval is over; `sent` has to follow a yes. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = this.#lastMs + this.#intervalMs();
    return nowMs >= this.#dueMs;
  }

  /** One compound packet of `bytes` went out: the next interval begins. */
  sent(nowMs: number, bytes: number): void {
    this.#observe(bytes);
    this.#initial = false;
    this.#lastMs = nowMs;
    this.#dueMs = nowMs + this.#intervalMs();
  }

  /** One compound packet of `bytes` came in. */
  received(bytes: number): void {
    this.#observe(bytes);
  }

  /** RFC 3550 §6.3.3. */
  #observe(bytes: number): void {
    this.#averageBytes += (bytes + LOWER_LAYER_BYTES - this.#averageBytes) / 16;
  }

  /** RFC 3550 §6.3.1. */
  #intervalMs(): number {
    const members = 2;
    const minimumMs = this.#initial ? MIN_INTERVAL_MS / 2 : MIN_INTERVAL_MS;
    const deterministicMs = Math.max(minimumMs, (members * this.#averageBytes * 1000) / RTCP_BYTES_PER_SECOND);
    return (deterministicMs * (0.5 + randomFraction(this.#random))) / COMPENSATION;
  }
}
