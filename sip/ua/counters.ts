/** What a user agent counts by itself; its usages count for themselves. */
export interface UserAgentCounters {
  /** INVITEs that got 503 because `maxSessions` was reached. */
  refused: number;
  /** RFC 3261 §8.2.2.2: requests that came a second time on another way, answered 482. */
  merged: number;
  /** Requests of ours that came round to us (RFC 3261 §16.3 step 4), served as any other: a spiral is legal. */
  returned: number;
  /** RFC 3261 §8.1.1.6: requests with no hop left, answered 483. */
  tooManyHops: number;
  /** RFC 3261 §12.2.2: requests of dialogs that are not ours, answered 481. */
  unknownDialogs: number;
  /** ACKs of no transaction and no dialog, dropped. */
  strayAcks: number;
  /** Responses of a forked INVITE beyond the dialogs that it may open, ignored. */
  forksIgnored: number;
  /** Contacts of 3xx beyond the branches that one attempt may grow to, ignored. */
  branchesIgnored: number;
  /** Reliable provisional responses in a dialog where too many PRACKs wait for an answer, dropped: they come again. */
  reliableIgnored: number;
}

/** Counts what a refused request was. */
export function countRefusal(counters: UserAgentCounters, statusCode: number): void {
  if (statusCode === 482) counters.merged += 1;
  else if (statusCode === 483) counters.tooManyHops += 1;
}

export function createUserAgentCounters(): UserAgentCounters {
  return {
    ...{ refused: 0, merged: 0, returned: 0, tooManyHops: 0, unknownDialogs: 0, strayAcks: 0 },
    ...{ forksIgnored: 0, branchesIgnored: 0, reliableIgnored: 0 },
  };
}
