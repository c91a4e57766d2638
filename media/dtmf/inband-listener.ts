import { InbandDetector } from './inband.js';

/**
 * Looks for digits in sound whose rate may change with its codec: one detector a rate, made when it is first heard. A digit that
 * is on when the rate changes is reported. No allocation but at the first sound of a rate.
 */
export class InbandListener {
  readonly #onDigit: (digit: string, durationMs: number) => void;
  readonly #detectors = new Map<number, InbandDetector>();
  #detector: InbandDetector | null = null;
  #rateHz = 0;

  constructor(onDigit: (digit: string, durationMs: number) => void) {
    this.#onDigit = onDigit;
  }

  push(pcm: Int16Array, offset: number, samples: number, sampleRateHz: number): void {
    if (sampleRateHz !== this.#rateHz) this.#retune(sampleRateHz);
    this.#detector?.push(pcm, offset, samples);
  }

  /** The sound ends, or another begins. */
  reset(): void {
    this.#detector?.reset();
  }

  #retune(sampleRateHz: number): void {
    this.reset();
    this.#rateHz = sampleRateHz;
    let detector = this.#detectors.get(sampleRateHz);
    if (detector === undefined) {
      detector = new InbandDetector({ sampleRateHz, onDigit: this.#onDigit });
      this.#detectors.set(sampleRateHz, detector);
    }
    this.#detector = detector;
  }
}
