import type { TransportCounters } from './counters.js';
import type { TransportLimits } from './limits.js';

/**
 * Who may have one more connection: one count for all transports of a layer, so that a peer gains nothing by using
 * several. `maxConnections` in all and `maxPerAddress` accepted from one address; over them a newcomer is refused,
 * counted in `connectionsRefused`. Every slot that was taken is given back once.
 */
export class ConnectionSlots {
  readonly #limits: Pick<TransportLimits, 'maxConnections' | 'maxPerAddress'>;
  readonly #counters: TransportCounters;
  readonly #acceptedFrom = new Map<string, number>();
  #taken = 0;

  constructor(limits: Pick<TransportLimits, 'maxConnections' | 'maxPerAddress'>, counters: TransportCounters) {
    this.#limits = limits;
    this.#counters = counters;
  }

  /** A slot for a connection that came from there; false when it has to be refused. */
  takeFor(address: string): boolean {
    const fromThere = this.#acceptedFrom.get(address) ?? 0;
    if (fromThere >= this.#limits.maxPerAddress || this.#taken >= this.#limits.maxConnections) return this.#refuse();
    this.#acceptedFrom.set(address, fromThere + 1);
    this.#taken += 1;
    return true;
  }

  /** A slot for a connection, or an attempt, of ours. */
  take(): boolean {
    if (this.#taken >= this.#limits.maxConnections) return this.#refuse();
    this.#taken += 1;
    return true;
  }

  /** @param address where it came from; null for one of ours */
  give(address: string | null): void {
    this.#taken -= 1;
    if (address === null) return;
    const left = (this.#acceptedFrom.get(address) ?? 1) - 1;
    if (left > 0) this.#acceptedFrom.set(address, left);
    else this.#acceptedFrom.delete(address);
  }

  #refuse(): false {
    this.#counters.connectionsRefused += 1;
    return false;
  }
}
