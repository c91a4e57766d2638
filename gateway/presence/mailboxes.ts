import type { MessageSummary } from '../../sip/index.js';
import type { UserKey } from './users.js';

const nothing: MessageSummary = { waiting: false, counts: {} };

/**
 * What waits for whom, as the application has said: RFC 3842. In memory, so it says it again after a restart. At most
 * `max` users have something to tell; further ones are refused, counted by whoever asked.
 */
export class Mailboxes {
  readonly #max: number;
  readonly #known = new Map<UserKey, MessageSummary>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#known.size;
  }

  of(user: UserKey): MessageSummary {
    return this.#known.get(user) ?? nothing;
  }

  /** False when there is no room for one more. An empty mailbox takes none. */
  set(user: UserKey, summary: MessageSummary): boolean {
    if (isNothing(summary)) {
      this.#known.delete(user);
      return true;
    }
    if (this.#known.size >= this.#max && !this.#known.has(user)) return false;
    this.#known.set(user, summary);
    return true;
  }

  deleteAll(hasGone: (user: UserKey) => boolean): void {
    for (const user of [...this.#known.keys()]) if (hasGone(user)) this.#known.delete(user);
  }
}

function isNothing({ waiting, account, counts }: MessageSummary): boolean {
  return !waiting && account === undefined && Object.keys(counts).length === 0;
}
