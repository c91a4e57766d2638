import { codecs, type Decoder } from './codec/codec.js';
import { DtmfReceiver } from './dtmf/rfc4733.js';
import { JitterBuffer } from './jitter-buffer.js';
import type { RtpHeader } from './rtp/packet.js';
import { ReceiverStats } from './rtp/receiver-stats.js';
import type { CodecName, ReceiveFormat, TelephoneEventFormat } from './sdp/leg-media.js';

const BEAT_MS = 20;
/** Nothing is made up beyond this; concealment has faded by then. */
const MAX_CONCEAL_MS = 60;
/** After an event packet the sound pauses this long without being missed. */
const EVENT_HANG_MS = 120;
const LONGEST_PAYLOAD_SAMPLES = 1500;

interface Format {
  readonly codec: CodecName;
  readonly payloadType: number;
  decoder: Decoder;
}

/** Counters of sources that spoke before the present one. */
interface Totals {
  received: number;
  bytes: number;
  lost: number;
  duplicate: number;
}

export interface LegReceiverOptions {
  readonly sampleRateHz: number;
  onDigit(digit: string, durationMs: number): void;
}

/**
 * The way in of one leg: accepted RTP → jitter buffer → one beat of PCM. Any payload type agreed on is taken at any
 * time, any packet length too. A new SSRC resets figures, buffer and decoders, not the leg (RFC 3550 §8.2).
 */
export class LegReceiver {
  /** Present source; null before the first packet. */
  source: ReceiverStats | null = null;
  framesConcealed = 0;
  /** Packets of a payload type that was not agreed on, or of no known sequence line. */
  packetsRefused = 0;
  readonly #options: LegReceiverOptions;
  readonly #beatSamples: number;
  readonly #earlier: Totals = { received: 0, bytes: 0, lost: 0, duplicate: 0 };
  #formats: Format[] = [];
  #clockRateHz: number;
  #jitter: JitterBuffer;
  #earlierLate = 0;
  #mayReceive = false;
  #event: TelephoneEventFormat | null = null;
  #dtmf: DtmfReceiver | null = null;
  #eventUntilMs = Number.NEGATIVE_INFINITY;
  /** Decoded and not yet given out, the first `#pcmSamples`. */
  readonly #pcm: Int16Array;
  #pcmSamples = 0;
  /** Whose sound is continued when a packet is missing. */
  #decoder: Decoder | null = null;
  #concealedSamples = 0;
  #wasHeard = false;
  #wasConcealed = false;

  constructor(options: LegReceiverOptions) {
    this.#options = options;
    this.#beatSamples = (BEAT_MS * options.sampleRateHz) / 1000;
    this.#clockRateHz = options.sampleRateHz;
    this.#jitter = new JitterBuffer({ clockRateHz: this.#clockRateHz });
    this.#pcm = new Int16Array(this.#beatSamples * 2 + LONGEST_PAYLOAD_SAMPLES);
  }

  get packetsReceived(): number {
    return this.#earlier.received + (this.source?.packetsReceived ?? 0);
  }

  get bytesReceived(): number {
    return this.#earlier.bytes + (this.source?.bytesReceived ?? 0);
  }

  get packetsLost(): number {
    return this.#earlier.lost + (this.source?.packetsLost ?? 0);
  }

  get packetsDuplicate(): number {
    return this.#earlier.duplicate + (this.source?.packetsDuplicate ?? 0) + this.#jitter.packetsDuplicate;
  }

  get packetsLate(): number {
    return this.#earlierLate + this.#jitter.packetsLate;
  }

  /** @param mayReceive false while the peer is not to send: what comes is counted and not heard */
  set(formats: readonly ReceiveFormat[], event: TelephoneEventFormat | null, mayReceive: boolean): void {
    const before = this.#formats;
    this.#formats = formats.map(({ codec, payloadType }) => {
      const same = before.find((format) => format.codec === codec && format.payloadType === payloadType);
      return same ?? { codec, payloadType, decoder: codecs[codec].createDecoder() };
    });
    const clockRateHz = formats[0]?.clockRateHz ?? this.#clockRateHz;
    if (clockRateHz !== this.#clockRateHz) this.#changeClock(clockRateHz);
    if (!mayReceive && this.#mayReceive) this.#silence();
    this.#mayReceive = mayReceive;
    if (event !== null && event.clockRateHz !== this.#event?.clockRateHz) {
      const { onDigit } = this.#options;
      this.#dtmf = new DtmfReceiver({ clockRateHz: event.clockRateHz, onDigit });
    }
    if (event === null) this.#dtmf = null;
    this.#event = event;
  }

  /** One packet of the accepted source. */
  receive(header: RtpHeader, data: Uint8Array, arrivalMs: number): void {
    const source = this.source?.ssrc === header.ssrc ? this.source : this.#changeSource(header);
    const verdict = source.receive(header.sequence, header.payloadBytes);
    if (verdict === 'duplicate') return;
    if (verdict === 'stray') {
      this.packetsRefused += 1;
      return;
    }
    if (verdict === 'restarted') this.#jitter.reset();
    if (this.#event !== null && header.payloadType === this.#event.receivePayloadType) {
      if (!this.#mayReceive) return;
      this.#eventUntilMs = arrivalMs + EVENT_HANG_MS;
      this.#dtmf?.push(header.timestamp, data, header.payloadOffset, header.payloadBytes, arrivalMs);
      return;
    }
    if (this.#formatOf(header.payloadType) === null) {
      this.packetsRefused += 1;
      return;
    }
    source.observeTransit(header.timestamp, arrivalMs, this.#clockRateHz);
    if (this.#mayReceive) this.#jitter.push(header, data, arrivalMs);
  }

  /** One beat into `out`; false = nothing to hear, `out` is untouched. */
  pull(nowMs: number, out: Int16Array): boolean {
    this.#dtmf?.poll(nowMs);
    if (!this.#mayReceive) return false;
    this.#wasHeard = this.#pcmSamples > 0;
    this.#wasConcealed = false;
    const samples = this.#beatSamples;
    const isShortened = this.#jitter.takeSkip(nowMs);
    this.#fill(nowMs, isShortened ? samples * 2 : samples);
    if (this.#wasConcealed) this.framesConcealed += 1;
    if (isShortened) this.#shorten();
    const pcm = this.#pcm;
    if (this.#wasHeard) for (let i = 0; i < samples; i += 1) out[i] = pcm[i]!;
    if (this.#pcmSamples > samples) pcm.copyWithin(0, samples, this.#pcmSamples);
    this.#pcmSamples -= samples;
    return this.#wasHeard;
  }

  #fill(nowMs: number, samples: number): void {
    while (this.#pcmSamples < samples) {
      const missing = samples - this.#pcmSamples;
      const verdict = this.#jitter.pull(nowMs, this.#toTicks(missing));
      if (verdict === 'packet') this.#decode();
      else if (verdict === 'lost')
        this.#conceal(Math.max(1, Math.min(missing, this.#toSamples(this.#jitter.gapTicks))));
      else if (nowMs < this.#eventUntilMs) this.#makeSilence(missing);
      else this.#conceal(missing);
    }
  }

  #decode(): void {
    const packet = this.#jitter.packet;
    const format = packet === null ? null : this.#formatOf(packet.payloadType);
    if (packet === null || format === null) return;
    const samples = format.decoder.decode(packet.payload, 0, packet.payloadBytes, this.#pcm, this.#pcmSamples);
    this.#jitter.played(this.#toTicks(samples));
    this.#pcmSamples += samples;
    this.#decoder = format.decoder;
    this.#concealedSamples = 0;
    this.#wasHeard = true;
  }

  #conceal(samples: number): void {
    const isOver = this.#concealedSamples * 1000 >= MAX_CONCEAL_MS * this.#options.sampleRateHz;
    if (this.#decoder === null || isOver) {
      this.#makeSilence(samples);
      return;
    }
    this.#pcmSamples += this.#decoder.conceal(this.#pcm, this.#pcmSamples, samples);
    this.#concealedSamples += samples;
    this.#wasHeard = true;
    this.#wasConcealed = true;
  }

  #makeSilence(samples: number): void {
    this.#pcm.fill(0, this.#pcmSamples, this.#pcmSamples + samples);
    this.#pcmSamples += samples;
  }

  /** Makes one beat of the first two, fading from one to the other: it begins and ends where they do. */
  #shorten(): void {
    const samples = this.#beatSamples;
    const pcm = this.#pcm;
    for (let i = 0; i < samples; i += 1) {
      pcm[i] = Math.round((pcm[i]! * (samples - i) + pcm[samples + i]! * i) / samples);
    }
    pcm.copyWithin(samples, samples * 2, this.#pcmSamples);
    this.#pcmSamples -= samples;
  }

  #formatOf(payloadType: number): Format | null {
    const formats = this.#formats;
    for (let i = 0; i < formats.length; i += 1) {
      if (formats[i]!.payloadType === payloadType) return formats[i]!;
    }
    return null;
  }

  #toTicks(samples: number): number {
    return (samples * this.#clockRateHz) / this.#options.sampleRateHz;
  }

  #toSamples(ticks: number): number {
    return Math.floor((ticks * this.#options.sampleRateHz) / this.#clockRateHz);
  }

  #changeSource(header: RtpHeader): ReceiverStats {
    const before = this.source;
    if (before !== null) {
      this.#earlier.received += before.packetsReceived;
      this.#earlier.bytes += before.bytesReceived;
      this.#earlier.lost += before.packetsLost;
      this.#earlier.duplicate += before.packetsDuplicate;
      this.#silence();
      for (const format of this.#formats) format.decoder = codecs[format.codec].createDecoder();
      this.#dtmf?.reset();
    }
    this.source = new ReceiverStats(header.ssrc, header.sequence);
    return this.source;
  }

  #changeClock(clockRateHz: number): void {
    this.#earlierLate += this.#jitter.packetsLate;
    this.#earlier.duplicate += this.#jitter.packetsDuplicate;
    this.#silence();
    this.#clockRateHz = clockRateHz;
    this.#jitter = new JitterBuffer({ clockRateHz });
  }

  #silence(): void {
    this.#jitter.reset();
    this.#pcmSamples = 0;
    this.#decoder = null;
    this.#concealedSamples = 0;
  }
}
