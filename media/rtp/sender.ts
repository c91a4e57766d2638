import { RTP_HEADER_BYTES, RtpHeader, writeRtpHeader } from './packet.js';

export interface RtpLine {
  readonly ssrc: number;
  /** First sequence number; random in production (RFC 3550 §5.1). */
  readonly sequence: number;
  /** First timestamp, in clock-rate ticks; random in production. */
  readonly timestamp: number;
}

/**
 * The outgoing RTP line of one leg: one SSRC, one sequence and one timestamp line for its whole life, through mute,
 * hold, move and codec change (RFC 3550 §5.1). The timestamp moves with time, told by `advance` whether anything is
 * sent or not; at a change of clock rate it goes on from where it is at the new pace (RFC 7160 §4.1). The marker is
 * set on the first packet after each pause (RFC 3551 §4.1).
 */
export class RtpSender {
  readonly ssrc: number;
  packetsSent = 0;
  /** Payload bytes, as a sender report counts them (RFC 3550 §6.4.1). */
  bytesSent = 0;
  readonly #header = new RtpHeader();
  #timestamp: number;
  #sequence: number;
  #restart = true;

  constructor(line: RtpLine) {
    this.ssrc = line.ssrc >>> 0;
    this.#sequence = line.sequence & 0xffff;
    this.#timestamp = line.timestamp >>> 0;
  }

  /** The timestamp of now: of the first sample not yet passed over by `advance`. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** Time went on by `ticks` of the clock rate in use. */
  advance(ticks: number): void {
    this.#timestamp = (this.#timestamp + ticks) >>> 0;
  }

  /** Nothing is sent for now: the next packet begins anew and carries the marker. */
  pause(): void {
    this.#restart = true;
  }

  /**
   * Writes the header of the next sound packet at the start of `out`, whose payload stands behind it.
   * @param timestamp of the payload's first sample
   * @returns bytes of the whole packet. Hot path, no allocation.
   */
  writeSound(out: Uint8Array, payloadType: number, timestamp: number, payloadBytes: number): number {
    const marker = this.#restart;
    this.#restart = false;
    return this.#write(out, payloadType, timestamp, payloadBytes, marker);
  }

  /** As `writeSound`, for telephone-event, whose marker stands at the begin of an event (RFC 4733 §2.2.2). */
  writeEvent(out: Uint8Array, payloadType: number, timestamp: number, payloadBytes: number, first: boolean): number {
    this.#restart = true;
    return this.#write(out, payloadType, timestamp, payloadBytes, first);
  }

  #write(out: Uint8Array, payloadType: number, timestamp: number, payloadBytes: number, marker: boolean): number {
    const header = this.#header;
    header.marker = marker;
    header.payloadType = payloadType;
    header.sequence = this.#sequence;
    header.timestamp = timestamp >>> 0;
    header.ssrc = this.ssrc;
    writeRtpHeader(out, header);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.packetsSent += 1;
    this.bytesSent += payloadBytes;
    return RTP_HEADER_BYTES + payloadBytes;
  }
}
