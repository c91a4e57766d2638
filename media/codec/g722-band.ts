import type { BandTables } from './g722-tables.js';

/** Of each value in the state: predictor coefficients, what they are applied to, step and prediction. */
const A1 = 0;
const A2 = 1;
const B1 = 2;
const D1 = 8;
const P1 = 14;
const P2 = 15;
const R1 = 16;
const LOG = 17;
const STEP = 18;
const ZEROS = 19;
const PREDICTION = 20;
const STATE_LENGTH = 21;

/** Zeros of the predictor. */
const ZERO_COUNT = 6;
/** What there is one of in each band, in the order of the kernel's pairs; the step follows from its logarithm. */
const pairs = [A1, A2, R1, P1, P2, ZEROS, PREDICTION, LOG];
/** Where they begin. */
const PAIRS_AT = 32;

/** Leaves room for the sum of a full-scale decoder: RL and RH are held to 15 bits. */
const OUTPUT_MAX = 16383;

/**
 * One sub-band of G.722 as adaptive DPCM: ITU-T G.722 §3.2 to §3.6 and §6.2. A predictor of 2 poles and 6 zeros,
 * a quantiser whose step follows the codes. Encoder and decoder differ in where a code comes from; what it then does
 * to the state is one and the same, which is what keeps the two in step.
 * All arithmetic is that of the recommendation, 16-bit two's complement with saturation.
 */
export class SubBand {
  readonly #tables: BandTables;
  readonly #state = new Int32Array(STATE_LENGTH);

  constructor(tables: BandTables) {
    this.#tables = tables;
    this.reset();
  }

  /** Back to the state that every codec starts in. */
  reset(): void {
    this.#state.fill(0);
    this.#state[STEP] = this.#tables.stepOf[0]!;
  }

  /**
   * Writes the state as the kernel keeps it (kernels/assembly/g722.ts): vectors of the zeros and what they are applied to,
   * each oldest first in lanes 2 to 7, then pairs of both bands.
   * @param band  0 for the lower one, 1 for the higher one
   */
  save(into: Int16Array, at: number, band: number): void {
    const state = this.#state;
    for (let i = 0; i < ZERO_COUNT; i += 1) {
      into[at + 8 * band + 7 - i] = state[B1 + i]!;
      into[at + 16 + 8 * band + 7 - i] = state[D1 + i]!;
    }
    for (let i = 0; i < pairs.length; i += 1) into[at + PAIRS_AT + 2 * i + band] = state[pairs[i]!]!;
  }

  /** What `save` wrote. */
  load(from: Int16Array, at: number, band: number): void {
    const state = this.#state;
    for (let i = 0; i < ZERO_COUNT; i += 1) {
      state[B1 + i] = from[at + 8 * band + 7 - i]!;
      state[D1 + i] = from[at + 16 + 8 * band + 7 - i]!;
    }
    for (let i = 0; i < pairs.length; i += 1) state[pairs[i]!] = from[at + PAIRS_AT + 2 * i + band]!;
    state[STEP] = this.#tables.stepOf[state[LOG]! >> 6]!;
  }

  /** Codes `count` samples of `signal`, 15 bits each, into `codes`. */
  encode(signal: Int16Array, codes: Uint8Array, count: number): void {
    this.#run(signal, codes, count, true);
  }

  /** Turns `count` codes into samples of 15 bits. */
  decode(codes: Uint8Array, signal: Int16Array, count: number): void {
    this.#run(signal, codes, count, false);
  }

  /** The state lives in locals while a frame lasts: at 16,000 turns a second and leg the loads and stores would show. */
  #run(signal: Int16Array, codes: Uint8Array, count: number, encoding: boolean): void {
    const { outputOf, coreOf, logChangeOf, logMax, stepOf, codeOf, negativeFrom, lastSize } = this.#tables;
    const state = this.#state;
    let a1 = state[A1]!;
    let a2 = state[A2]!;
    let b1 = state[B1]!;
    let b2 = state[B1 + 1]!;
    let b3 = state[B1 + 2]!;
    let b4 = state[B1 + 3]!;
    let b5 = state[B1 + 4]!;
    let b6 = state[B1 + 5]!;
    let d1 = state[D1]!;
    let d2 = state[D1 + 1]!;
    let d3 = state[D1 + 2]!;
    let d4 = state[D1 + 3]!;
    let d5 = state[D1 + 4]!;
    let d6 = state[D1 + 5]!;
    let p1 = state[P1]!;
    let p2 = state[P2]!;
    let r1 = state[R1]!;
    let log = state[LOG]!;
    let step = state[STEP]!;
    let zeros = state[ZEROS]!;
    let prediction = state[PREDICTION]!;
    for (let i = 0; i < count; i += 1) {
      let code: number;
      if (encoding) {
        const difference = saturate(signal[i]! - prediction);
        const below = difference >> 31;
        // The recommendation compares with each decision level times the step; one division tells the same.
        const size = (((((difference ^ below) << 12) + 4095) / step) | 0) + 1;
        code = codeOf[(size < lastSize ? size : lastSize) + (below & negativeFrom)]!;
        codes[i] = code;
      } else {
        code = codes[i]!;
        const output = prediction + (Math.imul(step, outputOf[code]!) >> 15);
        signal[i] = output > OUTPUT_MAX ? OUTPUT_MAX : output < -OUTPUT_MAX - 1 ? -OUTPUT_MAX - 1 : output;
      }
      const d = Math.imul(step, coreOf[code]!) >> 15;
      log = (Math.imul(log, 127) >> 7) + logChangeOf[code]!;
      log = log < 0 ? 0 : log > logMax ? logMax : log;
      step = stepOf[log >> 6]!;

      const p = saturate(d + zeros);
      const r = saturate(2 * saturate(prediction + d));
      const turned = (p ^ p1) >> 31;
      a2 = nextPole2(a1, a2, turned, (p ^ p2) >> 31);
      a1 = nextPole1(a1, a2, turned);
      p2 = p1;
      p1 = p;

      const push = ((d | -d) >> 31) & 128;
      b1 = nextZero(b1, push, (d ^ d1) >> 31);
      b2 = nextZero(b2, push, (d ^ d2) >> 31);
      b3 = nextZero(b3, push, (d ^ d3) >> 31);
      b4 = nextZero(b4, push, (d ^ d4) >> 31);
      b5 = nextZero(b5, push, (d ^ d5) >> 31);
      b6 = nextZero(b6, push, (d ^ d6) >> 31);
      d6 = d5;
      d5 = d4;
      d4 = d3;
      d3 = d2;
      d2 = d1;
      d1 = d;

      zeros = saturate((Math.imul(d6, b6) >> 14) + (Math.imul(d5, b5) >> 14));
      zeros = saturate(zeros + (Math.imul(d4, b4) >> 14));
      zeros = saturate(zeros + (Math.imul(d3, b3) >> 14));
      zeros = saturate(zeros + (Math.imul(d2, b2) >> 14));
      zeros = saturate(zeros + (Math.imul(d1, b1) >> 14));
      const poles = saturate((Math.imul(a1, r) >> 15) + (Math.imul(a2, r1) >> 15));
      r1 = r;
      prediction = saturate(poles + zeros);
    }
    state[A1] = a1;
    state[A2] = a2;
    state[B1] = b1;
    state[B1 + 1] = b2;
    state[B1 + 2] = b3;
    state[B1 + 3] = b4;
    state[B1 + 4] = b5;
    state[B1 + 5] = b6;
    state[D1] = d1;
    state[D1 + 1] = d2;
    state[D1 + 2] = d3;
    state[D1 + 3] = d4;
    state[D1 + 4] = d5;
    state[D1 + 5] = d6;
    state[P1] = p1;
    state[P2] = p2;
    state[R1] = r1;
    state[LOG] = log;
    state[STEP] = step;
    state[ZEROS] = zeros;
    state[PREDICTION] = prediction;
  }
}

/** To 16 bits. */
function saturate(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}

/**
 * UPPOL2. `turned` is −1 where the partly reconstructed signal has another sign than a sample ago, else 0; `turnedTwo`
 * the same of two samples ago. Signs are chosen by mask: as branches they would be guessed wrong every other time.
 */
function nextPole2(a1: number, a2: number, turned: number, turnedTwo: number): number {
  const slope = saturate(a1 << 2);
  const signed = saturate((slope ^ ~turned) - ~turned);
  const next = (signed >> 7) + ((128 ^ turnedTwo) - turnedTwo) + (Math.imul(a2, 127) >> 7);
  return next > 12288 ? 12288 : next < -12288 ? -12288 : next;
}

/** UPPOL1: what a stable filter allows depends on the other coefficient. */
function nextPole1(a1: number, a2: number, turned: number): number {
  const next = (Math.imul(a1, 255) >> 8) + ((192 ^ turned) - turned);
  const most = 15360 - a2;
  return next > most ? most : next < -most ? -most : next;
}

/** UPZERO: `differ` is −1 where this difference and the delayed one have different signs, else 0. */
function nextZero(b: number, push: number, differ: number): number {
  return (Math.imul(b, 255) >> 8) + ((push ^ differ) - differ);
}
