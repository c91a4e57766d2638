import { expect, test } from 'vitest';
import { type Listed, Roster } from '../../base/roster.js';

function named(name: string): Listed & { readonly name: string } {
  return { name };
}

test('a roster holds each object once, and lets go of any of them', () => {
  const roster = new Roster<ReturnType<typeof named>>();
  const [a, b, c] = [named('a'), named('b'), named('c')];
  for (const item of [a, b, c, a]) roster.add(item);
  expect(roster.size).toBe(3);
  expect(roster.delete(a)).toBe(true);
  expect(roster.delete(a)).toBe(false);
  expect([...roster].map(({ name }) => name).sort()).toEqual(['b', 'c']);
  expect(roster.delete(c)).toBe(true);
  expect(roster.delete(b)).toBe(true);
  expect(roster.size).toBe(0);
  roster.add(a);
  expect(roster.has(a)).toBe(true);
});

test('going through a roster sees those that were there at the start, and may take them out', () => {
  const roster = new Roster<ReturnType<typeof named>>();
  const items = ['a', 'b', 'c', 'd'].map(named);
  for (const item of items) roster.add(item);
  const seen: string[] = [];
  for (const item of roster) {
    seen.push(item.name);
    roster.delete(item);
  }
  expect(seen.sort()).toEqual(['a', 'b', 'c', 'd']);
  expect(roster.size).toBe(0);
});

test('an object of another roster is not mistaken for one of ours', () => {
  const ours = new Roster<Listed>();
  const theirs = new Roster<Listed>();
  const [mine, other] = [named('mine'), named('other')];
  ours.add(mine);
  theirs.add(other);
  expect(ours.has(other)).toBe(false);
  expect(ours.delete(other)).toBe(false);
  expect(ours.size).toBe(1);
});
