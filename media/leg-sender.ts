import { type Codec, codecs, type Encoder } from './codec/codec.js';
import { DtmfSender, type EventPacket, telephoneEventBytes } from './dtmf/rfc4733.js';
import { RTP_HEADER_BYTES } from './rtp/packet.js';
import { type RtpLine, RtpSender } from './rtp/sender.js';
import type { CodecName, SendFormat, TelephoneEventFormat } from './sdp/leg-media.js';
import type { UdpPair } from './transport/udp.js';

const BEAT_MS = 20;
const MIN_PTIME_MS = 10;
const MAX_PTIME_MS = 60;

/** Where packets go on this beat; `address` null = nowhere. Owned by the caller and reused. */
export interface Destination {
  address: string | null;
  port: number;
}

export interface LegSenderOptions {
  readonly line: RtpLine;
  readonly pair: UdpPair;
  readonly sampleRateHz: number;
}

/**
 * The way out of one leg: one beat's PCM or ready payload → RTP. Packets of the format's ptime: 10 ms go two a beat;
 * 30 to 60 ms are gathered and leave on the beat that completes them, so those of 30 ms leave 20 and 40 ms apart by
 * turns.
 * While a telephone-event is sent, no sound is. Holds 80 ms of PCM at most.
 */
export class LegSender {
  readonly rtp: RtpSender;
  readonly #pair: UdpPair;
  readonly #sampleRateHz: number;
  readonly #beatSamples: number;
  readonly #silence: Int16Array;
  /** PCM that is not yet a whole packet, and the timestamp of its first sample. */
  readonly #pending: Int16Array;
  #pendingSamples = 0;
  #pendingTimestamp = 0;
  #format: SendFormat | null = null;
  #encoder: Encoder | null = null;
  #packetSamples: number;
  #clockRateHz = 8000;
  #lastBeatMs = Number.NaN;
  #event: TelephoneEventFormat | null = null;
  #dtmf: DtmfSender | null = null;
  readonly #eventPacket: EventPacket = {
    payload: new Uint8Array(telephoneEventBytes),
    rtpTimestamp: 0,
    marker: false,
  };

  constructor(options: LegSenderOptions) {
    this.rtp = new RtpSender(options.line);
    this.#pair = options.pair;
    this.#sampleRateHz = options.sampleRateHz;
    this.#beatSamples = (BEAT_MS * options.sampleRateHz) / 1000;
    this.#packetSamples = this.#beatSamples;
    this.#silence = new Int16Array(this.#beatSamples);
    this.#pending = new Int16Array(this.#beatSamples + (MAX_PTIME_MS * options.sampleRateHz) / 1000);
  }

  /** `format` null while nothing may be sent. */
  set(format: SendFormat | null, event: TelephoneEventFormat | null): void {
    if (format !== null && format.codec !== this.#format?.codec) this.#encoder = codecOf(format).createEncoder();
    const ptimeMs = Math.min(MAX_PTIME_MS, Math.max(MIN_PTIME_MS, format?.ptimeMs ?? BEAT_MS));
    const packetSamples = Math.round((ptimeMs * this.#sampleRateHz) / 1000);
    // A shorter ptime with a long remainder would not fit the buffer; a new ptime begins a new packet.
    if (format === null || packetSamples !== this.#packetSamples) this.#pendingSamples = 0;
    if (format !== null) this.#clockRateHz = format.clockRateHz;
    this.#packetSamples = packetSamples;
    this.#format = format;
    if (event !== null && event.clockRateHz !== this.#event?.clockRateHz) {
      this.#dtmf = new DtmfSender({ clockRateHz: event.clockRateHz });
    }
    if (event === null) this.#dtmf = null;
    this.#event = event;
  }

  dtmf(digits: string, durationMs: number): void {
    this.#dtmf?.send(digits, durationMs);
  }

  /** The codec of which a ready 20 ms payload fits this beat; null when the sound must come as PCM. */
  get sharedCodec(): CodecName | null {
    const isPlain = this.#packetSamples === this.#beatSamples && this.#pendingSamples === 0;
    return isPlain && this.#format !== null && this.#dtmf?.active !== true ? this.#format.codec : null;
  }

  /** The timestamp of a moment, for a sender report (RFC 3550 §6.4.1). */
  timestampAt(nowMs: number): number {
    if (Number.isNaN(this.#lastBeatMs)) return this.rtp.timestamp;
    return Math.floor(this.rtp.timestamp + ((nowMs - this.#lastBeatMs) * this.#clockRateHz) / 1000) >>> 0;
  }

  /** One beat of PCM; null = silence. */
  push(nowMs: number, frame: Int16Array | null, to: Destination): void {
    const format = this.#beginBeat(nowMs, to);
    if (format === null || to.address === null) return;
    const pcm = frame ?? this.#silence;
    if (this.#pendingSamples === 0 && this.#packetSamples === this.#beatSamples) {
      this.#sendSound(format, pcm, this.rtp.timestamp, to);
      return;
    }
    if (this.#pendingSamples === 0) this.#pendingTimestamp = this.rtp.timestamp;
    const pending = this.#pending;
    for (let i = 0; i < this.#beatSamples; i += 1) pending[this.#pendingSamples + i] = pcm[i]!;
    this.#pendingSamples += this.#beatSamples;
    while (this.#pendingSamples >= this.#packetSamples) this.#sendPending(format, to);
  }

  /** One beat already encoded; only on a beat on which `sharedCodec` named this codec, else silence is sent. */
  pushEncoded(nowMs: number, codec: CodecName, payload: Uint8Array, to: Destination, length: number): void {
    if (this.sharedCodec !== codec) {
      this.push(nowMs, null, to);
      return;
    }
    const format = this.#beginBeat(nowMs, to);
    if (format === null || to.address === null) return;
    const buffer = this.#pair.acquire();
    if (buffer === null) return;
    const { bytes: packet } = buffer;
    for (let i = 0; i < length; i += 1) packet[RTP_HEADER_BYTES + i] = payload[i]!;
    const bytes = this.rtp.writeSound(packet, format.payloadType, this.rtp.timestamp, length);
    this.#pair.send(buffer, bytes, to.address, to.port);
  }

  /** Moves the timestamp line on; the format when sound is due, null when this beat is silent or an event's. */
  #beginBeat(nowMs: number, to: Destination): SendFormat | null {
    const beats = Number.isNaN(this.#lastBeatMs) ? 0 : Math.max(1, Math.round((nowMs - this.#lastBeatMs) / BEAT_MS));
    this.#lastBeatMs = nowMs;
    this.rtp.advance((beats * BEAT_MS * this.#clockRateHz) / 1000);
    if (beats > 1) this.#pause();
    if (this.#format === null || to.address === null) {
      this.#pause();
      return null;
    }
    return this.#sendEvent(to) ? null : this.#format;
  }

  #pause(): void {
    this.#pendingSamples = 0;
    this.rtp.pause();
  }

  #sendPending(format: SendFormat, to: Destination): void {
    this.#sendSound(format, this.#pending, this.#pendingTimestamp, to);
    this.#pending.copyWithin(0, this.#packetSamples, this.#pendingSamples);
    this.#pendingSamples -= this.#packetSamples;
    const ticks = (this.#packetSamples * this.#clockRateHz) / this.#sampleRateHz;
    this.#pendingTimestamp = (this.#pendingTimestamp + ticks) >>> 0;
  }

  #sendSound(format: SendFormat, pcm: Int16Array, timestamp: number, to: Destination): void {
    const buffer = this.#pair.acquire();
    if (buffer === null || this.#encoder === null || to.address === null) return;
    const length = this.#encoder.encode(pcm, 0, this.#packetSamples, buffer.bytes, RTP_HEADER_BYTES);
    const bytes = this.rtp.writeSound(buffer.bytes, format.payloadType, timestamp, length);
    this.#pair.send(buffer, bytes, to.address, to.port);
  }

  /** True when this beat belongs to a telephone-event. */
  #sendEvent(to: Destination): boolean {
    if (this.#dtmf === null || this.#event === null || !this.#dtmf.active || to.address === null) return false;
    const packet = this.#eventPacket;
    const beatTicks = (BEAT_MS * this.#event.clockRateHz) / 1000;
    if (!this.#dtmf.step(this.rtp.timestamp, beatTicks, packet)) return false;
    this.#pendingSamples = 0;
    const buffer = this.#pair.acquire();
    if (buffer === null) return true;
    for (let i = 0; i < telephoneEventBytes; i += 1) buffer.bytes[RTP_HEADER_BYTES + i] = packet.payload[i]!;
    const payloadType = this.#event.sendPayloadType;
    const bytes = this.rtp.writeEvent(
      buffer.bytes,
      payloadType,
      packet.rtpTimestamp,
      telephoneEventBytes,
      packet.marker,
    );
    this.#pair.send(buffer, bytes, to.address, to.port);
    return true;
  }
}

function codecOf(format: SendFormat): Codec {
  return codecs[format.codec];
}
