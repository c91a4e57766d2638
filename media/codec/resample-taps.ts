/**
 * What every conversion delays the sound by, also the one between equal rates: so a leg may change from one conversion to
 * another without a jump in time. 1.5 ms is what a filter of 60 dB with a transition of 1.2 kHz needs.
 */
const DELAY_MS = 1.5;
/** Kaiser's β for 60 dB (Oppenheim, Schafer, Discrete-Time Signal Processing, §7.6). */
const BETA = 5.65;
/** Edge of the pass band, at −6 dB, of the lower of the two rates. */
const CUTOFF = 0.485;

/** Taps are integers with so many bits behind the point, so that the kernel and its twin give the same samples. */
export const tapBits = 15;

/** A row is filled up to a multiple of so many taps: those of one vector. */
const ROW_STEP = 8;

/** A filter in its phases. */
export interface FilterTaps {
  /** A row of `rowLength` for each phase: zeros, then the taps, oldest sample first. */
  readonly rows: Int16Array;
  readonly rowLength: number;
  /** Samples that one output is made of. */
  readonly length: number;
  /** Phases in one sample that comes in. */
  readonly up: number;
  /** Phases between two samples that go out. */
  readonly step: number;
}

/** Modified Bessel function of the first kind and order 0, by its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** A windowed sinc at `at` samples of `half` on either side of its middle. */
function lowPass(at: number, half: number, cyclesPerSample: number): number {
  const share = at / half;
  if (Math.abs(share) > 1) return 0;
  const angle = 2 * Math.PI * cyclesPerSample * at;
  return (angle === 0 ? 1 : Math.sin(angle) / angle) * bessel0(BETA * Math.sqrt(1 - share * share));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function createTaps(fromHz: number, toHz: number): FilterTaps {
  const half = (DELAY_MS * fromHz) / 1000;
  const length = Math.floor(2 * half) + 1;
  const rowLength = Math.ceil(length / ROW_STEP) * ROW_STEP;
  const common = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / common;
  const cyclesPerSample = (CUTOFF * Math.min(fromHz, toHz)) / fromHz;
  // Each tap of the filter at `up` times the rate that comes in, whose sum is 1 for a phase on average.
  const taps = Array.from({ length: up * length }, (_, i) => lowPass(i / up - half, half, cyclesPerSample));
  const gain = (up * 2 ** tapBits) / taps.reduce((sum, tap) => sum + tap, 0);
  const rows = new Int16Array(up * rowLength);
  for (const [i, tap] of taps.entries()) {
    const [back, phase] = [Math.floor(i / up), i % up];
    rows[(phase + 1) * rowLength - 1 - back] = Math.round(tap * gain);
  }
  return { rows, rowLength, length, up, step: fromHz / common };
}

const known = new Map<string, FilterTaps>();

/** The filter between two different rates, made once. */
export function tapsOf(fromHz: number, toHz: number): FilterTaps {
  const key = `${fromHz} ${toHz}`;
  let found = known.get(key);
  if (found === undefined) {
    found = createTaps(fromHz, toHz);
    known.set(key, found);
  }
  return found;
}

/** Samples by which sound between equal rates is delayed. */
export function delaySamples(rateHz: number): number {
  return Math.floor((DELAY_MS * rateHz) / 1000);
}
