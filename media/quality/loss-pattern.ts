/** RFC 3611 §4.7.2: so many packets in a row have to come for a burst to be over. */
export const gmin = 16;

/** One stretch of packets, in bursts or between them. */
export interface Stretch {
  packets: number;
  /** Lost or discarded. */
  missing: number;
  /** How many stretches of the kind there were. */
  count: number;
}

/**
 * Bursts and gaps of one source: RFC 3611 §4.7.2. A burst begins and ends with a missing packet, and within it no 16
 * packets in a row have come; all else, isolated losses too, is gap. Told of each packet in the order of sequence
 * numbers. Counts what the state machine of RFC 3611 §A.2 counts, but a burst that is on, too. Hot path, no allocation.
 */
export class LossPattern {
  packets = 0;
  lost = 0;
  /** Came, but too late to be heard. */
  discarded = 0;
  /** Times that one or more packets in a row were missing. */
  runs = 0;
  #run = 0;
  #longestRun = 0;
  /** Came since the last one that was missing. */
  #sinceMissing = gmin;
  /** A burst, if a second packet is missing soon: from its first missing packet to its last. */
  #openPackets = 0;
  #openMissing = 0;
  readonly #bursts: Stretch = { packets: 0, missing: 0, count: 0 };

  came(): void {
    this.packets += 1;
    this.#run = 0;
    this.#sinceMissing += 1;
    if (this.#sinceMissing === gmin) this.#closeBurst();
  }

  /** @param cameLate it was discarded, not lost */
  missed(cameLate: boolean): void {
    this.packets += 1;
    if (cameLate) this.discarded += 1;
    else this.lost += 1;
    if (this.#run === 0) this.runs += 1;
    this.#run += 1;
    if (this.#run > this.#longestRun) this.#longestRun = this.#run;
    this.#openPackets += this.#openMissing === 0 ? 1 : this.#sinceMissing + 1;
    this.#openMissing += 1;
    this.#sinceMissing = 0;
  }

  /** The most packets in a row that were missing since the last call. */
  takeLongestRun(): number {
    const longest = this.#longestRun;
    this.#longestRun = this.#run;
    return longest;
  }

  /** As if the session ended here with packets that came (RFC 3611 §4.7.2). */
  get bursts(): Readonly<Stretch> {
    const { packets, missing, count } = this.#bursts;
    if (this.#openMissing < 2) return this.#bursts;
    return { packets: packets + this.#openPackets, missing: missing + this.#openMissing, count: count + 1 };
  }

  /** What is not burst: one stretch before the first burst and one after each. */
  get gaps(): Readonly<Stretch> {
    const bursts = this.bursts;
    const packets = this.packets - bursts.packets;
    const endsInBurst = this.#openMissing >= 2 && this.#sinceMissing === 0;
    const count = packets === 0 ? 0 : Math.max(1, bursts.count + (endsInBurst ? 0 : 1));
    return { packets, missing: this.lost + this.discarded - bursts.missing, count };
  }

  #closeBurst(): void {
    if (this.#openMissing >= 2) {
      this.#bursts.packets += this.#openPackets;
      this.#bursts.missing += this.#openMissing;
      this.#bursts.count += 1;
    }
    this.#openPackets = 0;
    this.#openMissing = 0;
  }
}
