// How long to wait before the next try, and when to try no more.

const FIRST_MS = 1000;
export const MOST_MS = 15_000;
/** A gateway that is put on another machine is back by then. */
export const GIVE_UP_MS = 300_000;
/** So much of a delay is left to chance: pages that lost the same server do not all come back in the same moment. */
const SPREAD = 0.2;

/**
 * @param tries  that have failed, from 1
 * @param chance  0 to 1
 */
export function delayBefore(tries, chance) {
  return Math.min(MOST_MS, FIRST_MS * 2 ** (tries - 1)) * (1 - SPREAD * chance);
}

/**
 * Tries until it works: at once, then after 1, 2, 4, 8, 15, 15 … seconds.
 * @param attempt  throws where it did not work
 * @param isFinal  whether an error says that trying again is of no use
 * @param wait  resolves with false where there is nothing to wait for any more
 * @param onWait  told before each pause, with its length and why
 * @returns the error that ended it; null: it worked, or was stopped
 */
export async function keepTrying({ attempt, isFinal, wait, nowMs, chance, onWait }) {
  const sinceMs = nowMs();
  for (let tries = 1; ; tries += 1) {
    try {
      await attempt();
      return null;
    } catch (error) {
      if (isFinal(error)) return error;
      const delayMs = delayBefore(tries, chance());
      if (nowMs() + delayMs - sinceMs > GIVE_UP_MS) return { code: 'CONNECTION_LOST' };
      onWait(delayMs, error);
      if (!(await wait(delayMs))) return null;
    }
  }
}
