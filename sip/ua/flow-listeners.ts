import type { Flow } from '../transport/transport.js';

type Listener = (flow: Flow) => void;

/**
 * Who is told that a stream connection is gone: some of every one, others of one connection, which are found without
 * asking all: thousands of connections may close in one moment. Datagrams have no connection to lose.
 */
export class FlowListeners {
  readonly #ofAll = new Set<Listener>();
  /** By the connection's id. */
  readonly #ofOne = new Map<string, Set<Listener>>();

  add(listener: Listener): void {
    this.#ofAll.add(listener);
  }

  /** Returns what ends it; may be called twice. */
  watch({ connectionId }: Flow, listener: Listener): () => void {
    if (connectionId === null) return () => undefined;
    const listeners = this.#ofOne.get(connectionId) ?? new Set();
    this.#ofOne.set(connectionId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#ofOne.get(connectionId) === listeners) this.#ofOne.delete(connectionId);
    };
  }

  closed(flow: Flow): void {
    const watching = flow.connectionId === null ? undefined : this.#ofOne.get(flow.connectionId);
    for (const listener of [...(watching ?? []), ...this.#ofAll]) listener(flow);
  }
}
