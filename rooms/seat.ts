import { Denoiser, fadeIn } from '../media/index.js';
import { AutoGain } from './auto-gain.js';
import { Farewell } from './farewell.js';
import { GainStage } from './gain-stage.js';
import { type HearingRule, type HearingView, openRule, openView } from './hearing.js';
import type { Limiter } from './limiter.js';
import type { Member } from './member.js';
import { addFrame, hasSound } from './mixer.js';
import { type Candidate, SpeechDetector } from './speakers.js';

/** How one member is heard and hears, whatever room it is in. */
export interface MemberSettings {
  /** How much louder the others hear it; −60 … 20 dB. */
  readonly gainDb: number;
  /** How much louder it hears the others; −60 … 20 dB. */
  readonly listenGainDb: number;
  /** Nobody hears it. */
  readonly isMuted: boolean;
  /** It hears nobody. */
  readonly isDeaf: boolean;
  /** Its level is told every 100 ms. */
  readonly reportsLevel: boolean;
  /** Its voice is brought to the loudness of the others. */
  readonly agc: boolean;
  /** The noise is taken out of its voice. */
  readonly denoise: boolean;
}

export const plainMember: MemberSettings = {
  gainDb: 0,
  listenGainDb: 0,
  isMuted: false,
  isDeaf: false,
  reportsLevel: false,
  agc: false,
  denoise: false,
};

const LOWEST_GAIN_DB = -60;
const HIGHEST_GAIN_DB = 20;

/** Of a gain within −60 … 20 dB. */
export function linearGain(gainDb: number): number {
  return 10 ** (Math.min(HIGHEST_GAIN_DB, Math.max(LOWEST_GAIN_DB, gainDb)) / 20);
}

/** Longer than the 1.5 ms of silence with which the filter of a member may begin. */
const WAIT_SHARE = 10;

/** The first frame that is heard of a member, which may be in the midst of a word. */
function comeIn(frame: Int16Array): void {
  const wait = frame.length / WAIT_SHARE;
  frame.fill(0, 0, wait);
  fadeIn(frame, wait);
}

/** A member in a room: what it said this beat, how much of that is heard, and which mix it listens to. */
export class Seat implements Candidate {
  /** Who sits here; on the beat after it has gone its Farewell, where there is any. */
  member: Member;
  /** The seat is empty after the next beat. */
  isLeaving = false;
  readonly detector = new SpeechDetector();
  /** On this beat: its sound is to be heard, if there is room for it. */
  isSpeaking = false;
  /** On the last beat, and from the choice on, on this one. */
  isHeard = true;
  /** What it adds to the sum of this beat; null = nothing. */
  said: Int16Array | null = null;
  /** Hears the shared mix; false while it has a mix of its own. */
  shares = true;
  /** What it hears goes through this; null while it never had to. */
  ears: GainStage | null = null;
  settings: MemberSettings = plainMember;
  rule: HearingRule = openRule;
  /** What the rules of the room make of it, on this beat and on the one before. */
  view: HearingView = openView;
  viewBefore: HearingView = openView;
  /** Somebody hears certain voices only, of which this is one: those are heard whether the room hears them or not. */
  isListed = false;
  /** What those hear of it on this beat; null = nothing. */
  solo: Int16Array | null = null;
  /** It has had no beat in this room. */
  isNew = true;
  /** Somebody hears the room already: what it says first must not begin with a click. */
  comesLater = false;
  #mouth: GainStage | null = null;
  #mouthGain = 1;
  #earsGain = 1;
  #frame: Int16Array | null = null;
  #agc: AutoGain | null = null;
  #denoiser: Denoiser | null = null;
  /** For what is still in the filter when the member says nothing more. */
  #soloFrame = new Int16Array(0);
  #soloStage: GainStage | null = null;
  #tail = new Int16Array(0);
  #isTail = false;

  constructor(member: Member) {
    this.member = member;
  }

  /** Takes effect on the next beat, in a ramp; at once before its first. */
  set(settings: MemberSettings): void {
    this.settings = settings;
    this.#mouthGain = settings.isMuted ? 0 : linearGain(settings.gainDb);
    this.#earsGain = settings.isDeaf ? 0 : linearGain(settings.listenGainDb);
    if (settings.agc) this.#agc ??= new AutoGain();
    if (this.#agc !== null) this.#agc.isEnding = !settings.agc;
    if (settings.denoise && this.#denoiser === null && Denoiser.isAvailable) this.#denoiser = new Denoiser();
    if (this.#denoiser !== null) this.#denoiser.isEnding = !settings.denoise;
    if (this.#earsGain !== 1) this.ears ??= new GainStage(this.isNew ? this.#earsGain : 1);
  }

  /** Asks the member for its sound of this beat, so many samples; false when that is not to be heard. */
  hear(dueMs: number, measures: boolean, isGated: boolean, samples: number): boolean {
    const { member, detector } = this;
    // What was heard a beat ago has to fade first, also where it is no more than a background.
    const wasShut = this.#mouth === null || this.#mouth.gain === 0;
    const isUnheard = wasShut && ((isGated && !this.isListed) || this.#mouthGain === 0);
    if (member.isPlayer === true) {
      this.#frame = member.hear(dueMs, false);
      this.isSpeaking = false;
      return false;
    }
    this.#frame = member.hear(dueMs, isUnheard && !detector.isSpeaking);
    if (this.#denoiser !== null) this.#clean(this.#denoiser, samples);
    if (measures) {
      if (this.#frame === null && member.isResting === true) detector.rest();
      else detector.hear(this.#frame);
    }
    this.isSpeaking = this.#mouthGain > 0 && (!isGated || this.detector.isSpeaking);
    return this.isSpeaking;
  }

  /**
   * The member has gone. False where nobody heard it on the last beat; else what was heard fades on the next one.
   * @param isNext  the room has another rate then, which is prepared
   */
  depart(isNext: boolean): boolean {
    this.close();
    const last = this.said ?? this.solo;
    if (last === null) return false;
    this.isLeaving = true;
    this.member = new Farewell(this.member, isNext ? this.member.heardNext() : last);
    this.settings = plainMember;
    this.#agc = null;
    this.#mouthGain = 1;
    this.#mouth = new GainStage(this.said === null ? 0 : 1);
    this.#soloStage = new GainStage(1);
    return true;
  }

  /** Gives back what it holds. */
  close(): void {
    this.#denoiser?.close();
    this.#denoiser = null;
  }

  /** The noise goes, in place. */
  #clean(denoiser: Denoiser, samples: number): void {
    this.#isTail = this.#frame === null;
    if (this.#isTail && this.#tail.length !== samples) this.#tail = new Int16Array(samples);
    const frame = this.#frame ?? this.#tail;
    this.#frame = denoiser.process(frame, this.#isTail) ? frame : null;
    if (denoiser.isOver) this.close();
  }

  /** Adds what is heard of it to the sum (null: to none); false where that is nothing, or digital silence. */
  say(sum: Int32Array | null, scratch: Int32Array): boolean {
    const isFirst = this.isNew && !this.comesLater;
    this.isNew = false;
    if (this.#agc !== null) {
      this.#agc.apply(this.#frame, scratch);
      if (this.#agc.isOver) this.#agc = null;
    }
    if (this.#mouth === null && this.#frame !== null && !isFirst) comeIn(this.#frame);
    this.solo = this.isListed ? this.#sayAlone(this.#frame, scratch) : null;
    this.ears?.aim(this.#earsGain);
    const gain = this.isHeard ? this.#mouthGain : 0;
    if (this.#mouth === null) {
      // Its first sound is still to come; a background that was left out would have been one.
      if (this.#frame === null && this.member.isResting !== true) {
        this.said = null;
        return false;
      }
      this.#mouth = new GainStage(gain);
    }
    const mouth = this.#mouth;
    mouth.aim(gain);
    const frame = mouth.isShut ? null : this.#frame;
    if (frame !== null) mouth.apply(frame, scratch);
    // A frame of zeros is left out, so that its member can share the listeners' mix.
    this.said = frame !== null && (sum === null ? hasSound(frame) : addFrame(sum, frame)) ? frame : null;
    return this.said !== null;
  }

  #sayAlone(frame: Int16Array | null, scratch: Int32Array): Int16Array | null {
    this.#soloStage ??= new GainStage(this.#mouthGain);
    this.#soloStage.aim(this.#mouthGain);
    if (frame === null || this.#soloStage.isShut) return null;
    if (this.#soloFrame.length !== frame.length) this.#soloFrame = new Int16Array(frame.length);
    this.#soloFrame.set(frame);
    this.#soloStage.apply(this.#soloFrame, scratch);
    return this.#soloFrame;
  }

  /** The same at the rate that is prepared. */
  sayNext(sum: Int32Array | null, scratch: Int32Array, limiter: Limiter): void {
    if (this.said === null) return;
    const frame = this.member.heardNext();
    if (this.#denoiser !== null) {
      if (this.#isTail) frame.fill(0);
      this.#denoiser.processNext(frame);
    }
    this.#agc?.applyNext(frame, scratch, limiter);
    this.#mouth?.applyNext(frame, scratch, limiter);
    if (sum !== null) addFrame(sum, frame);
  }
}
