import type { Encoder } from './codec/codec.js';
import type { Resampler } from './codec/resample.js';
import type { CodecName } from './sdp/leg-media.js';

/** What makes one line of payloads out of a room's sound. */
export interface Encoding {
  /** From the room's rate to the codec's. */
  readonly resampler: Resampler;
  readonly encoder: Encoder;
}

/** What several listeners hear on one beat: one frame at the room's rate, and one payload for each codec. */
export interface SharedSound {
  readonly frame: Int16Array;
  /**
   * This beat's payload of 20 ms, made when the first one asks; `lengthOf` gives its bytes.
   * @param asker where it goes on from when nobody asked on the beat before
   */
  payloadOf(codec: CodecName, asker: Encoding): Uint8Array;
  lengthOf(codec: CodecName): number;
  /** How the shared encoding stood before this beat, for who leaves it; null when it did not run on the beat before. */
  before(codec: CodecName): Encoding | null;
}
