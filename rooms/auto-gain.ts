import { GainStage } from './gain-stage.js';
import type { Limiter } from './limiter.js';

const FULL_POWER = 32_768 ** 2;
/** What speech is brought to, in dB of full scale (RMS while it lasts). */
const TARGET_DB = -20;
const LOWEST_DB = -15;
const HIGHEST_DB = 20;
/** Nothing below this is speech, however quiet the line is. */
const GATE = FULL_POWER * 10 ** (-50 / 10);
/** Nor what is not that much louder than the quietest lately: a steady noise is left as it is. */
const ABOVE_FLOOR = 10 ** (10 / 10);
/** Beats in each half of the window whose quietest frame is the floor. */
const FLOOR_BEATS = 50;
/** The level follows speech within some 200 ms; the gain goes down by 20 dB a second and up by 6. */
const LEVEL_SHARE = 0.1;
const DOWN_DB = 0.4;
const UP_DB = 0.12;
/** Nearer than this to the target is as good as there. */
const SLACK_DB = 1;

/** Numbers that change on every beat: as fields they would be allocated. */
const LEVEL = 0;
const QUIETEST = 1;
const QUIETEST_BEFORE = 2;
const GAIN_DB = 3;

/**
 * Brings a voice to the loudness of the others, slowly, and only while it speaks: in pauses, in silence and in a steady noise the
 * gain stays where it is, so that no background is pumped up. −15 … 20 dB; peaks that it lifts too far are limited.
 * O(samples) per beat, no allocation after the first gain above 1.
 */
export class AutoGain {
  readonly #stage = new GainStage(1);
  readonly #state = new Float64Array(4);
  #floorBeats = 0;
  isEnding = false;

  constructor() {
    this.#state[QUIETEST] = Number.POSITIVE_INFINITY;
    this.#state[QUIETEST_BEFORE] = Number.POSITIVE_INFINITY;
  }

  get gainDb(): number {
    return this.#state[GAIN_DB]!;
  }

  /** It was to go, and has. */
  get isOver(): boolean {
    return this.isEnding && this.#stage.isPlain;
  }

  /** One beat, changed in place; null = nothing came. */
  apply(frame: Int16Array | null, scratch: Int32Array): void {
    if (frame !== null) this.#learn(powerOf(frame));
    this.#stage.aim(this.isEnding ? 1 : 10 ** (this.gainDb / 20));
    if (frame !== null) this.#stage.apply(frame, scratch);
  }

  /** The same beat at the rate that is prepared. */
  applyNext(frame: Int16Array, scratch: Int32Array, limiter: Limiter): void {
    this.#stage.applyNext(frame, scratch, limiter);
  }

  #learn(power: number): void {
    const state = this.#state;
    // Digital silence says nothing of the line.
    if (power === 0) return;
    state[QUIETEST] = Math.min(state[QUIETEST]!, power);
    const floor = Math.min(state[QUIETEST]!, state[QUIETEST_BEFORE]!);
    this.#floorBeats += 1;
    if (this.#floorBeats === FLOOR_BEATS) {
      this.#floorBeats = 0;
      state[QUIETEST_BEFORE] = state[QUIETEST]!;
      state[QUIETEST] = Number.POSITIVE_INFINITY;
    }
    if (power < GATE || power < floor * ABOVE_FLOOR) return;
    const level = state[LEVEL]!;
    state[LEVEL] = level === 0 ? power : level + (power - level) * LEVEL_SHARE;
    const wantedDb = TARGET_DB - 10 * Math.log10(state[LEVEL]! / FULL_POWER);
    const missing = Math.min(HIGHEST_DB, Math.max(LOWEST_DB, wantedDb)) - state[GAIN_DB]!;
    if (Math.abs(missing) <= SLACK_DB) return;
    state[GAIN_DB] = state[GAIN_DB]! + Math.min(UP_DB, Math.max(-DOWN_DB, missing));
  }
}

function powerOf(frame: Int16Array): number {
  let sum = 0;
  for (let i = 0; i < frame.length; i += 1) sum += frame[i]! * frame[i]!;
  return sum / frame.length;
}
