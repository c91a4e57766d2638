import type { Decoder } from '../codec.js';
import { Concealer } from '../conceal.js';
import {
  code,
  faultOf,
  MAX_PACKET_BYTES,
  MAX_PACKET_SAMPLES,
  type OpusEngine,
  type OpusFault,
  type OpusRateHz,
} from './engine.js';
import { isDtxPacket, packetFrameSamples, packetHasFec, packetSamples } from './packet.js';
import { Rest } from './rest.js';

/**
 * Mono decoder over a state of an engine, for packets of every mode, bandwidth, length and channel count: stereo is
 * mixed down by libopus. Made by `OpusHost.createDecoder`, which limits how many there are.
 *
 * No bytes make it throw: a call that cannot be served writes nothing, returns 0 and leaves the reason in `fault`.
 * The samples of a call are copied in and out; no allocation. Beside the state in the engine a decoder holds room for
 * packets that it did not decode (rest.ts), 1.2 KB with what a view costs.
 */
export class OpusDecoder implements Decoder {
  readonly sampleRateHz: OpusRateHz;
  /** Why the last call wrote nothing; null when all went well. */
  fault: OpusFault | null = null;
  /** The last packet said that nothing comes for a while (RFC 7587 §3.1.3): what is missing now is no loss. */
  inDtx = false;
  /** Samples made up for lost packets, taken from FEC, and made up in the pauses of DTX. */
  concealedSamples = 0;
  recoveredSamples = 0;
  comfortSamples = 0;
  /** Mean square up to which nobody hears what is decoded, see rest.ts; 0 = all is heard. */
  unheardPower = 0;
  toldLevel = -1;
  /** The last call wrote zeros in place of what nobody would hear. */
  isResting = false;
  readonly #rest = new Rest();
  readonly #engine: OpusEngine;
  readonly #onClose: () => void;
  /** For the build that cannot conceal a chosen length. */
  readonly #concealer: Concealer | null;
  readonly #longest: number;
  /** 2.5 ms: what libopus conceals is a multiple of it. */
  readonly #step: number;
  #handle: number;

  constructor(engine: OpusEngine, handle: number, options: OpusDecoderOptions) {
    this.#engine = engine;
    this.#handle = handle;
    this.sampleRateHz = options.sampleRateHz;
    this.#onClose = options.onClose;
    this.#concealer = engine.isComplete ? null : new Concealer(options.sampleRateHz);
    this.#longest = MAX_PACKET_SAMPLES / (48000 / options.sampleRateHz);
    this.#step = options.sampleRateHz / 400;
  }

  /** Calls that cost next to nothing because nobody would have heard what they make. */
  get framesSaved(): number {
    return this.#rest.framesSaved;
  }

  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    if (this.#handle === 0) return this.#failed(code.closed);
    const samples = packetSamples(payload, offset, length, this.sampleRateHz);
    if (samples === 0 || length > MAX_PACKET_BYTES) return this.#failed(code.invalidPacket);
    if (outOffset < 0 || outOffset + samples > out.length) return this.#failed(code.noRoom);
    const rest = this.#rest;
    const isPause = isDtxPacket(length);
    const maySkip = isPause
      ? rest.maySkipMissing(this.unheardPower)
      : rest.maySkip(payload, offset, length, this.unheardPower, this.toldLevel);
    if (maySkip) this.isResting = true;
    else {
      this.#catchUp();
      this.#load(payload, offset, length);
      const decoded = this.#engine.decode(this.#handle, length, samples, false);
      if (decoded < 0) return this.#failed(decoded);
      this.#store(out, outOffset, decoded);
      this.#concealer?.heard(out, outOffset, decoded);
      this.isResting = rest.heard(out, outOffset, decoded, !isPause, this.unheardPower);
    }
    if (this.isResting) out.fill(0, outOffset, outOffset + samples);
    this.inDtx = isPause;
    if (isPause) this.comfortSamples += samples;
    this.fault = null;
    return samples;
  }

  /**
   * Fills `samples` of `out` in place of packets that are missing, as libopus makes them up: the sound goes on, fading,
   * or, after DTX, background noise. Any count; what is no multiple of 2.5 ms is cut from one.
   */
  conceal(out: Int16Array, offset: number, samples: number): number {
    if (this.#handle === 0) return this.#failed(code.closed);
    if (samples <= 0) return this.#failed(code.badArgument);
    if (offset < 0 || offset + samples > out.length) return this.#failed(code.noRoom);
    this.fault = null;
    this.isResting = this.#rest.maySkipMissing(this.unheardPower);
    if (!this.isResting) {
      this.#catchUp();
      const error = this.#makeUp(out, offset, samples);
      if (error < 0) return this.#failed(error);
      if (this.inDtx) this.isResting = this.#rest.heard(out, offset, samples, false, this.unheardPower);
    }
    if (this.isResting) out.fill(0, offset, offset + samples);
    if (this.inDtx) this.comfortSamples += samples;
    else this.concealedSamples += samples;
    return samples;
  }

  /** 0, or an error. */
  #makeUp(out: Int16Array, offset: number, samples: number): number {
    if (this.#concealer !== null) {
      this.#concealer.conceal(out, offset, samples);
      return 0;
    }
    for (let done = 0; done < samples; ) {
      const part = Math.min(samples - done, this.#longest);
      const whole = Math.ceil(part / this.#step) * this.#step;
      const made = this.#engine.decode(this.#handle, 0, whole, false);
      if (made < 0) return made;
      this.#store(out, offset + done, part);
      done += part;
    }
    return 0;
  }

  /** Unless the line goes on resting: decodes the last of what was not, so that the next packet finds its past. */
  #catchUp(): void {
    const rest = this.#rest;
    if (rest.isOn) return;
    for (let i = 0; i < rest.keptCount; i += 1) {
      const length = rest.takeKept(i, this.#engine.bytes, this.#engine.packetAt);
      this.#engine.decode(this.#handle, length, this.#longest, false);
    }
    // After something missing libopus fades in what comes.
    if (rest.wasMissing && this.#engine.isComplete) this.#engine.decode(this.#handle, 0, this.#step * 8, false);
    rest.forget();
  }

  /**
   * Fills `samples` of `out`, a multiple of 2.5 ms up to 120, in place of what was lost just before the packet that is
   * given, from the copy in that packet (RFC 6716 §2.1.6); then `decode` it as usual. The copy is as long as one frame of
   * the packet: what is lost before it is concealed, as is all of it where there is no copy.
   */
  decodeFec(
    payload: Uint8Array,
    offset: number,
    length: number,
    out: Int16Array,
    outOffset: number,
    samples: number,
  ): number {
    if (this.#handle === 0) return this.#failed(code.closed);
    if (packetSamples(payload, offset, length, this.sampleRateHz) === 0 || length > MAX_PACKET_BYTES) {
      return this.#failed(code.invalidPacket);
    }
    if (samples <= 0 || samples > this.#longest || samples % this.#step !== 0) return this.#failed(code.badArgument);
    const copied = packetFrameSamples(payload, offset, this.sampleRateHz);
    if (!this.#engine.isComplete || copied > samples || !packetHasFec(payload, offset, length)) {
      return this.conceal(out, outOffset, samples);
    }
    if (outOffset < 0 || outOffset + samples > out.length) return this.#failed(code.noRoom);
    this.#rest.wake();
    this.isResting = false;
    this.#catchUp();
    this.#load(payload, offset, length);
    const decoded = this.#engine.decode(this.#handle, length, samples, true);
    if (decoded < 0) return this.#failed(decoded);
    this.#store(out, outOffset, decoded);
    this.recoveredSamples += copied;
    this.concealedSamples += decoded - copied;
    this.fault = null;
    return decoded;
  }

  /** Forgets the sound so far, for another source; the counters go on. */
  reset(): void {
    if (this.#handle === 0) return;
    this.#engine.resetDecoder(this.#handle, this.sampleRateHz);
    this.inDtx = false;
    this.#rest.wake();
    this.#rest.forget();
    this.#rest.told.reset();
  }

  /** Gives the memory back; after it nothing is decoded. */
  close(): void {
    if (this.#handle === 0) return;
    this.#engine.closeDecoder(this.#handle);
    this.#handle = 0;
    this.#onClose();
  }

  #load(payload: Uint8Array, offset: number, length: number): void {
    const bytes = this.#engine.bytes;
    const at = this.#engine.packetAt;
    for (let i = 0; i < length; i += 1) bytes[at + i] = payload[offset + i]!;
  }

  #store(out: Int16Array, offset: number, samples: number): void {
    const memory = this.#engine.samples;
    const at = this.#engine.pcmAt;
    for (let i = 0; i < samples; i += 1) out[offset + i] = memory[at + i]!;
  }

  #failed(error: number): number {
    this.fault = faultOf(error);
    this.isResting = false;
    if (error === code.internal) this.reset();
    return 0;
  }
}

export interface OpusDecoderOptions {
  readonly sampleRateHz: OpusRateHz;
  readonly onClose: () => void;
}
