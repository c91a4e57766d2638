/** One event of a telephone-event payload (RFC 4733 §2.3); read and written in place. */
export interface TelephoneEvent {
  /** 0–9, 10 = `*`, 11 = `#`, 12–15 = A–D (RFC 4733 §3.2); 16 = flash. */
  event: number;
  end: boolean;
  /** Power below 0 dBm0, 0 … 63; 10 means −10 dBm0. */
  volume: number;
  /** RTP clock ticks since the event's timestamp, 0 … 65535. */
  duration: number;
}

export const telephoneEventBytes = 4;

/** The digit of each event number. */
const digits = '0123456789*#ABCD';

const MAX_SEGMENT_TICKS = 0xffff;

/**
 * Reads one event into `into`; false for what is too short to hold one. More bytes than one event are not looked at.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |     event     |E|R| volume    |          duration             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function readTelephoneEvent(payload: Uint8Array, offset: number, length: number, into: TelephoneEvent): boolean {
  if (length < telephoneEventBytes) return false;
  into.event = payload[offset]!;
  into.end = (payload[offset + 1]! & 0x80) !== 0;
  into.volume = payload[offset + 1]! & 0x3f;
  into.duration = (payload[offset + 2]! << 8) | payload[offset + 3]!;
  return true;
}

/** Writes one payload at `offset`; returns its 4 bytes. */
export function writeTelephoneEvent(event: TelephoneEvent, out: Uint8Array, offset: number): number {
  out[offset] = event.event;
  out[offset + 1] = (event.end ? 0x80 : 0) | (event.volume & 0x3f);
  out[offset + 2] = event.duration >> 8;
  out[offset + 3] = event.duration & 0xff;
  return telephoneEventBytes;
}

/** An event that has had no packet for so long is over: four of the 50 ms updates of RFC 4733 §2.5.1.2. */
const SILENCE_ENDS_MS = 200;
/** How far a segment's timestamp may be off its predecessor's end, for senders that count a packet more or less. */
const SEGMENT_SLACK_MS = 50;
/** A packet that is later than this is not late: the peer's timestamps have jumped back. */
const LATEST_MS = 5000;
/** Events of one packet that are looked at: at 40 ms each, more than half a second. */
const MAX_PACKED = 16;

export interface DtmfReceiverOptions {
  readonly clockRateHz: number;
  /** Once per digit, when its end is known: an end packet, the next event, or silence. Must not throw. */
  onDigit(digit: string, durationMs: number): void;
}

/**
 * Makes digits of telephone-event packets: RFC 4733 §2.5.2. An event is known by its timestamp alone: no marker is
 * needed, repeated and reordered packets of it count once, and one whose end packets were all lost ends with the
 * next event or after 200 ms. Digits may overlap: the newer one ends the older. A packet may hold several events, each of
 * which begins where the one before it ends (§2.5.2.4). Segments of an event longer than 65535 ticks are put together (§2.5.1.3).
 * Holds one event, however many packets come. Flash and other events that are no digits are ignored.
 */
export class DtmfReceiver {
  /** Payloads too short to hold an event. */
  malformed = 0;
  readonly #options: DtmfReceiverOptions;
  readonly #read: TelephoneEvent = { event: 0, end: false, volume: 0, duration: 0 };
  /** Timestamp of the newest event (of its newest segment), −1 before the first. */
  #timestamp = -1;
  #open = false;
  #event = 0;
  /** The digits of this timestamp, a bit each. */
  #seen = 0;
  /** Of the segments before the newest one. */
  #earlierTicks = 0;
  #segmentTicks = 0;
  #lastMs = 0;

  constructor(options: DtmfReceiverOptions) {
    this.#options = options;
  }

  /** One packet of the telephone-event payload type, in any order and as often as it comes. */
  push(rtpTimestamp: number, payload: Uint8Array, offset: number, length: number, nowMs: number): void {
    const read = this.#read;
    if (!readTelephoneEvent(payload, offset, length, read)) {
      this.malformed += 1;
      return;
    }
    this.#take(rtpTimestamp, nowMs);
    let begin = rtpTimestamp;
    const packed = Math.min(MAX_PACKED, Math.floor(length / telephoneEventBytes));
    for (let i = 1; i < packed; i += 1) {
      // What lasts no time is neither followed by an event nor follows one: these are bytes to fill up with.
      if (read.duration === 0) return;
      begin = (begin + read.duration) >>> 0;
      readTelephoneEvent(payload, offset + i * telephoneEventBytes, telephoneEventBytes, read);
      if (read.duration > 0) this.#take(begin, nowMs);
    }
  }

  /** What was read last, one event of a packet. */
  #take(rtpTimestamp: number, nowMs: number): void {
    const read = this.#read;
    if (this.#isLate(rtpTimestamp)) return;
    if (rtpTimestamp !== this.#timestamp) this.#begin(rtpTimestamp, read.event);
    else if (read.event !== this.#event) this.#beginBeside(read.event);
    if (!this.#open || read.event !== this.#event) return;
    this.#segmentTicks = Math.max(this.#segmentTicks, read.duration);
    this.#lastMs = nowMs;
    if (read.end) this.#report();
  }

  /** Once per beat: reports an event whose end packets were all lost. */
  poll(nowMs: number): void {
    if (this.#open && nowMs - this.#lastMs >= SILENCE_ENDS_MS) this.#report();
  }

  /** The peer began a new RTP line (new SSRC): what went before no longer counts. An open event is reported. */
  reset(): void {
    if (this.#open) this.#report();
    this.#timestamp = -1;
  }

  /** Of an event before the newest one. What is older than any network delay is a new line of timestamps instead. */
  #isLate(rtpTimestamp: number): boolean {
    if (this.#timestamp === -1) return false;
    const aheadTicks = (rtpTimestamp - this.#timestamp) | 0;
    return aheadTicks < 0 && aheadTicks > (-LATEST_MS * this.#options.clockRateHz) / 1000;
  }

  #begin(rtpTimestamp: number, event: number): void {
    const continues = this.#open && event === this.#event && this.#isNextSegment(rtpTimestamp);
    if (continues) {
      this.#earlierTicks += MAX_SEGMENT_TICKS;
    } else {
      if (this.#open) this.#report();
      this.#open = true;
      this.#event = event;
      this.#earlierTicks = 0;
    }
    this.#timestamp = rtpTimestamp;
    this.#seen = event < 16 ? 1 << event : 0;
    this.#segmentTicks = 0;
  }

  /** Another event of the same timestamp: some senders' stands still from key to key. Each counts once. */
  #beginBeside(event: number): void {
    const bit = event < 16 ? 1 << event : 0;
    if (bit === 0 || (this.#seen & bit) !== 0) return;
    if (this.#open) this.#report();
    this.#seen |= bit;
    this.#open = true;
    this.#event = event;
    this.#earlierTicks = 0;
    this.#segmentTicks = 0;
  }

  #isNextSegment(rtpTimestamp: number): boolean {
    const slackTicks = (SEGMENT_SLACK_MS * this.#options.clockRateHz) / 1000;
    return Math.abs(((rtpTimestamp - this.#timestamp) | 0) - MAX_SEGMENT_TICKS) <= slackTicks;
  }

  #report(): void {
    this.#open = false;
    const ticks = this.#earlierTicks + this.#segmentTicks;
    const digit = digits[this.#event];
    if (digit !== undefined) this.#options.onDigit(digit, Math.round((ticks * 1000) / this.#options.clockRateHz));
  }
}

/** What one beat carries in place of sound; owned by the caller and reused. */
export interface EventPacket {
  /** `telephoneEventBytes` long. */
  readonly payload: Uint8Array;
  /** The event's own timestamp: that of its first beat, the same in all its packets. */
  rtpTimestamp: number;
  /** Set on the first packet of an event (RFC 4733 §2.5.1.1). */
  marker: boolean;
}

export interface DtmfSenderOptions {
  readonly clockRateHz: number;
  /** Power below 0 dBm0; 10 unless told. */
  readonly volume?: number;
}

const DEFAULT_VOLUME = 10;
const END_PACKETS = 3;
/** Shortest digit and pause that receivers must see (ITU-T Q.24: 40 ms each), rounded up to whole beats. */
const MIN_DIGIT_MS = 40;
const PAUSE_MS = 60;
const MAX_DIGIT_MS = 30_000;
const MAX_WAITING = 128;

/**
 * Sends digits as telephone-events, one packet a beat: RFC 4733 §2.5.1. The first packet has the marker and the
 * first beat's length as its duration, updates follow on every beat, the end is sent three times on three beats,
 * then 60 ms belong to the sound. An event longer than 65535 ticks goes on in a new segment (§2.5.1.3).
 * At most 128 digits wait; those after them are dropped and counted in `dropped`.
 */
export class DtmfSender {
  /** Characters that are no digit, and digits for which the queue had no room. */
  dropped = 0;
  readonly #clockRateHz: number;
  readonly #packet: TelephoneEvent;
  #waiting: { readonly event: number; readonly ticks: number }[] = [];
  #phase: 'idle' | 'tone' | 'end' | 'pause' = 'idle';
  #totalTicks = 0;
  /** Of the event, over all its segments. */
  #sentTicks = 0;
  #segmentTimestamp = 0;
  /** Of the segments before this one. */
  #earlierTicks = 0;
  #endsLeft = 0;
  #pauseTicks = 0;

  constructor(options: DtmfSenderOptions) {
    this.#clockRateHz = options.clockRateHz;
    this.#packet = { event: 0, end: false, volume: options.volume ?? DEFAULT_VOLUME, duration: 0 };
  }

  /**
   * Queues digits (`0`-`9`, `*`, `#`, `A`-`D`, in either case); returns how many were taken.
   * @param durationMs of each digit, held to 40 … 30 000
   */
  send(text: string, durationMs: number): number {
    const heldMs = Math.min(MAX_DIGIT_MS, Math.max(MIN_DIGIT_MS, durationMs));
    const ticks = Math.round((heldMs * this.#clockRateHz) / 1000);
    let taken = 0;
    for (const digit of text.toUpperCase()) {
      const event = digits.indexOf(digit);
      if (event === -1 || this.#waiting.length >= MAX_WAITING) {
        this.dropped += 1;
        continue;
      }
      this.#waiting.push({ event, ticks });
      taken += 1;
    }
    return taken;
  }

  /** Digits wait or one is being sent. */
  get active(): boolean {
    return this.#phase !== 'idle' || this.#waiting.length > 0;
  }

  /**
   * Once per beat of `ticks` whose first sample has `rtpTimestamp`: true when `packet` was filled and goes out in
   * place of sound, false when sound may be sent (nothing to do, or the pause between two digits).
   */
  step(rtpTimestamp: number, ticks: number, packet: EventPacket): boolean {
    if (this.#phase === 'pause') {
      this.#pauseTicks -= ticks;
      if (this.#pauseTicks <= 0) this.#phase = 'idle';
      return false;
    }
    if (this.#phase === 'end') {
      this.#fill(packet);
      this.#endSent();
      return true;
    }
    const isFirst = this.#phase === 'idle';
    if (isFirst && !this.#start(rtpTimestamp)) return false;
    this.#advance(ticks);
    this.#fill(packet);
    packet.marker = isFirst;
    if (this.#packet.end) this.#endSent();
    return true;
  }

  #start(rtpTimestamp: number): boolean {
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    this.#phase = 'tone';
    this.#packet.event = next.event;
    this.#packet.end = false;
    this.#totalTicks = next.ticks;
    this.#sentTicks = 0;
    this.#packet.duration = 0;
    this.#segmentTimestamp = rtpTimestamp;
    this.#earlierTicks = 0;
    this.#endsLeft = END_PACKETS;
    return true;
  }

  #advance(ticks: number): void {
    const packet = this.#packet;
    if (packet.duration === MAX_SEGMENT_TICKS) {
      this.#segmentTimestamp = (this.#segmentTimestamp + MAX_SEGMENT_TICKS) >>> 0;
      this.#earlierTicks += MAX_SEGMENT_TICKS;
    }
    this.#sentTicks += ticks;
    const segmentTicks = this.#sentTicks - this.#earlierTicks;
    packet.duration = Math.min(MAX_SEGMENT_TICKS, segmentTicks);
    packet.end = this.#sentTicks >= this.#totalTicks && segmentTicks <= MAX_SEGMENT_TICKS;
  }

  #endSent(): void {
    this.#phase = 'end';
    this.#endsLeft -= 1;
    if (this.#endsLeft > 0) return;
    this.#phase = 'pause';
    this.#pauseTicks = (PAUSE_MS * this.#clockRateHz) / 1000;
  }

  #fill(packet: EventPacket): void {
    writeTelephoneEvent(this.#packet, packet.payload, 0);
    packet.rtpTimestamp = this.#segmentTimestamp;
    packet.marker = false;
  }
}
