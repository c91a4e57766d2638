import type { LegId, RoomId } from '../../base/ids.js';
import type { SharedSound } from '../../media/index.js';
import { Limiter } from '../../rooms/limiter.js';
import type { Member } from '../../rooms/member.js';
import { Room, type RoomOptions } from '../../rooms/room.js';
import { createSeededRandom } from './seeded-random.js';

export const floorRateHz = 8000;
export const frameSamples = floorRateHz / 50;

/** What a member says at a sample of the room's time; null for the beat's first sample = nothing on that beat. */
export type Line = (at: number) => number | null;

export const nothing: Line = () => null;

export function toneLine(hz: number, amplitude: number): (at: number) => number {
  return (at) => amplitude * Math.sin((2 * Math.PI * hz * at) / floorRateHz);
}

/** White noise of that level, the same for the same seed. */
export function noiseLine(levelDb: number, seed: number): (at: number) => number {
  const random = createSeededRandom(seed);
  const peak = 32768 * 10 ** (levelDb / 20) * Math.sqrt(3);
  const noise = Float64Array.from({ length: 40_009 }, () => (random.uint32() / 2 ** 31 - 1) * peak);
  return (at) => noise[at % noise.length]!;
}

/** Adds lines up from a moment on. */
export function fromMs(ms: number, line: (at: number) => number): (at: number) => number {
  const from = (ms * floorRateHz) / 1000;
  return (at) => (at < from ? 0 : line(at));
}

export function sumOf(...lines: readonly ((at: number) => number)[]): (at: number) => number {
  return (at) => lines.reduce((sum, line) => sum + line(at), 0);
}

/** A member without packets or codec: says its line, keeps what it hears. */
export class FloorMember implements Member {
  readonly legId: LegId;
  readonly echo: boolean;
  readonly limiter = new Limiter(frameSamples);
  readonly wantedRateHz = floorRateHz;
  line: Line;
  readonly heard: number[] = [];
  /** Beats on which it heard the shared mix. */
  sharedBeats = 0;
  /** On each beat, whether its sound would have been heard by nobody. */
  readonly unheard: boolean[] = [];
  /** Where its sound is only a background, which it leaves out when nobody hears it. */
  background: (at: number) => boolean = () => false;
  isResting = false;
  #at = 0;
  readonly #frame = new Int16Array(frameSamples);

  constructor(name: string, line: Line, options: { readonly echo?: boolean } = {}) {
    this.legId = name as LegId;
    this.line = line;
    this.echo = options.echo ?? false;
  }

  tune(): void {}

  prepare(): void {}

  retune(): void {}

  leave(): void {}

  prime(): void {}

  hear(_dueMs: number, isUnheard: boolean): Int16Array | null {
    const from = this.#at;
    this.#at += frameSamples;
    this.unheard.push(isUnheard);
    this.isResting = isUnheard && this.background(from);
    if (this.isResting) return null;
    if (this.line(from) === null) return null;
    for (let i = 0; i < frameSamples; i += 1) this.#frame[i] = Math.round(this.line(from + i) ?? 0);
    return this.#frame;
  }

  heardNext(): Int16Array {
    return this.#frame;
  }

  tell(_dueMs: number, frame: Int16Array | null): void {
    for (let i = 0; i < frameSamples; i += 1) this.heard.push(frame?.[i] ?? 0);
  }

  tellShared(dueMs: number, shared: SharedSound): void {
    this.sharedBeats += 1;
    this.tell(dueMs, shared.frame);
  }

  /** What it heard between two moments of the room's time. */
  between(fromMs: number, toMs: number): Int16Array {
    return Int16Array.from(this.heard).slice((fromMs * floorRateHz) / 1000, (toMs * floorRateHz) / 1000);
  }
}

/** One room with its members, beat by beat. */
export class Floor {
  readonly room: Room;
  readonly members: FloorMember[] = [];
  #beat = 0;

  constructor(options: RoomOptions = {}) {
    this.room = new Room('r' as RoomId, options);
  }

  join(line: Line, options: { readonly echo?: boolean } = {}): FloorMember {
    const member = new FloorMember(`m${this.members.length}`, line, options);
    this.members.push(member);
    this.room.add(member);
    return member;
  }

  /** Joins so many that say the same kind of thing. */
  joinMany(count: number, lineOf: (index: number) => Line): FloorMember[] {
    return Array.from({ length: count }, (_, index) => this.join(lineOf(index)));
  }

  runMs(ms: number, each?: () => void): void {
    for (let done = 0; done < ms; done += 20) {
      this.#beat += 1;
      this.room.beat(this.#beat, this.#beat * 20);
      each?.();
    }
  }
}

/** What the line says between two moments, as a member says it. */
export function spoken(line: (at: number) => number, fromMs: number, toMs: number): Int16Array {
  const [from, to] = [(fromMs * floorRateHz) / 1000, (toMs * floorRateHz) / 1000];
  return Int16Array.from({ length: to - from }, (_, i) => Math.round(line(from + i)));
}

/** RMS in dB of full scale. */
export function rmsDb(samples: Int16Array): number {
  const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return mean === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(mean / 32768 ** 2);
}
