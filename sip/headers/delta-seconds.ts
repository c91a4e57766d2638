import { DIGIT, isAllOf } from '../parse/scanner.js';

/** RFC 3261 §25.1 delta-seconds in 0 … 2³²−1, also for the `expires` of a Contact; undefined when it is not one. */
export function deltaSeconds(text: string): number | undefined {
  if (!isAllOf(text, DIGIT)) return undefined;
  const value = Number(text);
  return value <= 0xffff_ffff ? value : undefined;
}
