/**
 * What tells one sub-band of G.722 from the other, laid out so that the same loop runs both, in both directions.
 * Everything that the recommendation looks up by part of a code is spread here to the whole code.
 */
export interface BandTables {
  /** Decoder's output level of each code, in units of step / 2^15: QM6 and QM2 of ITU-T G.722 §6.2. */
  readonly outputOf: Int16Array;
  /** Level that the predictors of both sides go on with: QM4 in the lower band, which leaves out two bits. */
  readonly coreOf: Int16Array;
  /** What each code adds to the logarithm of the step: WL and WH. */
  readonly logChangeOf: Int16Array;
  readonly logMax: number;
  /** The step by the upper bits of its logarithm, `log >> 6`. */
  readonly stepOf: Int16Array;
  /** Code of a difference by its size, in steps / 2^12; from `negativeFrom` on that of a negative one. */
  readonly codeOf: Uint8Array;
  /** A power of 2. */
  readonly negativeFrom: number;
  /** Every larger size has the same code as this. */
  readonly lastSize: number;
}

/** Decision levels of the lower band, in steps / 2^12: Q6. */
const lowDecisions = [
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458,
  1612, 1765, 1980, 2195, 2557, 2919,
];
/** The one decision level of the higher band: Q2. */
const highDecisions = [564];

/** Output levels of the lower band from the outermost inwards, all six bits: QM6. */
const lowOutputs = [
  24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464,
  4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136,
];
/** Output levels of the lower band from the outermost inwards, upper four bits: QM4. */
const lowCores = [20456, 12896, 8968, 6288, 4240, 2584, 1200];
/** Change of the logarithm from the outermost inwards; the innermost is also that of the code 0: WL. */
const lowLogChanges = [3042, 1198, 538, 334, 172, 58, -30];
const lowLogChangeInside = -60;

/** Codes of the lower band, smallest difference first. Negative ones have no codes below 4: 0000 is kept off the line. */
const lowAbove = [61, 60, ...downFrom(59, 28)];
const lowBelow = [63, 62, ...downFrom(31, 28)];

function downFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first - i);
}

/** `decisions` are sorted; a size up to and including the first has the first code of its sign. */
function codesBySize(
  decisions: readonly number[],
  above: readonly number[],
  below: readonly number[],
): Pick<BandTables, 'codeOf' | 'negativeFrom' | 'lastSize'> {
  const lastSize = (decisions.at(-1) ?? 0) + 1;
  const negativeFrom = 2 ** Math.ceil(Math.log2(lastSize + 1));
  const codeOf = new Uint8Array(negativeFrom + lastSize + 1);
  for (let size = 0, at = 0; size <= lastSize; size += 1) {
    if (size > (decisions[at] ?? lastSize)) at += 1;
    codeOf[size] = above[at]!;
    codeOf[negativeFrom + size] = below[at]!;
  }
  return { codeOf, negativeFrom, lastSize };
}

/**
 * The step of each logarithm: four times 2^(1/32) to the power of the logarithm's upper bits, from a table of 32
 * rounded to 12 bits, cut off below its last bit: ILB and SCALEL, SCALEH.
 */
function stepsOf(logMax: number, unityShift: number): Int16Array {
  return Int16Array.from({ length: (logMax >> 6) + 1 }, (_, log) => {
    const mantissa = Math.round(2048 * 2 ** ((log & 31) / 32));
    const shift = unityShift - (log >> 5);
    return (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  });
}

function createLowTables(): BandTables {
  const outputOf = new Int16Array(64);
  const coreOf = new Int16Array(64);
  const logChangeOf = new Int16Array(64);
  for (let code = 0; code < 64; code += 1) {
    const upper = code >> 2;
    // 0000 and 1111 are the innermost; 0001 … 0111 are negative, 1000 … 1110 positive, the outermost first.
    const inside = upper === 0 || upper === 15;
    const rank = upper < 8 ? upper - 1 : upper - 8;
    coreOf[code] = inside ? 0 : lowCores[rank]! * (upper < 8 ? -1 : 1);
    logChangeOf[code] = inside ? lowLogChangeInside : lowLogChanges[rank]!;
  }
  const innermost = lowOutputs.length - 1;
  // Codes 0 to 3 are never sent; what arrives damaged is heard as the smallest negative step.
  outputOf.fill(-lowOutputs[innermost]!, 0, 4);
  for (let size = 0; size <= innermost; size += 1) {
    outputOf[lowAbove[size]!] = lowOutputs[innermost - size]!;
    outputOf[lowBelow[size]!] = -lowOutputs[innermost - size]!;
  }
  const logMax = 18432;
  return {
    outputOf,
    coreOf,
    logChangeOf,
    logMax,
    stepOf: stepsOf(logMax, 8),
    ...codesBySize(lowDecisions, lowAbove, lowBelow),
  };
}

function createHighTables(): BandTables {
  // In the order of the codes: far below, a little below, far above, a little above.
  const outputOf = Int16Array.of(-7408, -1616, 7408, 1616);
  const logMax = 22528;
  return {
    outputOf,
    coreOf: outputOf,
    logChangeOf: Int16Array.of(798, -214, 798, -214),
    logMax,
    stepOf: stepsOf(logMax, 10),
    ...codesBySize(highDecisions, [3, 2], [1, 0]),
  };
}

/** 0 to 4 kHz, 6 bits a sample. */
export const lowBand = createLowTables();

/** 4 to 8 kHz, 2 bits a sample. */
export const highBand = createHighTables();
