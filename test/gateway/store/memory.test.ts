import { expect, test } from 'vitest';
import { MemoryStore } from '../../../gateway/store/memory.js';
import { loadTokenSecret } from '../../../gateway/store/token-secret.js';
import { createSeededRandom } from '../../support/seeded-random.js';

test('rows are kept by table and key, and a change of the value given does not reach the store', async () => {
  const store = new MemoryStore();
  const value = { contacts: ['a'] };
  store.put('bindings', 'x', value);
  store.put('hooks', 'x', 1);
  value.contacts.push('b');
  expect(await store.load('bindings')).toEqual([{ key: 'x', value: { contacts: ['a'] } }]);
  store.delete('bindings', 'x');
  expect(await store.load('bindings')).toEqual([]);
  expect(await store.load('hooks')).toEqual([{ key: 'x', value: 1 }]);
  expect(store.durable).toBe(false);
  await store.close();
  await store.close();
});

test('the token secret is made once and kept, unless one is configured', async () => {
  const store = new MemoryStore();
  expect(await loadTokenSecret(store, createSeededRandom(1), 'configured')).toBe('configured');
  expect(await store.load('settings')).toEqual([]);
  const made = await loadTokenSecret(store, createSeededRandom(2), null);
  expect(made).toMatch(/^[\w-]{43}$/);
  expect(await loadTokenSecret(store, createSeededRandom(3), null)).toBe(made);
});
