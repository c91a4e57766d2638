import { toneEdgeMs } from '../tone.js';
import { DtmfTones } from './tones.js';

/** A beat of 20 ms at 48 kHz, and what a resampler may give beyond. */
const MAX_SAMPLES = 1024;

/**
 * Digits as sound in the place of a leg's own, for a peer that agreed on no telephone-event. The sound is faded out below the
 * begin of the first digit and in again behind the pause of the last one, so that nothing clicks; in between it is not
 * heard, because a receiver would look for the digit in it. Paced as DtmfTones says. No allocation per beat.
 */
export class InbandSender {
  readonly #tones = new DtmfTones({ sampleRateHz: 8000 });
  readonly #tone = new Int16Array(MAX_SAMPLES);
  /** The sound is faded out. */
  #isOn = false;

  /** See DtmfTones.send. */
  send(digits: string, durationMs: number): number {
    return this.#tones.send(digits, durationMs);
  }

  /** The next beat is not the leg's own sound alone. */
  get active(): boolean {
    return this.#isOn || this.#tones.active;
  }

  /** Once per beat while `active`: writes over sound of that rate, up to 20 ms of it. */
  over(pcm: Int16Array, offset: number, samples: number, sampleRateHz: number): void {
    const edge = Math.min(samples, Math.round((toneEdgeMs * sampleRateHz) / 1000));
    const tone = this.#tone;
    this.#tones.retune(sampleRateHz);
    if (!this.#tones.write(tone, 0, samples)) {
      for (let i = 0; i < edge; i += 1) pcm[offset + i] = Math.round((pcm[offset + i]! * (i + 1)) / (edge + 1));
      this.#isOn = false;
      return;
    }
    const fading = this.#isOn ? 0 : edge;
    for (let i = 0; i < fading; i += 1) {
      const sum = (pcm[offset + i]! * (edge - i)) / (edge + 1) + tone[i]!;
      pcm[offset + i] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    }
    for (let i = fading; i < samples; i += 1) pcm[offset + i] = tone[i]!;
    this.#isOn = true;
  }
}
