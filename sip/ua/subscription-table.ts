import type { Watcher, WatcherList } from '../packages/package.js';
import type { NotifierSubscription } from './notifier.js';

function keyOf(packageName: string, resource: string): string {
  // A package name is a token, so no two pairs share a key.
  return `${packageName} ${resource}`;
}

/**
 * The subscriptions of a notifier by resource and by source, and the states last pushed. Subscriptions are limited by
 * who adds them; beyond `maxStates` the state that was pushed longest ago is forgotten and told to `onDropped`.
 */
export class SubscriptionTable {
  readonly #maxStates: number;
  readonly #onDropped: () => void;
  readonly #byResource = new Map<string, Set<NotifierSubscription>>();
  readonly #bySource = new Map<string, number>();
  readonly #states = new Map<string, unknown>();
  #size = 0;

  constructor(maxStates: number, onDropped: () => void) {
    this.#maxStates = maxStates;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#size;
  }

  add(subscription: NotifierSubscription, source: string): void {
    const key = keyOf(subscription.package.name, subscription.resource);
    const known = this.#byResource.get(key);
    if (known === undefined) this.#byResource.set(key, new Set([subscription]));
    else known.add(subscription);
    this.#bySource.set(source, this.fromSource(source) + 1);
    this.#size += 1;
  }

  remove(subscription: NotifierSubscription, source: string): void {
    const key = keyOf(subscription.package.name, subscription.resource);
    const known = this.#byResource.get(key);
    if (known?.delete(subscription) !== true) return;
    if (known.size === 0) this.#byResource.delete(key);
    const left = this.fromSource(source) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
    this.#size -= 1;
  }

  of(packageName: string, resource: string): readonly NotifierSubscription[] {
    return [...(this.#byResource.get(keyOf(packageName, resource)) ?? [])];
  }

  fromSource(source: string): number {
    return this.#bySource.get(source) ?? 0;
  }

  keep(packageName: string, resource: string, state: unknown): void {
    const key = keyOf(packageName, resource);
    this.#states.delete(key);
    this.#states.set(key, state);
    if (this.#states.size <= this.#maxStates) return;
    for (const oldest of this.#states.keys()) {
      this.#states.delete(oldest);
      this.#onDropped();
      return;
    }
  }

  kept(packageName: string, resource: string): unknown {
    return this.#states.get(keyOf(packageName, resource));
  }

  forget(packageName: string, resource: string): void {
    this.#states.delete(keyOf(packageName, resource));
  }

  /** Who watches; `changed` is among them even when it has just ended. */
  watchers(packageName: string, resource: string, changed?: NotifierSubscription): WatcherList {
    const all = new Set(this.of(packageName, resource));
    if (changed !== undefined) all.add(changed);
    return { resource, package: packageName, watchers: [...all].map(watcherOf) };
  }
}

function watcherOf(subscription: NotifierSubscription): Watcher {
  const { id, watcherUri, watcher, status, lastEvent, sinceMs, expiresAtMs } = subscription;
  return {
    id,
    uri: watcherUri,
    displayName: watcher.displayName,
    status,
    event: lastEvent,
    sinceMs,
    expiresAtMs: status === 'terminated' ? null : expiresAtMs,
  };
}
