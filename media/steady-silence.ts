/** Longer than what any decoder, concealment or resampler goes on from. */
const SILENT_AFTER_MS = 240;
/** The smallest step of A-law, which phones between us and the silence may have used. */
const SILENT_LEVEL = 8;

/**
 * Knows the digital silence of a muted phone in codecs that have no mark for it but say it in the same payload over and over
 * (iLBC, L16; G.722 does not). After a quarter of a second of that a decoder stands still, so that it makes no difference to leave it out.
 * O(bytes) per packet, no allocation but at the first silence.
 */
export class SteadySilence {
  #payload: Uint8Array | null = null;
  #bytes = 0;
  #samples = 0;
  #silentMs = 0;

  /** The samples of a packet that need not be decoded; 0 = it has to be. */
  pass(payload: Uint8Array, bytes: number): number {
    if (this.#silentMs < SILENT_AFTER_MS || !this.#isSame(payload, bytes)) return 0;
    return this.#samples;
  }

  /** That payload was decoded, to `samples` of `pcm` from `offset`. */
  decoded(payload: Uint8Array, bytes: number, pcm: Int16Array, offset: number, samples: number, rateHz: number): void {
    if (samples === 0 || !isSilent(pcm, offset, samples)) {
      this.#silentMs = 0;
      return;
    }
    if (this.#silentMs === 0 || samples !== this.#samples || !this.#isSame(payload, bytes)) this.#begin(payload, bytes);
    this.#samples = samples;
    this.#silentMs += (samples * 1000) / rateHz;
  }

  /** Something else came of the decoder: concealment, or another source. */
  clear(): void {
    this.#silentMs = 0;
  }

  #begin(payload: Uint8Array, bytes: number): void {
    if (this.#payload === null || this.#payload.length < bytes) this.#payload = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i += 1) this.#payload[i] = payload[i]!;
    this.#bytes = bytes;
    this.#silentMs = 0;
  }

  #isSame(payload: Uint8Array, bytes: number): boolean {
    const known = this.#payload;
    if (known === null || bytes !== this.#bytes) return false;
    for (let i = 0; i < bytes; i += 1) if (known[i] !== payload[i]) return false;
    return true;
  }
}

function isSilent(pcm: Int16Array, offset: number, samples: number): boolean {
  for (let i = offset; i < offset + samples; i += 1) {
    const sample = pcm[i]!;
    if (sample > SILENT_LEVEL || sample < -SILENT_LEVEL) return false;
  }
  return true;
}
