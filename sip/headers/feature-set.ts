import type { Params } from '../params.js';

/*
 * Feature sets of contacts and callers as predicates: RFC 3840 §5, §9, RFC 3841 §8, by the rules of RFC 2533 as far
 * as SIP uses them: a conjunction of features, each of them a disjunction of alternatives.
 */

/** What one alternative lets a feature be. Texts of tokens are lower-case. */
type Alternative =
  | { readonly kind: 'token'; readonly text: string; readonly not: boolean }
  /** `<…>`, compared by case. */
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly low: number; readonly high: number; readonly not: boolean };

/** Feature name (lower-case, without `+`) → its alternatives, at least one. */
export type FeatureSet = ReadonlyMap<string, readonly Alternative[]>;

/** The base feature tags of RFC 3840 §9, which stand without `+`. */
const base = new Set([
  ...['audio', 'automata', 'class', 'duplex', 'data', 'control', 'mobility', 'description', 'events', 'priority'],
  ...['methods', 'schemes', 'application', 'video', 'language', 'type', 'isfocus', 'actor', 'text', 'extensions'],
]);

/** Alternatives of one feature; more are not read. */
const MAX_ALTERNATIVES = 64;

/** The feature parameters among those of a Contact, an Accept-Contact or a Reject-Contact. */
export function featureSet(params: Params): FeatureSet {
  const features = new Map<string, readonly Alternative[]>();
  for (const [name, value] of params) {
    const key = name.toLowerCase();
    if (!key.startsWith('+') && !base.has(key)) continue;
    const alternatives = readAlternatives(value);
    if (alternatives.length > 0) features.set(key.startsWith('+') ? key.slice(1) : key, alternatives);
  }
  return features;
}

function readAlternatives(value: string | null): Alternative[] {
  // RFC 3840 §9: a feature without a value is true.
  if (value === null) return [{ kind: 'token', text: 'true', not: false }];
  if (value.startsWith('<') && value.endsWith('>')) return [{ kind: 'string', text: value.slice(1, -1) }];
  const found: Alternative[] = [];
  for (const part of value.split(',', MAX_ALTERNATIVES)) {
    const text = part.trim().toLowerCase();
    const not = text.startsWith('!');
    const rest = not ? text.slice(1) : text;
    if (rest === '') continue;
    found.push(rest.startsWith('#') ? readNumber(rest.slice(1), not) : { kind: 'token', text: rest, not });
  }
  return found;
}

/** RFC 3840 §9 numeric: `=5`, `>=5`, `<=5` or `5:7`. What is none of them is a token that nothing equals by accident. */
function readNumber(text: string, not: boolean): Alternative {
  const match = /^(>=|<=|=)?([+-]?\d+(?:\.\d+)?)(?::([+-]?\d+(?:\.\d+)?))?$/.exec(text.replace(/\s+/g, ''));
  if (match === null) return { kind: 'token', text: `#${text}`, not };
  const [, relation, from, to] = match;
  const low = Number(from);
  if (to !== undefined) return { kind: 'number', low, high: Number(to), not };
  if (relation === '>=') return { kind: 'number', low, high: Number.POSITIVE_INFINITY, not };
  if (relation === '<=') return { kind: 'number', low: Number.NEGATIVE_INFINITY, high: low, not };
  return { kind: 'number', low, high: low, not };
}

/** Whether both features can be the same: some alternative of one agrees with some of the other. */
export function overlap(a: readonly Alternative[], b: readonly Alternative[]): boolean {
  return a.some((one) => b.some((other) => agree(one, other)));
}

function agree(a: Alternative, b: Alternative): boolean {
  if (a.kind === 'string' || b.kind === 'string')
    return a.kind === 'string' && b.kind === 'string' && a.text === b.text;
  if (a.not && b.not) return true;
  if (a.not || b.not) return a.kind !== b.kind || !within(a.not ? b : a, a.not ? a : b);
  if (a.kind === 'number' && b.kind === 'number') return a.low <= b.high && b.low <= a.high;
  return a.kind === 'token' && b.kind === 'token' && a.text === b.text;
}

/** Whether everything that `inner` allows lies in what `outer` names. */
function within(inner: Alternative, outer: Alternative): boolean {
  if (inner.kind === 'number' && outer.kind === 'number') return inner.low >= outer.low && inner.high <= outer.high;
  return inner.kind === 'token' && outer.kind === 'token' && inner.text === outer.text;
}
