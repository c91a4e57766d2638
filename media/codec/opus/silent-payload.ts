/** Frames of digital silence after which an encoder writes the same for each: half a second of 20 ms. */
const SETTLED_FRAMES = 25;
/** Longer ones, which only a constant length of more than 50 kbit/s has, are encoded each time. */
const MOST_BYTES = 128;

/**
 * What an encoder made of digital silence, to be sent again for as long as the silence lasts: whoever speaks alone in a
 * room, or waits outside of one, is sent nothing else. The encoder meanwhile stands still where the silence has
 * brought it. Of 128 bytes, taken with the encoder; no allocation afterwards.
 */
export class SilentPayload {
  readonly #bytes = new Uint8Array(MOST_BYTES);
  #length = 0;
  #samples = 0;
  #frames = 0;

  /** A frame comes; true where what `copy` gives is what the encoder would write for it. */
  holds(pcm: Int16Array, offset: number, samples: number, room: number): boolean {
    if (samples !== this.#samples) this.clear();
    this.#samples = samples;
    if (!isSilent(pcm, offset, samples)) {
      this.#frames = 0;
      return false;
    }
    this.#frames += 1;
    return this.#frames > SETTLED_FRAMES && this.#length > 0 && this.#length <= room;
  }

  /** What the encoder wrote for the frame that `holds` was told of. */
  keep(payload: Uint8Array, offset: number, length: number): void {
    if (this.#frames < SETTLED_FRAMES) return;
    this.#length = length <= MOST_BYTES ? length : 0;
    for (let i = 0; i < this.#length; i += 1) this.#bytes[i] = payload[offset + i]!;
  }

  /** Its length. */
  copy(out: Uint8Array, outOffset: number): number {
    for (let i = 0; i < this.#length; i += 1) out[outOffset + i] = this.#bytes[i]!;
    return this.#length;
  }

  copyFrom(other: SilentPayload): void {
    this.#length = other.#length;
    this.#samples = other.#samples;
    this.#frames = other.#frames;
    for (let i = 0; i < this.#length; i += 1) this.#bytes[i] = other.#bytes[i]!;
  }

  /** The encoder's state or settings are others. */
  clear(): void {
    this.#length = 0;
    this.#frames = 0;
  }
}

function isSilent(pcm: Int16Array, offset: number, samples: number): boolean {
  for (let i = offset; i < offset + samples; i += 1) if (pcm[i] !== 0) return false;
  return true;
}
