/** A gap between two checks this long means that this process stood still, and nobody listened. */
const STALL_MS = 200;

/**
 * Judges a peer's silence: RTP and RTCP are signs of life. Counts only while armed, so that hold suspends it; a stall
 * of our own extends it by the stall. Pure, asked once per beat.
 */
export class MediaWatchdog {
  readonly #timeoutMs: number;
  #armed = false;
  #told = false;
  #aliveMs = 0;
  #checkedMs = 0;

  /** @param timeoutMs 0 = never */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** While it stays armed the count goes on: a re-INVITE is no sign of life of the media. */
  arm(armed: boolean, nowMs: number): void {
    if (armed && !this.#armed) this.alive(nowMs);
    this.#checkedMs = nowMs;
    this.#armed = armed && this.#timeoutMs > 0;
  }

  alive(nowMs: number): void {
    this.#aliveMs = nowMs;
    this.#told = false;
  }

  /** How long the peer has been silent, once per silence that reaches the limit; otherwise −1. */
  check(nowMs: number): number {
    const stalledMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (!this.#armed || this.#told) return -1;
    if (stalledMs > STALL_MS) this.#aliveMs += stalledMs;
    const silentMs = nowMs - this.#aliveMs;
    if (silentMs < this.#timeoutMs) return -1;
    this.#told = true;
    return silentMs;
  }
}
