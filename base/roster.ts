/** What can stand in a roster; `place` is the roster's own. In one roster at a time. */
export interface Listed {
  place?: number | undefined;
}

/**
 * A set of short-lived objects, in no order. Not a Set: each table that a Set or Map has outgrown points to the next
 * one (V8), so that one old table keeps every later one, and the dead entries that they held, until the next full
 * collection, which was a third of the price of a call. Holds as many as its users add. O(1).
 */
export class Roster<T extends Listed> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    if (this.has(item)) return;
    item.place = this.#items.length;
    this.#items.push(item);
  }

  has(item: T): boolean {
    return item.place !== undefined && this.#items[item.place] === item;
  }

  /** False when it was not there. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.place!] = last;
      last.place = item.place;
    }
    item.place = undefined;
    return true;
  }

  /** Those that are there now, whatever happens to the roster meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#items.slice()[Symbol.iterator]();
  }
}
