import type { LegId } from '../base/ids.js';
import type { HearingLists } from './protocol.js';
import type { Seat } from './seat.js';
import { frameSamplesAt } from './ticker.js';

/** Who hears a member, and whom it hears; null: all who are in the room. */
export interface HearingRule {
  readonly heardBy: ReadonlySet<LegId> | null;
  readonly hears: ReadonlySet<LegId> | null;
}

/** Of lists as they come in a command. */
export function hearingRule({ heardBy, hears }: HearingLists): HearingRule {
  return { heardBy: heardBy && new Set(heardBy), hears: hears && new Set(hears) };
}

export const openRule: HearingRule = { heardBy: null, hears: null };

/** What the rules of a room make of one member. */
export interface HearingView {
  /** Its voice is not in the sum that all hear. */
  readonly isPrivate: boolean;
  /** It hears that sum, */
  readonly base: boolean;
  /** and these voices besides. */
  readonly voices: readonly Seat[];
}

export const openView: HearingView = { isPrivate: false, base: true, voices: [] };

/** Members in one list. */
export const MAX_HEARING = 1000;

/** Of a frame: 5 ms, in which voices come and go when a rule changes. */
const FADE_SHARE = 4;
const longestFrame = frameSamplesAt(48_000);

/**
 * Who hears whom in a room in which that is not everybody: whisper, coach, side room. Voices that are for some only are left out of
 * the sum, and added to the mixes of those; who hears certain voices only has a sum of its own. All others go on sharing one mix.
 * When rules change, old and new mix are faded over. Bounded by the lists, whose members have to be in the room to count.
 * O(voices that are listed × samples) per beat, no allocation but when rules change.
 */
export class Hearing {
  /** On this beat the rules change. */
  isChanging = false;
  /** The mix made last; as long as the frame it was made for. */
  readonly out = new Int32Array(longestFrame);
  #isStale = true;
  readonly #before = new Int32Array(longestFrame);
  readonly #now = new Int32Array(longestFrame);
  readonly #faded = new Int32Array(longestFrame);
  #samples = 0;

  /** Somebody came, or has another rule. */
  changed(): void {
    this.#isStale = true;
  }

  /** Somebody goes: nobody hears it any more. */
  forget(gone: Seat, seats: readonly Seat[]): void {
    this.#isStale = true;
    for (const seat of seats) {
      seat.view = without(gone, seat.view);
      seat.viewBefore = without(gone, seat.viewBefore);
    }
  }

  /**
   * A beat begins. @param mayFade  false while the rate of the room changes: what is not of a newcomer waits for the next beat then
   */
  begin(seats: readonly Seat[], mayFade: boolean): void {
    if (!this.#isStale || !(mayFade || seats.some(({ isNew }) => isNew))) return;
    this.#isStale = false;
    this.isChanging = mayFade;
    const byId = new Map(seats.map((seat) => [seat.member.legId, seat]));
    const privates = seats.filter(({ rule }) => rule.heardBy !== null);
    for (const seat of seats) {
      const view = viewOf(seat, byId, privates);
      seat.viewBefore = seat.isNew || !mayFade ? view : seat.view;
      seat.view = view;
    }
    list(seats);
  }

  /** The beat is over; true when no rule is left. */
  end(seats: readonly Seat[]): boolean {
    if (!this.isChanging) return false;
    this.isChanging = false;
    for (const seat of seats) seat.viewBefore = seat.view;
    list(seats);
    return !this.#isStale && seats.every(({ rule }) => rule.heardBy === null && rule.hears === null);
  }

  /** Whether the sum that all hear is, or on this beat was, with the voice of that member. */
  isPublic({ view, viewBefore }: Seat): boolean {
    return !view.isPrivate || (this.isChanging && !viewBefore.isPrivate);
  }

  /** On a beat on which rules change, in place of the sum of the public voices: fades from those before to those now. */
  sumUp(seats: readonly Seat[], sum: Int32Array): void {
    this.#samples = sum.length;
    this.#before.fill(0);
    this.#now.fill(0);
    for (const { said, view, viewBefore } of seats) {
      if (said === null) continue;
      if (!viewBefore.isPrivate) add(said, this.#before);
      if (!view.isPrivate) add(said, this.#now);
    }
    this.#fade(this.#before, this.#now, sum, sum.length);
  }

  /** What it hears on this beat is neither the sum nor that without its own voice. */
  isSpecial({ view, viewBefore }: Seat): boolean {
    if (this.isChanging && view !== viewBefore) return true;
    if (!view.base) return true;
    const { voices } = view;
    for (let i = 0; i < voices.length; i += 1) if (voices[i]!.said !== null) return true;
    return false;
  }

  /**
   * Its mix into `out`; false when that is silence.
   * @param sum  of the public voices, at the rate of the room
   */
  mix(seat: Seat, sum: Int32Array): boolean {
    const { out } = this;
    this.#samples = sum.length;
    if (!this.isChanging) return this.#mixOf(seat, seat.view, sum, out, false);
    const faded = this.#faded;
    const was = this.#mixOf(seat, seat.viewBefore, this.#before, faded, false);
    const is = this.#mixOf(seat, seat.view, this.#now, out, false);
    this.#fade(faded, out, out, sum.length);
    return was || is;
  }

  /** The same at the rate that is prepared. */
  mixNext(seat: Seat, sum: Int32Array): boolean {
    this.#samples = sum.length;
    return this.#mixOf(seat, seat.view, sum, this.out, true);
  }

  /** Everybody, into `out`. @param isNext  at the rate that is prepared */
  mixAll(seats: readonly Seat[], sum: Int32Array, isNext: boolean): boolean {
    this.#samples = sum.length;
    const { out } = this;
    out.fill(0);
    let any = false;
    for (let i = 0; i < seats.length; i += 1) {
      const said = ownOf(seats[i]!, isNext);
      if (said === null) continue;
      add(said, out);
      any = true;
    }
    return any;
  }

  #mixOf(seat: Seat, view: HearingView, sum: Int32Array, out: Int32Array, isNext: boolean): boolean {
    const own = ownOf(seat, isNext);
    const samples = this.#samples;
    let any = false;
    for (let i = 0; i < samples; i += 1) {
      out[i] = view.base ? sum[i]! : 0;
      any ||= out[i] !== 0;
    }
    const isInSum = view.base && !view.isPrivate;
    if (own !== null && isInSum && !seat.member.echo) for (let i = 0; i < samples; i += 1) out[i] = out[i]! - own[i]!;
    if (own !== null && !isInSum && seat.member.echo) {
      add(own, out);
      any = true;
    }
    for (let v = 0; v < view.voices.length; v += 1) {
      const voice = view.base ? ownOf(view.voices[v]!, isNext) : soloOf(view.voices[v]!, isNext);
      if (voice === null) continue;
      add(voice, out);
      any = true;
    }
    return any;
  }

  #fade(before: Int32Array, now: Int32Array, out: Int32Array, samples: number): void {
    const ramp = samples / FADE_SHARE;
    for (let i = 0; i < ramp; i += 1) {
      const share = (i + 1) / ramp;
      out[i] = Math.round(before[i]! * (1 - share) + now[i]! * share);
    }
    for (let i = ramp; i < samples; i += 1) out[i] = now[i]!;
  }
}

function add(frame: Int16Array, out: Int32Array): void {
  for (let i = 0; i < frame.length; i += 1) out[i] = out[i]! + frame[i]!;
}

function ownOf({ said, member }: Seat, isNext: boolean): Int16Array | null {
  return said !== null && isNext ? member.heardNext() : said;
}

function soloOf({ solo, member }: Seat, isNext: boolean): Int16Array | null {
  return solo !== null && isNext ? member.heardNext() : solo;
}

/** Marks the voices that somebody hears alone, on this beat or the one before. */
function list(seats: readonly Seat[]): void {
  for (const seat of seats) seat.isListed = false;
  for (const { view, viewBefore } of seats) {
    if (!view.base) for (const voice of view.voices) voice.isListed = true;
    if (!viewBefore.base) for (const voice of viewBefore.voices) voice.isListed = true;
  }
}

function without(gone: Seat, view: HearingView): HearingView {
  if (!view.voices.includes(gone)) return view;
  return { ...view, voices: view.voices.filter((seat) => seat !== gone) };
}

function viewOf(seat: Seat, byId: ReadonlyMap<LegId, Seat>, privates: readonly Seat[]): HearingView {
  const { rule, member } = seat;
  const isPrivate = rule.heardBy !== null;
  const mayHear = (other: Seat): boolean => other !== seat && other.rule.heardBy?.has(member.legId) !== false;
  if (rule.hears !== null) {
    const voices = [...rule.hears].map((legId) => byId.get(legId)).filter((other) => other !== undefined);
    return { isPrivate, base: false, voices: voices.filter(mayHear) };
  }
  const voices = privates.filter(mayHear);
  return voices.length === 0 && !isPrivate ? openView : { isPrivate, base: true, voices };
}
