import { Codebook, MEMORY, REST_MEMORY, sectionSize } from './codebook.js';
import { FILTER_SIZE, type IlbcMode, LONGEST_FRAME, STAGES, STATE_SPAN, SUBFRAME } from './mode.js';
import { decodeStartState, PhaseSpreader } from './start-state.js';
import { STAGE_GAINS } from './tables.js';

/** A stage's gain is in parts of the one before, which counts as this much at least: RFC 3951 §3.6.4.2. */
export const LEAST_GAIN_SCALE = 0.1;

/** One run of samples that the codebook gives, in the direction it is coded in. */
export interface Block {
  /** 0 completes the span of the start state; the coded sub-frames follow from 1 on. */
  number: number;
  /** The first sample in coding order, and where the next one is: 1 later in time or −1 earlier. */
  at: number;
  direction: number;
  width: number;
  /** Length of the memory that its codebook is cut from. */
  memory: number;
  /** Samples of that memory that are decoded already; the rest is zero. */
  decoded: number;
  /** Where its three shapes and three gains are among the frame's parameters. */
  shapes: number;
  gains: number;
}

/** Chooses shapes and gains of a block, before the block is decoded from them. */
export interface BlockSearch {
  search(block: Block, decoded: Float64Array): void;
}

/** Whether an encoder can have made these parameters; a frame of others was damaged on the way. RFC 3951 §3.5.1. */
export function isPossible(mode: IlbcMode, values: Int32Array): boolean {
  const { layout, stateSamples, subframes } = mode;
  const start = values[layout.start]!;
  if (start < 1 || start >= subframes) return false;
  const shapes = 2 * sectionSize(REST_MEMORY, STATE_SPAN - stateSamples);
  for (let stage = 0; stage < STAGES; stage += 1) {
    if (values[layout.restShapes + stage]! >= shapes) return false;
  }
  return true;
}

/**
 * The first coded sub-frame has so little memory that its second and third stage leave out what is zero and name the
 * rest by 7 bits: RFC 3951 table 3.1.
 */
export function shapeFromWire(block: number, stage: number, wire: number): number {
  if (block !== 1 || stage === 0 || wire < 44) return wire;
  return wire < 108 ? wire + 64 : wire + 128;
}

export function shapeToWire(block: number, stage: number, shape: number): number {
  if (block !== 1 || stage === 0 || shape < 44) return shape;
  return shape < 172 ? shape - 64 : shape - 128;
}

/**
 * The excitation of a frame, in the order in which it is coded (RFC 3951 §3.6, §4.3): the start state, the block that
 * completes its two sub-frames, the sub-frames behind them, then those before them, backwards in time. Encoder and
 * decoder both run through this, so that they cannot drift apart; the encoder with a search.
 */
export class Excitation {
  /** The decoded excitation, one frame. */
  readonly samples = new Float64Array(LONGEST_FRAME);
  readonly #mode: IlbcMode;
  readonly #spreader = new PhaseSpreader();
  readonly #codebook = new Codebook();
  readonly #vector = new Float64Array(SUBFRAME);
  readonly #block: Block = { number: 0, at: 0, direction: 1, width: 0, memory: 0, decoded: 0, shapes: 0, gains: 0 };

  constructor(mode: IlbcMode) {
    this.#mode = mode;
  }

  /**
   * @param values   the frame's parameters, which `isPossible`; with a search, the LSFs and the start state are enough
   * @param filters  A(z) of each sub-frame
   */
  run(values: Int32Array, filters: Float64Array, search: BlockSearch | null): void {
    const { layout, stateSamples, subframes } = this.#mode;
    const block = this.#block;
    const start = values[layout.start]!;
    const isStateFirst = values[layout.stateFirst] === 1;
    const spanAt = (start - 1) * SUBFRAME;
    const rest = STATE_SPAN - stateSamples;
    const stateAt = isStateFirst ? spanAt : spanAt + rest;
    decodeStartState(this.#mode, values, filters, (start - 1) * FILTER_SIZE, this.#spreader, this.samples, stateAt);

    block.number = 0;
    block.width = rest;
    block.memory = REST_MEMORY;
    block.decoded = stateSamples;
    block.shapes = layout.restShapes;
    block.gains = layout.restGains;
    block.direction = isStateFirst ? 1 : -1;
    block.at = isStateFirst ? stateAt + stateSamples : stateAt - 1;
    this.#code(values, search);

    block.width = SUBFRAME;
    block.memory = MEMORY;
    block.direction = 1;
    block.decoded = STATE_SPAN;
    for (block.at = spanAt + STATE_SPAN; block.at < subframes * SUBFRAME; block.at += SUBFRAME) {
      this.#codeSubframe(values, search);
    }
    block.direction = -1;
    block.decoded = subframes * SUBFRAME - spanAt;
    for (block.at = spanAt - 1; block.at >= 0; block.at -= SUBFRAME) this.#codeSubframe(values, search);
  }

  #codeSubframe(values: Int32Array, search: BlockSearch | null): void {
    const { layout } = this.#mode;
    const block = this.#block;
    block.shapes = layout.shapes + block.number * STAGES;
    block.gains = layout.gains + block.number * STAGES;
    block.number += 1;
    this.#code(values, search);
    block.decoded += SUBFRAME;
  }

  #code(values: Int32Array, search: BlockSearch | null): void {
    const block = this.#block;
    if (search !== null) search.search(block, this.samples);
    loadMemory(block, this.samples, this.#codebook);
    this.#decode(values);
  }

  /** The sum of three vectors, each with its gain: RFC 3951 §4.4.1. */
  #decode(values: Int32Array): void {
    const { number, at, direction, width, memory, shapes, gains } = this.#block;
    const samples = this.samples;
    const vector = this.#vector;
    let gain = 1;
    for (let stage = 0; stage < STAGES; stage += 1) {
      const scale = Math.max(LEAST_GAIN_SCALE, Math.abs(gain));
      gain = scale * STAGE_GAINS[stage]![values[gains + stage]!]!;
      this.#codebook.vector(shapeFromWire(number, stage, values[shapes + stage]!), memory, width, vector);
      for (let i = 0; i < width; i += 1) {
        const to = at + direction * i;
        samples[to] = (stage === 0 ? 0 : samples[to]!) + gain * vector[i]!;
      }
    }
  }
}

/** Fills the codebook with the decoded samples that come before the block in coding order: RFC 3951 §3.6.1. */
export function loadMemory(block: Block, decoded: Float64Array, codebook: Codebook): void {
  const { at, direction, memory } = block;
  const count = Math.min(block.decoded, memory);
  codebook.clear();
  for (let back = 1; back <= count; back += 1) codebook.put(back, decoded[at - direction * back]!);
}
