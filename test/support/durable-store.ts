import { MemoryStore } from '../../gateway/store/memory.js';
import type { Store, StoredRow, StoreTable } from '../../gateway/store/store.js';

/** A store that outlives the gateways that use it, as a file would: restart one by giving it to the next. */
export class DurableStore implements Store {
  readonly durable = true;
  readonly #rows = new MemoryStore();

  get counters(): Store['counters'] {
    return this.#rows.counters;
  }

  load(table: StoreTable): Promise<readonly StoredRow[]> {
    return this.#rows.load(table);
  }

  put(table: StoreTable, key: string, value: unknown): void {
    this.#rows.put(table, key, value);
  }

  delete(table: StoreTable, key: string): void {
    this.#rows.delete(table, key);
  }

  flush(): Promise<void> {
    return this.#rows.flush();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
