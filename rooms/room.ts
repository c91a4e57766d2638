import type { LegId, RoomId } from '../base/ids.js';
import type { Member } from './member.js';
import { addFrame } from './mixer.js';
import { SharedMix } from './shared-mix.js';

/** A member with what it said this beat and which mix it listens to. */
interface Seat {
  readonly member: Member;
  said: Int16Array | null;
  /** Hears the shared mix; false while it has a mix of its own. */
  shares: boolean;
}

/**
 * Who hears whom: everybody hears the sum of the others (N−1), an echo member itself as well. All voices are summed;
 * those who said nothing, and echo members, hear one shared mix that is made and encoded once.
 */
export class Room {
  readonly roomId: RoomId;
  readonly shared: SharedMix;
  readonly #seats: Seat[] = [];
  readonly #sum: Int32Array;
  readonly #own: Int16Array;

  /** @param frameSamples  samples of one 20 ms frame at the room's rate: 160 at 8 kHz */
  constructor(roomId: RoomId, frameSamples: number) {
    this.roomId = roomId;
    this.shared = new SharedMix(frameSamples);
    this.#sum = new Int32Array(frameSamples);
    this.#own = new Int16Array(frameSamples);
  }

  get size(): number {
    return this.#seats.length;
  }

  add(member: Member): void {
    this.#seats.push({ member, said: null, shares: true });
  }

  /** False when it was not here. */
  remove(legId: LegId): boolean {
    const index = this.#seats.findIndex((seat) => seat.member.legId === legId);
    if (index < 0) return false;
    this.#seats.splice(index, 1);
    return true;
  }

  /**
   * One beat: hears every member, mixes, tells every member.
   * O(members × samples), no allocation.
   */
  beat(beat: number, dueMs: number): void {
    const talkers = this.#listen(dueMs);
    const seats = this.#seats;
    for (let i = 0; i < seats.length; i += 1) this.#tell(seats[i]!, talkers, beat, dueMs);
  }

  /** Sums what is said; the number of members who said something. */
  #listen(dueMs: number): number {
    const seats = this.#seats;
    let talkers = 0;
    this.#sum.fill(0);
    for (let i = 0; i < seats.length; i += 1) {
      const seat = seats[i]!;
      const heard = seat.member.hear(dueMs);
      // A frame of zeros is left out, so that its member can share the listeners' mix.
      seat.said = heard !== null && addFrame(this.#sum, heard) ? heard : null;
      if (seat.said !== null) talkers += 1;
    }
    return talkers;
  }

  #tell(seat: Seat, talkers: number, beat: number, dueMs: number): void {
    const { member } = seat;
    const own = member.echo ? null : seat.said;
    if (talkers === 0 || (talkers === 1 && own !== null)) {
      if (!seat.shares) member.limiter.rest();
      member.tell(dueMs, null);
      return;
    }
    if (own === null) {
      if (!this.shared.isMade(beat)) this.shared.make(beat, this.#sum, seat.shares ? null : member.limiter);
      // Back to the shared mix only where both are equally loud, or the change would be heard.
      if (seat.shares || this.shared.limiter.agreesWith(member.limiter)) {
        seat.shares = true;
        member.tellShared(dueMs, this.shared);
        return;
      }
    } else if (seat.shares) {
      seat.shares = false;
      if (this.shared.isCurrent(beat)) member.limiter.follow(this.shared.limiter);
      else member.limiter.reset();
    }
    member.limiter.apply(this.#sum, own, this.#own);
    member.tell(dueMs, this.#own);
  }
}
