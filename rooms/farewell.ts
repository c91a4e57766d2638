import type { LegId } from '../base/ids.js';
import { fadeAway, type SampleRateHz } from '../media/index.js';
import { Limiter } from './limiter.js';
import type { Member } from './member.js';
import { beatMs, frameSamplesAt } from './ticker.js';

/**
 * Has the seat of a member that went while it was heard, for one beat: what it said fades away within 5 ms in place of being
 * cut, which would be a click for all others. It holds nothing of the member itself, which may be in another room by then.
 */
export class Farewell implements Member {
  readonly legId: LegId;
  readonly echo = false;
  readonly limiter = new Limiter(frameSamplesAt(8000));
  readonly wantedRateHz = 8000;
  readonly isPlayer: boolean;
  readonly #sound: Int16Array;
  #next = new Int16Array(0);

  /** @param last  what others heard of the member on the last beat, at the rate of the beat that comes */
  constructor({ legId, isPlayer }: Member, last: Int16Array) {
    this.legId = legId;
    this.isPlayer = isPlayer === true;
    this.#sound = new Int16Array(last.length);
    fadeAway(last, ((last.length * 1000) / beatMs) as SampleRateHz, this.#sound);
  }

  tune(): void {}

  /** The end of the beat, which is all that the rate that comes has to know, is silence. */
  prepare(rateHz: SampleRateHz): void {
    this.#next = new Int16Array(frameSamplesAt(rateHz));
  }

  retune(): void {}

  hear(): Int16Array {
    return this.#sound;
  }

  heardNext(): Int16Array {
    return this.#next;
  }

  tell(): void {}

  tellShared(): void {}

  prime(): void {}

  leave(): void {}
}
