import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { StoreAnswer, StoreCommand, StoreWorkerData } from './sqlite-protocol.js';
import { type Store, type StoreCounters, type StoredRow, StoreError, type StoreTable } from './store.js';
import { WriteBehind } from './write-behind.js';

export interface SqliteStoreOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Created when missing; holds `hookline.db`. */
  readonly directory: string;
  /** Keys that may wait to be written; 100 000 unless told. */
  readonly queueLimit?: number;
}

/** A disk may be slow; a thread that says nothing for so long is gone. */
const ANSWER_MS = 15_000;

type Unnumbered = StoreCommand extends infer C ? (C extends StoreCommand ? Omit<C, 'id'> : never) : never;
type Rows = Extract<StoreAnswer, { ok: true }>['rows'];

interface Waiting {
  resolve(rows: Rows): void;
  reject(error: StoreError): void;
}

/** The thread that owns the file: one question, one answer. */
class StoreThread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  readonly opened: Promise<Rows>;
  #lastId = 0;
  #gone: StoreError | null = null;

  constructor(data: StoreWorkerData, clock: Clock) {
    this.#clock = clock;
    this.#worker = new Worker(new URL('./sqlite-worker.js', import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: StoreAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#end(messageOf(error)));
    this.#worker.on('exit', () => this.#end('its thread has ended'));
    this.opened = this.#expect(0);
  }

  get isGone(): boolean {
    return this.#gone !== null;
  }

  ask(command: Unnumbered): Promise<Rows> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    this.#lastId += 1;
    const answered = this.#expect(this.#lastId);
    this.#worker.postMessage({ ...command, id: this.#lastId });
    return answered;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #expect(id: number): Promise<Rows> {
    return new Promise((resolveRows, reject) => {
      const timer = this.#clock.setTimer(
        ANSWER_MS,
        () => this.#end(`its thread has not answered for ${ANSWER_MS} ms`),
        { liveness: true },
      );
      this.#waiting.set(id, {
        resolve: (rows) => {
          timer.cancel();
          resolveRows(rows);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      });
    });
  }

  #settle(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.rows);
    else waiting?.reject(new StoreError(answer.failure, answer.message));
  }

  #end(why: string): void {
    this.#gone ??= new StoreError('STORE_GONE', `the store cannot be reached: ${why}`);
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}

/** The embedded default: one SQLite file, written in a thread of its own. */
class SqliteStore implements Store {
  readonly durable = true;
  readonly #options: SqliteStoreOptions;
  readonly #behind: WriteBehind;
  #thread: StoreThread;
  #closed: Promise<void> | null = null;

  constructor(options: SqliteStoreOptions, thread: StoreThread) {
    this.#options = options;
    this.#thread = thread;
    this.#behind = new WriteBehind({
      clock: options.clock,
      log: options.log,
      write: async (changes) => {
        await (await this.#alive()).ask({ do: 'apply', changes });
      },
      ...(options.queueLimit === undefined ? {} : { limit: options.queueLimit }),
    });
  }

  get counters(): StoreCounters {
    return this.#behind.counters;
  }

  async load(table: StoreTable): Promise<readonly StoredRow[]> {
    await this.flush();
    const rows = await (await this.#alive()).ask({ do: 'load', table });
    return rows.flatMap(([key, json]) => {
      try {
        return [{ key, value: JSON.parse(json) as unknown }];
      } catch {
        this.#options.log.error('store.row-unreadable', { table, key });
        return [];
      }
    });
  }

  put(table: StoreTable, key: string, value: unknown): void {
    if (this.#closed === null) this.#behind.put(table, key, value);
  }

  delete(table: StoreTable, key: string): void {
    if (this.#closed === null) this.#behind.delete(table, key);
  }

  flush(): Promise<void> {
    return this.#behind.flush();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#behind.flush();
      if (!this.#thread.isGone) await this.#thread.ask({ do: 'close' });
    } catch (thrown) {
      this.#options.log.error('store.close-failed', { error: thrown, changes: this.#behind.size });
    }
    this.#behind.stop();
    await this.#thread.terminate();
  }

  /** The thread, or a new one after it has ended. */
  async #alive(): Promise<StoreThread> {
    if (this.#thread.isGone) {
      await this.#thread.terminate();
      this.#thread = startThread(this.#options);
      await this.#thread.opened;
    }
    return this.#thread;
  }
}

function startThread({ directory, clock }: SqliteStoreOptions): StoreThread {
  const absolute = resolve(directory);
  return new StoreThread({ directory: absolute, file: join(absolute, 'hookline.db') }, clock);
}

/** Opens or creates the store; rejects with a StoreError whose message a person can act on. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const thread = startThread(options);
  try {
    await thread.opened;
  } catch (thrown) {
    await thread.terminate();
    throw thrown;
  }
  return new SqliteStore(options, thread);
}
