import { ApartTime } from './apart.js';
import { codecs } from './codec/codec.js';
import type { SampleRateHz } from './codec/resample.js';
import { InbandSender } from './dtmf/inband-sender.js';
import { DtmfSender, type EventPacket, telephoneEventBytes } from './dtmf/rfc4733.js';
import type { InbandDtmf } from './dtmf/source.js';
import { EncodingLine, encodingKind } from './encoding-line.js';
import { PauseSender } from './pause-sender.js';
import { RTP_HEADER_BYTES } from './rtp/packet.js';
import { type RtpLine, RtpSender } from './rtp/sender.js';
import type { ComfortNoiseFormat, SendFormat, TelephoneEventFormat } from './sdp/leg-media.js';
import { Seam } from './seam.js';
import type { SharedSound } from './shared-sound.js';
import type { LegPort } from './transport/leg-port.js';
import { MAX_PACKET_BYTES, type SendBuffer } from './transport/send-buffers.js';

const BEAT_MS = 20;
/** A beat at 48 kHz of nothing, for all legs. */
const silence = new Int16Array(960);

/** Where packets go on this beat; `address` null = nowhere. Owned by the caller and reused. */
export interface Destination {
  address: string | null;
  port: number;
}

export interface LegSenderOptions {
  readonly line: RtpLine;
  readonly pair: Pick<LegPort, 'acquire' | 'send'>;
  readonly sampleRateHz: SampleRateHz;
  /** `off` unless told; `auto`: digits are sent as sound to a peer that agreed on no telephone-event. */
  readonly inbandDtmf?: InbandDtmf | undefined;
}

/**
 * The way out of one leg: one beat's PCM at the room's rate, or ready payloads → RTP. Packets of the format's ptime: 10 ms
 * go two a beat; 30 to 60 ms are gathered and leave on the beat that completes them. Those of 10, 30 and 50 ms that end
 * with a beat wait for half a beat more (`halfBeat`), so that all leave as far apart as they are long. They begin on beats
 * that the ptime divides, so that all who listen to the same can be sent the same.
 * While a telephone-event is sent, no sound is; a digit that is sent as sound takes its place.
 */
export class LegSender {
  readonly rtp: RtpSender;
  readonly #pair: LegSenderOptions['pair'];
  /** The rate that comes in. */
  #rateHz: SampleRateHz;
  /** That will come in; null = the same. */
  #nextHz: SampleRateHz | null = null;
  /** Of the format in use, or of the last one; null before there was one. */
  #own: EncodingLine | null = null;
  #format: SendFormat | null = null;
  #clockRateHz = 8000;
  /** The last beat was shared. */
  #wasShared = false;
  /** For which a stateful encoder of its own still has to hear what is shared. */
  readonly #apart = new ApartTime();
  readonly #seam = new Seam();
  /** Nothing has been sent since the last pause: the next packet waits for its beat. */
  #waits = true;
  #lastBeatMs = Number.NaN;
  /** A whole packet that leaves at the half beat; 0 bytes = none. Only for packets that end between beats. */
  #held: Uint8Array | null = null;
  #heldBytes = 0;
  #event: TelephoneEventFormat | null = null;
  #dtmf: DtmfSender | null = null;
  readonly #tones: InbandSender | null;
  readonly #pauses = new PauseSender();
  /** No sound is sent on this beat, because there is none. */
  #rests = false;
  readonly #eventPacket: EventPacket = {
    payload: new Uint8Array(telephoneEventBytes),
    rtpTimestamp: 0,
    marker: false,
  };

  constructor(options: LegSenderOptions) {
    this.rtp = new RtpSender(options.line);
    this.#pair = options.pair;
    this.#rateHz = options.sampleRateHz;
    this.#tones = options.inbandDtmf === 'auto' ? new InbandSender() : null;
  }

  /**
   * `format` null while nothing may be sent. Throws OpusLimitError, and then nothing may be sent.
   * @param noise what silence is left out for (RFC 3389), where it has the clock of the sound (§4); null: nothing is left out
   */
  set(format: SendFormat | null, event: TelephoneEventFormat | null, noise: ComfortNoiseFormat | null = null): void {
    this.#format = null;
    this.#pauses.format = noise?.clockRateHz === format?.clockRateHz ? noise : null;
    if (event !== null && event.clockRateHz !== this.#event?.clockRateHz) {
      this.#dtmf = new DtmfSender({ clockRateHz: event.clockRateHz });
    }
    if (event === null) this.#dtmf = null;
    this.#event = event;
    if (format === null) {
      this.#pause();
      return;
    }
    this.#encodeAs(format);
    this.#clockRateHz = format.clockRateHz;
    this.#format = format;
  }

  /** The rate of the PCM that is given to `push`. */
  get rateHz(): SampleRateHz {
    return this.#rateHz;
  }

  /** PCM will come at that rate, after at least one beat of `prime`; null: it will not. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#nextHz = rateHz;
    this.#own?.prepare(rateHz);
  }

  /** This beat's sound at the rate that was prepared, so that the next beat goes on from it; null = silence. */
  prime(frame: Int16Array | null): void {
    this.#own?.prime(frame ?? silence);
  }

  /** From the next beat on PCM has the rate that was prepared. */
  retune(): void {
    if (this.#nextHz === null) return;
    this.#rateHz = this.#nextHz;
    this.#nextHz = null;
    this.#own?.retune();
  }

  /** A new line of payloads where the kind of encoding is another; the same codec's goes on. */
  #encodeAs(format: SendFormat): void {
    const before = this.#own;
    const kind = encodingKind(format);
    if (kind.key === before?.kind.key) return;
    const own = new EncodingLine(kind, this.#rateHz);
    if (before !== null && kind.codec === before.kind.codec && kind.parameters === before.kind.parameters) {
      own.copyFrom(before);
      own.clear();
    }
    if (this.#nextHz !== null) own.prepare(this.#nextHz);
    before?.close();
    this.#own = own;
    if (kind.ptimeMs % BEAT_MS !== 0) this.#held ??= new Uint8Array(MAX_PACKET_BYTES);
    this.#waits = true;
    this.#wasShared = false;
    this.#apart.begin(kind.codec);
  }

  /** Queues digits, see MediaSession.dtmf. */
  dtmf(digits: string, durationMs: number): void {
    const way = this.#dtmf ?? this.#tones;
    way?.send(digits, durationMs);
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
    this.#rest(frame === null);
    if (frame !== null || this.#tones?.active === true) this.#apart.heardAlone();
    else this.#apart.heardShared(true);
    if (this.#begins(nowMs, to)) this.#sendOwn(frame ?? silence, to);
  }

  /** One beat of what others hear too: as the payloads made for all, or as PCM where those do not fit. */
  pushShared(nowMs: number, shared: SharedSound, to: Destination): void {
    const hasTones = this.#tones?.active === true;
    this.#rest(shared.isSilent);
    if (!this.#apart.isOver || hasTones || this.#rests || this.#seam.isOpen || this.#dtmf?.active === true) {
      if (this.#wasShared) this.#part(shared);
      if (hasTones) this.#apart.heardAlone();
      else this.#apart.heardShared(shared.isSilent);
      if (this.#begins(nowMs, to)) this.#sendOwn(shared.frame, to);
      return;
    }
    const own = this.#own;
    if (!this.#begins(nowMs, to) || own === null) return;
    const before = own.pendingSamples;
    const payloads = shared.payloadsOf(own.kind, own);
    if (payloads === null) {
      if (this.#wasShared) this.#part(shared);
      this.#sendOwn(shared.frame, to);
      return;
    }
    this.#wasShared = true;
    for (let i = 0; i < payloads.count; i += 1) {
      const endsBeat = i === payloads.count - 1 && payloads.pendingSamples === 0;
      const timestamp = this.#timestampOf(own, i * own.packetSamples - before);
      this.#sendCopy(payloads.packets[i]!, timestamp, this.#waitsForHalf(own, endsBeat), to);
    }
    own.pendingSamples = payloads.pendingSamples;
  }

  /** From what all hear to sound of its own: resampler and encoder go on where the shared ones stood. */
  #part(shared: SharedSound | null): void {
    if (this.#own !== null) this.#goOnFrom(this.#own, shared?.before(this.#own.kind) ?? null);
  }

  /** Between two beats: what was shared until now is not heard on the next one. */
  leave(shared: SharedSound): void {
    if (this.#wasShared && this.#own !== null) this.#goOnFrom(this.#own, shared.after(this.#own.kind));
    this.cut();
  }

  /** Between two beats: what comes next does not go on from what came before, which fades. */
  cut(): void {
    if (this.#own === null || this.#seam.isOpen) return;
    const wasSilent = this.#seam.cut(this.#own);
    if (!wasSilent) this.#apart.heardAlone();
  }

  #goOnFrom(own: EncodingLine, line: EncodingLine | null): void {
    this.#wasShared = false;
    if (line !== null) own.copyFrom(line);
    else own.clear();
  }

  #sendOwn(pcm: Int16Array, to: Destination): void {
    const own = this.#own;
    if (own === null) return;
    let ahead = -own.pendingSamples;
    const made = this.#seam.write(own, pcm);
    if (this.#tones?.active === true) {
      const { sampleRateHz } = codecs[own.kind.codec];
      this.#tones.over(own.sound, own.pendingSamples - made, made, sampleRateHz);
    }
    for (; own.hasPacket; ahead += own.packetSamples) this.#sendPacket(own, this.#timestampOf(own, ahead), to);
  }

  /** Of the sample that comes `samples` after the beat's first. */
  #timestampOf(own: EncodingLine, samples: number): number {
    return (this.rtp.timestamp + (samples * this.#clockRateHz) / codecs[own.kind.codec].sampleRateHz) >>> 0;
  }

  #waitsForHalf(own: EncodingLine, endsBeat: boolean): boolean {
    return endsBeat && own.kind.ptimeMs % BEAT_MS !== 0;
  }

  /** A packet waits for `halfBeat`. */
  get isHolding(): boolean {
    return this.#heldBytes > 0;
  }

  /** 10 ms after the beat. */
  halfBeat(to: Destination): void {
    const bytes = this.#heldBytes;
    if (bytes === 0 || this.#held === null) return;
    this.#heldBytes = 0;
    const buffer = this.#pair.acquire();
    if (buffer === null || to.address === null) return;
    for (let i = 0; i < bytes; i += 1) buffer.bytes[i] = this.#held[i]!;
    this.#pair.send(buffer, bytes, to.address, to.port);
  }

  /** Now, or at the half beat. */
  #dispatch(buffer: SendBuffer, bytes: number, isHeld: boolean, to: Destination): void {
    if (isHeld && this.#held !== null) {
      for (let i = 0; i < bytes; i += 1) this.#held[i] = buffer.bytes[i]!;
      this.#heldBytes = bytes;
    } else if (to.address !== null) this.#pair.send(buffer, bytes, to.address, to.port);
  }

  /** Moves the timestamp line on; true when sound is due, false when this beat is silent or an event's. */
  #begins(nowMs: number, to: Destination): boolean {
    const beats = Number.isNaN(this.#lastBeatMs) ? 0 : Math.max(1, Math.round((nowMs - this.#lastBeatMs) / BEAT_MS));
    this.#lastBeatMs = nowMs;
    this.rtp.advance((beats * BEAT_MS * this.#clockRateHz) / 1000);
    // The half beat did not come in time.
    if (this.#heldBytes > 0) this.halfBeat(to);
    if (beats > 1) this.#pause();
    if (this.#format === null || this.#own === null || to.address === null) {
      this.#pause();
      return false;
    }
    if (this.#sendEvent(to)) return false;
    if (this.#rests) {
      this.#pause();
      this.#sendNoise(to);
      return false;
    }
    if (this.#waits && Math.round(nowMs / BEAT_MS) % this.#own.periodBeats !== 0) return false;
    this.#waits = false;
    return true;
  }

  #pause(): void {
    this.#own?.clear();
    this.#seam.pause();
    this.#waits = true;
    this.rtp.pause();
  }

  #sendPacket(own: EncodingLine, timestamp: number, to: Destination): void {
    const buffer = this.#pair.acquire();
    if (buffer === null || to.address === null || this.#format === null) {
      own.drop();
      return;
    }
    const length = own.take(buffer.bytes, RTP_HEADER_BYTES);
    if (length === 0) {
      this.rtp.pause();
      return;
    }
    const bytes = this.rtp.writeSound(buffer.bytes, this.#format.payloadType, timestamp, length);
    this.#dispatch(buffer, bytes, this.#waitsForHalf(own, own.pendingSamples === 0), to);
  }

  #sendCopy(payload: Uint8Array, timestamp: number, isHeld: boolean, to: Destination): void {
    if (payload.length === 0) {
      // Nothing is to be heard (DTX), and what comes next is a new talkspurt.
      this.rtp.pause();
      return;
    }
    const buffer = this.#pair.acquire();
    if (buffer === null || to.address === null || this.#format === null) return;
    const { bytes: packet } = buffer;
    packet.set(payload, RTP_HEADER_BYTES);
    const bytes = this.rtp.writeSound(packet, this.#format.payloadType, timestamp, payload.length);
    this.#dispatch(buffer, bytes, isHeld, to);
  }

  /** Decides whether this beat is left out: a digit is not. */
  #rest(isSilent: boolean): void {
    const hasDigit = this.#dtmf?.active === true || this.#tones?.active === true;
    this.#rests = this.#pauses.step(isSilent && !hasDigit && !this.#seam.isOpen, this.#own?.pendingSamples === 0);
  }

  /** Comfort noise sent, in packets. */
  get noiseSent(): number {
    return this.#pauses.packetsSent;
  }

  #sendNoise(to: Destination): void {
    const { format } = this.#pauses;
    if (format === null || to.address === null || !this.#pauses.isDue()) return;
    const buffer = this.#pair.acquire();
    if (buffer === null) return;
    const length = this.#pauses.write(buffer.bytes, RTP_HEADER_BYTES);
    const { payloadType, sendPayloadType = payloadType } = format;
    // Its marker is the next talkspurt's.
    const bytes = this.rtp.writeEvent(buffer.bytes, sendPayloadType, this.rtp.timestamp, length, false);
    this.#pair.send(buffer, bytes, to.address, to.port);
  }

  /** True when this beat belongs to a telephone-event. */
  #sendEvent(to: Destination): boolean {
    if (this.#dtmf === null || this.#event === null || !this.#dtmf.active || to.address === null) return false;
    const packet = this.#eventPacket;
    const beatTicks = (BEAT_MS * this.#event.clockRateHz) / 1000;
    if (!this.#dtmf.step(this.rtp.timestamp, beatTicks, packet)) return false;
    this.#own?.clear();
    this.#seam.pause();
    this.#waits = true;
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

  close(): void {
    this.#own?.close();
    this.#own = null;
  }
}
