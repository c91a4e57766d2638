import type { DialogNews } from '../../contract/mediaswitch/control.js';

const MAX_CALLS = 1024;
const MAX_PER_CALL = 16;

/**
 * News of calls of which we do not know yet whose they are: they overtook the answer to our INVITE, or the list of what
 * was there before us. Limits: 1024 calls and 16 news of each; more are dropped and counted.
 */
export class EarlyNews {
  dropped = 0;
  readonly #held = new Map<string, DialogNews[]>();

  /** Whether it is kept. */
  hold(callid: string, news: DialogNews): boolean {
    const held = this.#held.get(callid) ?? [];
    if (held.length >= MAX_PER_CALL || (held.length === 0 && this.#held.size >= MAX_CALLS)) {
      this.dropped += 1;
      return false;
    }
    held.push(news);
    this.#held.set(callid, held);
    return true;
  }

  take(callid: string): readonly DialogNews[] {
    const held = this.#held.get(callid) ?? [];
    this.#held.delete(callid);
    return held;
  }

  takeAll(): readonly (readonly [string, readonly DialogNews[]])[] {
    const all = [...this.#held];
    this.#held.clear();
    return all;
  }
}
