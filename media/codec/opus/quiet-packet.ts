import { singleFrameAt } from './packet.js';

/**
 * What the first symbols of a SILK frame tell without decoding it: RFC 6716 §4.2.3 (is there voice, is there a copy of
 * the frame before), §4.2.7.3 (kind of frame) and §4.2.7.4 (the gains of its four subframes, 1.37 dB a step).
 * Nothing here allocates, and any bytes may be given.
 */

/** RFC 6716 §3.1 table 2: the first configurations that are hybrid, and that have no SILK in them. */
const FIRST_HYBRID_CONFIG = 12;
const FIRST_CELT_CONFIG = 16;
const STEREO = 4;
/** A SILK or hybrid frame of 10 ms has two subframes, one of 20 ms four. */
const SUBFRAMES = [2, 4] as const;

/** Gain indexes that `quietGain` gives: 0 … 63. */
export const MOST_GAIN = 63;

/**
 * The loudest gain of a packet in which nobody speaks, 0 … 63. −1 for everything else and for all that is not clear: voice,
 * a copy of the frame before, CELT alone, stereo, more than one frame, 40 and 60 ms, and what is no packet.
 */
export function quietGain(payload: Uint8Array, offset: number, length: number): number {
  if (length < 3) return -1;
  // One that was filled up to a constant length says itself that it is one.
  const at = singleFrameAt(payload, offset, length);
  if (at < 0) return -1;
  const toc = payload[offset]!;
  const config = toc >> 3;
  if (config >= FIRST_CELT_CONFIG || (toc & STEREO) !== 0) return -1;
  const size = config >= FIRST_HYBRID_CONFIG ? config & 1 : config & 3;
  // The flags of voice and copy stand first, a bit each, both with a probability of a half.
  if (size > 1 || (payload[at]! & 0xc0) !== 0) return -1;
  return readGains(payload, at, offset + length, SUBFRAMES[size as 0 | 1]);
}

/** The distributions of RFC 6716 §4.2.7.3 and §4.2.7.4 for frames without voice: of 256, what is left above each symbol. */
const flag = new Uint8Array([128, 0]);
const frameKind = new Uint8Array([230, 0]);
const gainHigh = new Uint8Array([224, 112, 44, 15, 3, 2, 1, 0]);
const gainLow = new Uint8Array([224, 192, 160, 128, 96, 64, 32, 0]);
const gainStep = new Uint8Array([
  250, 245, 234, 203, 71, 50, 42, 38, 35, 33, 31, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
  12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
]);
/** In the order in which they stand: both flags, the kind, the first gain, and how each of the others differs from it. */
const symbols = [flag, flag, frameKind, gainHigh, gainLow, gainStep, gainStep, gainStep] as const;
const FIRST_GAIN_HIGH = 3;
const FIRST_GAIN_LOW = 4;

/** The range decoder of RFC 6716 §4.1, all in one so that its numbers stay in registers. */
function readGains(payload: Uint8Array, from: number, end: number, subframes: number): number {
  let at = from;
  let range = 128;
  let last = at < end ? payload[at]! : 0;
  let value = 127 - (last >> 1);
  let gain = 0;
  let most = 0;
  const count = FIRST_GAIN_LOW + subframes;
  for (let i = 0; i < count; i += 1) {
    // §4.1.2.1: whole bytes come in while the range is short; what is beyond the end counts as zeros.
    while (range <= 0x80_0000) {
      at += 1;
      const next = at < end ? payload[at]! : 0;
      const byte = ((last << 8) | next) >> 1;
      last = next;
      range *= 256;
      value = ((value << 8) + (255 & ~byte)) & 0x7fff_ffff;
    }
    const table = symbols[i]!;
    const unit = range >>> 8;
    let symbol = 0;
    let above = range;
    let below = unit * table[0]!;
    while (value < below) {
      symbol += 1;
      above = below;
      below = unit * table[symbol]!;
    }
    value -= below;
    range = above - below;
    if (i < FIRST_GAIN_HIGH) continue;
    if (i === FIRST_GAIN_HIGH) gain = symbol * 8;
    else if (i === FIRST_GAIN_LOW) gain += symbol;
    else gain = Math.max(0, Math.min(MOST_GAIN, Math.max(2 * symbol - 16, gain + symbol - 4)));
    if (i >= FIRST_GAIN_LOW && gain > most) most = gain;
  }
  return most;
}
