import type { Server } from './servers.js';

/** Counts the calls of each server profile against its `max_calls`, both directions together. */
export class ServerLoad {
  /** Calls refused by a profile's limit. */
  refused = 0;
  readonly #calls = new Map<string, Set<object>>();

  isFull(server: Server): boolean {
    const limit = server.profile.maxCalls;
    if (limit === null || (this.#calls.get(server.profile.alias)?.size ?? 0) < limit) return false;
    this.refused += 1;
    return true;
  }

  began(server: Server, call: object): void {
    const calls = this.#calls.get(server.profile.alias) ?? new Set();
    calls.add(call);
    this.#calls.set(server.profile.alias, calls);
  }

  ended(call: object): void {
    for (const calls of this.#calls.values()) calls.delete(call);
  }
}
