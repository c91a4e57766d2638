import type { SampleRateHz } from '../media/index.js';
import { Resampler } from '../media/index.js';
import { GainStage } from './gain-stage.js';
import { Limiter } from './limiter.js';
import type { LegPlayer } from './player.js';
import { SpeechDetector } from './speakers.js';
import { beatMs, frameSamplesAt } from './ticker.js';

/**
 * What one leg hears besides the room that it is in: a player over the mix, or instead of it. The mix comes and goes with a ramp. It
 * is there from the leg's first player on. Cost: nothing on beats on which it is idle, else O(samples) without allocation.
 */
export class LegOverlay {
  player: LegPlayer | null = null;
  readonly #mix = new GainStage(1);
  readonly #detector = new SpeechDetector();
  readonly #limiter = new Limiter(frameSamplesAt(8000));
  #out = new Int16Array(0);
  #next = new Int16Array(0);
  #sum = new Int32Array(0);
  #voice: PlayerVoice | null = null;
  /** The one before it, which fades on this beat. */
  #old: PlayerVoice | null = null;

  get #playing(): LegPlayer | null {
    return this.player?.waits === true ? null : this.player;
  }

  /** The leg hears its room as it is. */
  get isIdle(): boolean {
    return this.#playing === null && this.#voice === null && this.#mix.isPlain && this.#limiter.gain === 1;
  }

  /** This beat's mix (null = silence) with the player's sound; the frame that is given is only lent, both ways. */
  apply(frame: Int16Array | null, rateHz: SampleRateHz): Int16Array | null {
    const player = this.#playing;
    const samples = frameSamplesAt(rateHz);
    if (this.#out.length !== samples) {
      this.#out = new Int16Array(samples);
      this.#sum = new Int32Array(samples);
      this.#limiter.retune(samples);
    }
    if (player?.gain.ducks === true) {
      this.#detector.hear(frame);
      player.gain.duck(this.#detector.isSpeaking);
    }
    this.#follow(player);
    this.#old?.take();
    this.#voice?.take();
    this.#mix.aim(player === null || player.over || player.gain.isPaused ? 1 : 0);
    const sound = this.#voice?.at(rateHz) ?? null;
    const old = this.#old?.at(rateHz) ?? null;
    if (sound === null && old === null && (frame === null || this.#mix.isShut)) {
      this.#limiter.rest();
      return null;
    }
    this.#compose(frame, sound, this.#out);
    if (old !== null) for (let i = 0; i < samples; i += 1) this.#sum[i] = this.#sum[i]! + old[i]!;
    this.#limiter.apply(this.#sum, null, this.#out);
    return this.#out;
  }

  /** Outside of rooms its player has ended: nothing of it is heard in the next one. */
  forget(): void {
    this.#voice = null;
  }

  /** Whoever is not played any more fades, and is forgotten on the beat after. */
  #follow(player: LegPlayer | null): void {
    this.#old = null;
    if (this.#voice === null || this.#voice.player !== player) {
      this.#old = this.#voice;
      this.#old?.player.gain.stop();
      this.#voice = player === null ? null : new PlayerVoice(player);
    }
  }

  /** The same beat at the rate that is prepared, for the resamplers alone: what fades on it has ended before its end. */
  applyNext(frame: Int16Array | null, samples: number): Int16Array | null {
    if (this.#next.length !== samples) this.#next = new Int16Array(samples);
    const sound = this.#voice?.at(((samples * 1000) / beatMs) as SampleRateHz) ?? null;
    if (sound === null && (frame === null || this.#mix.isShut)) return null;
    const next = this.#next;
    if (this.#sum.length < samples) this.#sum = new Int32Array(samples);
    this.#compose(frame, sound, next);
    for (let i = 0; i < samples; i += 1) {
      const value = this.#sum[i]! * this.#limiter.gain;
      next[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : value;
    }
    return next;
  }

  /** Both into the sum; `scratch` is written over. */
  #compose(frame: Int16Array | null, sound: Int16Array | null, scratch: Int16Array): void {
    if (frame === null || this.#mix.isShut) scratch.fill(0);
    else {
      scratch.set(frame);
      this.#mix.apply(scratch, this.#sum);
    }
    for (let i = 0; i < scratch.length; i += 1) this.#sum[i] = scratch[i]! + (sound === null ? 0 : sound[i]!);
  }
}

interface Edge {
  readonly resampler: Resampler;
  readonly frame: Int16Array;
  /** The beat of the player whose sound it holds, and whether that is any. */
  beat: number;
  hasSound: boolean;
}

/** One player's sound at the rates of the rooms that its leg is in. */
class PlayerVoice {
  readonly player: LegPlayer;
  readonly #edges = new Map<SampleRateHz, Edge>();
  readonly #frame: Int16Array;
  #beat = 0;
  #isHeard = false;
  #wasHeard = false;

  constructor(player: LegPlayer) {
    this.player = player;
    this.#frame = new Int16Array(frameSamplesAt(player.line.rateHz));
  }

  /** Once per beat. */
  take(): void {
    this.#beat += 1;
    this.#wasHeard = this.#isHeard;
    this.#isHeard = this.player.gain.take(this.player.line, this.#frame);
    if (!this.#isHeard && this.#wasHeard) this.#frame.fill(0);
  }

  /** This beat's sound at that rate; null = silence. */
  at(rateHz: SampleRateHz): Int16Array | null {
    let edge = this.#edges.get(rateHz);
    if (edge === undefined) {
      const resampler = new Resampler(this.player.line.rateHz, rateHz);
      edge = { resampler, frame: new Int16Array(frameSamplesAt(rateHz)), beat: this.#beat - 1, hasSound: false };
      this.#edges.set(rateHz, edge);
    }
    if (edge.beat === this.#beat) return edge.hasSound ? edge.frame : null;
    // What it heard some time ago has nothing to do with this.
    if (edge.beat !== this.#beat - 1) edge.resampler.reset();
    edge.beat = this.#beat;
    edge.hasSound = this.#isHeard || this.#wasHeard;
    if (!edge.hasSound) return null;
    edge.resampler.process(this.#frame, 0, this.#frame.length, edge.frame, 0);
    return edge.frame;
  }
}
