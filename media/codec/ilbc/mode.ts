/** The frame length in ms, which RFC 3952 calls the mode. */
export type IlbcFrameMs = 20 | 30;

/** Samples of a sub-frame, and of the two sub-frames that hold the start state. */
export const SUBFRAME = 40;
export const STATE_SPAN = 80;
export const LPC_ORDER = 10;
/** Coefficients of one filter A(z), the leading 1 among them. */
export const FILTER_SIZE = LPC_ORDER + 1;
export const STAGES = 3;
export const LONGEST_FRAME = 240;

/** What differs between the two frame lengths: RFC 3951 §2, §3.2.6, §3.2.7 and table 3.2. Lengths in samples. */
export interface IlbcMode {
  readonly frameMs: IlbcFrameMs;
  readonly frameSamples: number;
  readonly payloadBytes: number;
  readonly subframes: number;
  /** Sub-frames outside the start state's span, coded by the codebook alone. */
  readonly codedSubframes: number;
  readonly lsfSets: number;
  /** Samples of the start state that are quantized one by one. */
  readonly stateSamples: number;
  /** Per sub-frame the part of the earlier one of the two LSF sets it lies between. */
  readonly earlierShare: Float64Array;
  /** Weights of the possible places of the start state. */
  readonly placeWeights: Float64Array;
  /** Sub-frames by which the enhanced sound comes later. */
  readonly enhancerDelaySubframes: number;
  readonly layout: FrameLayout;
}

/** Where each parameter is in the vector of a frame's parameters, in the order of RFC 3951 table 3.2. */
export interface FrameLayout {
  readonly count: number;
  /** Bits in class 1, 2 and 3 of each parameter; the most significant ones are in the first class. */
  readonly widths: Uint8Array;
  readonly lsf: number;
  readonly start: number;
  readonly stateFirst: number;
  readonly scale: number;
  readonly state: number;
  /** Shapes and gains of the block that completes the start state's span, then of the coded sub-frames. */
  readonly restShapes: number;
  readonly restGains: number;
  readonly shapes: number;
  readonly gains: number;
}

type Bits = readonly [number, number, number];

interface BlockBits {
  readonly shapes: readonly Bits[];
  readonly gains: readonly Bits[];
}

function layoutOf(lsfSets: number, startBits: number, stateSamples: number, blocks: readonly BlockBits[]): FrameLayout {
  const widths: Bits[] = [];
  for (let set = 0; set < lsfSets; set += 1) widths.push([6, 0, 0], [7, 0, 0], [7, 0, 0]);
  const start = widths.length;
  widths.push([startBits, 0, 0], [1, 0, 0], [6, 0, 0]);
  for (let i = 0; i < stateSamples; i += 1) widths.push([0, 1, 2]);
  const [rest, ...coded] = blocks;
  const restShapes = widths.length;
  widths.push(...rest!.shapes, ...rest!.gains);
  const shapes = widths.length;
  for (const block of coded) widths.push(...block.shapes);
  const gains = widths.length;
  for (const block of coded) widths.push(...block.gains);
  return {
    count: widths.length,
    widths: Uint8Array.from(widths.flat()),
    lsf: 0,
    start,
    stateFirst: start + 1,
    scale: start + 2,
    state: start + 3,
    restShapes,
    restGains: restShapes + STAGES,
    shapes,
    gains,
  };
}

const LOW_7: Bits = [0, 0, 7];
const LOW_8: Bits = [0, 0, 8];
const LOW_3: Bits = [0, 0, 3];

const blocksOf20Ms: readonly BlockBits[] = [
  { shapes: [[6, 0, 1], LOW_7, LOW_7], gains: [[2, 0, 3], [1, 1, 2], LOW_3] },
  { shapes: [[7, 0, 1], LOW_7, LOW_7], gains: [[1, 2, 2], [1, 1, 2], LOW_3] },
  { shapes: [LOW_8, LOW_8, LOW_8], gains: [[1, 1, 3], [0, 2, 2], LOW_3] },
];

const blocksOf30Ms: readonly BlockBits[] = [
  { shapes: [[4, 2, 1], LOW_7, LOW_7], gains: [[1, 1, 3], [1, 1, 2], LOW_3] },
  { shapes: [[6, 1, 1], LOW_7, LOW_7], gains: [[1, 2, 2], [1, 2, 1], LOW_3] },
  { shapes: [[0, 7, 1], LOW_8, LOW_8], gains: [[0, 2, 3], [0, 2, 2], LOW_3] },
  { shapes: [[0, 7, 1], LOW_8, LOW_8], gains: [[0, 1, 4], [0, 1, 3], LOW_3] },
  { shapes: [[0, 7, 1], LOW_8, LOW_8], gains: [[0, 1, 4], [0, 1, 3], LOW_3] },
];

export const ilbcModes: Readonly<Record<IlbcFrameMs, IlbcMode>> = {
  20: {
    frameMs: 20,
    frameSamples: 160,
    payloadBytes: 38,
    subframes: 4,
    codedSubframes: 2,
    lsfSets: 1,
    stateSamples: 57,
    earlierShare: Float64Array.of(3 / 4, 2 / 4, 1 / 4, 0),
    placeWeights: Float64Array.of(0.9, 1, 0.9),
    enhancerDelaySubframes: 1,
    layout: layoutOf(1, 2, 57, blocksOf20Ms),
  },
  30: {
    frameMs: 30,
    frameSamples: 240,
    payloadBytes: 50,
    subframes: 6,
    codedSubframes: 4,
    lsfSets: 2,
    stateSamples: 58,
    earlierShare: Float64Array.of(1 / 2, 1, 2 / 3, 1 / 3, 0, 0),
    placeWeights: Float64Array.of(0.8, 0.9, 1, 0.9, 0.8),
    enhancerDelaySubframes: 2,
    layout: layoutOf(2, 3, 58, blocksOf30Ms),
  },
};
