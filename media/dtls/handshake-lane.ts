import type { Clock, Timer } from '../../base/clock.js';

/** The longest piece of a handshake takes about 1.5 ms; a beat that is nearer than that comes first. */
const PIECE_MS = 2;
/** A host whose beats are all late still takes a piece as often as that, or nobody could join it. */
const LONGEST_WAIT_MS = 20;
/** Datagrams that wait; a handshake has three, and sends them again. */
const MAX_WAITING = 512;

/**
 * The handshakes of one media host, one piece after the other: each costs up to 1.5 ms of CPU on the thread that has to keep
 * its beat, and twenty browsers that come at once would make it late by 40 ms. Between two pieces everything else has its turn, and before a
 * beat none is begun. Limit: 512 pieces wait, those beyond are dropped (`dropped`).
 */
export class HandshakeLane {
  dropped = 0;
  readonly #clock: Clock;
  readonly #beatInMs: () => number;
  readonly #waiting: (() => void)[] = [];
  #timer: Timer | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;
  #waitsSinceMs = 0;

  /** @param beatInMs  how far away the next beat is; Infinity: there is none */
  constructor(clock: Clock, beatInMs: () => number) {
    this.#clock = clock;
    this.#beatInMs = beatInMs;
  }

  /** Now where that disturbs nobody, else soon. */
  run(piece: () => void): void {
    const nowMs = this.#clock.nowMs();
    const isFree = this.#waiting.length === 0 && nowMs - this.#lastMs >= PIECE_MS && this.#beatInMs() >= PIECE_MS;
    if (isFree) {
      this.#take(piece, nowMs);
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) {
      this.dropped += 1;
      return;
    }
    if (this.#waiting.length === 0) this.#waitsSinceMs = nowMs;
    this.#waiting.push(piece);
    this.#arm(0);
  }

  /** What waits is forgotten. */
  close(): void {
    this.#waiting.length = 0;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#clock.setTimer(delayMs, this.#step);
  }

  readonly #step = (): void => {
    this.#timer = null;
    const nowMs = this.#clock.nowMs();
    const beatInMs = this.#beatInMs();
    if (beatInMs < PIECE_MS && nowMs - this.#waitsSinceMs < LONGEST_WAIT_MS) {
      this.#arm(Math.max(1, beatInMs + 1));
      return;
    }
    const piece = this.#waiting.shift();
    if (piece !== undefined) this.#take(piece, nowMs);
    if (this.#waiting.length > 0) this.#arm(0);
  };

  #take(piece: () => void, nowMs: number): void {
    this.#lastMs = nowMs;
    this.#waitsSinceMs = nowMs;
    piece();
  }
}
