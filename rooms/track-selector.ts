/** A challenger must be so much louder than the quietest of those that have a track. */
const LOUDER_DB = 30;
/** Of whom nothing has come for so long is silent. */
const SILENT_MS = 1000;
const SILENCE_DB = -127;

/**
 * Which members' packets one listener is sent as single tracks: the loudest others, each on the slot it has for as long as it
 * keeps it. A member takes a free slot with its first packet that has a level, or, once all are taken, that of the
 * quietest when it is 30 dB louder; whoever sends nothing for a second counts as silent. Asked for each packet of
 * each member but the listener itself. O(slots), no allocation; holds as many members as it has slots.
 */
export class TrackSelector<T extends object> {
  readonly #holders: (T | null)[];
  readonly #levels: Float64Array;
  readonly #heardMs: Float64Array;

  constructor(slots: number) {
    this.#holders = new Array<T | null>(slots).fill(null);
    this.#levels = new Float64Array(slots).fill(SILENCE_DB);
    this.#heardMs = new Float64Array(slots);
  }

  /** Who has the slot; null = nobody. */
  holderOf(slot: number): T | null {
    return this.#holders[slot] ?? null;
  }

  /**
   * The slot on which a packet of that member is sent, or −1.
   * @param levelDb  dBov, −127 … 0 (RFC 6464 §3, with its sign); null = not known, and then the packet is left out
   */
  choose(member: T, levelDb: number | null, nowMs: number): number {
    if (levelDb === null) return -1;
    let free = -1;
    let quietest = -1;
    for (let i = 0; i < this.#holders.length; i += 1) {
      const holder = this.#holders[i]!;
      if (holder === member) return this.#take(i, member, levelDb, nowMs);
      if (holder === null) {
        if (free < 0) free = i;
        continue;
      }
      if (nowMs - this.#heardMs[i]! >= SILENT_MS) this.#levels[i] = SILENCE_DB;
      if (quietest < 0 || this.#levels[i]! < this.#levels[quietest]!) quietest = i;
    }
    if (free >= 0) return this.#take(free, member, levelDb, nowMs);
    const isLouder = quietest >= 0 && levelDb - this.#levels[quietest]! >= LOUDER_DB;
    return isLouder ? this.#take(quietest, member, levelDb, nowMs) : -1;
  }

  /** The member has left, or is not to be heard any more. */
  drop(member: T): void {
    const slot = this.#holders.indexOf(member);
    if (slot < 0) return;
    this.#holders[slot] = null;
    this.#levels[slot] = SILENCE_DB;
  }

  #take(slot: number, member: T, levelDb: number, nowMs: number): number {
    this.#holders[slot] = member;
    this.#levels[slot] = levelDb;
    this.#heardMs[slot] = nowMs;
    return slot;
  }
}
