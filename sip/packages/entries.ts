import { isDeepStrictEqual } from 'node:util';

/** The entries of `to` that `from` has not, or has otherwise; and those of `from` that `to` has no more. */
export function changedEntries<T>(
  from: readonly T[],
  to: readonly T[],
  keyOf: (entry: T) => string,
): { readonly changed: T[]; readonly gone: T[] } {
  const before = new Map(from.map((entry) => [keyOf(entry), entry]));
  const after = new Set(to.map(keyOf));
  return {
    changed: to.filter((entry) => !isDeepStrictEqual(before.get(keyOf(entry)), entry)),
    gone: from.filter((entry) => !after.has(keyOf(entry))),
  };
}

/** `known` with the entries of `partial` in the places of their namesakes, new ones at the end, ended ones left out. */
export function mergedEntries<T>(
  known: readonly T[],
  partial: readonly T[],
  keyOf: (entry: T) => string,
  hasEnded: (entry: T) => boolean,
): T[] {
  const merged = new Map(known.map((entry) => [keyOf(entry), entry]));
  for (const entry of partial) merged.set(keyOf(entry), entry);
  return [...merged.values()].filter((entry) => !hasEnded(entry));
}

/** `next`, with the ended entries of `waiting` that it does not name: their end has still to be told. */
export function coalescedEntries<T>(
  waiting: readonly T[],
  next: readonly T[],
  keyOf: (entry: T) => string,
  hasEnded: (entry: T) => boolean,
): T[] {
  const named = new Set(next.map(keyOf));
  return [...next, ...waiting.filter((entry) => hasEnded(entry) && !named.has(keyOf(entry)))];
}
