import { longestSpliceMs, shortestSpliceMs } from './time-scale.js';

/** Deeper than the target by more than a beat and this: a beat's sound is cut. */
const DEEP_SLACK_MS = 2;
/** Less deep than the target by this: sound is put in. */
const THIN_SLACK_MS = 3;
/** What a packet has to have waited beside the beat that is cut, or the next would be missing. */
const WAIT_SLACK_MS = 5;
/** Time between two splices: when there is no hurry, and when sound will soon be missing. */
const RELAXED_MS = 100;
const HURRIED_MS = 60;
/** Time between two searches for a place where there is no hurry: each costs as much as ten beats without. */
const TRY_AGAIN_MS = 60;
/** So much too deep, sound is cut at every beat. */
const FAR_TOO_DEEP_MS = 60;
/**
 * Packets that must all be too deep before sound is cut for it. Lengths that are no multiple of a beat make every other packet
 * wait half a beat longer, which is nothing to win back.
 */
const DEEP_PACKETS = 4;
/** What is left after each beat is looked at over half a second. */
const REST_BEATS = 16;
/** How alike both sides of a splice must be, and how much of that is given up for each second that none was found. */
const LEAST_ALIKE = 0.85;
const GIVEN_UP_PER_S = 0.15;
const LEAST_ALIKE_IN_HURRY = 0.4;

/** Of the packet just taken, in ms; filled in place. */
export interface Depth {
  /** How long an early packet would have waited in its place: the delay. */
  depthMs: number;
  /** How long it has waited itself. */
  waitedMs: number;
  targetMs: number;
  /** The packet after it is there. */
  hasNext: boolean;
}

/**
 * Decides when the time between arrival and sound is made shorter or longer, by splices that come one at a time. Packets
 * are taken at beats, so the depth moves by whole beats; what is cut beyond or short of one stays in the line of decoded
 * sound, and is cut as well once it has been left over for half a second: then it is of no use.
 */
export class SplicePlan {
  /** Of sound, over the life of the leg. */
  cutMs = 0;
  insertedMs = 0;
  cuts = 0;
  inserts = 0;
  /** How alike the two sides of the splice that was asked for must be. */
  leastAlike = LEAST_ALIKE;
  readonly #frameMs: number;
  #lastMs = Number.NEGATIVE_INFINITY;
  #failedMs = Number.NEGATIVE_INFINITY;
  /** Since when a splice is wanted; −1 while none is. */
  #wantedAtMs = -1;
  /** The least that was left after a beat, of the half second that runs and of the one before. */
  #restMs = 0;
  #restBeforeMs = 0;
  #restBeats = 0;
  /** Of the last packets since the last splice. */
  readonly #depths = new Float64Array(DEEP_PACKETS);
  #depthCount = 0;

  constructor(frameMs: number) {
    this.#frameMs = frameMs;
  }

  /** So much decoded sound is left after a beat. */
  left(restMs: number): void {
    this.#restMs = this.#restBeats === 0 ? restMs : Math.min(this.#restMs, restMs);
    this.#restBeats += 1;
    if (this.#restBeats < REST_BEATS) return;
    this.#restBeforeMs = this.#restMs;
    this.#restBeats = 0;
  }

  /** What is to be put in, less than 0 to be cut, at most, so many ms; 0 = nothing. */
  correctionMs(nowMs: number, depth: Depth): number {
    this.#depths[this.#depthCount % DEEP_PACKETS] = depth.depthMs;
    this.#depthCount += 1;
    const wanted = this.#wanted(depth);
    if (wanted === 0) {
      this.#wantedAtMs = -1;
      return 0;
    }
    const tooDeepMs = depth.depthMs - depth.targetMs - this.#frameMs;
    const everyMs = wanted > 0 ? HURRIED_MS : tooDeepMs > FAR_TOO_DEEP_MS ? 0 : RELAXED_MS;
    if (nowMs - this.#lastMs < everyMs) return 0;
    if (this.#wantedAtMs < 0) this.#wantedAtMs = nowMs;
    const given = ((nowMs - this.#wantedAtMs) / 1000) * GIVEN_UP_PER_S;
    const isHurried = wanted > 0 || tooDeepMs > FAR_TOO_DEEP_MS;
    if (!isHurried && nowMs - this.#failedMs < TRY_AGAIN_MS) return 0;
    this.leastAlike = Math.max(-1, (isHurried ? LEAST_ALIKE_IN_HURRY : LEAST_ALIKE) - given);
    return wanted;
  }

  /** No place for a splice was found. */
  failed(nowMs: number): void {
    this.#failedMs = nowMs;
  }

  /** A splice was made: so many ms put in, less than 0 for cut. */
  made(nowMs: number, ms: number): void {
    this.#lastMs = nowMs;
    this.#wantedAtMs = -1;
    this.#depthCount = 0;
    this.#forgetRest();
    if (ms > 0) {
      this.insertedMs += ms;
      this.inserts += 1;
    } else {
      this.cutMs -= ms;
      this.cuts += 1;
    }
  }

  /** The line of sound begins anew. */
  clear(): void {
    this.#wantedAtMs = -1;
    this.#depthCount = 0;
    this.#forgetRest();
  }

  #forgetRest(): void {
    this.#restMs = 0;
    this.#restBeforeMs = 0;
    this.#restBeats = 0;
  }

  /** −∞ until enough packets were seen. */
  #leastDepth(): number {
    if (this.#depthCount < DEEP_PACKETS) return Number.NEGATIVE_INFINITY;
    let least = this.#depths[0]!;
    for (let i = 1; i < DEEP_PACKETS; i += 1) least = Math.min(least, this.#depths[i]!);
    return least;
  }

  #wanted({ depthMs, waitedMs, targetMs, hasNext }: Depth): number {
    if (depthMs < targetMs - THIN_SLACK_MS) return longestSpliceMs;
    const isFar = depthMs - targetMs - this.#frameMs > FAR_TOO_DEEP_MS;
    const leastMs = isFar ? depthMs : this.#leastDepth();
    const isDeep = leastMs > targetMs + this.#frameMs + DEEP_SLACK_MS && waitedMs > this.#frameMs + WAIT_SLACK_MS;
    if (isDeep && hasNext) return -longestSpliceMs;
    const restMs = Math.min(this.#restBeforeMs, this.#restMs);
    return restMs >= shortestSpliceMs ? -Math.min(restMs, longestSpliceMs) : 0;
  }
}
