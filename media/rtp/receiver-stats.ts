import { LossPattern } from '../quality/loss-pattern.js';
import { sequenceDelta, timestampDelta } from './sequence.js';

/** RFC 3550 §A.1. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const SEQUENCE_CYCLE = 0x1_0000;
/** How far back a second copy of a packet is recognised. */
const SEEN_PACKETS = 128;
/** A packet that is so many behind the newest one is lost for good: 320 ms of 10 ms packets. */
const JUDGED_PACKETS = 32;

/** What a packet is by its sequence number: new, a second copy, or the first of a line that began anew. */
export type SequenceVerdict = 'new' | 'duplicate' | 'restarted' | 'stray';

/** One source's figures for a report block (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  /** In 1/256, since the last report. */
  readonly fractionLost: number;
  /** −2²³ … 2²³−1. */
  readonly cumulativeLost: number;
  readonly extendedHighestSequence: number;
  /** In clock-rate ticks. */
  readonly jitter: number;
}

/**
 * Loss, order and jitter of one incoming source: RFC 3550 §A.1, §A.3 and §A.8. The source is trusted from its first
 * packet, because latching has chosen it (RFC 3550 §A.1 would wait for two in sequence). A sequence number far away
 * counts only when its successor follows: then the line began anew. Hot path, no allocation.
 */
export class ReceiverStats {
  readonly ssrc: number;
  packetsReceived = 0;
  bytesReceived = 0;
  packetsDuplicate = 0;
  /** How losses lie together; the newest 32 packets are not in it yet. */
  readonly pattern = new LossPattern();
  #baseSequence: number;
  #highestSequence: number;
  #cycles = 0;
  #badSequence = -1;
  /** Expected packets of lines before the last restart. */
  #expectedEarlier = 0;
  #expectedAtReport = 0;
  #receivedAtReport = 0;
  /** By sequence modulo SEEN_PACKETS: the sequence number last seen there, or −1. */
  readonly #seen = new Int32Array(SEEN_PACKETS).fill(-1);
  /** By the same place: that packet came too late to be heard. */
  readonly #discarded = new Uint8Array(SEEN_PACKETS);
  /** Packets up to the newest one that `pattern` was not told of. */
  #unjudged = 1;
  #started = false;
  #lastTransitTicks = 0;
  #hasTransit = false;
  #clockRateHz = 0;
  #jitterTicks = 0;

  constructor(ssrc: number, firstSequence: number) {
    this.ssrc = ssrc;
    this.#baseSequence = firstSequence;
    this.#highestSequence = firstSequence;
  }

  /** RFC 3550 §A.1, §A.3: takes one packet's sequence number. `stray` packets are to be dropped. */
  receive(sequence: number, payloadBytes: number): SequenceVerdict {
    if (!this.#started) {
      this.#started = true;
      return this.#count('new', sequence, payloadBytes);
    }
    const ahead = sequenceDelta(sequence, this.#highestSequence);
    if (ahead > 0 && ahead < MAX_DROPOUT) {
      if (sequence < this.#highestSequence) this.#cycles += SEQUENCE_CYCLE;
      this.#highestSequence = sequence;
      const verdict = this.#count('new', sequence, payloadBytes);
      this.#judge(ahead);
      return verdict;
    }
    if (ahead <= 0 && ahead > -MAX_MISORDER) {
      if (this.#seen[sequence % SEEN_PACKETS] === sequence) {
        this.packetsDuplicate += 1;
        return 'duplicate';
      }
      // The first packet heard need not be the first sent.
      this.#baseSequence = Math.min(this.#baseSequence, this.#cycles + this.#highestSequence + ahead);
      return this.#count('new', sequence, payloadBytes);
    }
    if (sequence !== this.#badSequence) {
      this.#badSequence = (sequence + 1) & 0xffff;
      return 'stray';
    }
    this.#restart(sequence);
    return this.#count('restarted', sequence, payloadBytes);
  }

  /** The packet came too late to be heard: for who listens it is lost (RFC 3611 §4.7.1). */
  discarded(sequence: number): void {
    if (this.#seen[sequence % SEEN_PACKETS] === sequence) this.#discarded[sequence % SEEN_PACKETS] = 1;
  }

  /**
   * RFC 3550 §A.8: interarrival jitter, from new packets of one clock rate; not for telephone-event, whose
   * timestamp stands still.
   */
  observeTransit(timestamp: number, arrivalMs: number, clockRateHz: number): void {
    const arrivalTicks = (arrivalMs * clockRateHz) / 1000;
    // Taken modulo 2³², as the timestamp is, so that only the difference of two transits means something.
    const transitTicks = timestampDelta(arrivalTicks, timestamp);
    if (this.#hasTransit && clockRateHz === this.#clockRateHz) {
      const difference = Math.abs(timestampDelta(transitTicks, this.#lastTransitTicks));
      // A jump of the timestamp line is no jitter.
      if (difference < clockRateHz) this.#jitterTicks += (difference - this.#jitterTicks) / 16;
    }
    this.#hasTransit = true;
    this.#clockRateHz = clockRateHz;
    this.#lastTransitTicks = transitTicks;
  }

  get jitterMs(): number {
    return this.#clockRateHz === 0 ? 0 : (this.#jitterTicks * 1000) / this.#clockRateHz;
  }

  /** Expected minus received; negative never, because second copies are not counted as received. */
  get packetsLost(): number {
    return Math.max(0, this.#expected() - this.packetsReceived);
  }

  /** RFC 3550 §A.3: the figures since the last call, for one report block. */
  report(): ReceptionReport {
    const expected = this.#expected();
    const expectedInterval = expected - this.#expectedAtReport;
    const lostInterval = expectedInterval - (this.packetsReceived - this.#receivedAtReport);
    this.#expectedAtReport = expected;
    this.#receivedAtReport = this.packetsReceived;
    const fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval));
    return {
      fractionLost,
      cumulativeLost: Math.min(0x7f_ffff, this.packetsLost),
      extendedHighestSequence: (this.#cycles + this.#highestSequence) >>> 0,
      jitter: Math.floor(this.#jitterTicks),
    };
  }

  #expected(): number {
    if (!this.#started) return 0;
    return this.#expectedEarlier + this.#cycles + this.#highestSequence - this.#baseSequence + 1;
  }

  #count(verdict: SequenceVerdict, sequence: number, payloadBytes: number): SequenceVerdict {
    this.#badSequence = -1;
    this.#seen[sequence % SEEN_PACKETS] = sequence;
    this.#discarded[sequence % SEEN_PACKETS] = 0;
    this.packetsReceived += 1;
    this.bytesReceived += payloadBytes;
    return verdict;
  }

  /** The line went `ahead`: what is now too far behind is told to the pattern. */
  #judge(ahead: number): void {
    this.#unjudged += ahead;
    for (; this.#unjudged > JUDGED_PACKETS; this.#unjudged -= 1) {
      const sequence = (this.#highestSequence - this.#unjudged + 1) & 0xffff;
      const hasCome = this.#seen[sequence % SEEN_PACKETS] === sequence;
      const cameLate = hasCome && this.#discarded[sequence % SEEN_PACKETS] === 1;
      if (hasCome && !cameLate) this.pattern.came();
      else this.pattern.missed(cameLate);
    }
  }

  #restart(sequence: number): void {
    this.#expectedEarlier = this.#expected();
    this.#baseSequence = sequence;
    this.#highestSequence = sequence;
    this.#cycles = 0;
    this.#seen.fill(-1);
    this.#unjudged = 1;
    this.#hasTransit = false;
  }
}
