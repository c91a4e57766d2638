import { GainStage } from './gain-stage.js';
import type { PlayerLine } from './player.js';
import { linearGain } from './seat.js';

/** Beats in which a player gets quieter when somebody speaks, and louder again afterwards. */
const DUCK_BEATS = 4;
const RETURN_BEATS = 25;

export interface PlayerGainOptions {
  readonly gainDb?: number | undefined;
  readonly duckDb?: number | undefined;
}

/** How loud a player is, without a click at any change; paused, it takes nothing from its line. */
export class PlayerGain {
  isPaused = false;
  readonly #duckDb: number;
  #gainDb: number;
  /** 0 … 1: none, and all of `duckDb`. */
  #ducked = 0;
  #stage: GainStage | null = null;
  #scratch: Int32Array = new Int32Array(0);

  constructor({ gainDb = 0, duckDb = 0 }: PlayerGainOptions) {
    this.#gainDb = gainDb;
    this.#duckDb = Math.max(0, duckDb);
  }

  get ducks(): boolean {
    return this.#duckDb > 0;
  }

  set(gainDb: number, isPaused: boolean): void {
    this.#gainDb = gainDb;
    this.isPaused = isPaused;
  }

  /** Fades on the next beat, for good. */
  stop(): void {
    this.isPaused = true;
  }

  /** Once per beat: whether somebody speaks. */
  duck(isSpoken: boolean): void {
    const step = isSpoken ? 1 / DUCK_BEATS : -1 / RETURN_BEATS;
    this.#ducked = Math.min(1, Math.max(0, this.#ducked + step));
  }

  /** This beat's sound of the line into `out`, which comes in within 5 ms; false = silence. O(samples), no allocation after the first. */
  take(line: PlayerLine, out: Int16Array): boolean {
    const gain = this.isPaused ? 0 : linearGain(this.#gainDb - this.#duckDb * this.#ducked);
    const begins = this.#stage === null;
    if (begins && (gain === 0 || !line.take(out))) return false;
    this.#stage ??= new GainStage(0);
    if (begins) this.#scratch = new Int32Array(out.length);
    this.#stage.aim(gain);
    if (!begins && (this.#stage.isShut || !line.take(out))) return false;
    this.#stage.apply(out, this.#scratch);
    return true;
  }
}
