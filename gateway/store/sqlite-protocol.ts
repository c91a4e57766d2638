import type { StoreFailure, StoreTable } from './store.js';
import type { Change } from './write-behind.js';

/** What the store asks its thread; answered in order, each with the same id. */
export type StoreCommand =
  | { readonly id: number; readonly do: 'apply'; readonly changes: readonly Change[] }
  | { readonly id: number; readonly do: 'load'; readonly table: StoreTable }
  /** Folds the log into the file and closes it; the thread ends by itself. */
  | { readonly id: number; readonly do: 'close' };

/** `rows` are key and JSON text. The answer with id 0 tells whether the file could be opened. */
export type StoreAnswer =
  | { readonly id: number; readonly ok: true; readonly rows: readonly (readonly [string, string])[] }
  | { readonly id: number; readonly ok: false; readonly failure: StoreFailure; readonly message: string };

export interface StoreWorkerData {
  readonly directory: string;
  readonly file: string;
}
