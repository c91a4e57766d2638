import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogFields, Logger } from '../../../base/log.js';
import { silentLogger } from '../../../base/log.js';
import { type Change, WriteBehind } from '../../../gateway/store/write-behind.js';
import { ManualClock, settle } from '../../support/manual-clock.js';

interface Rig {
  readonly clock: ManualClock;
  readonly behind: WriteBehind;
  /** Each transaction as `key=json`, `key-` for a removal. */
  readonly transactions: string[][];
  readonly events: string[];
  /** While set, transactions fail. */
  broken: boolean;
  /** While set, transactions wait for it. */
  gate: Promise<void> | null;
}

function rig(options: { limit?: number } = {}): Rig {
  const clock = new ManualClock();
  const events: string[] = [];
  const note = (event: string, _fields?: LogFields): void => void events.push(event);
  const log: Logger = { ...silentLogger, info: note, warn: note, error: note };
  const self: Rig = {
    clock,
    transactions: [],
    events,
    broken: false,
    gate: null,
    behind: new WriteBehind({
      clock,
      log,
      ...options,
      write: async (changes: readonly Change[]) => {
        if (self.gate !== null) await self.gate;
        if (self.broken) throw new Error('disk full');
        self.transactions.push(changes.map(({ key, json }) => (json === null ? `${key}-` : `${key}=${json}`)));
      },
    }),
  };
  return self;
}

test('changes wait 100 ms and leave in one transaction, only the newest of each key', async () => {
  const { clock, behind, transactions } = rig();
  behind.put('bindings', 'a', 1);
  behind.put('bindings', 'b', { x: [1] });
  await clock.advance(99);
  behind.put('bindings', 'a', 2);
  behind.delete('hooks', 'a');
  expect(transactions).toEqual([]);
  await clock.advance(1);
  expect(transactions).toEqual([['b={"x":[1]}', 'a=2', 'a-']]);
  expect(behind.counters).toMatchObject({ coalesced: 1, written: 3, transactions: 1 });
  await clock.advance(1000);
  expect(transactions).toHaveLength(1);
  expect(clock.pendingTimers).toBe(0);
});

test('what comes during a transaction waits for its end and for an interval of its own', async () => {
  const self = rig();
  let open = (): void => undefined;
  self.gate = new Promise((resolve) => {
    open = resolve;
  });
  self.behind.put('bindings', 'a', 1);
  await self.clock.advance(100);
  self.behind.put('bindings', 'a', 2);
  await self.clock.advance(500);
  expect(self.transactions).toEqual([]);
  self.gate = null;
  open();
  await settle();
  expect(self.transactions).toEqual([['a=1']]);
  await self.clock.advance(100);
  expect(self.transactions).toEqual([['a=1'], ['a=2']]);
});

test('flush writes at once, including what is queued while it waits', async () => {
  const { clock, behind, transactions } = rig();
  behind.put('bindings', 'a', 1);
  const flushed = behind.flush();
  behind.put('bindings', 'b', 2);
  await flushed;
  expect(transactions).toEqual([['a=1'], ['b=2']]);
  expect(clock.pendingTimers).toBe(0);
  await behind.flush();
  expect(transactions).toHaveLength(2);
});

test('a failed transaction is repeated after a second, newer changes of its keys winning; it is logged once', async () => {
  const self = rig();
  self.broken = true;
  self.behind.put('bindings', 'a', 1);
  self.behind.put('bindings', 'b', 1);
  await self.clock.advance(100);
  self.behind.put('bindings', 'a', 2);
  await self.clock.advance(1000);
  expect(self.behind.counters).toMatchObject({ failures: 2, transactions: 0 });
  await expect(self.behind.flush()).rejects.toThrow('disk full');
  self.broken = false;
  await self.clock.advance(1000);
  expect(self.transactions).toEqual([['b=1', 'a=2']]);
  expect(self.events).toEqual(['store.failed', 'store.recovered']);
});

test('a full queue drops what waited longest and counts it; a key that is queued already costs nobody a place', async () => {
  const { clock, behind, transactions, events } = rig({ limit: 2 });
  for (const key of ['a', 'b', 'c', 'd']) behind.put('bindings', key, key);
  behind.put('bindings', 'c', 'newest');
  await clock.advance(100);
  expect(transactions).toEqual([['d="d"', 'c="newest"']]);
  expect(behind.counters).toMatchObject({ dropped: 2, coalesced: 1 });
  expect(events).toEqual(['store.overflow']);
});

test('a full queue during a failure keeps the newest', async () => {
  const self = rig({ limit: 2 });
  self.broken = true;
  for (const key of ['a', 'b']) self.behind.put('bindings', key, 1);
  await self.clock.advance(100);
  self.behind.put('bindings', 'c', 1);
  await self.clock.advance(1000);
  self.broken = false;
  await self.clock.advance(1000);
  expect(self.transactions).toEqual([['b=1', 'c=1']]);
});

test('whatever the order of changes and times, the store ends with the last word on every key', async () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.option(fc.integer()), waitMs: fc.nat(120) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { clock, behind, transactions } = rig();
      const expected = new Map<string, number>();
      for (const { key, value, waitMs } of steps) {
        if (value === null) {
          behind.delete('bindings', key);
          expected.delete(key);
        } else {
          behind.put('bindings', key, value);
          expected.set(key, value);
        }
        await clock.advance(waitMs);
      }
      await behind.flush();
      const found = new Map<string, number>();
      for (const change of transactions.flat()) {
        if (change.endsWith('-')) found.delete(change.slice(0, -1));
        else found.set(change[0] ?? '', Number(change.slice(2)));
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 50 },
  );
});
