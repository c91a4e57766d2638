/** What lies in the memory beside the states of G.722: tables, filled by the host, and the rooms that a call works in. */

/** Pairs of samples, or octets, that one call takes at most: 20 ms. */
export const PIECE: i32 = 160;
/** Rows of 8 bytes by code: core level, output level, change of the logarithm. */
export const lowCodes = memory.data(64 * 8, 16);
export const highCodes = memory.data(4 * 8, 16);
/** Steps by the upper bits of their logarithm, and 2^41 by each of them: a division by a step costs more than all else. */
const STEPS: i32 = 353;
export const lowSteps = memory.data(STEPS * 2, 16);
export const highSteps = memory.data(STEPS * 2, 16);
export const lowShares = memory.data(STEPS * 8, 16);
export const highShares = memory.data(STEPS * 8, 16);
export const SHARE_BITS: i64 = 41;
/** Codes by the size of a difference. */
export const lowSizes = memory.data(4096 + 2921, 16);
export const highSizes = memory.data(1024 + 566, 16);
export const LOW_LAST: i32 = 2920;
export const LOW_NEGATIVE: i32 = 4096;
export const HIGH_LAST: i32 = 565;
export const HIGH_NEGATIVE: i32 = 1024;
export const LOW_LOG_MAX: i32 = 18432;
export const HIGH_LOG_MAX: i32 = 22528;

/** Where a call finds and leaves samples and octets; the filter's history comes before the samples. */
export const pcmRoom = memory.data(48 + PIECE * 4 + 48, 16);
export const octetRoom = memory.data(PIECE + 16, 16);
/** Differences and what the decoder adds to a prediction, as pairs of 16 bits. */
export const differences = memory.data(PIECE * 4, 16);
export const levels = memory.data(PIECE * 4, 16);
/** Samples of the bands, as pairs; then sums and differences of the two, each after its history. */
export const bands = memory.data(PIECE * 4 + 16, 16);
export const sums = memory.data((11 + PIECE + 16) * 2, 16);
export const gaps = memory.data((11 + PIECE + 16) * 2, 16);

export function pcmAt(): usize {
  return pcmRoom + 48;
}

export function octetsAt(): usize {
  return octetRoom;
}

/** The lower band by number; the higher one is 1. */
const low: i32 = 0;

/** Fills the row of one code. */
export function setCode(band: i32, code: i32, core: i32, output: i32, change: i32): void {
  const row = (band === low ? lowCodes : highCodes) + (<usize>code << 3);
  store<i16>(row, <i16>core);
  store<i16>(row, <i16>output, 2);
  store<i16>(row, <i16>change, 4);
}

export function setStep(band: i32, log: i32, step: i32): void {
  const at = <usize>log;
  store<i16>((band === low ? lowSteps : highSteps) + (at << 1), <i16>step);
  store<i64>((band === low ? lowShares : highShares) + (at << 3), ((<i64>1) << SHARE_BITS) / <i64>step + 1);
}

/** Where the codes by size are to be written. */
export function codesAt(band: i32): usize {
  return band === low ? lowSizes : highSizes;
}
