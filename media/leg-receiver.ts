import type { Decoder } from './codec/codec.js';
import type { SampleRateHz } from './codec/resample.js';
import { DecodedSound, wholeSamples } from './decoded-sound.js';
import { DigitsIn, type DigitsInOptions } from './dtmf/digits-in.js';
import { JitterBuffer } from './jitter-buffer.js';
import { PauseNoise } from './pause-noise.js';
import { type OpenFormat, ReceiveFormats, tellUnheard } from './receive-formats.js';
import type { RtpHeader } from './rtp/packet.js';
import { ReceiverStats } from './rtp/receiver-stats.js';
import type { CodecName, ComfortNoiseFormat, ReceiveFormat, TelephoneEventFormat } from './sdp/leg-media.js';
import { longestSpliceMs } from './time-scale.js';

/** Nothing is made up beyond this; concealment has faded by then. */
const MAX_CONCEAL_MS = 60;
/** The longest loss that is made of the packet after it: Opus allows so much at once. */
const MAX_FEC_MS = 120;
/** A pause that a codec fills by itself ends when nothing has come for so long: Opus sends a packet each 400 ms. */
const MAX_DTX_MS = 1000;
/** After an event packet the sound pauses this long without being missed. */
const EVENT_HANG_MS = 120;
/** The most that the longest payload of any codec holds: 1500 octets of G.711 or G.722. */
const LONGEST_PAYLOAD_MS = 190;

/**
 * Mean squares up to which sound need not be decoded. −78 dBov is below the smallest step of A-law, and cannot be told
 * from silence by anybody. −55 dBov is what the background of a line may have that a room leaves out until it speaks.
 */
const NOT_HEARABLE_POWER = Math.round(32_768 ** 2 * 10 ** -7.8);
const NOT_HEARD_POWER = Math.round(32_768 ** 2 * 10 ** -5.5);

/** A level and as many coefficients as a byte can count. */
const LONGEST_NOISE_BYTES = 256;

/** Counters of sources that spoke before the present one. */
interface Totals {
  received: number;
  bytes: number;
  lost: number;
  duplicate: number;
}

export interface LegReceiverOptions extends DigitsInOptions {
  readonly sampleRateHz: SampleRateHz;
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
  /** The sound in the packet that was heard last. */
  packetMs = 20;
  /** Packets of a payload type that was not agreed on, too long, or of no known sequence line. */
  packetsRefused = 0;
  readonly #earlier: Totals = { received: 0, bytes: 0, lost: 0, duplicate: 0 };
  readonly #formats = new ReceiveFormats();
  /** Of the format that was heard last. */
  #clockRateHz = 8000;
  /** One for each clock rate that was ever agreed on: a handful. */
  readonly #jitters: JitterBuffer[] = [];
  #jitter: JitterBuffer;
  #mayReceive = false;
  readonly #digits: DigitsIn;
  #eventUntilMs = Number.NEGATIVE_INFINITY;
  readonly #sound: DecodedSound;
  /** Whose sound is continued when a packet is missing. */
  #last: OpenFormat | null = null;
  #concealedMs = 0;
  readonly #noise = new PauseNoise();
  #wasHeard = false;
  #wasConcealed = false;
  #wasResting = false;
  /** What waits is zeros in place of what nobody would hear. */
  #endsAtRest = false;
  #unheardPower = NOT_HEARABLE_POWER;

  constructor(options: LegReceiverOptions) {
    this.#digits = new DigitsIn(options);
    this.#jitter = this.#jitterAt(this.#clockRateHz);
    this.#sound = new DecodedSound(options.sampleRateHz, LONGEST_PAYLOAD_MS + longestSpliceMs);
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
    let count = this.#earlier.duplicate + (this.source?.packetsDuplicate ?? 0);
    for (const jitter of this.#jitters) count += jitter.packetsDuplicate;
    return count;
  }

  get packetsLate(): number {
    return this.#jitters.reduce((count, jitter) => count + jitter.packetsLate, 0);
  }

  /** How long the packet that was heard last had waited. */
  get bufferMs(): number {
    return this.#jitter.waitedMs;
  }

  get bufferTargetMs(): number {
    return this.#jitter.targetMs;
  }

  /** The last beat had sound that is left out because nobody would hear it. */
  get isResting(): boolean {
    return this.#wasResting && !this.#wasHeard;
  }

  /** Of what is heard now; null for nothing. */
  get codec(): CodecName | null {
    return this.#last?.codec ?? null;
  }

  /**
   * @param mayReceive false while the peer is not to send: what comes is counted and not heard
   */
  set(
    formats: readonly ReceiveFormat[],
    events: readonly TelephoneEventFormat[],
    mayReceive: boolean,
    noise: readonly ComfortNoiseFormat[] = [],
  ): void {
    this.#formats.set(formats);
    if (this.#last !== null && !this.#formats.has(this.#last)) this.#last = null;
    this.#noise.formats = noise;
    for (const { clockRateHz } of noise) this.#jitterAt(clockRateHz);
    for (const { clockRateHz } of formats) this.#jitterAt(clockRateHz);
    if (!mayReceive && this.#mayReceive) this.#silence();
    this.#mayReceive = mayReceive;
    this.#digits.set(events);
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
    if (this.#digits.isEvent(header.payloadType)) {
      if (!this.#mayReceive) return;
      this.#eventUntilMs = arrivalMs + EVENT_HANG_MS;
      this.#digits.event(header, data, arrivalMs);
      return;
    }
    const codec = this.#formats.of(header.payloadType);
    const format = codec ?? this.#noise.formatOf(header.payloadType);
    if (format === null || header.payloadBytes > (codec?.maxBytes ?? LONGEST_NOISE_BYTES)) {
      this.packetsRefused += 1;
      return;
    }
    if (format.clockRateHz !== this.#clockRateHz) this.#changeClock(format.clockRateHz);
    source.observeTransit(header.timestamp, arrivalMs, this.#clockRateHz);
    if (!this.#mayReceive) return;
    if (this.#jitter.push(header, data, arrivalMs) === 'late') source.discarded(header.sequence);
  }

  /** From the next beat on `pull` gives the same sound at that rate too; null: not any more. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#sound.prepare(rateHz);
  }

  /** From the next beat on `pull` has the rate that was prepared. */
  retune(): void {
    this.#sound.retune();
  }

  /**
   * One beat into `out`; false = nothing to hear, `out` is untouched.
   * @param next where the same goes at the rate that is prepared; null while none is
   * @param isUnheard nobody hears it unless it is louder than a background; it need then not be decoded
   */
  pull(nowMs: number, out: Int16Array, next: Int16Array | null = null, isUnheard = false): boolean {
    this.#digits.poll(nowMs);
    if (!this.#mayReceive) return false;
    this.#unheardPower = isUnheard ? NOT_HEARD_POWER : NOT_HEARABLE_POWER;
    this.#wasResting = false;
    this.#wasHeard = this.#sound.isSounding && !this.#endsAtRest;
    this.#wasConcealed = false;
    this.#fill(nowMs);
    if (this.#wasConcealed) this.framesConcealed += 1;
    this.#sound.take(this.#wasHeard ? out : null, this.#wasHeard ? next : null);
    this.#jitter.splices.left(this.#sound.waitingMs);
    return this.#wasHeard;
  }

  #fill(nowMs: number): void {
    for (let missingMs = this.#sound.missingMs; missingMs > 0; missingMs = this.#sound.missingMs) {
      const verdict = this.#jitter.pull(nowMs, Math.ceil((missingMs * this.#clockRateHz) / 1000));
      const gapMs = (this.#jitter.gapTicks * 1000) / this.#clockRateHz;
      const ms = verdict === 'lost' ? Math.min(missingMs, gapMs) : missingMs;
      if (verdict === 'packet') this.#take(nowMs, ms);
      else if (verdict === 'empty' && nowMs < this.#eventUntilMs) this.#makeSilence(ms);
      else if (this.#noise.isOn(nowMs)) this.#makeNoise(nowMs, ms);
      else if (verdict === 'empty' || !this.#recover()) this.#conceal(ms);
    }
  }

  #take(nowMs: number, missingMs: number): void {
    const packet = this.#jitter.packet;
    if (packet === null) return;
    const format = this.#formats.of(packet.payloadType);
    if (format !== null) this.#decode(format, nowMs, missingMs);
    else if (this.#noise.formatOf(packet.payloadType) !== null) {
      this.#jitter.played(0);
      this.#noise.take(packet, nowMs);
    }
  }

  #decode(format: OpenFormat, nowMs: number, missingMs: number): void {
    const packet = this.#jitter.packet!;
    const { sampleRateHz } = format;
    const decoder = this.#formats.decoderOf(format);
    if (decoder === null) {
      this.packetsRefused += 1;
      this.#jitter.played(0);
      return;
    }
    const { payload, payloadBytes } = packet;
    const silent = this.#digits.isListening ? 0 : silentSamples(format, payload, payloadBytes);
    const at = silent > 0 ? 0 : this.#sound.begin(sampleRateHz);
    tellUnheard(decoder, this.#unheardPower, packet.audioLevel);
    const samples = silent > 0 ? silent : decoder.decode(payload, 0, payloadBytes, this.#sound.pcm, at);
    this.#jitter.played((samples * this.#clockRateHz) / sampleRateHz);
    const isEnough = samples * 1000 >= missingMs * sampleRateHz;
    if (silent > 0) {
      this.#sound.writeSilence(sampleRateHz, isEnough ? this.#spliceSilence(nowMs, format, samples) : samples);
    } else {
      format.silence?.decoded(payload, payloadBytes, this.#sound.pcm, at, samples, sampleRateHz);
      this.#digits.sound(this.#sound.pcm, at, samples, sampleRateHz);
      this.#sound.write(sampleRateHz, isEnough ? this.#splice(nowMs, format, at, samples) : samples);
    }
    this.#last = format;
    if (samples > 0) this.packetMs = (samples * 1000) / format.sampleRateHz;
    this.#concealedMs = 0;
    this.#noise.stop();
    if (silent === 0) this.#hear(decoder);
  }

  /** Something was made: sound, or zeros in place of what nobody would hear. */
  #hear(decoder: Decoder | null): void {
    this.#endsAtRest = decoder?.isResting === true;
    if (this.#endsAtRest) this.#wasResting = true;
    else this.#wasHeard = true;
  }

  #makeNoise(nowMs: number, ms: number): void {
    // A pause: a digit that was on has ended.
    this.#digits.pause();
    this.#noise.write(this.#sound, nowMs, ms);
    this.#hear(null);
  }

  /** Makes all that was lost of the packet after it, where that one has a copy. */
  #recover(): boolean {
    const last = this.#last;
    const next = this.#jitter.next;
    if (last?.decoder?.decodeFec === undefined || last.decoder.inDtx === true) return false;
    if (next === null || next.payloadType !== last.payloadType) return false;
    if (!this.#jitter.takeGap((MAX_FEC_MS * this.#clockRateHz) / 1000)) return false;
    const gapMs = (this.#jitter.gapTicks * 1000) / this.#clockRateHz;
    const at = this.#sound.begin(last.sampleRateHz);
    const samples = wholeSamples(gapMs, last.sampleRateHz);
    const { payload, payloadBytes } = next;
    const made = last.decoder.decodeFec(payload, 0, payloadBytes, this.#sound.pcm, at, samples);
    if (made === 0) {
      this.#conceal(gapMs);
      return true;
    }
    this.#digits.sound(this.#sound.pcm, at, made, last.sampleRateHz);
    this.#sound.write(last.sampleRateHz, made);
    this.#concealedMs = 0;
    this.#hear(last.decoder);
    this.#wasConcealed = true;
    return true;
  }

  /** Makes the packet shorter or longer where the delay has to change; its length then. */
  #splice(nowMs: number, { sampleRateHz, scale }: OpenFormat, at: number, samples: number): number {
    const wantedMs = this.#jitter.correctionMs(nowMs);
    if (wantedMs === 0) return samples;
    const { splices } = this.#jitter;
    const most = Math.floor((Math.abs(wantedMs) * sampleRateHz) / 1000);
    const change =
      wantedMs < 0
        ? -scale.shorten(this.#sound.pcm, at, samples, most, splices.leastAlike)
        : scale.lengthen(this.#sound.pcm, at, samples, most, splices.leastAlike);
    if (change === 0) splices.failed(nowMs);
    else splices.made(nowMs, (change * 1000) / sampleRateHz);
    return samples + change;
  }

  /** The same for silence, of which any part can be cut or put in. */
  #spliceSilence(nowMs: number, { sampleRateHz }: OpenFormat, samples: number): number {
    const wantedMs = this.#jitter.correctionMs(nowMs);
    if (wantedMs === 0) return samples;
    const change = Math.max(-samples, Math.trunc((wantedMs * sampleRateHz) / 1000));
    if (change !== 0) this.#jitter.splices.made(nowMs, (change * 1000) / sampleRateHz);
    return samples + change;
  }

  #conceal(ms: number): void {
    const last = this.#last;
    const decoder = last?.decoder ?? null;
    const isPause = decoder?.inDtx === true;
    if (last === null || decoder === null || this.#concealedMs >= (isPause ? MAX_DTX_MS : MAX_CONCEAL_MS)) {
      this.#makeSilence(ms);
      return;
    }
    const at = this.#sound.begin(last.sampleRateHz);
    const samples = wholeSamples(ms, last.sampleRateHz);
    tellUnheard(decoder, this.#unheardPower, -1);
    last.silence?.clear();
    const made = decoder.conceal(this.#sound.pcm, at, samples);
    // A decoder that cannot must not leave the beat unfilled.
    if (made < samples) this.#sound.pcm.fill(0, at + made, at + samples);
    this.#digits.sound(this.#sound.pcm, at, samples, last.sampleRateHz);
    this.#sound.write(last.sampleRateHz, samples);
    this.#concealedMs += (samples * 1000) / last.sampleRateHz;
    this.#hear(decoder);
    if (!isPause) this.#wasConcealed = true;
  }

  #makeSilence(ms: number): void {
    const rateHz = this.#last?.sampleRateHz ?? this.#sound.rateHz;
    const at = this.#sound.begin(rateHz);
    const samples = wholeSamples(ms, rateHz);
    this.#sound.pcm.fill(0, at, at + samples);
    this.#digits.sound(this.#sound.pcm, at, samples, rateHz);
    this.#sound.write(rateHz, samples);
  }

  #changeSource(header: RtpHeader): ReceiverStats {
    const before = this.source;
    if (before !== null) {
      this.#earlier.received += before.packetsReceived;
      this.#earlier.bytes += before.bytesReceived;
      this.#earlier.lost += before.packetsLost;
      this.#earlier.duplicate += before.packetsDuplicate;
      this.#silence();
      this.#formats.renew();
      this.#digits.reset();
    }
    this.source = new ReceiverStats(header.ssrc, header.sequence);
    return this.source;
  }

  /** RFC 7160 §4.2: the timestamps of two clock rates are no one line; what waits of the old one is not heard. */
  #changeClock(clockRateHz: number): void {
    this.#jitter.reset();
    this.#clockRateHz = clockRateHz;
    this.#jitter = this.#jitterAt(clockRateHz);
    this.#jitter.reset();
  }

  /** Made where an answer may bring a new rate, never for a packet. */
  #jitterAt(clockRateHz: number): JitterBuffer {
    let found = this.#jitters.find((jitter) => jitter.clockRateHz === clockRateHz);
    if (found === undefined) {
      found = new JitterBuffer({ clockRateHz });
      this.#jitters.push(found);
    }
    return found;
  }

  close(): void {
    this.#formats.close();
  }

  #silence(): void {
    this.#jitter.reset();
    this.#sound.clear();
    this.#digits.pause();
    this.#last = null;
    this.#concealedMs = 0;
    this.#noise.stop();
  }
}

/** How much digital silence a packet is, in samples of the codec; 0 = it has to be decoded. */
function silentSamples({ decoder, silence }: OpenFormat, payload: Uint8Array, bytes: number): number {
  return decoder?.passSilence?.(payload, 0, bytes) ?? silence?.pass(payload, bytes) ?? 0;
}
