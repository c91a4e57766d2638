import { type Random, randomFraction } from '../../base/random.js';

/** RFC 5626 §4.5: how long to wait before a flow is registered again. Seconds. */
export interface BackoffOptions {
  /** While no flow is registered. 30 unless told. */
  readonly baseAllFailedS?: number;
  /** While another flow is. 90 unless told. */
  readonly baseOthersUpS?: number;
  /** `max-time`. 1800 unless told. */
  readonly maxS?: number;
}

/**
 * RFC 5626 §4.5: 50 to 100 % of `min(max-time, base-time · 2^failures)`, so that a thousand clients of a server that
 * is back do not come together: 30 to 60 s after the first failure.
 * @param failures  in a row, this one counted
 */
export function backoffMs(random: Random, failures: number, othersUp: boolean, options: BackoffOptions = {}): number {
  const { baseAllFailedS = 30, baseOthersUpS = 90, maxS = 1800 } = options;
  const baseS = othersUp ? baseOthersUpS : baseAllFailedS;
  const upperS = Math.min(maxS, baseS * 2 ** Math.min(failures, 30));
  return Math.round(upperS * 1000 * (0.5 + randomFraction(random) / 2));
}

/** When to refresh: a share of what was granted, or a rule of its own, in seconds from now. */
export type RefreshAt = number | ((grantedS: number) => number);

const LEAST_MS = 1000;
/** What a timer of the runtime can hold, with room to spare. */
const MOST_MS = 2_000_000_000;

/** How long after the answer to refresh; a second at least, and within what was granted. */
export function refreshDelayMs(grantedS: number, refreshAt: RefreshAt = 0.8): number {
  const wantedS = typeof refreshAt === 'function' ? refreshAt(grantedS) : grantedS * refreshAt;
  const withinMs = Math.min(wantedS, grantedS) * 1000;
  return Math.min(MOST_MS, Math.max(LEAST_MS, Number.isFinite(withinMs) ? withinMs : grantedS * 800));
}
