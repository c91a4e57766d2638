import type { DeliveryStore } from '../../gateway/hooks/delivery.js';

/** The hooks table of a store as plain rows that a test can read; two clients over it are two runs of one gateway. */
export class MemoryHookStore implements DeliveryStore {
  readonly rows = new Map<string, unknown>();

  async load(): Promise<{ key: string; value: unknown }[]> {
    return [...this.rows].map(([key, value]) => ({ key, value }));
  }

  put(_table: 'hooks', key: string, value: unknown): void {
    this.rows.set(key, structuredClone(value));
  }

  delete(_table: 'hooks', key: string): void {
    this.rows.delete(key);
  }
}
