import { ArrivalSpread } from './arrival-spread.js';
import type { RtpHeader } from './rtp/packet.js';
import { sequenceDelta, timestampDelta } from './rtp/sequence.js';
import { type Depth, SplicePlan } from './splice-plan.js';

/** Sound that waits longer than this is skipped over. */
const MAX_DEPTH_MS = 200;
/** After an emptiness this long the next packet is a new talkspurt and gets its full delay again. */
const RESTART_MS = 200;
/** 200 ms of 5 ms packets, and some. */
const SLOTS = 48;
const SLOT_BYTES = 192;
/** Larger than any datagram on a network with an MTU of 1500. */
const MAX_PAYLOAD_BYTES = 1500;

/** One waiting packet; the payload stays with the buffer. */
export interface StoredPacket {
  payload: Uint8Array;
  payloadBytes: number;
  payloadType: number;
  timestamp: number;
  /** RFC 6464; −1 = not told. */
  audioLevel: number;
  arrivalMs: number;
  /** As ArrivalSpread measured it. */
  delayMs: number;
}

export type PushVerdict = 'stored' | 'late' | 'duplicate' | 'too-large';
export type PullVerdict = 'packet' | 'lost' | 'empty';

/**
 * Puts one source's packets in the order of their timestamps and gives them out one beat after the other.
 *
 * The first packet of a talkspurt waits for the target delay, 20 to 60 ms (arrival-spread.ts). A packet missing while a
 * later one waits is lost, and its time passes. When nothing waits, time stands still instead, so that a delayed packet is
 * heard late rather than never. What the delay has grown by, a drifting clock's part too, is won back by splices of a few
 * ms (splice-plan.ts), and a delay that becomes too short is made longer in the same way before sound is missing. Sound
 * more than 200 ms deep is dropped at once.
 * Sequence numbers only tell old from new: a newer packet with an older timestamp begins a new line.
 *
 * Limits: 48 packets of 1500 bytes, oldest dropped first (`packetsSkipped`). O(1) for packets in order; allocates only
 * until its buffers have grown to the size of the packets in use.
 */
export class JitterBuffer {
  packetsLate = 0;
  packetsDuplicate = 0;
  /** Thrown away unheard because too much was waiting. */
  packetsSkipped = 0;
  /** After `lost`: how many ticks to make up. */
  gapTicks = 0;
  /** How long the packet that was given out last had waited. */
  waitedMs = 0;

  readonly splices: SplicePlan;
  readonly clockRateHz: number;
  readonly #spread: ArrivalSpread;
  readonly #depth: Depth = { depthMs: 0, waitedMs: 0, targetMs: 0, hasNext: false };
  /** Waiting packets in timestamp order, the first `#count` entries. */
  readonly #waiting: (StoredPacket | null)[] = new Array<StoredPacket | null>(SLOTS).fill(null);
  #count = 0;
  /** Buffers not in use, the last one first, so that few are ever made. */
  readonly #spare: (StoredPacket | null)[] = new Array<StoredPacket | null>(SLOTS + 1).fill(null);
  #spareCount = 0;
  #current: StoredPacket | null = null;

  #hasLine = false;
  #newestSequence = 0;
  #newestTimestamp = 0;
  #playing = false;
  #startAtMs = 0;
  /** Where playing goes on; before it everything is late. Only meaningful once `#hasPlayed`. */
  #playTimestamp = 0;
  #hasPlayed = false;
  /** Time made up while nothing waited, not yet matched with a gap of the timestamp line. */
  #owedTicks = 0;

  constructor(options: { readonly clockRateHz: number; readonly frameMs?: number }) {
    this.clockRateHz = options.clockRateHz;
    this.#spread = new ArrivalSpread(options.clockRateHz);
    this.splices = new SplicePlan(options.frameMs ?? 20);
  }

  /** The delay a talkspurt begins with. */
  get targetMs(): number {
    return this.#spread.targetMs;
  }

  /** Packets waiting. */
  get size(): number {
    return this.#count;
  }

  /** The packet that the last `pull` gave, valid until the next one. */
  get packet(): StoredPacket | null {
    return this.#current;
  }

  /** The packet that comes next of those that wait. */
  get next(): StoredPacket | null {
    return this.#count === 0 ? null : this.#waiting[0]!;
  }

  /** Takes one packet that is no second copy by its sequence number; its payload is copied. */
  push(header: RtpHeader, data: Uint8Array, arrivalMs: number): PushVerdict {
    if (header.payloadBytes > MAX_PAYLOAD_BYTES) return 'too-large';
    const newer = !this.#hasLine || sequenceDelta(header.sequence, this.#newestSequence) > 0;
    const ahead = this.#hasLine ? timestampDelta(header.timestamp, this.#newestTimestamp) : 1;
    if (newer && ahead < 0) this.#forgetLine();
    if (this.#isLate(header.timestamp, newer)) {
      this.packetsLate += 1;
      this.#spread.observe(header.timestamp, arrivalMs, false);
      return 'late';
    }
    if (newer) {
      this.#newestSequence = header.sequence;
      this.#newestTimestamp = header.timestamp;
      this.#hasLine = true;
    }
    const place = newer && ahead === 0 ? -1 : this.#placeOf(header.timestamp);
    if (place < 0) {
      this.packetsDuplicate += 1;
      return 'duplicate';
    }
    const begins = header.marker || (!this.#playing && this.#count === 0);
    const delayMs = this.#spread.observe(header.timestamp, arrivalMs, begins);
    const slot = this.#insert(place, header, data);
    slot.arrivalMs = arrivalMs;
    slot.delayMs = delayMs;
    if (this.#count === 1 && !this.#playing) this.#startAtMs = arrivalMs + this.targetMs;
    this.#limitDepth();
    return 'stored';
  }

  /**
   * The next thing to hear. `packet`: decode `packet` and tell its length with `played`. `lost`: make up `gapTicks`.
   * `empty`: nothing is there for all of `ticks`.
   * @param ticks how much of this beat is still to be filled
   */
  pull(nowMs: number, ticks: number): PullVerdict {
    this.#releaseCurrent();
    const head = this.#waiting[0];
    if (this.#count === 0 || head === null || head === undefined) {
      if (this.#playing) this.#owe(ticks);
      return 'empty';
    }
    if (!this.#playing) {
      if (nowMs < this.#startAtMs) return 'empty';
      this.#playing = true;
      this.#hasPlayed = true;
      this.#owedTicks = 0;
      this.#playTimestamp = head.timestamp;
    }
    const gapTicks = timestampDelta(head.timestamp, this.#playTimestamp) - this.#owedTicks;
    this.#playTimestamp = gapTicks > 0 ? (this.#playTimestamp + this.#owedTicks) >>> 0 : head.timestamp;
    this.#owedTicks = 0;
    if (gapTicks > 0) {
      this.gapTicks = Math.min(gapTicks, ticks);
      this.#playTimestamp = (this.#playTimestamp + this.gapTicks) >>> 0;
      return 'lost';
    }
    this.#removeHead();
    this.#current = head;
    this.waitedMs = Math.max(0, nowMs - head.arrivalMs);
    return 'packet';
  }

  /**
   * After `lost`: takes all that is missing up to the packet that waits, in place of what this beat needs of it, so that
   * it can be made of that packet, `next`. False, and nothing changed, where that is more than `maxTicks`.
   */
  takeGap(maxTicks: number): boolean {
    const head = this.#waiting[0];
    if (this.#count === 0 || head === null || head === undefined) return false;
    const restTicks = timestampDelta(head.timestamp, this.#playTimestamp);
    if (restTicks < 0 || this.gapTicks + restTicks > maxTicks) return false;
    this.gapTicks += restTicks;
    this.#playTimestamp = head.timestamp;
    return true;
  }

  /** How long the packet that `pull` gave turned out to be. */
  played(ticks: number): void {
    if (this.#current !== null) this.#playTimestamp = (this.#current.timestamp + ticks) >>> 0;
  }

  /**
   * What should be done to the sound of the packet that `pull` gave, of which this beat needs the end: so many ms to be
   * put in, less than 0 to be cut, at most; 0 = nothing. To be asked once per beat; `splices` is told what was done.
   */
  correctionMs(nowMs: number): number {
    const packet = this.#current;
    if (packet === null || !this.#spread.isKnown) return 0;
    const depth = this.#depth;
    depth.waitedMs = nowMs - packet.arrivalMs;
    depth.depthMs = depth.waitedMs + packet.delayMs - this.#spread.leastMs;
    depth.targetMs = this.targetMs;
    depth.hasNext = this.#count > 0;
    return this.splices.correctionMs(nowMs, depth);
  }

  /** Forgets everything but the counters: another source speaks now. */
  reset(): void {
    this.#releaseCurrent();
    this.#forgetLine();
    this.#hasLine = false;
    this.#spread.reset();
  }

  /** The timestamp line begins anew with the next packet. */
  #forgetLine(): void {
    while (this.#count > 0) this.#dropHead();
    this.#playing = false;
    this.#hasPlayed = false;
    this.#owedTicks = 0;
    this.#spread.clear();
    this.splices.clear();
  }

  /** A packet newer than all others is never late: a sender may count less time than it sends. */
  #isLate(timestamp: number, newer: boolean): boolean {
    return !newer && this.#hasPlayed && timestampDelta(timestamp, this.#playTimestamp) < 0;
  }

  #owe(ticks: number): void {
    this.#owedTicks += ticks;
    if (this.#owedTicks * 1000 >= RESTART_MS * this.clockRateHz) {
      this.#playing = false;
      this.#owedTicks = 0;
    }
  }

  /** Where in the order a timestamp belongs; −1 when a packet with it waits there already. */
  #placeOf(timestamp: number): number {
    let place = this.#count;
    while (place > 0) {
      const ahead = timestampDelta(timestamp, this.#waiting[place - 1]!.timestamp);
      if (ahead === 0) return -1;
      if (ahead > 0) break;
      place -= 1;
    }
    return place;
  }

  #insert(place: number, header: RtpHeader, data: Uint8Array): StoredPacket {
    let at = place;
    if (this.#count === SLOTS) {
      this.#skipHead();
      at = Math.max(0, place - 1);
    }
    const slot = this.#takeSlot(header.payloadBytes);
    // Byte by byte: a view of the datagram would be an allocation.
    const { payload } = slot;
    const { payloadOffset, payloadBytes } = header;
    for (let i = 0; i < payloadBytes; i += 1) payload[i] = data[payloadOffset + i]!;
    slot.payloadBytes = payloadBytes;
    slot.payloadType = header.payloadType;
    slot.timestamp = header.timestamp;
    slot.audioLevel = header.audioLevel;
    for (let i = this.#count; i > at; i -= 1) this.#waiting[i] = this.#waiting[i - 1]!;
    this.#waiting[at] = slot;
    this.#count += 1;
    return slot;
  }

  #limitDepth(): void {
    const newest = this.#waiting[this.#count - 1]!.timestamp;
    if (this.#depthTicks(newest) * 1000 <= MAX_DEPTH_MS * this.clockRateHz) return;
    while (this.#count > 1 && this.#depthTicks(newest) * 1000 > this.targetMs * this.clockRateHz) this.#skipHead();
  }

  /** From where playing stands to the begin of the newest packet. */
  #depthTicks(newest: number): number {
    if (this.#playing) return timestampDelta(newest, this.#playTimestamp) - this.#owedTicks;
    return timestampDelta(newest, this.#waiting[0]!.timestamp);
  }

  #skipHead(): void {
    this.#dropHead();
    this.packetsSkipped += 1;
    const head = this.#waiting[0];
    if (!this.#playing || this.#count === 0 || head === null || head === undefined) return;
    this.#playTimestamp = head.timestamp;
    this.#owedTicks = 0;
  }

  #dropHead(): void {
    const head = this.#waiting[0];
    this.#removeHead();
    if (head !== null && head !== undefined) this.#giveSlot(head);
  }

  #removeHead(): void {
    for (let i = 1; i < this.#count; i += 1) this.#waiting[i - 1] = this.#waiting[i]!;
    this.#count -= 1;
    this.#waiting[this.#count] = null;
  }

  #releaseCurrent(): void {
    if (this.#current !== null) this.#giveSlot(this.#current);
    this.#current = null;
  }

  #takeSlot(payloadBytes: number): StoredPacket {
    let slot: StoredPacket | null = null;
    if (this.#spareCount > 0) {
      this.#spareCount -= 1;
      slot = this.#spare[this.#spareCount]!;
    }
    if (slot === null) {
      const payload = new Uint8Array(SLOT_BYTES);
      slot = { payload, payloadBytes: 0, payloadType: 0, timestamp: 0, audioLevel: -1, arrivalMs: 0, delayMs: 0 };
    }
    if (slot.payload.length < payloadBytes) slot.payload = new Uint8Array(payloadBytes);
    return slot;
  }

  #giveSlot(slot: StoredPacket): void {
    this.#spare[this.#spareCount] = slot;
    this.#spareCount += 1;
  }
}
