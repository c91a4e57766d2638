import { codecs } from './codec/codec.js';
import type { CodecName } from './sdp/leg-media.js';

/**
 * How long a stateful encoder of its own goes on once it hears what the shared one hears, in beats of sound, unless its
 * codec says less (`mergeBeats`). The two never stand alike, so the peer's decoder is handed over in silence, where it does
 * not matter and where the same payloads bring it to the same place: 300 ms of silence are as good as nine seconds of sound.
 */
const MERGE_BEATS = 450;
const SILENT_BEATS = 15;
/** The same for a leg that has heard nothing yet. */
const FIRST_BEATS = 15;

/** For how long one leg's encoder has to go on apart from the shared one. Always over at once where the codec has no state. */
export class ApartTime {
  #isStateful = false;
  #mergeBeats = MERGE_BEATS;
  #beats = 0;

  get isOver(): boolean {
    return this.#beats === 0;
  }

  /** The peer's decoder begins where this encoder does. */
  begin(codec: CodecName): void {
    this.#isStateful = codecs[codec].isStateful;
    this.#mergeBeats = codecs[codec].mergeBeats ?? MERGE_BEATS;
    this.#beats = this.#isStateful ? FIRST_BEATS : 0;
  }

  /** A beat of sound that nobody else hears. */
  heardAlone(): void {
    if (this.#isStateful) this.#beats = this.#mergeBeats;
  }

  /** A beat of what all hear, or of silence. */
  heardShared(isSilent: boolean): void {
    const beat = isSilent ? this.#mergeBeats / SILENT_BEATS : 1;
    this.#beats = Math.max(0, this.#beats - beat);
  }
}
