import type { Block } from './blocks.js';

/** Steps of a session: typed, run, or compared with what came out. */
const steps = ['run', 'terminal', 'type', 'prints', 'answer', 'file', 'append', 'fixture', 'heard', 'joined'] as const;

/** Checked without a session. */
const statements = ['schema', 'config', 'unit', 'from', 'norun'] as const;

export function isStep({ words }: Block): boolean {
  return steps.some((word) => words.has(word));
}

/** The one word that says what the block is; null when there is none, or more than one. */
export function kindOf({ words }: Block): string | null {
  const kinds = [...steps, ...statements].filter((word) => words.has(word));
  return kinds.length === 1 ? kinds[0]! : null;
}
