import type { InbandDtmf, SampleRateHz } from '../../media/index.js';
import { LegReceiver } from '../../media/leg-receiver.js';
import { RtpHeader } from '../../media/rtp/packet.js';
import type { ComfortNoiseFormat, ReceiveFormat, TelephoneEventFormat } from '../../media/sdp/leg-media.js';

export interface SentPacket {
  readonly atMs: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly sequence?: number;
  readonly payloadType?: number;
  readonly marker?: boolean;
  readonly ssrc?: number;
}

export const pcmuFormat: ReceiveFormat = { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, parameters: '' };
export const g722Format: ReceiveFormat = { codec: 'g722', payloadType: 9, clockRateHz: 8000, parameters: '' };

export interface ReceiverLineOptions {
  readonly formats?: readonly ReceiveFormat[];
  readonly comfortNoise?: readonly ComfortNoiseFormat[];
  readonly event?: TelephoneEventFormat;
  readonly inbandDtmf?: InbandDtmf;
  readonly rateHz?: SampleRateHz;
  /** Of the first beat. */
  readonly phaseMs?: number;
  /** Nobody hears it, but for what is louder than a background. */
  readonly isUnheard?: boolean;
}

/** One receiver with what arrives at it, and a beat of 20 ms at any phase; keeps what comes out. */
export class ReceiverLine {
  readonly receiver: LegReceiver;
  /** Digits reported, as `digit:durationMs:source`. */
  readonly digits: string[] = [];
  /** Per beat: when it was, and whether there was sound. */
  readonly beats: { readonly atMs: number; readonly isHeard: boolean }[] = [];
  readonly rateHz: SampleRateHz;
  readonly #frames: Int16Array[] = [];
  readonly #waiting: SentPacket[] = [];
  readonly #header = new RtpHeader();
  #sequence = 0;
  #nextBeatMs: number;
  readonly #isUnheard: boolean;

  constructor(options: ReceiverLineOptions = {}) {
    this.rateHz = options.rateHz ?? 8000;
    this.#nextBeatMs = options.phaseMs ?? 5;
    this.#isUnheard = options.isUnheard ?? false;
    this.receiver = new LegReceiver({
      sampleRateHz: this.rateHz,
      inbandDtmf: options.inbandDtmf,
      onDigit: (digit, durationMs, source) => this.digits.push(`${digit}:${durationMs}:${source}`),
    });
    this.receiver.set(
      options.formats ?? [pcmuFormat],
      options.event === undefined ? [] : [options.event],
      true,
      options.comfortNoise,
    );
  }

  /** Arrives at its time; sequence numbers follow the order of the calls unless told. */
  send(packet: SentPacket): void {
    this.#waiting.push({ sequence: this.#sequence, ...packet });
    this.#sequence = ((packet.sequence ?? this.#sequence) + 1) & 0xffff;
  }

  run(untilMs: number): void {
    this.#waiting.sort((a, b) => a.atMs - b.atMs);
    let next = 0;
    for (; this.#nextBeatMs < untilMs; this.#nextBeatMs += 20) {
      while (next < this.#waiting.length && this.#waiting[next]!.atMs <= this.#nextBeatMs) {
        this.#arrive(this.#waiting[next]!);
        next += 1;
      }
      const frame = new Int16Array(this.rateHz / 50);
      this.beats.push({
        atMs: this.#nextBeatMs,
        isHeard: this.receiver.pull(this.#nextBeatMs, frame, null, this.#isUnheard),
      });
      this.#frames.push(frame);
    }
    this.#waiting.splice(0, next);
  }

  /** All beats so far; silence where there was no sound. */
  get heard(): Int16Array {
    const samples = this.rateHz / 50;
    const all = new Int16Array(this.#frames.length * samples);
    for (const [index, frame] of this.#frames.entries()) all.set(frame, index * samples);
    return all;
  }

  #arrive(packet: SentPacket): void {
    const header = this.#header;
    header.marker = packet.marker ?? false;
    header.payloadType = packet.payloadType ?? 0;
    header.sequence = packet.sequence ?? 0;
    header.timestamp = packet.timestamp >>> 0;
    header.ssrc = packet.ssrc ?? 1;
    header.payloadOffset = 0;
    header.payloadBytes = packet.payload.length;
    this.receiver.receive(header, packet.payload, packet.atMs);
  }
}
