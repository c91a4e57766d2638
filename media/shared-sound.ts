import type { EncodingKind, EncodingLine } from './encoding-line.js';

/** What one beat of a shared sound became: no, one or two payloads. Reused on the next beat. */
export interface SharedPayloads {
  readonly count: number;
  /** The first `count` are this beat's; an empty one = nothing is to be sent for it. */
  readonly packets: readonly Uint8Array[];
  /** Samples of the codec that wait for the packet after these. */
  readonly pendingSamples: number;
}

/** What several listeners hear on one beat: one frame at the room's rate, and the payloads for each kind of encoding. */
export interface SharedSound {
  readonly frame: Int16Array;
  /** Nobody says anything: `frame` is zeros. */
  readonly isSilent: boolean;
  /**
   * This beat's payloads, made when the first one asks. null: the shared packets do not begin where those of the asker do,
   * or as many kinds are shared as may be; it then has to encode for itself.
   * @param asker where it goes on from when nobody asked on the beat before
   */
  payloadsOf(kind: EncodingKind, asker: EncodingLine): SharedPayloads | null;
  /** How the shared encoding stood before this beat, for who leaves it; null when it did not run on the beat before. */
  before(kind: EncodingKind): EncodingLine | null;
  /** How it stands after it, for who hears other sound from now on; null when it did not run on this beat. */
  after(kind: EncodingKind): EncodingLine | null;
}
