import type { Store, StoredRow, StoreTable } from './store.js';

/** The store of `data_dir: ":memory:"` and of tests: the same behaviour, nothing left at exit. Unbounded as its users are. */
export class MemoryStore implements Store {
  readonly durable = false;
  readonly #counters = { coalesced: 0, written: 0, transactions: 0, failures: 0, dropped: 0 };
  readonly #tables = new Map<StoreTable, Map<string, string>>();

  get counters(): Store['counters'] {
    return this.#counters;
  }

  load(table: StoreTable): Promise<readonly StoredRow[]> {
    const rows = [...this.#rows(table)].map(([key, json]) => ({ key, value: JSON.parse(json) as unknown }));
    return Promise.resolve(rows);
  }

  put(table: StoreTable, key: string, value: unknown): void {
    this.#rows(table).set(key, JSON.stringify(value));
    this.#counters.written += 1;
  }

  delete(table: StoreTable, key: string): void {
    this.#rows(table).delete(key);
    this.#counters.written += 1;
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #rows(table: StoreTable): Map<string, string> {
    let rows = this.#tables.get(table);
    if (rows === undefined) {
      rows = new Map();
      this.#tables.set(table, rows);
    }
    return rows;
  }
}
