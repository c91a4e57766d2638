/**
 * Parameters of a URI or a header value, `;name=value` (RFC 3261 §25.1 generic-param, §19.1.1 uri-parameters).
 * Names compare without case, order is kept, a parameter without `=` has the value null.
 * Values are kept decoded: a URI's without escapes, a header's without the quotes. At most a handful of entries,
 * so a linear list beats a map.
 */
export class Params {
  readonly #names: string[] = [];
  readonly #values: (string | null)[] = [];

  static of(entries: Readonly<Record<string, string | null>>): Params {
    const params = new Params();
    for (const [name, value] of Object.entries(entries)) params.set(name, value);
    return params;
  }

  get size(): number {
    return this.#names.length;
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** The value; null for a parameter without one; undefined when absent. */
  get(name: string): string | null | undefined {
    const at = this.#find(name);
    return at < 0 ? undefined : this.#values[at];
  }

  /** Replaces the parameter where it stands, or appends it. */
  set(name: string, value: string | null): this {
    const at = this.#find(name);
    if (at < 0) {
      this.#names.push(name);
      this.#values.push(value);
    } else {
      this.#values[at] = value;
    }
    return this;
  }

  delete(name: string): boolean {
    const at = this.#find(name);
    if (at < 0) return false;
    this.#names.splice(at, 1);
    this.#values.splice(at, 1);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<readonly [string, string | null]> {
    for (let i = 0; i < this.#names.length; i += 1) yield [this.#names[i]!, this.#values[i]!];
  }

  clone(): Params {
    const copy = new Params();
    for (const [name, value] of this) copy.set(name, value);
    return copy;
  }

  #find(name: string): number {
    const names = this.#names;
    for (let i = 0; i < names.length; i += 1) if (names[i] === name) return i;
    const lower = name.toLowerCase();
    for (let i = 0; i < names.length; i += 1) if (names[i]!.toLowerCase() === lower) return i;
    return -1;
  }
}
