import {
  HIGH_LAST,
  HIGH_LOG_MAX,
  HIGH_NEGATIVE,
  LOW_LAST,
  LOW_LOG_MAX,
  LOW_NEGATIVE,
  SHARE_BITS,
  bands,
  differences,
  gaps,
  highCodes,
  highShares,
  highSizes,
  highSteps,
  levels,
  lowCodes,
  lowShares,
  lowSizes,
  lowSteps,
  octetRoom,
  pcmRoom,
  sums,
} from './g722-memory';

/**
 * G.722 at 64 kbit/s, ITU-T G.722 §3 to §6, bit for bit what media/codec/g722-band.ts and g722-qmf.ts do; those say what
 * the recommendation calls each step.
 *
 * Both sub-bands go through the loop together. What there are six of (the zeros of a predictor) lies in one vector per
 * band, lanes 2 to 7, oldest first; what there is one of lies in one vector for both bands, [lower, higher]. The
 * recommendation saturates to 16 bits wherever a sum may grow, which is what the saturating instructions do.
 *
 * A state is STATE_BYTES long, zero in the reset state, with offsets as below; media/codec/g722-state.ts writes the same.
 */

/** Coefficients of the zeros, B6 … B1 in lanes 2 to 7. */
const LOW_ZEROS: usize = 0;
const HIGH_ZEROS: usize = 16;
/** The differences they are applied to, D8 … D1, of which the first two only pass. */
const LOW_HEARD: usize = 32;
const HIGH_HEARD: usize = 48;
/** From here on pairs of 16 bits, [lower, higher]: A1, A2, R1, P1, P2, sum of the zeros, prediction, logarithm of the step. */
const POLE1: usize = 64;
const POLE2: usize = 68;
const LAST: usize = 72;
const PART1: usize = 76;
const PART2: usize = 80;
const ZERO_SUM: usize = 84;
const PREDICTION: usize = 88;
const LOG: usize = 92;
/** Of the filter: 22 samples where it splits; where it joins 11 sums, then 11 differences. */
const FILTER: usize = 96;
const SPLIT_BYTES: usize = 44;
const JOIN_BYTES: usize = 22;

// @ts-ignore: decorator
@inline
function nextLog(log: i32, row: usize, most: i32): i32 {
  const next = log - ((log + 127) >> 7) + <i32>load<i16>(row, 4);
  return min(max(next, 0), most);
}

/** `sign` is −1 or 0. */
// @ts-ignore: decorator
@inline
function withSign(value: v128, sign: v128): v128 {
  return i16x8.sub(v128.xor(value, sign), sign);
}

/** UPZERO of six coefficients. */
// @ts-ignore: decorator
@inline
function nextZeros(zeros: v128, difference: v128, heard: v128, push: v128): v128 {
  const differ = i16x8.shr_s(v128.xor(difference, heard), 15);
  const moved = v128.and(i16x8.ne(difference, i16x8.splat(0)), push);
  // 255/256 of it, cut off: less a 256th rounded up. It goes down to −32768, which has no negative.
  const roundUp = i16x8.ne(v128.and(zeros, i16x8.splat(255)), i16x8.splat(0));
  const leak = i16x8.add(i16x8.sub(zeros, i16x8.shr_s(zeros, 8)), roundUp);
  return i16x8.add(leak, withSign(moved, differ));
}

/** What each coefficient adds to the sum. No level and coefficient of G.722 give more than 16 bits. */
// @ts-ignore: decorator
@inline
function terms(zeros: v128, heard: v128): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.extmul_low_i16x8_s(zeros, heard), 14),
    i32x4.shr_s(i32x4.extmul_high_i16x8_s(zeros, heard), 14),
  );
}

/** FILTEZ where a sum on the way may not fit: oldest first, saturating each time. */
function sumInOrder(t: v128): i32 {
  let sum = i16x8.splat(i16x8.extract_lane_s(t, 2));
  sum = i16x8.add_sat_s(sum, i16x8.splat(i16x8.extract_lane_s(t, 3)));
  sum = i16x8.add_sat_s(sum, i16x8.splat(i16x8.extract_lane_s(t, 4)));
  sum = i16x8.add_sat_s(sum, i16x8.splat(i16x8.extract_lane_s(t, 5)));
  sum = i16x8.add_sat_s(sum, i16x8.splat(i16x8.extract_lane_s(t, 6)));
  sum = i16x8.add_sat_s(sum, i16x8.splat(i16x8.extract_lane_s(t, 7)));
  return i16x8.extract_lane_s(sum, 0);
}

/** Six terms of that size add up to 16 bits in any order. */
const SURE: i16 = 5461;

// @ts-ignore: decorator
@inline
function zeroSums(lowTerms: v128, highTerms: v128): v128 {
  const largest = i16x8.max_s(i16x8.abs(lowTerms), i16x8.abs(highTerms));
  if (v128.any_true(i16x8.gt_s(largest, i16x8.splat(SURE)))) {
    return i16x8.replace_lane(i16x8.splat(<i16>sumInOrder(lowTerms)), 1, <i16>sumInOrder(highTerms));
  }
  const ones = i16x8.splat(1);
  const l = i32x4.dot_i16x8_s(lowTerms, ones);
  const h = i32x4.dot_i16x8_s(highTerms, ones);
  const halves = i32x4.add(
    i8x16.shuffle(l, h, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
    i8x16.shuffle(l, h, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31),
  );
  const both = i32x4.add(halves, i8x16.shuffle(halves, halves, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return i16x8.narrow_i32x4_s(both, both);
}

/** Index of a difference among the codes of a band. */
// @ts-ignore: decorator
@inline
function sizeOf(difference: i32, share: i64, last: i32, negativeFrom: i32): usize {
  const below = difference >> 31;
  const size = <i32>((<i64>(((difference ^ below) << 12) + 4095) * share) >> SHARE_BITS) + 1;
  return <usize>(min(size, last) + (below & negativeFrom));
}

// @ts-ignore: decorator
@inline
function to16(value: i32): i32 {
  return min(max(value, -32768), 32767);
}

/** The adaptive part of both bands. Encoding: samples to codes; else what `dequantise` left to samples. */
// @ts-ignore: decorator
@inline
function run(state: usize, count: usize, encoding: bool): void {
  let lowZeros = v128.load(state, LOW_ZEROS);
  let highZeros = v128.load(state, HIGH_ZEROS);
  let lowHeard = v128.load(state, LOW_HEARD);
  let highHeard = v128.load(state, HIGH_HEARD);
  let pole1 = v128.load32_zero(state, POLE1);
  let pole2 = v128.load32_zero(state, POLE2);
  let last = v128.load32_zero(state, LAST);
  let part1 = v128.load32_zero(state, PART1);
  let part2 = v128.load32_zero(state, PART2);
  let zeroSum = v128.load32_zero(state, ZERO_SUM);
  let prediction = v128.load32_zero(state, PREDICTION);
  let lowLog = <i32>load<i16>(state, LOG);
  let highLog = <i32>load<i16>(state, LOG + 2);
  const push = v128(0, 0, 0, 0, -128, 0, -128, 0, -128, 0, -128, 0, -128, 0, -128, 0);
  for (let n: usize = 0; n < count; n += 1) {
    let d: v128;
    if (encoding) {
      const lowRow0 = <usize>(lowLog >> 6);
      const highRow0 = <usize>(highLog >> 6);
      const lowGap = to16(<i32>load<i16>(bands + (n << 2)) - i16x8.extract_lane_s(prediction, 0));
      const highGap = to16(<i32>load<i16>(bands + (n << 2), 2) - i16x8.extract_lane_s(prediction, 1));
      const lowCode = <usize>load<u8>(lowSizes + sizeOf(lowGap, load<i64>(lowShares + (lowRow0 << 3)), LOW_LAST, LOW_NEGATIVE));
      const highCode = <usize>load<u8>(highSizes + sizeOf(highGap, load<i64>(highShares + (highRow0 << 3)), HIGH_LAST, HIGH_NEGATIVE));
      store<u8>(octetRoom + n, <u8>((highCode << 6) | lowCode));
      const lowRow = lowCodes + (lowCode << 3);
      const highRow = highCodes + (highCode << 3);
      const lowD = (<i32>load<i16>(lowSteps + (lowRow0 << 1)) * <i32>load<i16>(lowRow)) >> 15;
      const highD = (<i32>load<i16>(highSteps + (highRow0 << 1)) * <i32>load<i16>(highRow)) >> 15;
      lowLog = nextLog(lowLog, lowRow, LOW_LOG_MAX);
      highLog = nextLog(highLog, highRow, HIGH_LOG_MAX);
      d = i32x4.splat((lowD & 0xffff) | (highD << 16));
    } else {
      d = v128.load32_splat(differences + (n << 2));
      const sample = i16x8.add_sat_s(prediction, v128.load32_zero(levels + (n << 2)));
      const held = i16x8.max_s(i16x8.min_s(sample, i16x8.splat(16383)), i16x8.splat(-16384));
      v128.store32_lane(bands + (n << 2), held, 0);
    }
    const lowD = i8x16.shuffle(d, d, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1);
    const highD = i8x16.shuffle(d, d, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3);
    lowZeros = nextZeros(lowZeros, lowD, lowHeard, push);
    highZeros = nextZeros(highZeros, highD, highHeard, push);
    lowHeard = i8x16.shuffle(lowHeard, lowD, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);
    highHeard = i8x16.shuffle(highHeard, highD, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17);

    const part = i16x8.add_sat_s(d, zeroSum);
    const whole = i16x8.add_sat_s(prediction, d);
    const rebuilt = i16x8.add_sat_s(whole, whole);
    const turned = i16x8.shr_s(v128.xor(part, part1), 15);
    const turnedTwo = i16x8.shr_s(v128.xor(part, part2), 15);
    const kept = v128.not(turned);
    const twice = i16x8.add_sat_s(pole1, pole1);
    const slope = i16x8.add_sat_s(twice, twice);
    const signed = i16x8.shr_s(i16x8.sub_sat_s(v128.xor(slope, kept), kept), 7);
    const leak2 = i16x8.add(pole2, i16x8.shr_s(i16x8.neg(pole2), 7));
    const next2 = i16x8.add(i16x8.add(leak2, withSign(i16x8.splat(128), turnedTwo)), signed);
    pole2 = i16x8.max_s(i16x8.min_s(next2, i16x8.splat(12288)), i16x8.splat(-12288));
    const leak1 = i16x8.add(pole1, i16x8.shr_s(i16x8.neg(pole1), 8));
    const next1 = i16x8.add(leak1, withSign(i16x8.splat(192), turned));
    const most = i16x8.sub(i16x8.splat(15360), pole2);
    pole1 = i16x8.max_s(i16x8.min_s(next1, most), i16x8.neg(most));
    part2 = part1;
    part1 = part;

    zeroSum = zeroSums(terms(lowZeros, lowHeard), terms(highZeros, highHeard));
    const products = i32x4.shr_s(
      i32x4.extmul_low_i16x8_s(
        i8x16.shuffle(pole1, pole2, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
        i8x16.shuffle(rebuilt, last, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23),
      ),
      15,
    );
    const pole = i16x8.narrow_i32x4_s(products, products);
    const other = i8x16.shuffle(pole, pole, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
    last = rebuilt;
    prediction = i16x8.add_sat_s(i16x8.add_sat_s(pole, other), zeroSum);
  }
  v128.store(state, lowZeros, LOW_ZEROS);
  v128.store(state, highZeros, HIGH_ZEROS);
  v128.store(state, lowHeard, LOW_HEARD);
  v128.store(state, highHeard, HIGH_HEARD);
  v128.store32_lane(state, pole1, 0, POLE1);
  v128.store32_lane(state, pole2, 0, POLE2);
  v128.store32_lane(state, last, 0, LAST);
  v128.store32_lane(state, part1, 0, PART1);
  v128.store32_lane(state, part2, 0, PART2);
  v128.store32_lane(state, zeroSum, 0, ZERO_SUM);
  v128.store32_lane(state, prediction, 0, PREDICTION);
  if (encoding) {
    store<i16>(state, <i16>lowLog, LOG);
    store<i16>(state, <i16>highLog, LOG + 2);
  }
}

/** Octets to differences and levels: a decoder knows all codes of a packet beforehand, and steps go by codes alone. */
// @ts-ignore: decorator
@inline
function dequantise(state: usize, count: usize): void {
  let lowLog = <i32>load<i16>(state, LOG);
  let highLog = <i32>load<i16>(state, LOG + 2);
  for (let n: usize = 0; n < count; n += 1) {
    const octet = <usize>load<u8>(octetRoom + n);
    const lowRow = lowCodes + ((octet & 63) << 3);
    const highRow = highCodes + ((octet >> 6) << 3);
    const lowStep = <i32>load<i16>(lowSteps + (<usize>(lowLog >> 6) << 1));
    const highStep = <i32>load<i16>(highSteps + (<usize>(highLog >> 6) << 1));
    const lowD = (lowStep * <i32>load<i16>(lowRow)) >> 15;
    const highD = (highStep * <i32>load<i16>(highRow)) >> 15;
    store<i32>(differences + (n << 2), (lowD & 0xffff) | (highD << 16));
    const lowE = (lowStep * <i32>load<i16>(lowRow, 2)) >> 15;
    store<i32>(levels + (n << 2), (lowE & 0xffff) | (highD << 16));
    lowLog = nextLog(lowLog, lowRow, LOW_LOG_MAX);
    highLog = nextLog(highLog, highRow, HIGH_LOG_MAX);
  }
  store<i16>(state, <i16>lowLog, LOG);
  store<i16>(state, <i16>highLog, LOG + 2);
}

/** JOIN_BYTES, in two pieces that overlap: the instruction for it is a call. */
// @ts-ignore: decorator
@inline
function copyHeard(to: usize, from: usize): void {
  const end = v128.load(from, JOIN_BYTES - 16);
  v128.store(to, v128.load(from));
  v128.store(to, end, JOIN_BYTES - 16);
}

/** Two neighbours of 16 bits as what a dot product is weighed with. */
// @ts-ignore: decorator
@inline
function weights(first: i32, second: i32): v128 {
  return i32x4.splat((first & 0xffff) | (second << 16));
}

/** Two taps of eight outputs, four of them in each half. */
// @ts-ignore: decorator
@inline
function lower(at: usize, w: v128): v128 {
  const x = v128.load(at);
  const y = v128.load(at, 2);
  return i32x4.dot_i16x8_s(i8x16.shuffle(x, y, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), w);
}

// @ts-ignore: decorator
@inline
function upper(at: usize, w: v128): v128 {
  const x = v128.load(at);
  const y = v128.load(at, 2);
  return i32x4.dot_i16x8_s(i8x16.shuffle(x, y, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), w);
}

/** Half of the receive filter for eight pairs: taps oldest first. */
// @ts-ignore: decorator
@inline
function joined(at: usize, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128, c5: v128): v128 {
  let a = i32x4.add(lower(at, c0), lower(at + 4, c1));
  let b = i32x4.add(upper(at, c0), upper(at + 4, c1));
  a = i32x4.add(a, i32x4.add(lower(at + 8, c2), lower(at + 12, c3)));
  b = i32x4.add(b, i32x4.add(upper(at + 8, c2), upper(at + 12, c3)));
  a = i32x4.add(a, i32x4.add(lower(at + 16, c4), lower(at + 20, c5)));
  b = i32x4.add(b, i32x4.add(upper(at + 16, c4), upper(at + 20, c5)));
  return i16x8.narrow_i32x4_s(i32x4.shr_s(a, 11), i32x4.shr_s(b, 11));
}

/** `count` octets from octetsAt() to twice as many samples at pcmAt(). */
export function decode(state: usize, count: usize): void {
  dequantise(state, count);
  run(state, count, false);
  copyHeard(sums, state + FILTER);
  copyHeard(gaps, state + FILTER + JOIN_BYTES);
  for (let n: usize = 0; n < count; n += 8) {
    const x = v128.load(bands + (n << 2));
    const y = v128.load(bands + (n << 2), 16);
    const l = i8x16.shuffle(x, y, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29);
    const h = i8x16.shuffle(x, y, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
    v128.store(sums + JOIN_BYTES + (n << 1), i16x8.add(l, h));
    v128.store(gaps + JOIN_BYTES + (n << 1), i16x8.sub(l, h));
  }
  const out = pcmRoom + 48;
  const e0 = weights(-11, 53);
  const e1 = weights(-156, 362);
  const e2 = weights(-805, 3876);
  const e3 = weights(951, -210);
  const e4 = weights(32, 12);
  const e5 = weights(-11, 3);
  const o0 = weights(3, -11);
  const o1 = weights(12, 32);
  const o2 = weights(-210, 951);
  const o3 = weights(3876, -805);
  const o4 = weights(362, -156);
  const o5 = weights(53, -11);
  for (let n: usize = 0; n < count; n += 8) {
    const even = joined(gaps + (n << 1), e0, e1, e2, e3, e4, e5);
    const odd = joined(sums + (n << 1), o0, o1, o2, o3, o4, o5);
    v128.store(out + (n << 2), i8x16.shuffle(even, odd, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23));
    v128.store(out + (n << 2), i8x16.shuffle(even, odd, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 16);
  }
  copyHeard(state + FILTER, sums + (count << 1));
  copyHeard(state + FILTER + JOIN_BYTES, gaps + (count << 1));
}

/** Two taps of four pairs: what the early samples weigh, and the late ones. */
// @ts-ignore: decorator
@inline
function both(at: usize, early: i32, late: i32): v128 {
  return i32x4.dot_i16x8_s(v128.load(at), weights(early, late));
}

/** One band of four pairs; `sign` turns the early samples round. */
// @ts-ignore: decorator
@inline
function split(at: usize, sign: i32): v128 {
  let a = i32x4.add(both(at, sign * 3, -11), both(at + 4, sign * -11, 53));
  let b = i32x4.add(both(at + 8, sign * 12, -156), both(at + 12, sign * 32, 362));
  a = i32x4.add(a, i32x4.add(both(at + 16, sign * -210, -805), both(at + 20, sign * 951, 3876)));
  b = i32x4.add(b, i32x4.add(both(at + 24, sign * 3876, 951), both(at + 28, sign * -805, -210)));
  a = i32x4.add(a, i32x4.add(both(at + 32, sign * 362, 32), both(at + 36, sign * -156, 12)));
  b = i32x4.add(b, i32x4.add(both(at + 40, sign * 53, -11), both(at + 44, sign * -11, 3)));
  const sum = i32x4.shr_s(i32x4.add(a, b), 14);
  return i32x4.max_s(i32x4.min_s(sum, i32x4.splat(16383)), i32x4.splat(-16384));
}

/** Twice `count` samples from pcmAt() to `count` octets at octetsAt(). */
export function encode(state: usize, count: usize): void {
  const heard = pcmRoom + 48 - SPLIT_BYTES;
  copyHeard(heard, state + FILTER);
  copyHeard(heard + JOIN_BYTES, state + FILTER + JOIN_BYTES);
  for (let n: usize = 0; n < count; n += 4) {
    const l = split(heard + (n << 2), 1);
    const h = split(heard + (n << 2), -1);
    v128.store(bands + (n << 2), v128.or(v128.and(l, i32x4.splat(0xffff)), i32x4.shl(h, 16)));
  }
  run(state, count, true);
  copyHeard(state + FILTER, heard + (count << 2));
  copyHeard(state + FILTER + JOIN_BYTES, heard + (count << 2) + JOIN_BYTES);
}
