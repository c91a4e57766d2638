import type { Encoder } from '../codec.js';
import { code, ctl, faultOf, type OpusEngine, type OpusFault, type OpusRateHz } from './engine.js';
import { isDtxPacket } from './packet.js';
import { SilentPayload } from './silent-payload.js';

/** How an encoder is to work. Numbers out of range count as the nearest in range. */
export interface OpusEncoderSettings {
  /** Average bits per second, 6,000 to 510,000 (RFC 7587 §3.1.1). */
  readonly bitrate: number;
  /** 0, cheap, to 10, good. */
  readonly complexity: number;
  /** The sample rate at which the listener plays: nothing above half of it is encoded. */
  readonly maxPlaybackRateHz: number;
  /** Packets carry a copy of the frame before them (RFC 7587 §3.3), as good as `expectedLossPercent` asks for. */
  readonly fec: boolean;
  /** 0 to 100; at 0 `fec` adds nothing. */
  readonly expectedLossPercent: number;
  /** In silence next to nothing is sent (RFC 7587 §3.1.3). */
  readonly dtx: boolean;
  /** Every packet has the same length (RFC 7587 §3.1.2). */
  readonly cbr: boolean;
}

/** libopus would take up to 120, but nobody negotiates more (RFC 7587 §4.2). */
const MAX_FRAME_MS = 60;

/** The longest payload that `encode` writes: 60 ms at 510 kbit/s, and less in any room smaller than that. */
export const MAX_ENCODED_BYTES = 3828;

/** `OPUS_BANDWIDTH_NARROWBAND` and the four above it, by the sample rate that carries them (RFC 6716 §2). */
const NARROWBAND = 1101;

function bandwidthFor(playbackRateHz: number): number {
  if (playbackRateHz <= 8000) return NARROWBAND;
  if (playbackRateHz <= 12000) return NARROWBAND + 1;
  if (playbackRateHz <= 16000) return NARROWBAND + 2;
  return playbackRateHz <= 24000 ? NARROWBAND + 3 : NARROWBAND + 4;
}

function between(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(high, Math.round(value)));
}

/** Mono encoder over a state of an engine. Made by `OpusHost.createEncoder`, which limits how many there are. */
export class OpusEncoder implements Encoder {
  readonly sampleRateHz: OpusRateHz;
  /** Why the last call wrote nothing; null when all went well, also when DTX had nothing to send. */
  fault: OpusFault | null = null;
  readonly #engine: OpusEngine;
  readonly #onClose: () => void;
  /** 60 ms. */
  readonly #longest: number;
  #handle: number;
  #settings: OpusEncoderSettings;
  /** DTX has begun, and the listener was told. */
  #isQuiet = false;
  readonly #silent = new SilentPayload();

  constructor(engine: OpusEngine, handle: number, options: OpusEncoderOptions) {
    this.#engine = engine;
    this.#handle = handle;
    this.sampleRateHz = options.sampleRateHz;
    this.#onClose = options.onClose;
    this.#longest = (options.sampleRateHz / 1000) * MAX_FRAME_MS;
    this.#settings = options.settings;
    this.#apply();
  }

  get settings(): OpusEncoderSettings {
    return this.#settings;
  }

  /** Samples by which the sound comes out later than it went in: 6.5 ms. */
  get lookaheadSamples(): number {
    return (this.sampleRateHz * 13) / 2000;
  }

  /** Changes the settings from the next packet on, without a break in the sound. */
  configure(settings: OpusEncoderSettings): void {
    this.#settings = settings;
    this.#silent.clear();
    this.#apply();
  }

  /**
   * Encodes 2.5, 5, 10, 20, 40 or 60 ms. Returns 0 with a `fault` when it cannot, and 0 without one when DTX has nothing
   * to send: of a silence the first packet (a byte or two) is given out so that the decoder knows, those after it are
   * not, but for the refreshes of libopus each 400 ms. Without DTX a long digital silence is the same packet again and
   * again. Copies in and out, no allocation.
   */
  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    if (this.#handle === 0) return this.#failed(code.closed);
    if (samples <= 0 || samples > this.#longest || offset < 0 || offset + samples > pcm.length) {
      return this.#failed(code.badArgument);
    }
    const room = out.length - outOffset;
    if (room <= 0 || outOffset < 0) return this.#failed(code.noRoom);
    if (this.#silent.holds(pcm, offset, samples, room) && !this.#settings.dtx) {
      this.fault = null;
      return this.#silent.copy(out, outOffset);
    }
    const engine = this.#engine;
    const memory = engine.samples;
    const at = engine.pcmAt;
    for (let i = 0; i < samples; i += 1) memory[at + i] = pcm[offset + i]!;
    const length = engine.encode(this.#handle, samples, Math.min(room, MAX_ENCODED_BYTES));
    if (length < 0) return this.#failed(length);
    this.fault = null;
    if (this.#settings.dtx && isDtxPacket(length)) {
      if (this.#isQuiet) return 0;
      this.#isQuiet = true;
    } else this.#isQuiet = false;
    const bytes = engine.bytes;
    const from = engine.packetAt;
    for (let i = 0; i < length; i += 1) out[outOffset + i] = bytes[from + i]!;
    this.#silent.keep(out, outOffset, length);
    return length;
  }

  /**
   * Becomes the same as `other`, settings included: both then write the same packets for the same sound. False, and
   * nothing changed, when they are not of one host and rate, one is closed, or the build cannot.
   */
  copyFrom(other: OpusEncoder): boolean {
    if (this.#engine !== other.#engine || this.sampleRateHz !== other.sampleRateHz) return false;
    if (this.#handle === 0 || other.#handle === 0) return false;
    if (!this.#engine.copyEncoder(other.#handle, this.#handle)) return false;
    this.#settings = other.#settings;
    this.#isQuiet = other.#isQuiet;
    this.#silent.copyFrom(other.#silent);
    return true;
  }

  /** Forgets the sound so far. */
  reset(): void {
    if (this.#handle === 0) return;
    this.#engine.resetEncoder(this.#handle, this.sampleRateHz);
    this.#isQuiet = false;
    this.#silent.clear();
    this.#apply();
  }

  /** Gives the memory back; after it nothing is encoded. */
  close(): void {
    if (this.#handle === 0) return;
    this.#engine.closeEncoder(this.#handle);
    this.#handle = 0;
    this.#onClose();
  }

  #apply(): void {
    if (this.#handle === 0) return;
    const { bitrate, complexity, maxPlaybackRateHz, fec, expectedLossPercent, dtx, cbr } = this.#settings;
    this.#set(ctl.setBitrate, between(6000, bitrate, 510_000));
    this.#set(ctl.setComplexity, between(0, complexity, 10));
    this.#set(ctl.setMaxBandwidth, bandwidthFor(maxPlaybackRateHz));
    this.#set(ctl.setInbandFec, fec ? 1 : 0);
    this.#set(ctl.setPacketLossPercent, fec ? between(0, expectedLossPercent, 100) : 0);
    this.#set(ctl.setDtx, dtx ? 1 : 0);
    this.#set(ctl.setVbr, cbr ? 0 : 1);
  }

  #set(request: number, value: number): void {
    this.#engine.setEncoder(this.#handle, request, value);
  }

  #failed(error: number): number {
    this.fault = faultOf(error);
    if (error === code.internal) this.reset();
    return 0;
  }
}

export interface OpusEncoderOptions {
  readonly sampleRateHz: OpusRateHz;
  readonly settings: OpusEncoderSettings;
  readonly onClose: () => void;
}
