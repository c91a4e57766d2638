import type { RtpHeader } from './rtp/packet.js';
import { sequenceDelta, timestampDelta } from './rtp/sequence.js';

const MIN_TARGET_MS = 20;
const MAX_TARGET_MS = 60;
/** Until enough packets were seen to know better. */
const FIRST_TARGET_MS = 40;
/** Sound that waits longer than this is skipped over. */
const MAX_DEPTH_MS = 200;
/** After an emptiness this long the next packet is a new talkspurt and gets its full delay again. */
const RESTART_MS = 200;
/** At most one frame in this time is squeezed out. */
const SKIP_EVERY_MS = 100;
const GUARD_MS = 5;
/** 200 ms of 5 ms packets, and some. */
const SLOTS = 48;
const SLOT_BYTES = 192;
/** Larger than any datagram on a network with an MTU of 1500. */
const MAX_PAYLOAD_BYTES = 1500;
/** Arrivals that the target delay is computed from: two seconds of 20 ms packets. */
const WINDOW = 100;
const WINDOW_MIN = 25;
const RECOMPUTE_EVERY = 10;
/** A step of the relative delay beyond this is a pause or a new timestamp line, not jitter. */
const MAX_STEP_MS = 1000;

/** One waiting packet; the payload stays with the buffer. */
export interface StoredPacket {
  payload: Uint8Array;
  payloadBytes: number;
  payloadType: number;
  timestamp: number;
  arrivalMs: number;
}

export type PushVerdict = 'stored' | 'late' | 'duplicate' | 'too-large';
export type PullVerdict = 'packet' | 'lost' | 'empty';

/**
 * Puts one source's packets in the order of their timestamps and gives them out one beat after the other.
 *
 * The first packet of a talkspurt waits for the target delay: the spread of the last 100 arrivals, 20 to 60 ms. A
 * packet missing while a later one waits is lost, and its time passes. When nothing waits, time stands still instead,
 * so that a delayed packet is heard late rather than never; what the delay has grown by is won back by `takeSkip`,
 * one frame in 100 ms, which also takes up a fast sender's drift. Sound more than 200 ms deep is dropped at once.
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
  /** Frames squeezed out by `takeSkip`. */
  framesSkipped = 0;
  /** After `lost`: how many ticks to make up. */
  gapTicks = 0;

  readonly #clockRateHz: number;
  readonly #frameTicks: number;
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
  #lastSkipMs = Number.NEGATIVE_INFINITY;

  #targetMs = FIRST_TARGET_MS;
  /** How much later than the first one each packet came, in ms. */
  readonly #delays = new Float32Array(WINDOW);
  #delayCount = 0;
  #delayAt = 0;
  #delayMs = 0;
  #delayTimestamp = 0;
  #delayArrivalMs = 0;

  constructor(options: { readonly clockRateHz: number; readonly frameMs?: number }) {
    this.#clockRateHz = options.clockRateHz;
    this.#frameTicks = ((options.frameMs ?? 20) * options.clockRateHz) / 1000;
  }

  /** The delay a talkspurt begins with. */
  get targetMs(): number {
    return this.#targetMs;
  }

  /** Packets waiting. */
  get size(): number {
    return this.#count;
  }

  /** The packet that the last `pull` gave, valid until the next one. */
  get packet(): StoredPacket | null {
    return this.#current;
  }

  /** Takes one packet that is no second copy by its sequence number; its payload is copied. */
  push(header: RtpHeader, data: Uint8Array, arrivalMs: number): PushVerdict {
    if (header.payloadBytes > MAX_PAYLOAD_BYTES) return 'too-large';
    const newer = !this.#hasLine || sequenceDelta(header.sequence, this.#newestSequence) > 0;
    const ahead = this.#hasLine ? timestampDelta(header.timestamp, this.#newestTimestamp) : 1;
    if (newer && ahead < 0) this.#forgetLine();
    if (this.#isLate(header.timestamp, newer)) {
      this.packetsLate += 1;
      this.#observeDelay(header.timestamp, arrivalMs);
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
    this.#observeDelay(header.timestamp, arrivalMs);
    this.#insert(place, header, data, arrivalMs);
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
    return 'packet';
  }

  /** How long the packet that `pull` gave turned out to be. */
  played(ticks: number): void {
    if (this.#current !== null) this.#playTimestamp = (this.#current.timestamp + ticks) >>> 0;
  }

  /**
   * True when sound waits a whole frame longer than it must, and one frame's time may be won back now: the caller
   * then makes one frame of the next two.
   */
  takeSkip(nowMs: number): boolean {
    const head = this.#waiting[0];
    if (!this.#playing || this.#count === 0 || head === null || head === undefined) return false;
    // Until the spread is known, the delay may well be needed.
    if (this.#delayCount < WINDOW_MIN) return false;
    const frameMs = (this.#frameTicks * 1000) / this.#clockRateHz;
    if (nowMs - head.arrivalMs <= this.#targetMs + frameMs || nowMs - this.#lastSkipMs < SKIP_EVERY_MS) return false;
    // Two frames must be there; the newest packet's own length is not known before it is decoded.
    if (timestampDelta(this.#newestTimestamp, this.#playTimestamp) < this.#frameTicks) return false;
    this.#lastSkipMs = nowMs;
    this.framesSkipped += 1;
    return true;
  }

  /** Forgets everything but the counters: another source speaks now. */
  reset(): void {
    this.#releaseCurrent();
    this.#forgetLine();
    this.#hasLine = false;
    this.#targetMs = FIRST_TARGET_MS;
  }

  /** The timestamp line begins anew with the next packet. */
  #forgetLine(): void {
    while (this.#count > 0) this.#dropHead();
    this.#playing = false;
    this.#hasPlayed = false;
    this.#owedTicks = 0;
    this.#delayCount = 0;
  }

  /** A packet newer than all others is never late: a sender may count less time than it sends. */
  #isLate(timestamp: number, newer: boolean): boolean {
    return !newer && this.#hasPlayed && timestampDelta(timestamp, this.#playTimestamp) < 0;
  }

  #owe(ticks: number): void {
    this.#owedTicks += ticks;
    if (this.#owedTicks * 1000 >= RESTART_MS * this.#clockRateHz) {
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

  #insert(place: number, header: RtpHeader, data: Uint8Array, arrivalMs: number): void {
    if (this.#count === 0 && !this.#playing) this.#startAtMs = arrivalMs + this.#targetMs;
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
    slot.arrivalMs = arrivalMs;
    for (let i = this.#count; i > at; i -= 1) this.#waiting[i] = this.#waiting[i - 1]!;
    this.#waiting[at] = slot;
    this.#count += 1;
  }

  #limitDepth(): void {
    const newest = this.#waiting[this.#count - 1]!.timestamp;
    if (this.#depthTicks(newest) * 1000 <= MAX_DEPTH_MS * this.#clockRateHz) return;
    while (this.#count > 1 && this.#depthTicks(newest) * 1000 > this.#targetMs * this.#clockRateHz) this.#skipHead();
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
      slot = { payload, payloadBytes: 0, payloadType: 0, timestamp: 0, arrivalMs: 0 };
    }
    if (slot.payload.length < payloadBytes) slot.payload = new Uint8Array(payloadBytes);
    return slot;
  }

  #giveSlot(slot: StoredPacket): void {
    this.#spare[this.#spareCount] = slot;
    this.#spareCount += 1;
  }

  #observeDelay(timestamp: number, arrivalMs: number): void {
    if (this.#delayCount > 0) {
      const stepMs =
        arrivalMs - this.#delayArrivalMs - (timestampDelta(timestamp, this.#delayTimestamp) * 1000) / this.#clockRateHz;
      this.#delayMs += stepMs;
      if (Math.abs(stepMs) > MAX_STEP_MS) this.#delayCount = 0;
    }
    if (this.#delayCount === 0) {
      this.#delayMs = 0;
      this.#delayAt = 0;
    }
    this.#delayTimestamp = timestamp;
    this.#delayArrivalMs = arrivalMs;
    this.#delays[this.#delayAt] = this.#delayMs;
    this.#delayAt = (this.#delayAt + 1) % WINDOW;
    this.#delayCount = Math.min(WINDOW, this.#delayCount + 1);
    if (this.#delayCount >= WINDOW_MIN && this.#delayAt % RECOMPUTE_EVERY === 0) this.#chooseTarget();
  }

  #chooseTarget(): void {
    let least = this.#delays[0]!;
    let most = least;
    for (let i = 1; i < this.#delayCount; i += 1) {
      const delayMs = this.#delays[i]!;
      if (delayMs < least) least = delayMs;
      if (delayMs > most) most = delayMs;
    }
    this.#targetMs = Math.min(MAX_TARGET_MS, Math.max(MIN_TARGET_MS, most - least + GUARD_MS));
  }
}
