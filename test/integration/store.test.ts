import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import type { Store } from '../../gateway/store/store.js';
import { fromDist } from '../support/dist.js';

const { openSqliteStore } = await fromDist<typeof import('../../gateway/store/sqlite.js')>('gateway/store/sqlite.js');

let directory = '';
const open = (): Promise<Store> => openSqliteStore({ clock: createRealClock(), log: silentLogger, directory });

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hookline-store-')), 'new', 'data');
});

afterEach(() => {
  rmSync(join(directory, '..', '..'), { recursive: true, force: true });
});

test('what was put is there after a restart, what was deleted is not', async () => {
  const first = await open();
  first.put('bindings', 'a', { contact: 'sip:a@192.0.2.1', q: 0.5 });
  first.put('bindings', 'b', 'gone');
  first.put('hooks', 'a', [1, null]);
  await first.flush();
  first.delete('bindings', 'b');
  first.put('bindings', 'c', 'queued at the end');
  await first.close();
  const second = await open();
  expect(await second.load('bindings')).toEqual([
    { key: 'a', value: { contact: 'sip:a@192.0.2.1', q: 0.5 } },
    { key: 'c', value: 'queued at the end' },
  ]);
  expect(await second.load('hooks')).toEqual([{ key: 'a', value: [1, null] }]);
  expect(second.durable).toBe(true);
  await second.close();
});

test('load sees changes that are still queued', async () => {
  const store = await open();
  store.put('settings', 'k', 1);
  expect(await store.load('settings')).toEqual([{ key: 'k', value: 1 }]);
  await store.close();
});

test('ten thousand changes of a hundred keys become a handful of transactions', async () => {
  const store = await open();
  for (let i = 0; i < 10_000; i += 1) store.put('bindings', `k${i % 100}`, i);
  await store.flush();
  expect(store.counters).toMatchObject({ written: 100, transactions: 1, coalesced: 9900, dropped: 0, failures: 0 });
  expect(await store.load('bindings')).toHaveLength(100);
  await store.close();
});

test('the directory is made, and the file is readable by its owner alone', async () => {
  const store = await open();
  expect(statSync(join(directory, 'hookline.db')).mode & 0o777).toBe(0o600);
  store.put('settings', 'token_secret', 'x');
  await store.flush();
  expect(statSync(join(directory, 'hookline.db-wal')).mode & 0o077).toBe(0);
  await store.close();
});

test('a second process is told that the file is in use, and may have it afterwards', async () => {
  const store = await open();
  await expect(open()).rejects.toMatchObject({
    code: 'STORE_BUSY',
    message: expect.stringContaining('in use by another'),
  });
  await store.close();
  await (await open()).close();
});

test('a file that is no database is a clear error, and is left as it is', async () => {
  await (await open()).close();
  writeFileSync(join(directory, 'hookline.db'), 'these bytes are no database '.repeat(500));
  await expect(open()).rejects.toMatchObject({
    code: 'STORE_DAMAGED',
    message: expect.stringContaining('move it away'),
  });
  expect(statSync(join(directory, 'hookline.db')).size).toBe(28 * 500);
});

test('damaged pages are found at start', async () => {
  const store = await open();
  for (let i = 0; i < 2000; i += 1) store.put('bindings', `key ${i}`, 'x'.repeat(50));
  await store.close();
  const file = join(directory, 'hookline.db');
  const size = statSync(file).size;
  const { readFileSync } = await import('node:fs');
  const bytes = readFileSync(file);
  bytes.fill(0xee, 8192, size - 4096);
  writeFileSync(file, bytes);
  await expect(open()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
});

test('a file of a newer version is refused', async () => {
  await (await open()).close();
  const database = new Database(join(directory, 'hookline.db'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(open()).rejects.toMatchObject({ code: 'STORE_NEWER' });
});

test('a directory that cannot be made is a clear error', async () => {
  await (await open()).close();
  const file = join(directory, 'hookline.db');
  const below = openSqliteStore({ clock: createRealClock(), log: silentLogger, directory: join(file, 'x') });
  await expect(below).rejects.toMatchObject({ code: 'STORE_UNUSABLE', message: expect.stringContaining(file) });
});
