import type { SessionEnd } from './types.js';

/** RFC 3261 §16.7 step 6: of the 4xx, those tell the caller how to do better. */
const helpful = new Set([401, 407, 415, 420, 484]);

function rank(end: SessionEnd): number {
  const status = end.statusCode ?? 408;
  // A status that a peer sent says more than one that stands for its silence.
  const made = end.response === undefined ? 1 : 0;
  if (status >= 600) return made;
  return Math.floor(status / 100) * 10 + (helpful.has(status) ? 0 : 4) + made;
}

/** The failure that stands for all branches: a 6xx if there is one, else of the lowest class. First of equals. */
export function bestFailure(failures: readonly SessionEnd[]): SessionEnd | null {
  let best: SessionEnd | null = null;
  for (const failure of failures) if (best === null || rank(failure) < rank(best)) best = failure;
  return best;
}
