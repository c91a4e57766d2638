import { expect, test } from 'vitest';
import type { DialogRunner } from '../../../gateway/dialogs/dialog-runner.js';
import { DialogTable } from '../../../gateway/dialogs/dialog-table.js';

const named = (callid: string): DialogRunner => ({ info: { callid } }) as DialogRunner;

test('mediaswitch row 12: the table has a limit, counts all there were, and tells when none is left', async () => {
  const table = new DialogTable(2);
  const [one, two] = [named('1'), named('2')];
  await table.emptied();
  table.add(one);
  expect(table.isFull).toBe(false);
  table.add(two);
  expect([table.isFull, table.size, table.counter]).toEqual([true, 2, 2]);
  const emptied = table.emptied();
  table.delete(one);
  table.delete(one);
  expect([table.isFull, table.get('1'), table.get('2')]).toEqual([false, undefined, two]);
  table.delete(two);
  await emptied;
  expect([table.size, table.counter]).toEqual([0, 2]);
});
