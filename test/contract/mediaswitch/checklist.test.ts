import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rootDir } from '../../support/dist.js';

/** `row 7`, `rows 1, 2, 3 and 5`, `rows 21 to 23` of a title. */
const named = /mediaswitch rows? (\d+(?:(?:, | and | to |–)\d+)*)/g;
const rows = Array.from({ length: 31 }, (_, n) => n + 1);

function rowsOf(list: string): number[] {
  return list.split(/, | and /).flatMap((part) => {
    const [from = 0, to = from] = part.split(/ to |–/).map(Number);
    return rows.filter((row) => row >= from && row <= to);
  });
}

/** Rows that titles of tests with real sockets name. */
function shown(): Set<number> {
  const files = ['test/integration', 'test/interop'].flatMap((folder) =>
    readdirSync(join(rootDir, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => join(rootDir, folder, file)),
  );
  const titles = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /(?:\b(?:test|describe)(?:\.each\(.*\))?\(|^\s+)['`]/.test(line)),
  );
  return new Set(titles.flatMap((title) => [...title.matchAll(named)].flatMap(([, list]) => rowsOf(list!))));
}

test('rows of a title are read one by one and as ranges', () => {
  expect(rowsOf('7')).toEqual([7]);
  expect(rowsOf('1, 2, 3 and 5')).toEqual([1, 2, 3, 5]);
  expect(rowsOf('20 to 23')).toEqual([20, 21, 22, 23]);
});

test('each row of the checklist, 1 to 31, has a test with real sockets that names it', () => {
  const found = shown();
  expect(rows.filter((row) => !found.has(row))).toEqual([]);
});
