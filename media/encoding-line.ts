import { codecs, type Encoder } from './codec/codec.js';
import { Resampler, type SampleRateHz } from './codec/resample.js';
import type { CodecName, SendFormat } from './sdp/leg-media.js';

const BEAT_MS = 20;

/** What decides which payloads come of a sound. */
export interface EncodingKind {
  /** Two kinds with the same key are the same. */
  readonly key: string;
  readonly codec: CodecName;
  readonly parameters: string;
  readonly ptimeMs: number;
}

export function encodingKind({ codec, parameters, ptimeMs }: Omit<SendFormat, 'payloadType'>): EncodingKind {
  return { key: `${codec} ${ptimeMs} ${parameters}`, codec, parameters, ptimeMs };
}

/**
 * Makes payloads of one line of sound: what comes in beats of 20 ms at one rate leaves as packets of the kind's ptime.
 * Holds less than a packet between beats. Throws OpusLimitError when it is made; has to be closed.
 */
export class EncodingLine {
  readonly kind: EncodingKind;
  /** Samples of the codec in one packet. */
  readonly packetSamples: number;
  /** Beats after which packets and beats begin together again. */
  readonly periodBeats: number;
  /** Samples that are not yet a whole packet. */
  pendingSamples = 0;
  readonly #encoder: Encoder;
  readonly #pending: Int16Array;
  readonly #sampleRateHz: SampleRateHz;
  #resampler: Resampler;
  /** From the rate that comes in next. */
  #next: Resampler | null = null;
  #nowhere: Int16Array | null = null;
  /** What was sent last lies after what waits. */
  #hasSent = false;

  constructor(kind: EncodingKind, fromHz: SampleRateHz) {
    const { sampleRateHz, createEncoder } = codecs[kind.codec];
    this.kind = kind;
    this.packetSamples = (kind.ptimeMs * sampleRateHz) / 1000;
    this.periodBeats = periodOf(kind.ptimeMs);
    this.#sampleRateHz = sampleRateHz;
    this.#pending = new Int16Array(((kind.ptimeMs + BEAT_MS) * sampleRateHz) / 1000);
    this.#resampler = new Resampler(fromHz, sampleRateHz);
    this.#encoder = createEncoder(kind.parameters);
  }

  get fromHz(): SampleRateHz {
    return this.#resampler.fromHz;
  }

  /** One beat of sound at `fromHz`; `take` all packets before the next. Returns the samples that became of it. */
  write(pcm: Int16Array): number {
    const samples = (BEAT_MS * this.fromHz) / 1000;
    const made = this.#resampler.process(pcm, 0, samples, this.#pending, this.pendingSamples);
    this.pendingSamples += made;
    return made;
  }

  /** What waits to be encoded, at the codec's rate: the last `pendingSamples` written; may be changed. */
  get sound(): Int16Array {
    return this.#pending;
  }

  get hasPacket(): boolean {
    return this.pendingSamples >= this.packetSamples;
  }

  /** Encodes the packet that `hasPacket` tells of into `out`; returns its bytes, 0 when there is nothing to send. */
  take(out: Uint8Array, outOffset: number): number {
    const { packetSamples } = this;
    const length = this.#encoder.encode(this.#pending, 0, packetSamples, out, outOffset);
    this.drop();
    return length;
  }

  /** Leaves the packet unsent, and out of the encoder's memory. */
  drop(): void {
    this.#pending.copyWithin(0, this.packetSamples, this.pendingSamples);
    this.pendingSamples -= this.packetSamples;
    this.#hasSent = true;
  }

  /** What waits is not sent: the next beat begins a packet. */
  clear(): void {
    this.pendingSamples = 0;
    this.#hasSent = false;
  }

  /** The newest sound, sent or not, as much as `out` holds: no more than a packet. Silence where it was cleared. */
  ending(out: Int16Array): void {
    const waiting = Math.min(out.length, this.pendingSamples);
    const sent = out.length - waiting;
    for (let i = 0; i < sent; i += 1) out[i] = this.#hasSent ? this.#pending[this.packetSamples - sent + i]! : 0;
    for (let i = 0; i < waiting; i += 1) out[sent + i] = this.#pending[this.pendingSamples - waiting + i]!;
  }

  /** What comes next is not the continuation of what came before; what waits is still sent. */
  restart(): void {
    this.#resampler.reset();
  }

  /** Goes on where `other` stands: of the same codec and parameters, from the same rate. */
  copyFrom(other: EncodingLine): void {
    this.#resampler.copyFrom(other.#resampler);
    this.continue(other);
  }

  /** As `copyFrom`, but for the resampler: `other` comes from another rate. */
  continue(other: EncodingLine): void {
    this.#encoder.copyFrom(other.#encoder);
    this.pendingSamples = Math.min(other.pendingSamples, this.packetSamples);
    this.#hasSent = other.#hasSent && other.packetSamples === this.packetSamples;
    if (other.packetSamples === this.packetSamples) this.#pending.set(other.#pending);
    else for (let i = 0; i < this.pendingSamples; i += 1) this.#pending[i] = other.#pending[i]!;
  }

  /** Sound will come at that rate, after at least one beat of `prime`; null: it will not. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#next = rateHz === null ? null : new Resampler(rateHz, this.#sampleRateHz);
  }

  /** This beat's sound at the rate that is prepared. */
  prime(pcm: Int16Array): void {
    if (this.#next !== null) this.#hear(this.#next, pcm);
  }

  /** From the next beat on sound has the rate that was prepared. */
  retune(): void {
    if (this.#next !== null) this.#resampler = this.#next;
    this.#next = null;
  }

  /** One beat of sound for the resampler alone. */
  hear(pcm: Int16Array): void {
    this.#hear(this.#resampler, pcm);
  }

  close(): void {
    this.#encoder.close?.();
  }

  #hear(resampler: Resampler, pcm: Int16Array): void {
    this.#nowhere ??= new Int16Array((BEAT_MS * this.#sampleRateHz) / 1000);
    resampler.process(pcm, 0, (BEAT_MS * resampler.fromHz) / 1000, this.#nowhere, 0);
  }
}

/** The longest payload of the kind. */
export function maxPayloadBytesOf({ codec, ptimeMs }: EncodingKind): number {
  return codecs[codec].maxPayloadBytes((ptimeMs * codecs[codec].sampleRateHz) / 1000);
}

function periodOf(ptimeMs: number): number {
  let beats = 1;
  while ((beats * BEAT_MS) % ptimeMs !== 0) beats += 1;
  return beats;
}
