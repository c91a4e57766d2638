import type { Via } from '../header-values.js';
import type { TransportCounters } from './counters.js';
import type { Flow } from './transport.js';
import { defaultPort } from './via.js';

/** How many sent-bys one peer may be called back under over one connection; more are refused, `aliasesRefused`. */
const MAX_ALIASES = 4;

function keyOf(address: string, port: number, name: string): string {
  return `${address}|${port}|${name}`;
}

interface Indexed {
  readonly name: string;
  readonly aliases: Set<string>;
}

/**
 * The open connections of one transport, by where they lead: the remote address, the port and whom the peer has
 * proved to be; beside it by the ports that peers want to be called back at (RFC 5923 §8.2), at most four each.
 */
export class ConnectionIndex<F extends Flow> {
  readonly #byId = new Map<string, F>();
  readonly #byRemote = new Map<string, F>();
  readonly #byAlias = new Map<string, F>();
  readonly #indexed = new Map<F, Indexed>();
  readonly #counters: Pick<TransportCounters, 'aliasesRefused'>;

  constructor(counters: Pick<TransportCounters, 'aliasesRefused'>) {
    this.#counters = counters;
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): F[] {
    return [...this.#byId.values()];
  }

  byId(connectionId: string): F | null {
    return this.#byId.get(connectionId) ?? null;
  }

  /** @param name whom the peer has proved to be; empty where nobody proves anything */
  add(connectionId: string, flow: F, name: string): void {
    this.#byId.set(connectionId, flow);
    this.#byRemote.set(keyOf(flow.remote.address, flow.remote.port, name), flow);
    this.#indexed.set(flow, { name, aliases: new Set() });
  }

  delete(connectionId: string, flow: F): void {
    const indexed = this.#indexed.get(flow);
    this.#byId.delete(connectionId);
    this.#indexed.delete(flow);
    if (indexed === undefined) return;
    const key = keyOf(flow.remote.address, flow.remote.port, indexed.name);
    if (this.#byRemote.get(key) === flow) this.#byRemote.delete(key);
    for (const alias of indexed.aliases) if (this.#byAlias.get(alias) === flow) this.#byAlias.delete(alias);
  }

  find(address: string, port: number, name: string): F | null {
    return this.#byRemote.get(keyOf(address, port, name)) ?? null;
  }

  /** The connection whose peer wants to be called back over it; the caller judges whether the peer may. */
  findAlias(address: string, port: number): F | null {
    return this.#byAlias.get(keyOf(address, port, '')) ?? null;
  }

  /** RFC 5923 §8.2: notes the sent-by of a request with `alias`; the connection that said so last has it. */
  noteAlias(flow: F, via: Via): void {
    const aliases = this.#indexed.get(flow)?.aliases;
    if (aliases === undefined) return;
    const key = keyOf(flow.remote.address, via.port ?? defaultPort(flow.kind), '');
    if (this.#byAlias.get(key) === flow) return;
    if (!aliases.has(key) && aliases.size >= MAX_ALIASES) {
      this.#counters.aliasesRefused += 1;
      return;
    }
    aliases.add(key);
    this.#byAlias.set(key, flow);
  }
}
