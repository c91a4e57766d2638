/** What happens to a full queue: the newcomer is refused, or the oldest entry makes room. */
export type DropRule = 'drop-newest' | 'drop-oldest';

/**
 * A first-in first-out queue with a limit, a stated drop rule and a counter.
 * O(1) per operation; a ring that grows up to `limit`, so that many small queues stay small.
 */
export class BoundedQueue<T> {
  readonly limit: number;
  readonly rule: DropRule;
  /** How many entries were lost to the limit. */
  dropped = 0;
  #slots: (T | undefined)[] = new Array<T | undefined>(8);
  #head = 0;
  #size = 0;

  constructor(limit: number, rule: DropRule) {
    this.limit = limit;
    this.rule = rule;
  }

  get size(): number {
    return this.#size;
  }

  /** False when the newcomer was refused. */
  push(entry: T): boolean {
    if (this.#size >= this.limit) {
      this.dropped += 1;
      if (this.rule === 'drop-newest' || this.limit === 0) return false;
      this.shift();
    }
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) % this.#slots.length] = entry;
    this.#size += 1;
    return true;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const entry = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#size -= 1;
    return entry;
  }

  clear(): void {
    while (this.#size > 0) this.shift();
  }

  #grow(): void {
    const wider = new Array<T | undefined>(this.#slots.length * 2);
    for (let i = 0; i < this.#size; i += 1) wider[i] = this.#slots[(this.#head + i) % this.#slots.length];
    this.#slots = wider;
    this.#head = 0;
  }
}
