import { codecs } from './codec/codec.js';
import type { EncodingLine } from './encoding-line.js';
import { fadeAway, fadeIn, fadeSamplesAt } from './fading.js';

/** What is looked at to tell how the old sound would go on. */
const ENDING_MS = 10;
const BEAT_MS = 20;
/** A beat at 48 kHz that comes in, for all legs. */
const coming = new Int16Array(960);

/**
 * Where what a leg hears is replaced by something that does not go on from it: another room, a player, silence. On the next beat
 * that is sent the old sound fades away under the new one, which comes in, both within 5 ms. A cut allocates, no beat does.
 */
export class Seam {
  /** The next beat is the first after a cut. */
  isOpen = false;
  /** What is left of the old sound, at the codec's rate. */
  #old = new Int16Array(0);

  /** Between two beats. True where the old sound was silence. */
  cut(line: EncodingLine): boolean {
    const { sampleRateHz } = codecs[line.kind.codec];
    const ending = new Int16Array((sampleRateHz * ENDING_MS) / 1000);
    line.ending(ending);
    this.#old = new Int16Array(fadeSamplesAt(sampleRateHz));
    fadeAway(ending, sampleRateHz, this.#old);
    // The last 1.5 ms of it, which still waited there, are told by `#old`.
    line.restart();
    this.isOpen = true;
    return ending.every((sample) => sample === 0);
  }

  /** The old sound has ended before the cut: nothing was sent. */
  pause(): void {
    if (this.isOpen) this.#old.fill(0);
  }

  /** As `line.write(pcm)`. O(samples). */
  write(line: EncodingLine, pcm: Int16Array): number {
    if (!this.isOpen) return line.write(pcm);
    this.isOpen = false;
    const samples = (line.fromHz * BEAT_MS) / 1000;
    for (let i = 0; i < samples; i += 1) coming[i] = pcm[i]!;
    fadeIn(coming, 0, samples);
    const made = line.write(coming);
    // Of another codec, whose decoder begins anew.
    if (this.#old.length !== fadeSamplesAt(codecs[line.kind.codec].sampleRateHz)) return made;
    const from = line.pendingSamples - made;
    for (let i = 0; i < this.#old.length; i += 1) {
      const sum = line.sound[from + i]! + this.#old[i]!;
      line.sound[from + i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
    }
    return made;
  }
}
