import type { Clock, Timer } from '../../base/clock.js';
import { workOf } from './flood.js';

/** Done in one turn: some 0.3 ms. A minute of sound in messages of 20 ms takes 47 turns. */
const WORK_PER_TURN = 64;
/** The next turn, as timers know it. */
const TURN_MS = 1;

export interface InboxOptions {
  readonly clock: Clock;
  readonly onMessage: (data: Buffer, isText: boolean) => void;
  /** Whether anything more is to be read of the peer. */
  readonly onHold: (on: boolean) => void;
}

interface Waiting {
  readonly data: Buffer;
  readonly isText: boolean;
}

/**
 * The messages of one application, in order, of which so many are dealt with in one turn of the thread that others can do
 * theirs in between. What comes beyond that waits for the next turn, and nothing more is read meanwhile: so what waits is at most
 * what had been read already, one piece of the socket. What an application may send in all is bounded before (flood.ts).
 */
export class StreamInbox {
  /** How often it was held back. */
  holds = 0;
  readonly #options: InboxOptions;
  #waiting: Waiting[] = [];
  #work = 0;
  #turn: Timer | null = null;
  #isOver = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Messages that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** `data` is only lent. */
  take(data: Buffer, isText: boolean): void {
    if (this.#isOver) return;
    this.#turn ??= this.#options.clock.setTimer(TURN_MS, this.#next);
    if (this.#waiting.length === 0 && this.#work < WORK_PER_TURN) {
      this.#do(data, isText);
      return;
    }
    if (this.#waiting.length === 0) {
      this.holds += 1;
      this.#options.onHold(true);
    }
    this.#waiting.push({ data: Buffer.from(data), isText });
  }

  /** Nothing that waits is dealt with. */
  close(): void {
    this.#isOver = true;
    this.#turn?.cancel();
    if (this.#waiting.length > 0) this.#options.onHold(false);
    this.#waiting = [];
  }

  readonly #next = (): void => {
    this.#turn = null;
    this.#work = 0;
    if (this.#waiting.length === 0) return;
    let done = 0;
    while (done < this.#waiting.length && this.#work < WORK_PER_TURN && !this.#isOver) {
      const { data, isText } = this.#waiting[done]!;
      done += 1;
      this.#do(data, isText);
    }
    if (this.#isOver) return;
    this.#waiting.splice(0, done);
    this.#turn = this.#options.clock.setTimer(TURN_MS, this.#next);
    if (this.#waiting.length === 0) this.#options.onHold(false);
  };

  #do(data: Buffer, isText: boolean): void {
    this.#work += workOf(data.length);
    this.#options.onMessage(data, isText);
  }
}
