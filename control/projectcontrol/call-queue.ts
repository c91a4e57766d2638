import type { Call } from './call.js';
import { type Callback, CallbackStack, type Report } from './callbacks.js';

/** Callers that wait in one queue; one more is refused. */
const MAX_WAITING = 10_000;
/** Names may come from what a caller dialled. */
const MAX_QUEUES = 1000;

/** What a queue notes in a call's `metadata.queue`; the first in the queue has position 1. */
export interface QueuePlace {
  readonly state: 'waiting' | 'talking' | 'abandoned';
  readonly position: number;
}

/** Callers who wait for somebody, in order. Limit: 10 000; `queue` answers false for one more. */
export class CallQueue {
  readonly name: string;
  readonly #report: Report;
  readonly #waiting: Call[] = [];
  readonly #known = new WeakSet<Call>();
  readonly #onpositionchange = new CallbackStack<Call>('onpositionchange');

  constructor(name: string, report: Report) {
    this.name = name;
    this.#report = report;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Who waits, the longest first. */
  get calls(): readonly Call[] {
    return [...this.#waiting];
  }

  /** Called for a caller whose place is another now, and for one who has just come. Assigning adds one. */
  set onpositionchange(callback: Callback<Call>) {
    this.#onpositionchange.add(callback);
  }

  /** Puts a caller at the end; false when it is full, or the call waits already or is over. */
  queue(call: Call): boolean {
    if (this.#waiting.length >= MAX_WAITING || call.hungup || this.#waiting.includes(call)) return false;
    this.#waiting.push(call);
    if (!this.#known.has(call)) {
      this.#known.add(call);
      call.onhangup = () => this.#leave(call, 'abandoned');
    }
    this.#place(call, this.#waiting.length);
    return true;
  }

  /** Somebody speaks with this caller now. */
  delivered(call: Call): void {
    this.#leave(call, 'talking');
  }

  #leave(call: Call, state: 'talking' | 'abandoned'): void {
    const at = this.#waiting.indexOf(call);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    call.metadata.queue = { state, position: 0 } satisfies QueuePlace;
    for (const [index, behind] of this.#waiting.entries()) if (index >= at) this.#place(behind, index + 1);
  }

  #place(call: Call, position: number): void {
    call.metadata.queue = { state: 'waiting', position } satisfies QueuePlace;
    this.#onpositionchange.run(call, [call], this.#report);
  }
}

/** Queues by name, made when first asked for. Limit: 1000; one more is a RangeError. */
export function createCallQueues(report: Report): (name: string) => CallQueue {
  const queues = new Map<string, CallQueue>();
  return (name) => {
    const found = queues.get(name) ?? new CallQueue(name, report);
    if (!queues.has(name) && queues.size >= MAX_QUEUES) throw new RangeError(`more than ${MAX_QUEUES} queues`);
    queues.set(name, found);
    return found;
  };
}
