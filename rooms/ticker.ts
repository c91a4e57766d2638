import type { Clock, Timer } from '../base/clock.js';

export const beatMs = 20;

/** Samples of one beat. */
export function frameSamplesAt(rateHz: number): number {
  return (rateHz * beatMs) / 1000;
}

/** Beats that are made up after a delay; older ones are given up. 100 ms, about what listeners buffer. */
const MOST_MADE_UP = 5;
/**
 * What a beat that is made up waits after the one before it. Where the whole machine stood still, peers on it and what the
 * network holds come a moment after this thread: a beat at once would find nothing to mix. A leg keeps three unsent packets
 * (media/transport/udp.ts) as well, and only a turn of the event loop tells it that they are sent.
 */
const MADE_UP_WAIT_MS = 5;
/** A beat before its time would wait once more. */
const precise = { precise: true } as const;
/** Ten seconds of beats. */
const LATENESS_WINDOW = 512;

/**
 * The one 20 ms beat of a media host, by absolute deadline: beat n is due at the start plus n · 20 ms, however late the
 * beats before it were. A ticker that is a beat late makes up at most MOST_MADE_UP beats, one every MADE_UP_WAIT_MS, and
 * skips what is older (`skipped`).
 * Cost: one timer per beat and host.
 */
export class Ticker {
  /** The number of the last beat; skipped beats have numbers too. */
  beat = 0;
  /** Beats given up. */
  skipped = 0;
  readonly #clock: Clock;
  readonly #onBeat: (beat: number, dueMs: number) => void;
  readonly #lateness = new Float64Array(LATENESS_WINDOW);
  readonly #sorted = new Float64Array(LATENESS_WINDOW);
  #latenessCount = 0;
  #dueMs = 0;
  #timer: Timer | null = null;
  #running = false;
  /** The beat that comes is made up, and has waited. */
  #hasWaited = false;

  /** @param onBeat  its `dueMs` is when the beat was due, not when it ran: steps of exactly 20 ms, also in catch-up */
  constructor(clock: Clock, onBeat: (beat: number, dueMs: number) => void) {
    this.#clock = clock;
    this.#onBeat = onBeat;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Until the next beat is due, negative when it is late; Infinity while there is none. */
  get dueInMs(): number {
    return this.#running ? this.#dueMs - this.#clock.nowMs() : Number.POSITIVE_INFINITY;
  }

  /**
   * 99th percentile of how late beats ran, over the last ten seconds since the last start. Beats that have not come yet
   * count as in time, so that one stall does not speak for a young host. Over MOST_MADE_UP beats it cannot rise: what is
   * later is skipped.
   */
  latenessP99Ms(): number {
    const count = Math.min(this.#latenessCount, LATENESS_WINDOW);
    if (count === 0) return 0;
    const sorted = this.#sorted;
    sorted.fill(0);
    for (let i = 0; i < count; i += 1) sorted[i] = this.#lateness[i]!;
    sorted.sort();
    return sorted[Math.floor(LATENESS_WINDOW * 0.99)]!;
  }

  /** The first beat comes at once, but not before this call returned. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    // How late the beats of an earlier run were says nothing about this one, and would refuse its calls.
    this.#latenessCount = 0;
    this.#hasWaited = false;
    this.#dueMs = this.#clock.nowMs();
    this.#arm();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    const delayMs = this.#dueMs - this.#clock.nowMs();
    this.#timer = this.#clock.setTimer(Math.max(0, delayMs), this.#fire, precise);
  }

  readonly #fire = (): void => {
    this.#timer = null;
    const nowMs = this.#clock.nowMs();
    const behind = Math.floor((nowMs - this.#dueMs) / beatMs);
    if (behind > 0 && !this.#hasWaited) {
      this.#hasWaited = true;
      this.#timer = this.#clock.setTimer(MADE_UP_WAIT_MS, this.#fire, precise);
      return;
    }
    this.#hasWaited = false;
    if (behind >= MOST_MADE_UP) {
      const given = behind - MOST_MADE_UP + 1;
      this.skipped += given;
      this.beat += given;
      this.#dueMs += given * beatMs;
    }
    this.#run(nowMs);
    if (this.#running) this.#arm();
  };

  #run(nowMs: number): void {
    const dueMs = this.#dueMs;
    this.beat += 1;
    this.#dueMs = dueMs + beatMs;
    this.#lateness[this.#latenessCount % LATENESS_WINDOW] = Math.max(0, nowMs - dueMs);
    this.#latenessCount += 1;
    this.#onBeat(this.beat, dueMs);
  }
}
