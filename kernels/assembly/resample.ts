/**
 * The filter of media/codec/resample.ts, bit for bit: what it weighs, and how, is said there. Taps are 16 bits of which
 * SCALE_BITS are behind the point. A lane of a sum holds a quarter of the taps and stays within 32 bits; all of them may not.
 */

const SCALE_BITS: i64 = 15;

/** 20 ms at 48 kHz on either side, and before what comes in as much as the longest filter looks back. */
const LONGEST_HEARD: i32 = 160;
const LONGEST_PIECE: i32 = 960;
const line = memory.data((LONGEST_HEARD + LONGEST_PIECE) * 2, 16);
const converted = memory.data((LONGEST_PIECE + 8) * 2, 16);

/** Where a piece of sound goes; what was heard before it ends there. */
export function lineAt(): usize {
  return line + LONGEST_HEARD * 2;
}

export function convertedAt(): usize {
  return converted;
}

/** All lanes of a sum, rounded and held to 16 bits. */
// @ts-ignore: decorator
@inline
function total(sum: v128): i16 {
  const halves = i64x2.add(i64x2.extend_low_i32x4_s(sum), i64x2.extend_high_i32x4_s(sum));
  const all = i64x2.extract_lane(halves, 0) + i64x2.extract_lane(halves, 1);
  const rounded = <i32>((all + (1 << (SCALE_BITS - 1))) >> SCALE_BITS);
  return <i16>min(max(rounded, -32768), 32767);
}

// @ts-ignore: decorator
@inline
function part(window: usize, row: usize, offset: usize): v128 {
  return i32x4.dot_i16x8_s(v128.load(window + offset), v128.load(row + offset));
}

/**
 * Converts `samples` at lineAt() to convertedAt().
 * @param taps  a row of `rowBytes`, a multiple of 16, for each of `up` phases, oldest sample first
 * @param step  by how many phases two outputs are apart
 * @param at    phases from the first sample to the first output
 * @returns samples written
 */
export function resample(taps: usize, rowBytes: usize, up: i32, step: i32, at: i32, samples: i32): i32 {
  const whole = step / up;
  const rest = step % up;
  let index = at / up;
  let phase = at % up;
  let out = converted;
  const before = line + LONGEST_HEARD * 2 + 2 - rowBytes;
  while (index < samples) {
    const window = before + (<usize>index << 1);
    const row = taps + <usize>phase * rowBytes;
    let a = part(window, row, 0);
    let b = part(window, row, 16);
    let k: usize = 32;
    for (; k + 16 < rowBytes; k += 32) {
      a = i32x4.add(a, part(window, row, k));
      b = i32x4.add(b, part(window, row, k + 16));
    }
    if (k < rowBytes) a = i32x4.add(a, part(window, row, k));
    store<i16>(out, total(i32x4.add(a, b)));
    out += 2;
    index += whole;
    phase += rest;
    if (phase >= up) {
      phase -= up;
      index += 1;
    }
  }
  return <i32>((out - converted) >> 1);
}
