import type { SampleRateHz } from '../media/index.js';
import type { Desk } from './desk.js';
import type { Hearing } from './hearing.js';
import { Limiter } from './limiter.js';
import type { Seat } from './seat.js';

/** Hears a room without being in it. The frame is only lent; it must not throw. */
export interface RoomTap {
  told(dueMs: number, frame: Int16Array | null, rateHz: SampleRateHz): void;
  /** The same beat once more at the rate that comes, so that what is told next goes on from it. */
  prime(frame: Int16Array | null, rateHz: SampleRateHz): void;
  gone(): void;
}

/** Those who hear the mix of all of one room, whispers too: its recorders. No allocation per beat. */
export class RoomTaps {
  readonly #seats: readonly Seat[];
  readonly #taps: RoomTap[] = [];
  /** Of the mix of all where that is nobody's. */
  readonly #limiter = new Limiter(0);

  /** @param seats  of the room, as they come and go */
  constructor(seats: readonly Seat[]) {
    this.#seats = seats;
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

  get isEmpty(): boolean {
    return this.#taps.length === 0;
  }

  /** One beat: the mix of all, which is what a listener hears. */
  beat({ shared, sum, own, rateHz }: Desk, hearing: Hearing | null, talkers: number, dueMs: number): void {
    let frame = null;
    this.#limiter.retune(own.length);
    if (hearing !== null) {
      if (hearing.mixAll(this.#seats, sum)) {
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

  /**
   * The same beat at the rate that comes.
   * @param limiter  of the room's: what it limits is for resamplers alone
   */
  prime({ sum, own, rateHz }: Desk, hearing: Hearing | null, limiter: Limiter): void {
    limiter.follow(this.#limiter);
    if (hearing === null) limiter.apply(sum, null, own);
    else {
      hearing.mixAllNext(this.#seats, sum);
      limiter.apply(hearing.out, null, own);
    }
    for (let i = 0; i < this.#taps.length; i += 1) this.#taps[i]!.prime(own, rateHz);
  }
}
