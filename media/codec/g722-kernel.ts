import { type Kernels, pieceOctets } from '../kernels/instance.js';
import type { Decoder, Encoder } from './codec.js';
import { Concealer } from './conceal.js';
import { type G722State, stateSamples } from './g722-state.js';

const SAMPLE_RATE_HZ = 16000;

/**
 * G.722 by the kernel; to its user as `G722Encoder` of g722.ts, which gives the same octets. The state lies in the memory of
 * the kernels: it has to be closed, and after that codes nothing. No allocation after the first frame.
 */
export class KernelG722Encoder implements Encoder, G722State {
  readonly #kernels: Kernels;
  /** 0 once closed: what lies there is never a state. */
  #state: number;

  /** Throws KernelLimitError. */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#state = kernels.open();
  }

  encode(pcm: Int16Array, offset: number, samples: number, out: Uint8Array, outOffset: number): number {
    if (this.#state === 0) return 0;
    const kernels = this.#kernels;
    const { pcmAt, octetsAt } = kernels;
    const octets = samples >> 1;
    for (let done = 0; done < octets; done += pieceOctets) {
      const count = Math.min(pieceOctets, octets - done);
      const { samples: memory, bytes } = kernels;
      const from = offset + 2 * done;
      for (let i = 0; i < 2 * count; i += 1) memory[pcmAt + i] = pcm[from + i]!;
      kernels.encode(this.#state, count);
      const to = outOffset + done;
      for (let i = 0; i < count; i += 1) out[to + i] = bytes[octetsAt + i]!;
    }
    return octets;
  }

  copyFrom(other: Encoder & G722State): void {
    if (this.#state === 0) return;
    if (other instanceof KernelG722Encoder && other.#kernels === this.#kernels) {
      if (other.#state !== 0) this.#kernels.copy(other.#state, this.#state);
    } else other.save(this.#kernels.samples, this.#state / 2);
  }

  save(into: Int16Array, at: number): void {
    if (this.#state === 0) return;
    const memory = this.#kernels.samples;
    for (let i = 0; i < stateSamples; i += 1) into[at + i] = memory[this.#state / 2 + i]!;
  }

  reset(): void {
    if (this.#state !== 0) this.#kernels.reset(this.#state);
  }

  close(): void {
    if (this.#state !== 0) this.#kernels.close(this.#state);
    this.#state = 0;
  }
}

/** The other half, as `G722Decoder`. */
export class KernelG722Decoder implements Decoder {
  readonly #kernels: Kernels;
  readonly #concealer = new Concealer(SAMPLE_RATE_HZ);
  #state: number;

  /** Throws KernelLimitError. */
  constructor(kernels: Kernels) {
    this.#kernels = kernels;
    this.#state = kernels.open();
  }

  decode(payload: Uint8Array, offset: number, length: number, out: Int16Array, outOffset: number): number {
    if (this.#state === 0) return 0;
    const kernels = this.#kernels;
    const { octetsAt, pcmAt } = kernels;
    for (let done = 0; done < length; done += pieceOctets) {
      const count = Math.min(pieceOctets, length - done);
      const { samples: memory, bytes } = kernels;
      for (let i = 0; i < count; i += 1) bytes[octetsAt + i] = payload[offset + done + i]!;
      kernels.decode(this.#state, count);
      const to = outOffset + 2 * done;
      if (count === pieceOctets) out.set(kernels.piece, to);
      else for (let i = 0; i < 2 * count; i += 1) out[to + i] = memory[pcmAt + i]!;
    }
    this.#concealer.heard(out, outOffset, 2 * length);
    return 2 * length;
  }

  conceal(out: Int16Array, offset: number, samples: number): number {
    this.#concealer.conceal(out, offset, samples);
    return samples;
  }

  close(): void {
    if (this.#state !== 0) this.#kernels.close(this.#state);
    this.#state = 0;
  }
}
