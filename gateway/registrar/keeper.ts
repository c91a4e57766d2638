import type { Clock, Timer } from '../../base/clock.js';
import type { SessionId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import { type Random, randomFraction } from '../../base/random.js';
import type { Flow } from '../../sip/index.js';
import type { Decider } from '../decide/decider.js';
import type { Store } from '../store/store.js';
import { type Binding, type BindingRecord, BindingTable, type Owner, sourceOf } from './bindings.js';
import type { Pinger } from './pinger.js';
import { readBindingRecord } from './record.js';
import type { SourceIndex } from './source-index.js';

/** `removed`: the user or its domain is no more. `silent`: the phone answered none of our OPTIONS. */
export type EndOfBinding = 'unregistered' | 'expired' | 'replaced' | 'removed' | 'silent' | 'shutdown';

/** Who follows the registrations beside the application: the presence of the users. */
export interface BindingListener {
  onAdded(binding: Binding): void;
  onRefreshed(binding: Binding): void;
  /** It came back after a restart; told in turn with the application, some time after the start. */
  onRestored?(binding: Binding): void;
  /** It can be reached no more, but is still registered. */
  onUnreachable(binding: Binding): void;
  onEnded(binding: Binding, why: EndOfBinding): void;
}

export interface BindingKeeperOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly store: Store;
  readonly decider: Pick<Decider, 'registered' | 'unregistered'>;
  /** Bindings in all; a REGISTER that would add one more is refused by the registrar through `isFull`. */
  readonly maxBindings: number;
  /** False for a restored binding whose domain or user is no more; true for all unless told. */
  readonly isUser?: (owner: Owner) => boolean;
  /** Sends a keep-alive to a UDP phone; the flow has no connection. */
  readonly keepAlive: (binding: Binding) => void;
  /** Asks phones whether they are still there; none are asked unless told. */
  readonly pinger?: Pick<Pinger, 'kept' | 'ended'>;
  /** Time between two repeated register hooks after a restart. */
  readonly restorePaceMs?: number;
}

const KEEP_ALIVE_MS = 25_000;

interface Timers {
  expiry: Timer;
  keepAlive: Timer | null;
}

/**
 * The live bindings: their expiry, their keep-alives, their copy in the store, and the news about them to the
 * application: one `registered` per new binding, exactly one `unregistered` per session id.
 */
export class BindingKeeper {
  readonly counters = { added: 0, refreshed: 0, expired: 0, ended: 0, restored: 0 };
  readonly #options: BindingKeeperOptions;
  readonly #table = new BindingTable();
  readonly #timers = new Map<SessionId, Timers>();
  readonly #listeners: BindingListener[] = [];
  #restoring: Timer | null = null;
  /** Restored, and the application has not been told of it. */
  #untold: Binding[] = [];

  constructor(options: BindingKeeperOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#table.size;
  }

  get isFull(): boolean {
    return this.#table.size >= this.#options.maxBindings;
  }

  get(sessionId: SessionId): Binding | undefined {
    return this.#table.get(sessionId);
  }

  all(): Binding[] {
    return [...this.#table.all()];
  }

  ofUser(owner: Owner): Binding[] {
    return this.#table.ofUser(owner);
  }

  /** The first of `ofUser`: of a user in a directory the only one. */
  firstOfUser(owner: Owner): Binding | undefined {
    return this.#table.firstOfUser(owner);
  }

  /** Who is registered where. */
  get sources(): Omit<SourceIndex, 'add' | 'remove'> {
    return this.#table.sources;
  }

  listen(listener: BindingListener): void {
    this.#listeners.push(listener);
  }

  add(binding: Binding): void {
    this.#keep(binding);
    this.counters.added += 1;
    const { sessionId, username, domain, realm } = binding;
    this.#options.log.info('register.added', { sessionId, username, domain, source: sourceOf(binding.flow) });
    this.#options.decider.registered({ sessionId, username, domain, realm });
    for (const listener of this.#listeners) listener.onAdded(binding);
  }

  refresh(binding: Binding): void {
    this.#keep(binding);
    this.counters.refreshed += 1;
    for (const listener of this.#listeners) listener.onRefreshed(binding);
  }

  end(sessionId: SessionId, why: EndOfBinding): void {
    const binding = this.#table.delete(sessionId);
    if (binding === undefined) return;
    this.#stopTimers(sessionId);
    this.#options.store.delete('bindings', sessionId);
    this.counters.ended += 1;
    if (why === 'expired') this.counters.expired += 1;
    const { username, domain, realm } = binding;
    this.#options.log.info('register.ended', { sessionId, username, domain, why });
    this.#options.decider.unregistered({ sessionId, username, domain, realm });
    for (const listener of this.#listeners) listener.onEnded(binding, why);
  }

  /** Ends what is registered for a user who is no more. */
  endUser(owner: Owner): void {
    for (const { sessionId } of this.ofUser(owner)) this.end(sessionId, 'removed');
  }

  /** The same for those whom a domain has no more. */
  endUsers(isGone: (owner: Owner) => boolean): void {
    for (const binding of this.all()) if (isGone(binding)) this.end(binding.sessionId, 'removed');
  }

  /** The connection of these bindings is gone: they stay registered, but cannot be reached until the phone returns. */
  connectionClosed(flow: Flow): void {
    if (flow.connectionId === null) return;
    for (const binding of this.#table.onConnection(flow.connectionId)) {
      const unreachable = { ...binding, connection: null };
      this.#table.set(unreachable);
      for (const listener of this.#listeners) listener.onUnreachable(unreachable);
    }
  }

  /** Takes up what the store kept, before a REGISTER can come that refreshes it. Returns how many came back. */
  async restore(): Promise<number> {
    const { clock } = this.#options;
    const again: Binding[] = [];
    for (const record of await this.#stored()) {
      const binding: Binding = { ...record, ha1: null, connection: null, restored: true };
      this.#table.set(binding);
      if (record.expiresAtMs <= clock.epochMs()) {
        this.end(record.sessionId, 'expired');
        continue;
      }
      if (this.#options.isUser?.(record) === false) {
        this.end(record.sessionId, 'removed');
        continue;
      }
      this.#startTimers(binding);
      again.push(binding);
    }
    this.counters.restored += again.length;
    this.#untold = again;
    return again.length;
  }

  /**
   * Tells the application again of what was restored, paced, in the order of registration: an address book that keeps
   * the newest of a user then ends as it was.
   */
  tellRestored(): void {
    this.#tellNext(this.#untold);
  }

  /** Without a durable store every binding ends with the process and is told; with one nothing is said. */
  shutdown(durable: boolean): void {
    this.#restoring?.cancel();
    if (!durable) for (const binding of this.all()) this.end(binding.sessionId, 'shutdown');
    for (const sessionId of [...this.#timers.keys()]) this.#stopTimers(sessionId);
  }

  async #stored(): Promise<BindingRecord[]> {
    const { store, log } = this.#options;
    const records: BindingRecord[] = [];
    for (const { key, value } of await store.load('bindings')) {
      const record = readBindingRecord(value);
      if (record !== null) {
        records.push(record);
        continue;
      }
      log.warn('register.unreadable', { key });
      store.delete('bindings', key);
    }
    return records.sort((a, b) => a.registeredAtMs - b.registeredAtMs);
  }

  #tellNext(bindings: Binding[]): void {
    const next = bindings.shift();
    if (next === undefined) {
      this.#restoring = null;
      return;
    }
    const { sessionId, username, domain, realm } = next;
    const live = this.#table.get(sessionId);
    if (live !== undefined) {
      this.#options.decider.registered({ sessionId, username, domain, realm });
      for (const listener of this.#listeners) listener.onRestored?.(live);
    }
    const paceMs = this.#options.restorePaceMs ?? 20;
    this.#restoring = this.#options.clock.setTimer(paceMs, () => this.#tellNext(bindings));
  }

  #keep(binding: Binding): void {
    this.#table.set(binding);
    this.#startTimers(binding);
    const { ha1: _secret, connection: _flow, restored: _state, ...record } = binding;
    this.#options.store.put('bindings', binding.sessionId, record);
  }

  #startTimers(binding: Binding): void {
    this.#options.pinger?.kept(binding);
    const { clock, random } = this.#options;
    const { sessionId } = binding;
    const running = this.#timers.get(sessionId);
    running?.expiry.cancel();
    const leftMs = Math.max(0, binding.expiresAtMs - clock.epochMs());
    const expiry = clock.setTimer(leftMs, () => this.end(sessionId, 'expired'), { liveness: true });
    const keepAlive = running?.keepAlive ?? this.#startKeepAlive(binding, KEEP_ALIVE_MS * randomFraction(random));
    this.#timers.set(sessionId, { expiry, keepAlive });
  }

  /** Every 25 s for a UDP phone, from a random moment on, so that a thousand phones do not get theirs at once. */
  #startKeepAlive(binding: Binding, delayMs: number): Timer | null {
    if (binding.flow.kind !== 'udp') return null;
    return this.#options.clock.setTimer(delayMs, () => {
      const timers = this.#timers.get(binding.sessionId);
      const current = this.#table.get(binding.sessionId);
      if (timers === undefined || current === undefined) return;
      this.#options.keepAlive(current);
      timers.keepAlive = this.#startKeepAlive(current, KEEP_ALIVE_MS);
    });
  }

  #stopTimers(sessionId: SessionId): void {
    this.#options.pinger?.ended(sessionId);
    const timers = this.#timers.get(sessionId);
    timers?.expiry.cancel();
    timers?.keepAlive?.cancel();
    this.#timers.delete(sessionId);
  }
}
