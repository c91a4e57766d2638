/** How far back a packet may come late; RFC 3711 §3.3.2 asks for 64 at least. */
export const replayWindowPackets = 128;

const WORD_BITS = 32;
/** Twice the window, so that whole words can be cleared ahead of it. */
const WORDS = (2 * replayWindowPackets) / WORD_BITS;

/**
 * Which packet numbers were there: RFC 3711 §3.3.2, a ring of bits of which the words ahead are cleared as the highest
 * number moves on (RFC 6479 §3). Numbers are up to 48 bits. Hot path, no allocation.
 */
export class ReplayWindow {
  /** −1 before the first one. */
  highest = -1;
  readonly #seen = new Int32Array(WORDS);

  /** Neither seen before nor too far back to know. */
  isFresh(index: number): boolean {
    if (index > this.highest) return true;
    if (index <= this.highest - replayWindowPackets) return false;
    return (this.#seen[wordOf(index) % WORDS]! & (1 << (index % WORD_BITS))) === 0;
  }

  /** To be called for fresh ones only, once they are known to be genuine. */
  note(index: number): void {
    if (index > this.highest) {
      const word = wordOf(index);
      const first = this.highest < 0 ? word - WORDS : wordOf(this.highest);
      for (let stale = Math.max(first + 1, word - WORDS + 1); stale <= word; stale += 1) {
        this.#seen[(stale + WORDS) % WORDS] = 0;
      }
      this.highest = index;
    }
    this.#seen[wordOf(index) % WORDS]! |= 1 << (index % WORD_BITS);
  }
}

function wordOf(index: number): number {
  return Math.floor(index / WORD_BITS);
}
