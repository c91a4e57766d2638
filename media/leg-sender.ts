import { codecs } from './codec/codec.js';
import { Resampler, type SampleRateHz } from './codec/resample.js';
import { DtmfSender, type EventPacket, telephoneEventBytes } from './dtmf/rfc4733.js';
import { RTP_HEADER_BYTES } from './rtp/packet.js';
import { type RtpLine, RtpSender } from './rtp/sender.js';
import type { CodecName, SendFormat, TelephoneEventFormat } from './sdp/leg-media.js';
import type { Encoding, SharedSound } from './shared-sound.js';
import type { UdpPair } from './transport/udp.js';

const BEAT_MS = 20;
const MIN_PTIME_MS = 10;
const MAX_PTIME_MS = 60;
/** Beats of a mix of its own after which a stateful encoder that hears what the shared one hears stands where it stands. */
const MERGE_BEATS = 15;
const MAX_BEAT_SAMPLES = 960;

interface OwnEncoding extends Encoding {
  readonly codec: CodecName;
}

/** Where packets go on this beat; `address` null = nowhere. Owned by the caller and reused. */
export interface Destination {
  address: string | null;
  port: number;
}

export interface LegSenderOptions {
  readonly line: RtpLine;
  readonly pair: UdpPair;
  readonly sampleRateHz: SampleRateHz;
}

/**
 * The way out of one leg: one beat's PCM at the room's rate, or a ready payload → RTP. Packets of the format's ptime: 10 ms go two a beat;
 * 30 to 60 ms are gathered and leave on the beat that completes them, so those of 30 ms leave 20 and 40 ms apart by
 * turns.
 * While a telephone-event is sent, no sound is. Holds 80 ms of PCM at most.
 */
export class LegSender {
  readonly rtp: RtpSender;
  readonly #pair: UdpPair;
  /** Of the codec. */
  #sampleRateHz: SampleRateHz = 8000;
  #beatSamples = (BEAT_MS * 8000) / 1000;
  readonly #silence = new Int16Array(MAX_BEAT_SAMPLES);
  /** The rate that comes in. */
  #rateHz: SampleRateHz;
  /** Of the codec in use; null before there was one. */
  #encoding: OwnEncoding | null = null;
  /** The same from the rate that comes in next. */
  #next: Resampler | null = null;
  /** Where what only primes a resampler goes. */
  readonly #nowhere = new Int16Array(MAX_BEAT_SAMPLES);
  /** PCM at the codec's rate that is not yet a whole packet, and the timestamp of its first sample. */
  readonly #pending = new Int16Array(MAX_BEAT_SAMPLES + (MAX_PTIME_MS * 48_000) / 1000);
  #pendingSamples = 0;
  #pendingTimestamp = 0;
  #format: SendFormat | null = null;
  #packetSamples: number;
  #clockRateHz = 8000;
  /** The last beat was a shared payload. */
  #wasShared = false;
  /** Beats for which a stateful encoder of its own still has to hear what is shared. */
  #apartBeats = 0;
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
    this.#rateHz = options.sampleRateHz;
    this.#packetSamples = this.#beatSamples;
  }

  /** `format` null while nothing may be sent. */
  set(format: SendFormat | null, event: TelephoneEventFormat | null): void {
    if (format !== null && format.codec !== this.#encoding?.codec) this.#changeCodec(format.codec);
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

  /** The rate of the PCM that is given to `push`. */
  get rateHz(): SampleRateHz {
    return this.#rateHz;
  }

  /** PCM will come at that rate, after at least one beat of `prime`; null: it will not. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#next = rateHz === null ? null : new Resampler(rateHz, this.#sampleRateHz);
  }

  /** This beat's sound at the rate that was prepared, so that the next beat goes on from it; null = silence. */
  prime(frame: Int16Array | null): void {
    const next = this.#next;
    if (next !== null) next.process(frame ?? this.#silence, 0, (BEAT_MS * next.fromHz) / 1000, this.#nowhere, 0);
  }

  /** From the next beat on PCM has the rate that was prepared. */
  retune(): void {
    const next = this.#next;
    if (next === null) return;
    this.#next = null;
    this.#rateHz = next.fromHz;
    if (this.#encoding !== null) this.#encoding = { ...this.#encoding, resampler: next };
  }

  #changeCodec(codec: CodecName): void {
    const { sampleRateHz, createEncoder, isStateful } = codecs[codec];
    this.#sampleRateHz = sampleRateHz;
    this.#beatSamples = (BEAT_MS * sampleRateHz) / 1000;
    this.#pendingSamples = 0;
    this.#encoding = { codec, resampler: new Resampler(this.#rateHz, sampleRateHz), encoder: createEncoder() };
    if (this.#next !== null) this.#next = new Resampler(this.#next.fromHz, sampleRateHz);
    this.#wasShared = false;
    // The peer's decoder begins where this encoder does.
    this.#apartBeats = isStateful ? MERGE_BEATS : 0;
  }

  /** Queues digits, see MediaSession.dtmf. */
  dtmf(digits: string, durationMs: number): void {
    this.#dtmf?.send(digits, durationMs);
  }

  /** The codec of which a ready 20 ms payload fits this beat; null when the sound must come as PCM. */
  get #sharedCodec(): CodecName | null {
    const isPlain = this.#packetSamples === this.#beatSamples && this.#pendingSamples === 0;
    return isPlain && this.#format !== null && this.#dtmf?.active !== true ? this.#format.codec : null;
  }

  /** The timestamp of a moment, for a sender report (RFC 3550 §6.4.1). */
  timestampAt(nowMs: number): number {
    if (Number.isNaN(this.#lastBeatMs)) return this.rtp.timestamp;
    return Math.floor(this.rtp.timestamp + ((nowMs - this.#lastBeatMs) * this.#clockRateHz) / 1000) >>> 0;
  }

  /**
   * One beat of PCM that nobody else hears; null = silence.
   * @param shared what was heard before, if it was
   */
  push(nowMs: number, frame: Int16Array | null, shared: SharedSound | null, to: Destination): void {
    if (this.#wasShared) this.#part(shared);
    const own = this.#encoding;
    if (own !== null && codecs[own.codec].isStateful && frame !== null) this.#apartBeats = MERGE_BEATS;
    else if (this.#apartBeats > 0) this.#apartBeats -= 1;
    this.#sendOwn(nowMs, frame ?? this.#silence, to);
  }

  /** One beat of what others hear too: as the payload made for all, or as PCM where that does not fit. */
  pushShared(nowMs: number, shared: SharedSound, to: Destination): void {
    const own = this.#encoding;
    const codec = this.#sharedCodec;
    if (codec === null || own === null || this.#apartBeats > 0) {
      if (this.#wasShared) this.#part(shared);
      if (this.#apartBeats > 0) this.#apartBeats -= 1;
      this.#sendOwn(nowMs, shared.frame, to);
      return;
    }
    const format = this.#beginBeat(nowMs, to);
    if (format === null || to.address === null) return;
    const payload = shared.payloadOf(codec, own);
    this.#wasShared = true;
    const buffer = this.#pair.acquire();
    if (buffer === null) return;
    const { bytes: packet } = buffer;
    const length = shared.lengthOf(codec);
    for (let i = 0; i < length; i += 1) packet[RTP_HEADER_BYTES + i] = payload[i]!;
    const bytes = this.rtp.writeSound(packet, format.payloadType, this.rtp.timestamp, length);
    this.#pair.send(buffer, bytes, to.address, to.port);
  }

  /** From what all hear to sound of its own: resampler and encoder go on where the shared ones stood. */
  #part(shared: SharedSound | null): void {
    this.#wasShared = false;
    const own = this.#encoding;
    const before = own === null || shared === null ? null : shared.before(own.codec);
    if (own === null || before === null) return;
    own.resampler.copyFrom(before.resampler);
    own.encoder.copyFrom(before.encoder);
  }

  #sendOwn(nowMs: number, pcm: Int16Array, to: Destination): void {
    const format = this.#beginBeat(nowMs, to);
    const own = this.#encoding;
    if (format === null || own === null || to.address === null) return;
    const samples = (BEAT_MS * own.resampler.fromHz) / 1000;
    if (this.#pendingSamples === 0) this.#pendingTimestamp = this.rtp.timestamp;
    this.#pendingSamples += own.resampler.process(pcm, 0, samples, this.#pending, this.#pendingSamples);
    while (this.#pendingSamples >= this.#packetSamples) this.#sendPending(format, own, to);
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

  #sendPending(format: SendFormat, { encoder }: Encoding, to: Destination): void {
    const buffer = this.#pair.acquire();
    if (buffer !== null && to.address !== null) {
      const length = encoder.encode(this.#pending, 0, this.#packetSamples, buffer.bytes, RTP_HEADER_BYTES);
      const bytes = this.rtp.writeSound(buffer.bytes, format.payloadType, this.#pendingTimestamp, length);
      this.#pair.send(buffer, bytes, to.address, to.port);
    }
    this.#pending.copyWithin(0, this.#packetSamples, this.#pendingSamples);
    this.#pendingSamples -= this.#packetSamples;
    const ticks = (this.#packetSamples * this.#clockRateHz) / this.#sampleRateHz;
    this.#pendingTimestamp = (this.#pendingTimestamp + ticks) >>> 0;
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
