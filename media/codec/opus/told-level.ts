const FULL_POWER = 32_768 ** 2;
const SILENT_LEVEL = 127;
/** RFC 6464 §3: mean squares by level. */
const powerOfLevel = Float64Array.from({ length: SILENT_LEVEL + 1 }, (_, level) =>
  level === SILENT_LEVEL ? 0 : FULL_POWER * 10 ** (-level / 10),
);
/** What is louder than −45 dBov is surely something, and shows whether the level that was told is one. */
const LOUD_POWER = FULL_POWER * 10 ** -4.5;
/** A level that much below what is heard, 20 dB, is wrong; before a sender and behind a decoder frames do not lie alike. */
const WRONG = 100;
/** Right so often, and the sender is believed: 200 ms of speech. */
const RIGHT_FRAMES = 10;
/** Wrong so often in a row, and it is never believed again: the end of a word is late by a frame or two. */
const WRONG_FRAMES = 5;

/**
 * How far the level that a sender tells of its packets may be believed: where it says that somebody speaks, never, and where
 * it says that nobody does, once it has told speech for what it is. A sender that always says `silence` is never
 * believed, and one that begins to lie is found out by the packets that are decoded all the same.
 */
export class ToldLevel {
  /** Of the packet at hand, as a mean square; −1 = not told. */
  #power = -1;
  #right = 0;
  #wrong = 0;
  #isBroken = false;

  /** @param level  RFC 6464, −1: none */
  take(level: number): void {
    this.#power = level < 0 ? -1 : powerOfLevel[level]!;
  }

  get isTold(): boolean {
    return this.#power >= 0;
  }

  /** Of the packet at hand it is known that nothing of it is louder than that, with 6 dB to spare. */
  isBelow(power: number): boolean {
    return this.#power >= 0 && this.#right >= RIGHT_FRAMES && !this.#isBroken && this.#power * 4 <= power;
  }

  /** What the packet at hand really was. */
  learn(power: number): void {
    if (this.#power < 0 || power < LOUD_POWER) return;
    if (this.#power * WRONG >= power) {
      this.#right += 1;
      this.#wrong = 0;
      return;
    }
    this.#wrong += 1;
    if (this.#wrong >= WRONG_FRAMES) this.#isBroken = true;
  }

  /** Another sender. */
  reset(): void {
    this.#right = 0;
    this.#wrong = 0;
    this.#isBroken = false;
  }
}
