import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'libsql';
import { messageOf } from '../../base/errors.js';
import { systemCode } from '../../base/network.js';
import type { StoreAnswer, StoreCommand, StoreWorkerData } from './sqlite-protocol.js';
import type { StoreFailure, StoreTable } from './store.js';
import type { Change } from './write-behind.js';

/** Grows with the layout of the file. */
const layoutVersion = 1;

type Handle = InstanceType<typeof Database>;

class Refusal extends Error {
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** Opens or creates the file, readable by its owner only, and holds it against other processes. */
function open({ directory, file }: StoreWorkerData): Handle {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const database = new Database(file, { timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    // A commit is on the disk when it is answered: one fsync per interval, and nobody waits for this thread.
    database.pragma('synchronous = FULL');
    const version = numberOf(database.pragma('user_version'), 'user_version');
    if (version > layoutVersion) {
      throw new Refusal('STORE_NEWER', `${file} was written by a newer version (layout ${version})`);
    }
    checkPages(database, file);
    database.exec(
      'CREATE TABLE IF NOT EXISTS entries (tbl TEXT, key TEXT, json TEXT, PRIMARY KEY (tbl, key)) WITHOUT ROWID',
    );
    database.exec(`PRAGMA user_version = ${layoutVersion}`);
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  return database;
}

function checkPages(database: Handle, file: string): void {
  const [first] = database.prepare('PRAGMA quick_check(1)').raw().all() as unknown[][];
  const verdict = String(first?.[0]);
  if (verdict !== 'ok') throw new Refusal('STORE_DAMAGED', damaged(file, verdict.split('\n', 1)[0] ?? ''));
}

function numberOf(rows: unknown, name: string): number {
  const [row] = Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  return Number(row?.[name] ?? 0);
}

function damaged(file: string, detail: string): string {
  return `${file} is damaged (${detail}); put back a copy, or move it away to start without what it kept`;
}

function refusalOf(thrown: unknown, file: string): Refusal {
  if (thrown instanceof Refusal) return thrown;
  const code = systemCode(thrown) ?? '';
  if (/^SQLITE_(?:NOTADB|CORRUPT)/.test(code)) return new Refusal('STORE_DAMAGED', damaged(file, messageOf(thrown)));
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(code)) return new Refusal('STORE_BUSY', `${file} is in use by another process`);
  return new Refusal('STORE_UNUSABLE', `${file} cannot be used: ${messageOf(thrown)}`);
}

function apply(database: Handle, changes: readonly Change[]): void {
  const put = database.prepare('INSERT OR REPLACE INTO entries (tbl, key, json) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM entries WHERE tbl = ? AND key = ?');
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const { table, key, json } of changes) {
      if (json === null) remove.run(table, key);
      else put.run(table, key, json);
    }
    database.exec('COMMIT');
  } catch (thrown) {
    // A full disk may have ended the transaction already.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}

function load(database: Handle, table: StoreTable): [string, string][] {
  return database.prepare('SELECT key, json FROM entries WHERE tbl = ? ORDER BY key').raw().all(table) as [
    string,
    string,
  ][];
}

function answer(message: StoreAnswer): void {
  parentPort?.postMessage(message);
}

/** Runs one command; its failure is an answer, never an exception. */
function obey(database: Handle, command: StoreCommand, file: string): void {
  try {
    let rows: [string, string][] = [];
    if (command.do === 'apply') apply(database, command.changes);
    else if (command.do === 'load') rows = load(database, command.table);
    else database.close();
    answer({ id: command.id, ok: true, rows });
  } catch (thrown) {
    const { failure, message } = refusalOf(thrown, file);
    answer({ id: command.id, ok: false, failure, message });
  }
  if (command.do === 'close') parentPort?.close();
}

function serve(data: StoreWorkerData): void {
  let database: Handle;
  try {
    database = open(data);
  } catch (thrown) {
    const { failure, message } = refusalOf(thrown, data.file);
    answer({ id: 0, ok: false, failure, message });
    return;
  }
  parentPort?.on('message', (command: StoreCommand) => obey(database, command, data.file));
  answer({ id: 0, ok: true, rows: [] });
}

serve(workerData as StoreWorkerData);
