import type { Flow } from '../transport/transport.js';

/**
 * Who waits on each connection, so that its end finds them without looking at all others: thousands of connections may
 * close in one moment. Holds no more than there are members, each under one flow.
 */
export class FlowIndex<T> {
  readonly #byFlow = new Map<Flow, Set<T>>();

  /** Connections that somebody waits on. */
  get size(): number {
    return this.#byFlow.size;
  }

  add(flow: Flow, member: T): void {
    const members = this.#byFlow.get(flow);
    if (members === undefined) this.#byFlow.set(flow, new Set([member]));
    else members.add(member);
  }

  delete(flow: Flow, member: T): void {
    const members = this.#byFlow.get(flow);
    if (members?.delete(member) === true && members.size === 0) this.#byFlow.delete(flow);
  }

  /** Those of a flow, in the order in which they came; may be changed meanwhile. */
  of(flow: Flow): readonly T[] {
    return [...(this.#byFlow.get(flow) ?? [])];
  }
}
