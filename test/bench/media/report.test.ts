import { expect, test } from 'vitest';
import type { Case, Figures } from '../../../bench/media/measure.js';
import { columns, documentWith, rowOf, tableOf } from '../../../bench/media/report.js';

const figures: Figures = {
  participants: 300,
  cpuMs: 0.4567,
  systemMs: 0.25,
  loadMs: 0.3,
  gapP50Ms: 20,
  gapP99Ms: 21.6,
  gapMaxMs: 33.333,
  lost: 0,
  received: 15_000,
  silent: 0,
  transitP50Ms: 38.25,
  transitP95Ms: Number.NaN,
  dropouts: 0.0004,
  right: 23,
  wrong: ['room 0, place 1: 405 Hz is missing'],
  lateP99Ms: 1,
  memory: [
    { heapBytes: 1, heldBytes: 10 * 2 ** 20 },
    { heapBytes: 1, heldBytes: 10.5 * 2 ** 20 },
  ],
  residentBytes: 0,
};
const one = { server: 'Hookline', codec: 'pcmu', rooms: [10, 10, 10] } as unknown as Case;

test('a row has a cell for every column; what was not measured is a dash', () => {
  const row = rowOf(one, figures);
  expect(row).toHaveLength(columns.length);
  expect(row.slice(0, 6)).toEqual(['Hookline', 'pcmu', '3 × 10', '0.457', '0.250', '20.0']);
  expect(row.slice(8, 13)).toEqual(['0', '38.3', '–', '0.04 %', '23 of 24']);
  expect(row.at(-1)).toBe('10.0 → 10.5 MB');
  expect(rowOf(one, { ...figures, memory: [], lost: 7, silent: 2 })[8]).toBe('7 (2 heard nothing)');
});

test('a table is Markdown', () => {
  expect(tableOf(['a', 'b'], [['1', 'x|y']])).toBe('| a | b |\n|---|---|\n| 1 | x\\|y |');
});

test('a part of a document is replaced, and the rest kept', () => {
  const document = 'before\n<!-- begin of media -->\n\nold\n\n<!-- end of media -->\nafter\n';
  const changed = documentWith(document, 'media', 'new');
  expect(changed).toBe('before\n<!-- begin of media -->\n\nnew\n\n<!-- end of media -->\nafter\n');
  expect(documentWith(changed, 'media', 'new')).toBe(changed);
  expect(() => documentWith(document, 'soak', 'new')).toThrow('no part soak');
});
