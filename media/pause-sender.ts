import type { ComfortNoiseFormat } from './sdp/leg-media.js';

/**
 * Silence that is still sent as sound, in beats. Longer than a peer's decoder needs to come to rest (see leg-sender.ts), so
 * that it and our encoder go on from the same place; and longer than the pauses within speech.
 */
const HANG_BEATS = 20;
/** Between two packets of noise in one pause: one that was lost is made up for, and a NAT keeps its binding. */
const REPEAT_BEATS = 50;
/** Nobody says anything: −127 dBov, the least that RFC 3389 §3.1 can say. */
const SILENCE = 127;

/**
 * When a leg's own silence is left out (RFC 3389 §5): after 400 ms of it a packet of comfort noise, then one each second,
 * until there is something to be heard. No allocation.
 */
export class PauseSender {
  /** Of the peer; null: all silence is sent. */
  format: ComfortNoiseFormat | null = null;
  packetsSent = 0;
  #silentBeats = 0;
  #isOn = false;
  #beatsToNext = 0;

  /**
   * Once per beat: true where no sound is sent on it.
   * @param isWhole no part of a packet waits for its rest
   */
  step(isSilent: boolean, isWhole: boolean): boolean {
    if (this.format === null || !isSilent) {
      this.stop();
      return false;
    }
    this.#silentBeats += 1;
    if (!this.#isOn) {
      if (this.#silentBeats <= HANG_BEATS || !isWhole) return false;
      this.#isOn = true;
      this.#beatsToNext = 0;
    }
    return true;
  }

  /** What comes next is sound, however silent. */
  stop(): void {
    this.#silentBeats = 0;
    this.#isOn = false;
  }

  /** Once per beat without sound: whether a packet of noise goes out on it. */
  isDue(): boolean {
    this.#beatsToNext -= 1;
    return this.#beatsToNext < 0;
  }

  /** Writes that packet's payload; returns its bytes. */
  write(out: Uint8Array, offset: number): number {
    this.#beatsToNext = REPEAT_BEATS - 1;
    this.packetsSent += 1;
    out[offset] = SILENCE;
    return 1;
  }
}
