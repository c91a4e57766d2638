import { AppError } from '../../base/errors.js';

/** What lasts: each table is a map of keys to plain JSON values. */
export type StoreTable = 'settings' | 'bindings' | 'hooks' | 'calls' | 'directory';

export interface StoredRow {
  readonly key: string;
  readonly value: unknown;
}

export interface StoreCounters {
  /** Changes that a newer one of the same key replaced before they were written. */
  readonly coalesced: number;
  readonly written: number;
  readonly transactions: number;
  /** Transactions that failed and were tried again. */
  readonly failures: number;
  /** Changes lost to the queue limit, oldest first. */
  readonly dropped: number;
}

/**
 * State that outlives the process (write-behind: nobody waits for it). A crash loses at most the changes of the last
 * interval and of the transaction in progress.
 */
export interface Store {
  /** False when everything is gone at exit: then a shutdown has to unregister whom it knows. */
  readonly durable: boolean;
  readonly counters: StoreCounters;
  /** All rows, changes that are still queued included. Throws StoreError. */
  load(table: StoreTable): Promise<readonly StoredRow[]>;
  /** `value` is plain JSON data and is not changed afterwards: it is read when it is written. */
  put(table: StoreTable, key: string, value: unknown): void;
  delete(table: StoreTable, key: string): void;
  /** Resolves when everything put or deleted so far is on disk. Throws StoreError when it cannot be written. */
  flush(): Promise<void>;
  /** Writes what is queued, then lets go of the file. May be called twice; never throws, what was lost is logged. */
  close(): Promise<void>;
}

export type StoreFailure =
  /** The directory or file cannot be created, read or written. */
  | 'STORE_UNUSABLE'
  /** The file is no database, or a damaged one. */
  | 'STORE_DAMAGED'
  /** Another process holds it. */
  | 'STORE_BUSY'
  /** Written by a newer version. */
  | 'STORE_NEWER'
  /** The thread ended or did not answer in time. */
  | 'STORE_GONE';

export class StoreError extends AppError {
  readonly code: StoreFailure;

  constructor(code: StoreFailure, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
