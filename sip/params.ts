/** One parameter, and the one behind it. */
export interface ParamNode {
  name: string;
  value: string | null;
  next: ParamNode | null;
}

/**
 * Parameters of a URI or a header value, `;name=value` (RFC 3261 §25.1 generic-param, §19.1.1 uri-parameters).
 * Names compare without case, order is kept, a parameter without `=` has the value null.
 * Values are kept decoded: a URI's without escapes, a header's without the quotes. At most a handful of entries, and
 * several of these lists in every message, most of them empty: a chain costs the least to make and to read.
 */
export class Params {
  /** The chain, for hot loops; others iterate. */
  first: ParamNode | null = null;
  #size = 0;

  static of(entries: Readonly<Record<string, string | null>>): Params {
    const params = new Params();
    for (const [name, value] of Object.entries(entries)) params.set(name, value);
    return params;
  }

  get size(): number {
    return this.#size;
  }

  has(name: string): boolean {
    return this.first !== null && this.#find(name) !== null;
  }

  /** The value; null for a parameter without one; undefined when absent. */
  get(name: string): string | null | undefined {
    return this.first === null ? undefined : this.#find(name)?.value;
  }

  /** Replaces the parameter where it stands, or appends it. */
  set(name: string, value: string | null): this {
    const known = this.#find(name);
    if (known === null) this.#append(name, value);
    else known.value = value;
    return this;
  }

  delete(name: string): boolean {
    const gone = this.#find(name);
    if (gone === null) return false;
    this.#size -= 1;
    if (this.first === gone) {
      this.first = gone.next;
      return true;
    }
    let node = this.first;
    while (node !== null && node.next !== gone) node = node.next;
    if (node !== null) node.next = gone.next;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<readonly [string, string | null]> {
    for (let node = this.first; node !== null; node = node.next) yield [node.name, node.value];
  }

  clone(): Params {
    const copy = new Params();
    let last: ParamNode | null = null;
    for (let node = this.first; node !== null; node = node.next) {
      const twin: ParamNode = { name: node.name, value: node.value, next: null };
      if (last === null) copy.first = twin;
      else last.next = twin;
      last = twin;
    }
    copy.#size = this.#size;
    return copy;
  }

  #append(name: string, value: string | null): void {
    const node: ParamNode = { name, value, next: null };
    this.#size += 1;
    let last = this.first;
    if (last === null) {
      this.first = node;
      return;
    }
    while (last.next !== null) last = last.next;
    last.next = node;
  }

  #find(name: string): ParamNode | null {
    for (let node = this.first; node !== null; node = node.next) if (node.name === name) return node;
    for (let node = this.first; node !== null; node = node.next) {
      if (node.name.length === name.length && node.name.toLowerCase() === name.toLowerCase()) return node;
    }
    return null;
  }
}
