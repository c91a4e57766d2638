import type { LegId, RoomId } from '../base/ids.js';
import type { SampleRateHz } from '../media/index.js';
import { type Desk, deskAt } from './desk.js';
import { Hearing, type HearingRule } from './hearing.js';
import { type LevelReport, RoomLevels } from './levels.js';
import { Limiter } from './limiter.js';
import type { Member } from './member.js';
import { defaultRoomRules, type RoomRules } from './room-rules.js';
import { type RoomTap, RoomTaps } from './room-taps.js';
import { type MemberSettings, Seat } from './seat.js';
import type { SharedMix } from './shared-mix.js';
import { chooseSpeakers } from './speakers.js';
import { RoomTracks } from './track-lines.js';

/** Beats that nobody needs the higher rate before it is left: phones come and go. */
const LOWER_AFTER_BEATS = 50;
const LOWEST_RATE_HZ = 8000;

export interface RoomOptions {
  readonly rules?: RoomRules;
  /** The levels that were asked for, each 100 ms; the report is only lent. */
  readonly onLevels?: (report: LevelReport) => void;
}

/**
 * Who hears whom: everybody hears the sum of the others (N−1), an echo member itself as well. In a small room all voices
 * are summed, in a larger one those that speak (rooms/speakers.ts). Whoever adds nothing to the sum, and echo members,
 * hear one shared mix that is made and encoded once.
 *
 * The room runs at the lowest rate that all its members can do with. It changes between two beats, the first of which is
 * mixed at both rates: what goes on afterwards has then heard what came before, and no listener hears a step.
 */
export class Room {
  readonly roomId: RoomId;
  readonly #rules: RoomRules;
  readonly #onLevels: ((report: LevelReport) => void) | null;
  readonly #seats: Seat[] = [];
  /** Seats of those who have gone, whose sound fades on the next beat. */
  #leaving = 0;
  readonly #levels: RoomLevels;
  /** Somebody asked for levels. */
  #tellsLevels = false;
  /** A player gets quieter while somebody speaks. */
  #ducks = false;
  /** For one of these, who speaks has to be known. */
  #measures = false;
  readonly #taps: RoomTaps;
  /** Not everybody hears everybody; null: all do. */
  #hearing: Hearing | null = null;
  readonly #tracks: RoomTracks;
  readonly #best: Float64Array;
  #desk = deskAt(LOWEST_RATE_HZ);
  #next: Desk | null = null;
  /** Follows a member's own limiter while both rates are mixed. */
  readonly #limiter = new Limiter(0);
  #idleBeats = 0;

  constructor(roomId: RoomId, options: RoomOptions = {}) {
    this.roomId = roomId;
    this.#rules = options.rules ?? defaultRoomRules;
    this.#onLevels = options.onLevels ?? null;
    this.#levels = new RoomLevels(roomId);
    this.#tracks = new RoomTracks(this.#seats);
    this.#taps = new RoomTaps(this.#seats);
    this.#best = new Float64Array(this.#rules.mostSpeakers);
  }

  get size(): number {
    return this.#seats.length - this.#leaving;
  }

  get rateHz(): SampleRateHz {
    return this.#desk.rateHz;
  }

  get shared(): SharedMix {
    return this.#desk.shared;
  }

  add(member: Member): void {
    // An empty room has nobody who could hear a change.
    const rateHz = this.#capped(member.wantedRateHz);
    if (this.#seats.length === 0 && rateHz !== this.rateHz) this.#desk = deskAt(rateHz);
    member.tune(this.rateHz);
    if (this.#next !== null) member.prepare(this.#next.rateHz);
    const seat = new Seat(member);
    seat.comesLater = this.#seats.some(({ isNew }) => !isNew);
    this.#seats.push(seat);
    this.#hearing?.changed();
    this.#tracks.add(seat);
    this.#chooseMeasures();
  }

  /** Is told the mix of all, and when the room is over; it is no member. */
  addTap(tap: RoomTap): void {
    this.#taps.add(tap);
  }

  removeTap(tap: RoomTap): void {
    this.#taps.remove(tap);
  }

  /** False when it was not here. What others heard of it fades on the next beat. */
  remove(legId: LegId): boolean {
    const seat = this.#seatOf(legId);
    if (seat === undefined) return false;
    seat.member.leave(this.#desk.shared);
    this.#tracks.remove(seat);
    if (seat.depart(this.#next !== null)) this.#leaving += 1;
    else this.#drop(seat);
    this.#chooseMeasures();
    return true;
  }

  #drop(seat: Seat): void {
    this.#seats.splice(this.#seats.indexOf(seat), 1);
    this.#tracks.remove(seat);
    this.#hearing?.forget(seat, this.#seats);
  }

  /** The room is over. */
  close(): void {
    this.#desk.shared.close();
    this.#next?.shared.close();
    this.#taps.close();
  }

  /** False when it is not here. */
  set(legId: LegId, settings: MemberSettings): boolean {
    const seat = this.#seatOf(legId);
    seat?.set(settings);
    this.#chooseMeasures();
    return seat !== undefined;
  }

  /** Takes effect on the next beat, without a click; at once before its first. False when it is not here. */
  setHearing(legId: LegId, rule: HearingRule): boolean {
    const seat = this.#seatOf(legId);
    if (seat === undefined) return false;
    seat.rule = rule;
    if (rule.heardBy !== null || rule.hears !== null) this.#hearing ??= new Hearing();
    this.#hearing?.changed();
    return true;
  }

  #seatOf(legId: LegId): Seat | undefined {
    return this.#seats.find(({ member, isLeaving }) => member.legId === legId && !isLeaving);
  }

  /** The member may be sent other tracks than before, or the mix. */
  tracksChanged(legId: LegId): void {
    const seat = this.#seatOf(legId);
    if (seat !== undefined) this.#tracks.listen(seat);
    this.#chooseMeasures();
  }

  /** The levels of all members are asked for, or not any more. */
  watchLevels(on: boolean): void {
    this.#levels.isWatched = on;
    this.#chooseMeasures();
  }

  /**
   * One beat: hears every member, mixes, tells every member.
   * O(members × samples), no allocation but at a change of rate.
   */
  beat(beat: number, dueMs: number): void {
    this.#chooseRate();
    this.#desk.shared.begin(beat);
    const seats = this.#seats;
    this.#hearing?.begin(seats, this.#next === null);
    const talkers = this.#listen(dueMs);
    this.#tracks.beat(dueMs, this.rateHz);
    for (let i = 0; i < seats.length; i += 1) if (!seats[i]!.isLeaving) this.#tell(seats[i]!, talkers, dueMs);
    if (this.#taps.size > 0) this.#taps.tell(dueMs, this.#desk, talkers, this.#hearing);
    if (this.#next !== null) this.#prime(this.#next, talkers);
    if (this.#hearing?.end(seats) === true) this.#hearing = null;
    if (this.#ducks) this.#duck();
    for (let i = seats.length - 1; i >= 0 && this.#leaving > 0; i -= 1) {
      if (!seats[i]!.isLeaving) continue;
      this.#leaving -= 1;
      this.#drop(seats[i]!);
    }
    if (!this.#tellsLevels) return;
    const report = this.#levels.step(seats, beat);
    if (report !== null) this.#onLevels?.(report);
  }

  #chooseMeasures(): void {
    const before = this.#tellsLevels;
    this.#tellsLevels = this.#levels.isWatched || this.#seats.some(({ settings }) => settings.reportsLevel);
    this.#ducks = this.#seats.some(({ member }) => member.ducks === true);
    this.#measures = this.#tellsLevels || this.#ducks || this.#tracks.isLive;
    if (this.#tellsLevels && !before) this.#levels.restart(this.#seats);
  }

  /** Whoever is heard and speaks turns the players down. */
  #duck(): void {
    const seats = this.#seats;
    let isSpoken = false;
    for (let i = 0; i < seats.length && !isSpoken; i += 1) {
      const { isHeard, said, detector, member } = seats[i]!;
      isSpoken = isHeard && said !== null && detector.isSpeaking && member.isPlayer !== true;
    }
    for (let i = 0; i < seats.length; i += 1) seats[i]!.member.duck?.(isSpoken);
  }

  #capped(rateHz: SampleRateHz): SampleRateHz {
    return rateHz > this.#rules.maxRateHz ? this.#rules.maxRateHz : rateHz;
  }

  #chooseRate(): void {
    if (this.#next !== null) {
      for (const { member } of this.#seats) member.retune();
      this.#tracks.retune(this.#next.rateHz);
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
    wantedHz = this.#capped(wantedHz);
    if (wantedHz < this.rateHz) this.#idleBeats += 1;
    else this.#idleBeats = 0;
    if (wantedHz > this.rateHz || this.#idleBeats > LOWER_AFTER_BEATS) this.#prepare(wantedHz);
  }

  #prepare(rateHz: SampleRateHz): void {
    this.#idleBeats = 0;
    this.#next = deskAt(rateHz);
    for (const { member } of this.#seats) member.prepare(rateHz);
    this.#tracks.prepare(rateHz);
  }

  /** Sums what is heard; the number of members who add to it. */
  #listen(dueMs: number): number {
    const seats = this.#seats;
    const { sum, scratch } = this.#desk;
    const isGated = seats.length > this.#rules.ungatedMembers;
    const measures = isGated || this.#measures;
    let speaking = 0;
    for (let i = 0; i < seats.length; i += 1) if (seats[i]!.hear(dueMs, measures, isGated, sum.length)) speaking += 1;
    const isCrowded = isGated && speaking > this.#rules.mostSpeakers;
    if (isCrowded) chooseSpeakers(seats, this.#rules.mostSpeakers, this.#best);
    const hearing = this.#hearing;
    let talkers = 0;
    sum.fill(0);
    for (let i = 0; i < seats.length; i += 1) {
      const seat = seats[i]!;
      if (!isCrowded) seat.isHeard = seat.isSpeaking;
      if (seat.member.isPlayer === true) seat.isHeard = true;
      if (hearing === null) {
        if (seat.say(sum, scratch)) talkers += 1;
      } else {
        const isSummed = !hearing.isChanging && hearing.isPublic(seat);
        if (seat.say(isSummed ? sum : null, scratch) && hearing.isPublic(seat)) talkers += 1;
      }
    }
    if (hearing?.isChanging === true) hearing.sumUp(seats, sum);
    return talkers;
  }

  #tell(seat: Seat, talkers: number, dueMs: number): void {
    const { member, ears } = seat;
    const { shared, sum, own: mix } = this.#desk;
    if (this.#hearing?.isSpecial(seat) === true) {
      this.#tellSpecial(seat, this.#hearing, dueMs);
      return;
    }
    const own = member.echo || seat.view.isPrivate ? null : seat.said;
    const isSilent = talkers === 0;
    if ((talkers === 1 && own !== null) || ears?.isShut === true) {
      this.#tellSilence(seat, dueMs);
      return;
    }
    const isPlain = isSilent || ears === null || ears.isPlain;
    if (own === null && isPlain) {
      if (!shared.isMade) shared.make(sum, seat.shares ? null : member.limiter, isSilent);
      // Back to the shared mix only where both are equally loud, or the change would be heard.
      if (seat.shares || shared.limiter.agreesWith(member.limiter)) {
        seat.shares = true;
        member.tellShared(dueMs, shared);
        return;
      }
      if (isSilent) {
        this.#tellSilence(seat, dueMs);
        return;
      }
    } else this.#part(seat);
    member.limiter.apply(sum, own, mix);
    if (!isPlain) ears.apply(mix, this.#desk.scratch);
    member.tell(dueMs, mix, shared);
  }

  /** From the shared mix to one of its own. */
  #part(seat: Seat): void {
    if (!seat.shares) return;
    const { shared } = this.#desk;
    seat.shares = false;
    if (shared.isCurrent) seat.member.limiter.follow(shared.limiter);
    else seat.member.limiter.reset();
  }

  /** Voices that are not for everybody. */
  #tellSpecial(seat: Seat, hearing: Hearing, dueMs: number): void {
    const { member, ears } = seat;
    const { shared, sum, own: mix, scratch } = this.#desk;
    if (ears?.isShut === true || !hearing.mix(seat, sum)) {
      this.#tellSilence(seat, dueMs);
      return;
    }
    this.#part(seat);
    member.limiter.apply(hearing.out, null, mix);
    if (ears !== null && !ears.isPlain) ears.apply(mix, scratch);
    member.tell(dueMs, mix, shared);
  }

  /** To one member alone. */
  #tellSilence({ member, shares }: Seat, dueMs: number): void {
    if (!shares) member.limiter.rest();
    member.tell(dueMs, null, this.#desk.shared);
  }

  /** The same beat once more at the rate that comes, for the resamplers alone. */
  #prime(next: Desk, talkers: number): void {
    const { sum, own, scratch, shared } = next;
    this.#limiter.retune(own.length);
    for (const seat of this.#seats) seat.sayNext(seat.view.isPrivate ? null : sum, scratch, this.#limiter);
    this.#tracks.prime();
    for (const seat of this.#seats) {
      const { member, said, shares, ears, view } = seat;
      if (this.#hearing?.isSpecial(seat) === true) {
        this.#primeSpecial(seat, this.#hearing, next);
        continue;
      }
      const mine = member.echo || said === null || view.isPrivate ? null : member.heardNext();
      if (talkers === 0 || (talkers === 1 && mine !== null) || ears?.isShut === true) {
        member.prime(null);
        continue;
      }
      this.#limiter.follow(shares ? this.#desk.shared.limiter : member.limiter);
      this.#limiter.apply(sum, mine, own);
      ears?.applyNext(own, scratch, this.#limiter);
      member.prime(own);
    }
    this.#limiter.follow(this.#desk.shared.limiter);
    this.#limiter.apply(sum, null, own);
    shared.follow(this.#desk.shared, own);
    if (this.#taps.size > 0) this.#taps.prime(next, talkers, this.#hearing);
  }

  #primeSpecial(seat: Seat, hearing: Hearing, { sum, own, scratch }: Desk): void {
    const { member, ears } = seat;
    if (ears?.isShut === true || !hearing.mixNext(seat, sum)) {
      member.prime(null);
      return;
    }
    this.#limiter.follow(member.limiter);
    this.#limiter.apply(hearing.out, null, own);
    ears?.applyNext(own, scratch, this.#limiter);
    member.prime(own);
  }
}
