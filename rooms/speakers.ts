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

/** What a detector knows: the last frame, the quietest of this half of the window and of the half before (0: unknown). */
const POWER = 0;
const LOUDEST_QUARTER = 1;
const QUIETEST = 2;
const QUIETEST_BEFORE = 3;
const LOUDNESS = 4;
/** Mean squares since the level was taken. */
const LEVEL_SUM = 5;
const STATES = 6;

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
  /** Numbers that change on every beat: as fields, or handed from one method to the next, they would be allocated. */
  readonly #state = new Float64Array(STATES);
  #floorBeats = 0;
  #hangover = 0;
  #levelBeats = 0;

  constructor() {
    this.#state[QUIETEST] = Number.POSITIVE_INFINITY;
  }

  /** Mean square, of the loudest frame lately. */
  get loudness(): number {
    return this.#state[LOUDNESS]!;
  }

  /** Of the last beat, in dBov: −127 … 0. */
  get levelDb(): number {
    return -levelOfPower(this.#state[POWER]!);
  }

  /** One beat; null = nothing came. */
  hear(frame: Int16Array | null): void {
    const state = this.#state;
    this.#levelBeats += 1;
    if (frame === null) {
      state[POWER] = 0;
      state[LOUDEST_QUARTER] = 0;
      // Most members of a large room, most of the time.
      if (!this.isSpeaking) return;
    } else this.#measure(frame);
    const power = state[POWER]!;
    state[LEVEL_SUM] = state[LEVEL_SUM]! + power;
    state[LOUDNESS] = Math.max(power, state[LOUDNESS]! * LOUDNESS_DECAY);
    this.#decide();
    if (frame !== null) this.#learn();
  }

  /** One beat of a background that was too quiet to be looked at: as loud as the last one that was. */
  rest(): void {
    this.#levelBeats += 1;
    const state = this.#state;
    state[LEVEL_SUM] = state[LEVEL_SUM]! + state[POWER]!;
    state[LOUDEST_QUARTER] = state[POWER]!;
    if (!this.isSpeaking) return;
    state[LOUDNESS] = state[LOUDNESS]! * LOUDNESS_DECAY;
    this.#decide();
  }

  /** The level since it was taken last, see levelOfPower. */
  takeLevel(): number {
    const level = levelOfPower(this.#levelBeats === 0 ? 0 : this.#state[LEVEL_SUM]! / this.#levelBeats);
    this.#state[LEVEL_SUM] = 0;
    this.#levelBeats = 0;
    return level;
  }

  /** Two sums side by side: each waits for its last addition. */
  #measure(frame: Int16Array): void {
    const samples = frame.length;
    const quarter = samples / 4;
    let total = 0;
    let loudest = 0;
    for (let from = 0; from < samples; from += quarter) {
      let even = 0;
      let odd = 0;
      for (let i = from; i < from + quarter; i += 2) {
        const a = frame[i]!;
        const b = frame[i + 1]!;
        even += a * a;
        odd += b * b;
      }
      total += even + odd;
      if (even + odd > loudest) loudest = even + odd;
    }
    this.#state[POWER] = total / samples;
    this.#state[LOUDEST_QUARTER] = loudest / quarter;
  }

  #decide(): void {
    const state = this.#state;
    const quietest = Math.min(state[QUIETEST]!, state[QUIETEST_BEFORE]!);
    const floor = Math.min(HIGHEST_FLOOR, Math.max(LOWEST_FLOOR, quietest));
    const begins = state[POWER]! > floor * OPENS_FRAME || state[LOUDEST_QUARTER]! > floor * OPENS_QUARTER;
    const goesOn = begins || (this.isSpeaking && state[POWER]! > floor * KEEPS_FRAME);
    this.isSpeaking = goesOn || this.#hangover > 0;
    if (goesOn) this.#hangover = HANGOVER_BEATS;
    else if (this.#hangover > 0) this.#hangover -= 1;
  }

  #learn(): void {
    const state = this.#state;
    if (state[POWER]! < state[QUIETEST]!) state[QUIETEST] = state[POWER]!;
    this.#floorBeats += 1;
    if (this.#floorBeats < FLOOR_BEATS) return;
    this.#floorBeats = 0;
    state[QUIETEST_BEFORE] = state[QUIETEST]!;
    state[QUIETEST] = Number.POSITIVE_INFINITY;
  }
}

/** What the choice looks at in a member, and where it writes who is heard. */
export interface Candidate {
  readonly isSpeaking: boolean;
  readonly detector: { readonly loudness: number };
  isHeard: boolean;
}

/**
 * Writes who is heard on a beat on which more than `most` speak: the loudest, of whom those that were heard before keep
 * their place until somebody is 6 dB louder.
 * @param best  scratch of at least `most` numbers
 * O(members × most), no allocation.
 */
export function chooseSpeakers(members: readonly Candidate[], most: number, best: Float64Array): void {
  rank(members, most, best);
  // The score of the last who is heard: above it all are, at it as many as there is room for.
  const last = best[most - 1]!;
  let atLast = most;
  for (let i = 0; i < most; i += 1) if (best[i]! > last) atLast -= 1;
  for (let i = 0; i < members.length; i += 1) {
    const member = members[i]!;
    const score = scoreOf(member);
    member.isHeard = score > last || (score === last && atLast > 0);
    if (score === last) atLast -= 1;
  }
}

/** Negative for who does not speak. */
function scoreOf({ isSpeaking, detector, isHeard }: Candidate): number {
  if (!isSpeaking) return -1;
  return isHeard ? detector.loudness * STICKINESS : detector.loudness;
}

/** The `most` highest scores into `best`, highest first. */
function rank(members: readonly Candidate[], most: number, best: Float64Array): void {
  best.fill(-1);
  for (let i = 0; i < members.length; i += 1) {
    const score = scoreOf(members[i]!);
    let at = most;
    while (at > 0 && best[at - 1]! < score) at -= 1;
    if (at === most) continue;
    for (let k = most - 1; k > at; k -= 1) best[k] = best[k - 1]!;
    best[at] = score;
  }
}
