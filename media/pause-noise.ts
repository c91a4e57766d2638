import { ComfortNoise } from './codec/comfort-noise.js';
import type { SampleRateHz } from './codec/resample.js';
import { type DecodedSound, wholeSamples } from './decoded-sound.js';
import type { StoredPacket } from './jitter-buffer.js';
import type { ComfortNoiseFormat } from './sdp/leg-media.js';

/** Some peers send one packet for a whole pause. */
const MAX_NOISE_MS = 10_000;
const FADE_MS = 100;
/** Any will do; the noise of a leg is the same each time. */
const NOISE_SEED = 0x2545_f491;

/**
 * What is heard in a peer's pauses (RFC 3389): from a comfort noise packet on there is noise, until sound comes back or ten
 * seconds have gone by without another one. A packet within it changes the noise. No allocation.
 */
export class PauseNoise {
  formats: readonly ComfortNoiseFormat[] = [];
  readonly #noise = new ComfortNoise(NOISE_SEED);
  #rateHz: SampleRateHz = 8000;
  #untilMs = Number.NEGATIVE_INFINITY;

  isOn(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  formatOf(payloadType: number): ComfortNoiseFormat | null {
    const formats = this.formats;
    for (let i = 0; i < formats.length; i += 1) {
      if (formats[i]!.payloadType === payloadType) return formats[i]!;
    }
    return null;
  }

  /** @param packet of one of the formats */
  take(packet: StoredPacket, nowMs: number): void {
    if (!this.#noise.set(packet.payload, 0, packet.payloadBytes)) return;
    if (!this.isOn(nowMs)) this.#noise.begin();
    this.#rateHz = rateOf(this.formatOf(packet.payloadType)?.clockRateHz ?? 8000);
    this.#untilMs = nowMs + MAX_NOISE_MS;
  }

  /** So much of it at the end of `sound`. */
  write(sound: DecodedSound, nowMs: number, ms: number): void {
    const at = sound.begin(this.#rateHz);
    const samples = wholeSamples(ms, this.#rateHz);
    if (nowMs >= this.#untilMs - FADE_MS) this.#noise.fade();
    this.#noise.generate(sound.pcm, at, samples);
    sound.write(this.#rateHz, samples);
  }

  stop(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}

/** Noise is made at the rate of the sound that it stands for, as far as its clock tells. */
function rateOf(clockRateHz: number): SampleRateHz {
  return clockRateHz === 16_000 || clockRateHz === 48_000 ? clockRateHz : 8000;
}
