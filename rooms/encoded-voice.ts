import { type EncodingKind, EncodingLine, maxPayloadBytesOf, RtpHeader, type SampleRateHz } from '../media/index.js';

/** Frames as packets of a format: of a member who does not send that itself, or whose packets are in another host. */
export class EncodedVoice {
  readonly kind: EncodingKind;
  readonly header = new RtpHeader();
  readonly payload: Uint8Array;
  readonly line: EncodingLine;
  readonly #clockRateHz: number;
  /** Of `header`. */
  #dueMs = Number.NaN;

  /** Throws OpusLimitError. */
  constructor(kind: EncodingKind, clockRateHz: number, rateHz: SampleRateHz) {
    this.kind = kind;
    this.#clockRateHz = clockRateHz;
    this.line = new EncodingLine(kind, rateHz);
    this.payload = new Uint8Array(maxPayloadBytesOf(kind));
  }

  /** One beat, however often it is asked for; false: there is nothing to send. */
  make(frame: Int16Array, dueMs: number): boolean {
    const { header, line } = this;
    if (this.#dueMs === dueMs) return header.payloadBytes > 0;
    this.#dueMs = dueMs;
    line.write(frame);
    header.payloadBytes = line.hasPacket ? line.take(this.payload, 0) : 0;
    header.sequence = (header.sequence + 1) & 0xffff;
    header.timestamp = Math.round((dueMs * this.#clockRateHz) / 1000) >>> 0;
    return header.payloadBytes > 0;
  }
}
