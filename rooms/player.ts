import type { LegId, SoundId } from '../base/ids.js';
import type { MediaSession, SampleRateHz, SharedSound } from '../media/index.js';
import { Resampler } from '../media/index.js';
import { Limiter } from './limiter.js';
import { type Member, tuneSpeaker } from './member.js';
import { PlayerGain, type PlayerGainOptions } from './player-gain.js';
import { frameSamplesAt } from './ticker.js';

/** Sound that a player holds at most; the first feed may bring all of it. */
export const playerBufferMs = 2000;

export function playerCapacityAt(rateHz: SampleRateHz): number {
  return (rateHz * playerBufferMs) / 1000;
}

/**
 * Sound on its way from the main thread to a beat, in the order of the feeds. Limit: `playerBufferMs`; what comes beyond is
 * dropped (`overfed`, in samples). It asks for more when half of it is free, once per feed; where none comes in time it is
 * silent and goes on later (`missedBeats`).
 */
export class PlayerLine {
  readonly rateHz: SampleRateHz;
  overfed = 0;
  playedBeats = 0;
  missedBeats = 0;
  readonly #ring: Int16Array;
  readonly #frameSamples: number;
  #at = 0;
  #samples = 0;
  #isLast = false;
  #mayAsk = false;

  constructor(rateHz: SampleRateHz) {
    this.rateHz = rateHz;
    this.#ring = new Int16Array(playerCapacityAt(rateHz));
    this.#frameSamples = frameSamplesAt(rateHz);
  }

  /** Nothing is left, and nothing will come. */
  get isOver(): boolean {
    return this.#isLast && this.#samples === 0;
  }

  feed(pcm: Uint8Array, isLast: boolean): void {
    const ring = this.#ring;
    const samples = pcm.length >> 1;
    const taken = Math.min(samples, ring.length - this.#samples);
    let to = (this.#at + this.#samples) % ring.length;
    for (let i = 0; i < taken; i += 1) {
      ring[to] = pcm[2 * i]! | (pcm[2 * i + 1]! << 8);
      to = to + 1 === ring.length ? 0 : to + 1;
    }
    this.#samples += taken;
    this.overfed += samples - taken;
    this.#isLast ||= isLast;
    this.#mayAsk = !this.#isLast;
  }

  /** Samples to ask for now; 0 = none. Not 0 again before the next feed. */
  wanted(): number {
    const free = this.#ring.length - this.#samples;
    if (!this.#mayAsk || free * 2 < this.#ring.length) return 0;
    this.#mayAsk = false;
    return free;
  }

  /** This beat's sound into `out`; false = silence. O(samples), no allocation. */
  take(out: Int16Array): boolean {
    const ring = this.#ring;
    const wanted = this.#frameSamples;
    // A beat is taken whole, but for the last one.
    if (this.#samples < wanted && !this.#isLast) {
      if (this.playedBeats > 0) this.missedBeats += 1;
      return false;
    }
    const taken = Math.min(this.#samples, wanted);
    if (taken === 0) return false;
    for (let i = 0; i < taken; i += 1) {
      out[i] = ring[this.#at]!;
      this.#at = this.#at + 1 === ring.length ? 0 : this.#at + 1;
    }
    if (taken < wanted) out.fill(0, taken, wanted);
    this.#samples -= taken;
    this.playedBeats += 1;
    return true;
  }
}

export interface LegPlayerOptions extends PlayerGainOptions {
  readonly over?: boolean | undefined;
  readonly waits?: boolean | undefined;
}

/** A player that one leg hears: by itself on the beats on which the leg is in no room, else through its LegOverlay. */
export class LegPlayer {
  readonly line: PlayerLine;
  readonly gain: PlayerGain;
  /** Heard over the mix of a room, not instead of it. */
  readonly over: boolean;
  /** Stands still while the leg is in a room. */
  readonly waits: boolean;
  readonly #frame: Int16Array;

  constructor(line: PlayerLine, options: LegPlayerOptions = {}) {
    this.line = line;
    this.gain = new PlayerGain(options);
    this.over = options.over ?? false;
    this.waits = options.waits ?? false;
    this.#frame = new Int16Array(frameSamplesAt(line.rateHz));
  }

  /** What the leg is told on this beat; null = silence. The leg takes over the player's rate, since nobody else has one. */
  beat(session: MediaSession): Int16Array | null {
    if (session.sampleRateHz !== this.line.rateHz) tuneSpeaker(session, this.line.rateHz);
    return this.gain.take(this.line, this.#frame) ? this.#frame : null;
  }
}

/** Between the player's rate and the room's. */
interface Edge {
  readonly toRoom: Resampler;
  readonly frame: Int16Array;
}

/** A player among the members of a room: it is heard and hears nobody. Its id is a member's id in that room. */
export class PlayerMember implements Member {
  readonly legId: LegId;
  readonly echo = false;
  readonly limiter: Limiter;
  readonly line: PlayerLine;
  readonly gain: PlayerGain;
  readonly isPlayer = true;
  readonly #frame: Int16Array;
  #edge: Edge;
  #next: Edge | null = null;
  /** The end of what was heard on the last beat is still in the resampler. */
  #wasHeard = false;

  constructor(soundId: SoundId, line: PlayerLine, options: PlayerGainOptions = {}) {
    this.legId = soundId as string as LegId;
    this.line = line;
    this.gain = new PlayerGain(options);
    this.#frame = new Int16Array(frameSamplesAt(line.rateHz));
    this.limiter = new Limiter(this.#frame.length);
    this.#edge = edgeBetween(line.rateHz, line.rateHz);
  }

  get wantedRateHz(): SampleRateHz {
    return this.line.rateHz;
  }

  tune(rateHz: SampleRateHz): void {
    this.#next = null;
    if (rateHz !== this.#edge.toRoom.toHz) this.#use(edgeBetween(this.line.rateHz, rateHz));
  }

  prepare(rateHz: SampleRateHz): void {
    this.#next = edgeBetween(this.line.rateHz, rateHz);
  }

  retune(): void {
    if (this.#next !== null) this.#use(this.#next);
    this.#next = null;
  }

  get ducks(): boolean {
    return this.gain.ducks;
  }

  duck(isSpoken: boolean): void {
    this.gain.duck(isSpoken);
  }

  hear(): Int16Array | null {
    const isHeard = this.gain.take(this.line, this.#frame);
    if (!isHeard && !this.#wasHeard) return null;
    if (!isHeard) this.#frame.fill(0);
    this.#wasHeard = isHeard;
    convert(this.#frame, this.#edge);
    if (this.#next !== null) convert(this.#frame, this.#next);
    return this.#edge.frame;
  }

  heardNext(): Int16Array {
    return (this.#next ?? this.#edge).frame;
  }

  tell(): void {}

  tellShared(_dueMs: number, _shared: SharedSound): void {}

  prime(): void {}

  leave(): void {}

  #use(edge: Edge): void {
    this.#edge = edge;
    this.limiter.retune(edge.frame.length);
  }
}

function edgeBetween(fromHz: SampleRateHz, toHz: SampleRateHz): Edge {
  return { toRoom: new Resampler(fromHz, toHz), frame: new Int16Array(frameSamplesAt(toHz)) };
}

function convert(frame: Int16Array, { toRoom, frame: out }: Edge): void {
  toRoom.process(frame, 0, frame.length, out, 0);
}
