import type { NotifierSubscription } from '../../sip/index.js';
import type { UserKey } from './users.js';

export interface WatchedBy {
  /** Null for one who is trusted by his address. */
  readonly watcher: UserKey | null;
  readonly watched: UserKey;
  /** Where its SUBSCRIBE came from. */
  readonly address: string;
}

/**
 * Who watches whom. A user may be watched under several addresses, and each subscriber is told of the one that he asked
 * for. As many as the subscriptions, whose notifier limits them.
 */
export class Watched {
  readonly #all = new Map<NotifierSubscription, WatchedBy>();
  readonly #resources = new Map<UserKey, Map<string, number>>();
  readonly #watchers = new Map<UserKey, number>();
  readonly #emptied: (() => void)[] = [];

  all(): NotifierSubscription[] {
    return [...this.#all.keys()];
  }

  get(subscription: NotifierSubscription): WatchedBy | undefined {
    return this.#all.get(subscription);
  }

  /** How many subscriptions a user has made. */
  by(watcher: UserKey): number {
    return this.#watchers.get(watcher) ?? 0;
  }

  /** The addresses under which a user is watched. */
  resourcesOf(user: UserKey): readonly string[] {
    return [...(this.#resources.get(user)?.keys() ?? [])];
  }

  add(subscription: NotifierSubscription, by: WatchedBy): void {
    this.#all.set(subscription, by);
    const resources = this.#resources.get(by.watched) ?? new Map<string, number>();
    this.#resources.set(by.watched, resources);
    count(resources, subscription.resource, 1);
    if (by.watcher !== null) count(this.#watchers, by.watcher, 1);
  }

  delete(subscription: NotifierSubscription): void {
    const by = this.#all.get(subscription);
    if (by === undefined) return;
    this.#all.delete(subscription);
    const resources = this.#resources.get(by.watched);
    if (resources !== undefined) count(resources, subscription.resource, -1);
    if (resources?.size === 0) this.#resources.delete(by.watched);
    if (by.watcher !== null) count(this.#watchers, by.watcher, -1);
    if (this.#all.size === 0) for (const tell of this.#emptied.splice(0)) tell();
  }

  /** Resolves when the last one has ended. */
  emptied(): Promise<void> {
    return new Promise((resolve) => this.#emptied.push(resolve));
  }
}

function count<K>(counts: Map<K, number>, key: K, change: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + change;
  if (next > 0) counts.set(key, next);
  else counts.delete(key);
}
