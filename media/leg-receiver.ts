import { codecs, type Decoder } from './codec/codec.js';
import type { SampleRateHz } from './codec/resample.js';
import { DtmfReceiver } from './dtmf/rfc4733.js';
import { JitterBuffer } from './jitter-buffer.js';
import { PcmLine } from './pcm-line.js';
import type { RtpHeader } from './rtp/packet.js';
import { ReceiverStats } from './rtp/receiver-stats.js';
import type { CodecName, ReceiveFormat, TelephoneEventFormat } from './sdp/leg-media.js';

const BEAT_MS = 20;
/** Nothing is made up beyond this; concealment has faded by then. */
const MAX_CONCEAL_MS = 60;
/** After an event packet the sound pauses this long without being missed. */
const EVENT_HANG_MS = 120;
/** The most that the longest payload of any codec holds: 1500 octets of G.711 or G.722. */
const LONGEST_PAYLOAD_MS = 190;
const MAX_SAMPLE_RATE_HZ = 48_000;

interface Format {
  readonly codec: CodecName;
  readonly payloadType: number;
  readonly clockRateHz: number;
  readonly sampleRateHz: SampleRateHz;
  readonly maxBytes: number;
  readonly parameters: string;
  decoder: Decoder;
}

/** telephone-event at one clock rate. */
interface EventFormat {
  readonly payloadType: number;
  readonly clockRateHz: number;
  readonly digits: DtmfReceiver;
}

/** Counters of sources that spoke before the present one. */
interface Totals {
  received: number;
  bytes: number;
  lost: number;
  duplicate: number;
}

export interface LegReceiverOptions {
  readonly sampleRateHz: SampleRateHz;
  onDigit(digit: string, durationMs: number): void;
}

/**
 * The way in of one leg: accepted RTP → jitter buffer → one beat of PCM at the rate that is asked for. Any payload type
 * agreed on is taken at any time, any packet length too. A new SSRC resets figures, buffer and decoders, not the leg (RFC
 * 3550 §8.2).
 */
export class LegReceiver {
  /** Present source; null before the first packet. */
  source: ReceiverStats | null = null;
  framesConcealed = 0;
  /** Packets of a payload type that was not agreed on, too long, or of no known sequence line. */
  packetsRefused = 0;
  readonly #options: LegReceiverOptions;
  readonly #earlier: Totals = { received: 0, bytes: 0, lost: 0, duplicate: 0 };
  #formats: Format[] = [];
  #clockRateHz: number;
  #jitter: JitterBuffer;
  #earlierLate = 0;
  #mayReceive = false;
  #events: readonly EventFormat[] = [];
  #eventUntilMs = Number.NEGATIVE_INFINITY;
  #line: PcmLine;
  /** At the rate that comes next, written beside the other so that the change is not heard. */
  #next: PcmLine | null = null;
  /** One packet, as it was decoded. */
  readonly #decoded = new Int16Array((LONGEST_PAYLOAD_MS * MAX_SAMPLE_RATE_HZ) / 1000);
  /** Whose sound is continued when a packet is missing. */
  #last: Format | null = null;
  #concealedMs = 0;
  #wasHeard = false;
  #wasConcealed = false;

  constructor(options: LegReceiverOptions) {
    this.#options = options;
    this.#clockRateHz = 8000;
    this.#jitter = new JitterBuffer({ clockRateHz: this.#clockRateHz });
    this.#line = lineAt(options.sampleRateHz);
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

  /**
   * Throws OpusLimitError, and then nothing has changed.
   * @param mayReceive false while the peer is not to send: what comes is counted and not heard
   */
  set(formats: readonly ReceiveFormat[], events: readonly TelephoneEventFormat[], mayReceive: boolean): void {
    this.#changeFormats(formats);
    const clockRateHz = formats[0]?.clockRateHz ?? this.#clockRateHz;
    if (clockRateHz !== this.#clockRateHz) this.#changeClock(clockRateHz);
    if (!mayReceive && this.#mayReceive) this.#silence();
    this.#mayReceive = mayReceive;
    const { onDigit } = this.#options;
    const before = this.#events;
    this.#events = events.map(({ receivePayloadType: payloadType, clockRateHz: rateHz }) => {
      const same = before.find((event) => event.payloadType === payloadType && event.clockRateHz === rateHz);
      return same ?? { payloadType, clockRateHz: rateHz, digits: new DtmfReceiver({ clockRateHz: rateHz, onDigit }) };
    });
  }

  #changeFormats(formats: readonly ReceiveFormat[]): void {
    const before = this.#formats;
    const made: Format[] = [];
    try {
      this.#formats = formats.map((format) => {
        const same = before.find((known) => isSame(known, format));
        if (same !== undefined) return same;
        made.push(open(format));
        return made.at(-1)!;
      });
    } catch (error) {
      for (const { decoder } of made) decoder.close?.();
      throw error;
    }
    for (const format of before) if (!this.#formats.includes(format)) this.#drop(format);
  }

  /** A format that is received no more: its sound cannot go on. */
  #drop(format: Format): void {
    format.decoder.close?.();
    if (this.#last === format) this.#last = null;
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
    const event = this.#eventOf(header.payloadType);
    if (event !== null) {
      if (!this.#mayReceive) return;
      this.#eventUntilMs = arrivalMs + EVENT_HANG_MS;
      event.digits.push(header.timestamp, data, header.payloadOffset, header.payloadBytes, arrivalMs);
      return;
    }
    const format = this.#formatOf(header.payloadType);
    if (format === null || header.payloadBytes > format.maxBytes) {
      this.packetsRefused += 1;
      return;
    }
    // RFC 7160 §4.2: the peer went over to a codec of another clock, and its timestamps begin anew.
    if (format.clockRateHz !== this.#clockRateHz) this.#changeClock(format.clockRateHz);
    source.observeTransit(header.timestamp, arrivalMs, this.#clockRateHz);
    if (this.#mayReceive) this.#jitter.push(header, data, arrivalMs);
  }

  /** From the next beat on `pull` gives the same sound at that rate too; null: not any more. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#next = rateHz === null ? null : lineAt(rateHz);
    this.#next?.begin(this.#line);
  }

  /** From the next beat on `pull` has the rate that was prepared. */
  retune(): void {
    if (this.#next === null) return;
    this.#line = this.#next;
    this.#next = null;
  }

  /**
   * One beat into `out`; false = nothing to hear, `out` is untouched.
   * @param next where the same goes at the rate that is prepared; null while none is
   */
  pull(nowMs: number, out: Int16Array, next: Int16Array | null = null): boolean {
    for (let i = 0; i < this.#events.length; i += 1) this.#events[i]!.digits.poll(nowMs);
    if (!this.#mayReceive) return false;
    const line = this.#line;
    const samples = beatSamples(line.rateHz);
    this.#wasHeard = line.samples > 0;
    this.#wasConcealed = false;
    const isShortened = this.#jitter.takeSkip(nowMs);
    this.#fill(nowMs, isShortened ? samples * 2 : samples);
    if (this.#wasConcealed) this.framesConcealed += 1;
    this.#give(line, isShortened, out);
    if (this.#next !== null) this.#give(this.#next, isShortened, next);
    return this.#wasHeard;
  }

  #give(line: PcmLine, isShortened: boolean, out: Int16Array | null): void {
    const samples = beatSamples(line.rateHz);
    if (isShortened) line.shorten(samples);
    line.take(samples, this.#wasHeard ? out : null);
  }

  #fill(nowMs: number, samples: number): void {
    const { rateHz } = this.#line;
    while (this.#line.samples < samples) {
      const missingMs = ((samples - this.#line.samples) * 1000) / rateHz;
      const verdict = this.#jitter.pull(nowMs, Math.ceil((missingMs * this.#clockRateHz) / 1000));
      if (verdict === 'packet') this.#decode();
      else if (verdict === 'lost')
        this.#conceal(Math.min(missingMs, (this.#jitter.gapTicks * 1000) / this.#clockRateHz));
      else if (nowMs < this.#eventUntilMs) this.#makeSilence(missingMs);
      else this.#conceal(missingMs);
    }
  }

  #decode(): void {
    const packet = this.#jitter.packet;
    const format = packet === null ? null : this.#formatOf(packet.payloadType);
    if (packet === null || format === null) return;
    const samples = format.decoder.decode(packet.payload, 0, packet.payloadBytes, this.#decoded, 0);
    this.#jitter.played((samples * this.#clockRateHz) / format.sampleRateHz);
    this.#write(format.sampleRateHz, samples);
    this.#last = format;
    this.#concealedMs = 0;
    this.#wasHeard = true;
  }

  #conceal(ms: number): void {
    const last = this.#last;
    if (last === null || this.#concealedMs >= MAX_CONCEAL_MS) {
      this.#makeSilence(ms);
      return;
    }
    const samples = samplesOf(ms, last.sampleRateHz);
    this.#write(last.sampleRateHz, last.decoder.conceal(this.#decoded, 0, samples));
    this.#concealedMs += (samples * 1000) / last.sampleRateHz;
    this.#wasHeard = true;
    this.#wasConcealed = true;
  }

  #makeSilence(ms: number): void {
    const rateHz = this.#last?.sampleRateHz ?? this.#line.rateHz;
    const samples = samplesOf(ms, rateHz);
    this.#decoded.fill(0, 0, samples);
    this.#write(rateHz, samples);
  }

  #write(rateHz: SampleRateHz, samples: number): void {
    this.#line.write(this.#decoded, rateHz, samples);
    this.#next?.write(this.#decoded, rateHz, samples);
  }

  #formatOf(payloadType: number): Format | null {
    const formats = this.#formats;
    for (let i = 0; i < formats.length; i += 1) {
      if (formats[i]!.payloadType === payloadType) return formats[i]!;
    }
    return null;
  }

  #changeSource(header: RtpHeader): ReceiverStats {
    const before = this.source;
    if (before !== null) {
      this.#earlier.received += before.packetsReceived;
      this.#earlier.bytes += before.bytesReceived;
      this.#earlier.lost += before.packetsLost;
      this.#earlier.duplicate += before.packetsDuplicate;
      this.#silence();
      for (const format of this.#formats) this.#renew(format);
      for (const { digits } of this.#events) digits.reset();
    }
    this.source = new ReceiverStats(header.ssrc, header.sequence);
    return this.source;
  }

  #renew(format: Format): void {
    // The old one first: where there is a limit, the new one takes its place.
    format.decoder.close?.();
    format.decoder = codecs[format.codec].createDecoder(format.parameters);
  }

  #eventOf(payloadType: number): EventFormat | null {
    const events = this.#events;
    for (let i = 0; i < events.length; i += 1) {
      if (events[i]!.payloadType === payloadType) return events[i]!;
    }
    return null;
  }

  close(): void {
    for (const { decoder } of this.#formats) decoder.close?.();
    this.#formats = [];
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
    this.#line.clear();
    this.#next?.clear();
    this.#last = null;
    this.#concealedMs = 0;
  }
}

function isSame(known: Format, { codec, payloadType, parameters }: ReceiveFormat): boolean {
  return known.codec === codec && known.payloadType === payloadType && known.parameters === parameters;
}

function open({ codec, payloadType, clockRateHz, parameters }: ReceiveFormat): Format {
  const { sampleRateHz, maxReceivedBytes: maxBytes, createDecoder } = codecs[codec];
  return { codec, payloadType, clockRateHz, sampleRateHz, maxBytes, parameters, decoder: createDecoder(parameters) };
}

function beatSamples(rateHz: number): number {
  return (BEAT_MS * rateHz) / 1000;
}

function lineAt(rateHz: SampleRateHz): PcmLine {
  return new PcmLine(rateHz, BEAT_MS * 2 + LONGEST_PAYLOAD_MS);
}

/** Samples that make up at least `ms`, so many that every other rate has a whole number of them. */
function samplesOf(ms: number, rateHz: SampleRateHz): number {
  const step = rateHz / 8000;
  return Math.max(1, Math.ceil((ms * rateHz) / 1000 / step - 1e-6)) * step;
}
