import type { SampleRateHz } from '../media/index.js';
import type { Desk } from './desk.js';
import type { Hearing } from './hearing.js';
import { Limiter } from './limiter.js';
import type { Seat } from './seat.js';

/** Hears a room without being in it. The frame is only lent; it must not throw. */
export interface RoomTap {
  told(dueMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void;
  /** What it was told on this beat, at the rate that the next one has. */
  toldNext(frame: Int16Array | null, rateHz: SampleRateHz): void;
  gone(): void;
}

/** Who hears the mix of all in a room. Bounded by the main thread, which opens them. */
export class RoomTaps {
  readonly #seats: readonly Seat[];
  readonly #taps: RoomTap[] = [];
  /** Of the mix of all where that is nobody's. */
  readonly #limiter = new Limiter(0);
  /** Follows it while both rates are mixed. */
  readonly #nextLimiter = new Limiter(0);

  /** @param seats  of the room, as they are on each beat */
  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
  }

  get size(): number {
    return this.#taps.length;
  }

  add(tap: RoomTap): void {
    this.#taps.push(tap);
  }

  remove(tap: RoomTap): void {
    const index = this.#taps.indexOf(tap);
    if (index >= 0) this.#taps.splice(index, 1);
  }

  /** The room is over. */
  close(): void {
    for (const tap of this.#taps.splice(0)) tap.gone();
  }

  /** The mix of all, which is what a listener hears. No allocation. */
  tell(dueMs: number, { shared, sum, own, rateHz }: Desk, talkers: number, hearing: Hearing | null): void {
    let frame = null;
    if (hearing !== null) {
      this.#limiter.retune(own.length);
      if (hearing.mixAll(this.#seats, sum, false)) {
        this.#limiter.apply(hearing.out, null, own);
        frame = own;
      }
    } else {
      if (!shared.isMade) shared.make(sum, null, talkers === 0);
      if (talkers > 0) frame = shared.frame;
      this.#limiter.follow(shared.limiter);
    }
    for (let i = 0; i < this.#taps.length; i += 1) this.#taps[i]!.told(dueMs, frame, rateHz);
  }

  /** The same at the rate that comes. `own` of the desk is the mix of the public voices. */
  prime({ sum, own, rateHz }: Desk, talkers: number, hearing: Hearing | null): void {
    let frame = talkers > 0 ? own : null;
    if (hearing !== null) {
      frame = hearing.mixAll(this.#seats, sum, true) ? own : null;
      this.#nextLimiter.retune(own.length);
      this.#nextLimiter.follow(this.#limiter);
      this.#nextLimiter.apply(hearing.out, null, own);
    }
    for (let i = 0; i < this.#taps.length; i += 1) this.#taps[i]!.toldNext(frame, rateHz);
  }
}
