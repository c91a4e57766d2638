import type { LegId, RoomId } from '../base/ids.js';
import type { SampleRateHz } from '../media/index.js';
import { Limiter } from './limiter.js';
import type { Member } from './member.js';
import { addFrame } from './mixer.js';
import { SharedMix } from './shared-mix.js';
import { frameSamplesAt } from './ticker.js';

/** A member with what it said this beat and which mix it listens to. */
interface Seat {
  readonly member: Member;
  said: Int16Array | null;
  /** Hears the shared mix; false while it has a mix of its own. */
  shares: boolean;
}

/** The mixes of one rate. */
interface Desk {
  readonly rateHz: SampleRateHz;
  readonly shared: SharedMix;
  readonly sum: Int32Array;
  readonly own: Int16Array;
}

function deskAt(rateHz: SampleRateHz): Desk {
  const samples = frameSamplesAt(rateHz);
  return { rateHz, shared: new SharedMix(rateHz), sum: new Int32Array(samples), own: new Int16Array(samples) };
}

/** Beats that nobody needs the higher rate before it is left: phones come and go. */
const LOWER_AFTER_BEATS = 50;
const LOWEST_RATE_HZ = 8000;

/**
 * Who hears whom: everybody hears the sum of the others (N−1), an echo member itself as well. All voices are summed;
 * those who said nothing, and echo members, hear one shared mix that is made and encoded once.
 *
 * The room runs at the lowest rate that all its members can do with. It changes between two beats, the first of which is
 * mixed at both rates: what goes on afterwards has then heard what came before, and no listener hears a step.
 */
export class Room {
  readonly roomId: RoomId;
  readonly #seats: Seat[] = [];
  #desk = deskAt(LOWEST_RATE_HZ);
  #next: Desk | null = null;
  /** Follows a member's own limiter while both rates are mixed. */
  readonly #limiter = new Limiter(0);
  #idleBeats = 0;

  constructor(roomId: RoomId) {
    this.roomId = roomId;
  }

  get size(): number {
    return this.#seats.length;
  }

  get rateHz(): SampleRateHz {
    return this.#desk.rateHz;
  }

  get shared(): SharedMix {
    return this.#desk.shared;
  }

  add(member: Member): void {
    // An empty room has nobody who could hear a change.
    if (this.#seats.length === 0 && member.wantedRateHz !== this.rateHz) this.#desk = deskAt(member.wantedRateHz);
    member.tune(this.rateHz);
    if (this.#next !== null) member.prepare(this.#next.rateHz);
    this.#seats.push({ member, said: null, shares: true });
  }

  /** False when it was not here. */
  remove(legId: LegId): boolean {
    const index = this.#seats.findIndex((seat) => seat.member.legId === legId);
    if (index < 0) return false;
    this.#seats.splice(index, 1);
    return true;
  }

  /** The room is over. */
  close(): void {
    this.#desk.shared.close();
    this.#next?.shared.close();
  }

  /**
   * One beat: hears every member, mixes, tells every member.
   * O(members × samples), no allocation but at a change of rate.
   */
  beat(beat: number, dueMs: number): void {
    this.#chooseRate();
    const { shared, sum } = this.#desk;
    shared.begin(beat);
    const talkers = this.#listen(dueMs, sum);
    const seats = this.#seats;
    for (let i = 0; i < seats.length; i += 1) this.#tell(seats[i]!, talkers, dueMs);
    if (this.#next !== null) this.#prime(this.#next, talkers);
  }

  #chooseRate(): void {
    if (this.#next !== null) {
      for (const { member } of this.#seats) member.retune();
      this.#desk.shared.close();
      this.#desk = this.#next;
      this.#next = null;
      return;
    }
    let wantedHz: SampleRateHz = LOWEST_RATE_HZ;
    const seats = this.#seats;
    for (let i = 0; i < seats.length; i += 1) {
      const { wantedRateHz } = seats[i]!.member;
      if (wantedRateHz > wantedHz) wantedHz = wantedRateHz;
    }
    if (wantedHz < this.rateHz) this.#idleBeats += 1;
    else this.#idleBeats = 0;
    if (wantedHz > this.rateHz || this.#idleBeats > LOWER_AFTER_BEATS) this.#prepare(wantedHz);
  }

  #prepare(rateHz: SampleRateHz): void {
    this.#idleBeats = 0;
    this.#next = deskAt(rateHz);
    for (const { member } of this.#seats) member.prepare(rateHz);
  }

  /** Sums what is said; the number of members who said something. */
  #listen(dueMs: number, sum: Int32Array): number {
    const seats = this.#seats;
    let talkers = 0;
    sum.fill(0);
    for (let i = 0; i < seats.length; i += 1) {
      const seat = seats[i]!;
      const heard = seat.member.hear(dueMs);
      // A frame of zeros is left out, so that its member can share the listeners' mix.
      seat.said = heard !== null && addFrame(sum, heard) ? heard : null;
      if (seat.said !== null) talkers += 1;
    }
    return talkers;
  }

  #tell(seat: Seat, talkers: number, dueMs: number): void {
    const { member } = seat;
    const { shared, sum, own: mix } = this.#desk;
    const own = member.echo ? null : seat.said;
    if (talkers === 0 || (talkers === 1 && own !== null)) {
      if (!seat.shares) member.limiter.rest();
      member.tell(dueMs, null, shared);
      return;
    }
    if (own === null) {
      if (!shared.isMade) shared.make(sum, seat.shares ? null : member.limiter);
      // Back to the shared mix only where both are equally loud, or the change would be heard.
      if (seat.shares || shared.limiter.agreesWith(member.limiter)) {
        seat.shares = true;
        member.tellShared(dueMs, shared);
        return;
      }
    } else if (seat.shares) {
      seat.shares = false;
      if (shared.isCurrent) member.limiter.follow(shared.limiter);
      else member.limiter.reset();
    }
    member.limiter.apply(sum, own, mix);
    member.tell(dueMs, mix, shared);
  }

  /** The same beat once more at the rate that comes, for the resamplers alone. */
  #prime(next: Desk, talkers: number): void {
    const { sum, own, shared } = next;
    for (const seat of this.#seats) if (seat.said !== null) addFrame(sum, seat.member.heardNext());
    this.#limiter.retune(own.length);
    for (const { member, said, shares } of this.#seats) {
      const mine = member.echo || said === null ? null : member.heardNext();
      if (talkers === 0 || (talkers === 1 && mine !== null)) {
        member.prime(null);
        continue;
      }
      this.#limiter.follow(shares ? this.#desk.shared.limiter : member.limiter);
      this.#limiter.apply(sum, mine, own);
      member.prime(own);
    }
    this.#limiter.follow(this.#desk.shared.limiter);
    this.#limiter.apply(sum, null, own);
    shared.follow(this.#desk.shared, own);
  }
}
