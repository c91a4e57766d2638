import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiErrorStatus } from '../../../contract/errors.js';
import { rootDir } from '../../support/dist.js';
import { crowds, features, type Shown } from './features.js';
import { refusals } from './refusals.js';

/** How a test listens: by the tones in samples that somebody heard. */
const listens =
  /\b(?:heard|hears|hear|heardDb|levelFor|levels|peakOf|listen|listenMs|levelOf|steadyLevelOf|phoneHears|hearsFor|loudness|tones|gapsOf|heardSince)\(/;
const realFolders = /^(?:integration|interop)\//;

/** What is between the title of a test and the next test or describe; null: there is no test of that title in the file. */
function bodyOf([file, title]: Shown): string | null {
  const path = join(rootDir, 'test', file);
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  const at = ["'", '"', '`'].map((quote) => text.indexOf(`${quote}${title}${quote},`)).find((found) => found >= 0);
  if (at === undefined || !/(?:test(?:\.each\([\s\S]*\))?\(|\)\()\s*$/.test(text.slice(Math.max(0, at - 3000), at)))
    return null;
  const after = text.slice(at + title.length);
  const end = after.search(/\n\s*(?:test|describe)(?:\.each)?\(/);
  return end < 0 ? after : after.slice(0, end);
}

const listening = (shown: Shown): boolean => listens.test(bodyOf(shown) ?? '');

describe('each feature of rooms is listened to', () => {
  test('on the virtual network', () => {
    expect(features.filter(([, heard]) => bodyOf(heard) === null)).toEqual([]);
    expect(features.filter(([, heard]) => realFolders.test(heard[0]) || !listening(heard))).toEqual([]);
  });

  test('over real sockets', () => {
    const real = features.map(([feature, , shown]) => [feature, shown] as const);
    expect(real.filter(([, shown]) => bodyOf(shown) === null)).toEqual([]);
    expect(real.filter(([, shown]) => !realFolders.test(shown[0]) || !listening(shown))).toEqual([]);
  });

  test('in a crowd', () => {
    expect(crowds.filter((shown) => !listening(shown))).toEqual([]);
  });

  test('and is there once', () => {
    const names = [...features, ...refusals].map(([name]) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe('what a member sends that is bad', () => {
  test('has its answer and its tests', () => {
    expect(refusals.flatMap(([, , shown]) => shown).filter((one) => bodyOf(one) === null)).toEqual([]);
    expect(refusals.filter(([, answer, shown]) => answer === '' || shown.length === 0)).toEqual([]);
  });

  test('is answered with words that there are', () => {
    const words = refusals.flatMap(([, answer]) => [...answer.matchAll(/(\d{3}) ([A-Z_]{4,})/g)]);
    expect(words.length).toBeGreaterThan(3);
    for (const [, status, word] of words) {
      expect([word, apiErrorStatus[word as keyof typeof apiErrorStatus]]).toEqual([word, Number(status)]);
    }
  });
});

test('a title that is nowhere, or is no test, is found out', () => {
  expect(bodyOf(['contract/rooms/checklist.test.ts', 'no such title'])).toBeNull();
  expect(bodyOf(['no/such/file.test.ts', 'on the virtual network'])).toBeNull();
  expect(bodyOf(['contract/rooms/checklist.test.ts', 'over real sockets'])).toContain('realFolders');
  expect(listening(['contract/rooms/checklist.test.ts', 'and is there once'])).toBe(false);
});
