import { RTP_HEADER_BYTES, RtpHeader, writeRtpHeader } from './packet.js';
import type { RtpLine } from './sender.js';
import { sequenceDelta } from './sequence.js';

/** RFC 3550 §A.1: a sequence number farther away is no gap but another line. */
const MAX_DROPOUT = 3000;
/** What a first packet is behind the last one of somebody else, at least: no player takes two at one moment for sound. */
const LEAST_STEP_MS = 20;
const EXTENSION = 0x10;

export interface ForwardLineOptions extends RtpLine {
  readonly clockRateHz: number;
  /** A whole header extension that goes with each packet, with its four bytes of profile and length (RFC 3550 §5.3.1). */
  readonly extension?: Uint8Array | null;
}

/**
 * The outgoing line of one track whose packets come from one member after the other (RFC 3550 §7.1: a translator that
 * gives them one SSRC). Sequence and timestamp go on without a gap from member to member, the marker is set where one
 * begins (RFC 3551 §4.1); what is lost or reordered within a member's line stays so, and is seen by the receiver as it is.
 * Pure: time is an argument. Hot path, no allocation.
 */
export class ForwardLine {
  readonly ssrc: number;
  packetsSent = 0;
  /** Payload bytes, as a sender report counts them (RFC 3550 §6.4.1). */
  bytesSent = 0;
  /** Packets from before the member had its turn, or of a line that is over. */
  packetsOld = 0;
  readonly #clockRateHz: number;
  readonly #extension: Uint8Array | null;
  readonly #header = new RtpHeader();
  /** Whose packets these are: any object that stands for the member, and its SSRC. */
  #source: object | null = null;
  #sourceSsrc = 0;
  #firstSequence = 0;
  #highestIn = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  /** The next free one, and the timestamp of the last packet. */
  #nextSequence: number;
  #timestamp: number;
  #sentMs = Number.NaN;

  constructor({ ssrc, sequence, timestamp, clockRateHz, extension = null }: ForwardLineOptions) {
    this.ssrc = ssrc >>> 0;
    this.#nextSequence = sequence & 0xffff;
    this.#timestamp = timestamp >>> 0;
    this.#clockRateHz = clockRateHz;
    this.#extension = extension;
  }

  /**
   * Writes what a packet of `source` is in this line; its payload is copied as it is.
   * @param payloadType  of the receiver
   * @returns bytes of the whole packet; 0: it is not to be sent, or does not fit
   */
  write(
    out: Uint8Array,
    source: object,
    from: RtpHeader,
    data: Uint8Array,
    payloadType: number,
    nowMs: number,
  ): number {
    const isNext = source === this.#source && from.ssrc === this.#sourceSsrc && this.#isNear(from.sequence);
    if (!isNext) this.#begin(source, from, nowMs);
    else if (sequenceDelta(from.sequence, this.#firstSequence) < 0) {
      this.packetsOld += 1;
      return 0;
    }
    const length = this.#copy(out, from, data);
    if (length === 0) return 0;
    const header = this.#header;
    header.marker = !isNext || from.marker;
    header.payloadType = payloadType;
    header.sequence = (from.sequence + this.#sequenceOffset) & 0xffff;
    header.timestamp = (from.timestamp + this.#timestampOffset) >>> 0;
    header.ssrc = this.ssrc;
    writeRtpHeader(out, header);
    if (this.#extension !== null) out[0] = out[0]! | EXTENSION;
    this.#sent(from, header, nowMs);
    return length;
  }

  /** Of a moment, for a sender report (RFC 3550 §6.4.1). */
  timestampAt(nowMs: number): number {
    const passedMs = Number.isNaN(this.#sentMs) ? 0 : nowMs - this.#sentMs;
    return Math.floor(this.#timestamp + (passedMs * this.#clockRateHz) / 1000) >>> 0;
  }

  #isNear(sequence: number): boolean {
    return Math.abs(sequenceDelta(sequence, this.#highestIn)) < MAX_DROPOUT;
  }

  /** A member has its turn, or its own line began anew. */
  #begin(source: object, { ssrc, sequence, timestamp }: RtpHeader, nowMs: number): void {
    this.#source = source;
    this.#sourceSsrc = ssrc;
    this.#firstSequence = sequence;
    this.#highestIn = sequence;
    this.#sequenceOffset = this.#nextSequence - sequence;
    const isFirst = Number.isNaN(this.#sentMs);
    const passedMs = isFirst ? 0 : Math.max(LEAST_STEP_MS, nowMs - this.#sentMs);
    const ticks = Math.round((passedMs * this.#clockRateHz) / 1000);
    this.#timestampOffset = this.#timestamp + ticks - timestamp;
  }

  #copy(out: Uint8Array, { payloadOffset, payloadBytes }: RtpHeader, data: Uint8Array): number {
    const extension = this.#extension;
    const at = RTP_HEADER_BYTES + (extension === null ? 0 : extension.length);
    if (at + payloadBytes > out.length) return 0;
    if (extension !== null) for (let i = 0; i < extension.length; i += 1) out[RTP_HEADER_BYTES + i] = extension[i]!;
    for (let i = 0; i < payloadBytes; i += 1) out[at + i] = data[payloadOffset + i]!;
    return at + payloadBytes;
  }

  #sent(from: RtpHeader, header: RtpHeader, nowMs: number): void {
    this.packetsSent += 1;
    this.bytesSent += from.payloadBytes;
    const isNewest = sequenceDelta(from.sequence, this.#highestIn) >= 0;
    if (!isNewest) return;
    this.#highestIn = from.sequence;
    this.#nextSequence = (header.sequence + 1) & 0xffff;
    this.#timestamp = header.timestamp;
    this.#sentMs = nowMs;
  }
}

/** RFC 9143 §15.1. */
export const midUri = 'urn:ietf:params:rtp-hdrext:sdes:mid';

/** The extension that tells to which m-line a packet belongs (RFC 9143 §15, RFC 8285 §4.2). Null: there is no such tag. */
export function midExtension(id: number, mid: string): Uint8Array | null {
  const text = Buffer.from(mid, 'latin1');
  if (id < 1 || id > 14 || text.length < 1 || text.length > 16) return null;
  const words = Math.ceil((1 + text.length) / 4);
  const bytes = new Uint8Array(4 + words * 4);
  bytes.set([0xbe, 0xde, 0, words, (id << 4) | (text.length - 1)]);
  bytes.set(text, 5);
  return bytes;
}
