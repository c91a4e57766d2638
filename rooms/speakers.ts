const FULL_POWER = 32_768 ** 2;
/** Frames of 20 ms in each half of the window whose quietest frame is the noise of a line. */
const FLOOR_BEATS = 50;
/** A line is never taken to be quieter: what lies below this is not heard in any case. */
const LOWEST_FLOOR = FULL_POWER * 10 ** (-65 / 10);
/** Nor louder, or music and long vowels would be taken for noise. */
const HIGHEST_FLOOR = FULL_POWER * 10 ** (-46 / 10);
/** Above the floor a frame, or the loudest quarter of one, begins speech; a frame that much above it continues it. */
const OPENS_FRAME = 10 ** (6 / 10);
const OPENS_QUARTER = 10 ** (9 / 10);
const KEEPS_FRAME = 10 ** (4 / 10);
/** 300 ms: longer than the pauses within a word and between most. */
const HANGOVER_BEATS = 15;
/** Loudness goes down by 12 dB a second. */
const LOUDNESS_DECAY = 10 ** (-0.24 / 10);
/** Who is heard keeps the place unless somebody is 6 dB louder. */
const STICKINESS = 10 ** (6 / 10);

/** RFC 6464 §3: of digital silence. */
export const silentLevel = 127;

/** RFC 6464 §3: the level of a mean square in −dBov, 0 … 127. */
export function levelOfPower(power: number): number {
  if (power <= 0) return silentLevel;
  return Math.min(silentLevel, Math.max(0, Math.round(-10 * Math.log10(power / FULL_POWER))));
}

/**
 * Whether one member speaks, by energy above the noise of its own line. It errs open: a line that is not known yet counts
 * as quiet, whatever is loud counts as speech, and speech lasts 300 ms longer. The frame in which a word begins is
 * itself speech, also when only its last 5 ms are loud.
 * O(samples) per beat, no allocation.
 */
export class SpeechDetector {
  isSpeaking = false;
  /** Mean square, of the loudest frame lately. */
  loudness = 0;
  /** The quietest frame of the last one to two seconds. */
  #quietest = Number.POSITIVE_INFINITY;
  #quietestBefore = 0;
  #floorBeats = 0;
  #hangover = 0;
  /** For the level: mean squares since it was taken. */
  #powers = 0;
  #beats = 0;

  /** One beat; null = nothing came. */
  hear(frame: Int16Array | null): void {
    let power = 0;
    let loudest = 0;
    if (frame !== null) {
      const quarter = frame.length / 4;
      for (let from = 0; from < frame.length; from += quarter) {
        const here = powerOf(frame, from, quarter);
        power += here / 4;
        if (here > loudest) loudest = here;
      }
    }
    this.#powers += power;
    this.#beats += 1;
    this.loudness = Math.max(power, this.loudness * LOUDNESS_DECAY);
    this.#decide(power, loudest);
    if (frame !== null) this.#learn(power);
  }

  /** The level since it was taken last, see levelOfPower. */
  takeLevel(): number {
    const level = levelOfPower(this.#beats === 0 ? 0 : this.#powers / this.#beats);
    this.#powers = 0;
    this.#beats = 0;
    return level;
  }

  #decide(power: number, loudest: number): void {
    const floor = Math.min(HIGHEST_FLOOR, Math.max(LOWEST_FLOOR, Math.min(this.#quietest, this.#quietestBefore)));
    const begins = power > floor * OPENS_FRAME || loudest > floor * OPENS_QUARTER;
    const goesOn = begins || (this.isSpeaking && power > floor * KEEPS_FRAME);
    this.isSpeaking = goesOn || this.#hangover > 0;
    if (goesOn) this.#hangover = HANGOVER_BEATS;
    else if (this.#hangover > 0) this.#hangover -= 1;
  }

  #learn(power: number): void {
    if (power < this.#quietest) this.#quietest = power;
    this.#floorBeats += 1;
    if (this.#floorBeats < FLOOR_BEATS) return;
    this.#floorBeats = 0;
    this.#quietestBefore = this.#quietest;
    this.#quietest = Number.POSITIVE_INFINITY;
  }
}

function powerOf(frame: Int16Array, from: number, samples: number): number {
  let sum = 0;
  for (let i = from; i < from + samples; i += 1) sum += frame[i]! * frame[i]!;
  return sum / samples;
}

/** What the choice looks at in a member, and where it writes who is heard. */
export interface Candidate {
  readonly mayBeHeard: boolean;
  readonly detector: { readonly isSpeaking: boolean; readonly loudness: number };
  isHeard: boolean;
}

/**
 * Writes who is heard on this beat: all who speak while they are at most `most`, else the loudest, of whom those that
 * were heard before keep their place until somebody is 6 dB louder.
 * @param best  scratch of at least `most` numbers
 * O(members), with more talkers than `most` O(members × most); no allocation.
 */
export function chooseSpeakers(members: readonly Candidate[], most: number, best: Float64Array): void {
  let speaking = 0;
  for (let i = 0; i < members.length; i += 1) if (scoreOf(members[i]!) >= 0) speaking += 1;
  // The score of the last who is heard: above it all are, at it as many as there is room for.
  let last = 0;
  let atLast = most;
  if (speaking > most) {
    last = rank(members, most, best);
    for (let i = 0; i < most; i += 1) if (best[i]! > last) atLast -= 1;
  }
  for (let i = 0; i < members.length; i += 1) {
    const member = members[i]!;
    const score = scoreOf(member);
    member.isHeard = score > last || (score === last && atLast > 0);
    if (score === last) atLast -= 1;
  }
}

/** Negative for who cannot be heard. */
function scoreOf({ mayBeHeard, detector, isHeard }: Candidate): number {
  if (!mayBeHeard || !detector.isSpeaking) return -1;
  return isHeard ? detector.loudness * STICKINESS : detector.loudness;
}

/** The `most` highest scores into `best`, highest first; the lowest of them. */
function rank(members: readonly Candidate[], most: number, best: Float64Array): number {
  best.fill(-1);
  for (let i = 0; i < members.length; i += 1) {
    const score = scoreOf(members[i]!);
    let at = most;
    while (at > 0 && best[at - 1]! < score) at -= 1;
    if (at === most) continue;
    for (let k = most - 1; k > at; k -= 1) best[k] = best[k - 1]!;
    best[at] = score;
  }
  return best[most - 1]!;
}
