import type { SessionId } from '../../base/ids.js';
import { hostPort } from '../../base/ip-ranges.js';
import type { SocketAddress } from '../../base/network.js';
import type { Flow, TransportKind } from '../../sip/index.js';
import { SourceIndex } from './source-index.js';
import { UserIndex } from './user-index.js';

/** Where a binding's phone is reached: the flow of its REGISTER (design: a binding is a flow). */
export interface BindingFlow {
  readonly kind: TransportKind;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Of a stream transport; a binding restored after a restart has lost its connection. */
  readonly connectionId: string | null;
}

/** What is kept of a binding across restarts: plain data. */
export interface BindingRecord {
  readonly sessionId: SessionId;
  readonly username: string;
  /** The domain of the user's address, by its `name`; null where the hooks decide about the host: any is his. */
  readonly domain: string | null;
  readonly realm: string;
  /** The Contact URI as registered. */
  readonly contact: string;
  /** `+sip.instance` (RFC 5626 §4.1), or null. */
  readonly instance: string | null;
  /** Call-ID and CSeq of the last REGISTER, for the order check of RFC 3261 §10.3. */
  readonly callId: string;
  readonly sequence: number;
  readonly q: number;
  readonly userAgent: string | null;
  /** Host of the REGISTER's Request-URI, where it is not the domain's name. */
  readonly requestHost: string | null;
  readonly flow: BindingFlow;
  readonly registeredAtMs: number;
  /** Wall-clock milliseconds. */
  readonly expiresAtMs: number;
}

/** A digest secret that the application gave for this binding; ends with it and after an hour. */
export interface CachedHa1 {
  readonly algorithm: string;
  readonly ha1: string;
  readonly untilMs: number;
}

export interface Binding extends BindingRecord {
  readonly ha1: CachedHa1 | null;
  /** The open stream connection, or null for UDP and for a connection that is gone. */
  readonly connection: Flow | null;
  /** Restored from the store; its first refresh asks the application again. */
  readonly restored: boolean;
}

/** Whose binding it is. */
export type Owner = Pick<BindingRecord, 'username' | 'domain'>;

/** The key of an address of record. No domain's name holds an @, so no two owners have the same one. */
export function aorKey({ username, domain }: Owner): string {
  return `${username}@${domain ?? ''}`;
}

export function ownerOf(key: string): Owner {
  const at = key.lastIndexOf('@');
  return { username: key.slice(0, at), domain: key.slice(at + 1) || null };
}

/** A user among the users of all domains; those of the hooks by their names alone. */
export function identityOf(owner: Owner): string {
  return owner.domain === null ? owner.username : aorKey(owner);
}

/** The user of an identityOf: the user part of a SIP URI holds no @ (RFC 3261 §25.1). */
export function ownerOfIdentity(identity: string): Owner {
  return identity.includes('@') ? ownerOf(identity) : { username: identity, domain: null };
}

/** A stream binding is reached over its connection only; without it nobody can ring the phone. */
export function isReachable(binding: Binding): boolean {
  return binding.flow.kind === 'udp' || binding.connection?.isOpen === true;
}

/** Whether the one is the source of the other, and the same connection. */
export function isSameFlow(one: BindingFlow, other: BindingFlow): boolean {
  return (
    one.kind === other.kind &&
    one.connectionId === other.connectionId &&
    one.remote.address === other.remote.address &&
    one.remote.port === other.remote.port
  );
}

export function sourceOf(flow: BindingFlow): string {
  return hostPort(flow.remote.address, flow.remote.port);
}

/** Address of record → contacts, with the look-ups that calls need. Pure bookkeeping: no timers, no hooks. */
export class BindingTable {
  readonly #bySession = new Map<SessionId, Binding>();
  readonly #byUser = new UserIndex();
  /** Who is registered where. */
  readonly sources = new SourceIndex();
  readonly #byConnection = new Map<string, Set<SessionId>>();

  get size(): number {
    return this.#bySession.size;
  }

  get(sessionId: SessionId): Binding | undefined {
    return this.#bySession.get(sessionId);
  }

  all(): IterableIterator<Binding> {
    return this.#bySession.values();
  }

  ofUser(owner: Owner): Binding[] {
    return [...this.#byUser.of(owner)];
  }

  firstOfUser(owner: Owner): Binding | undefined {
    return this.#byUser.of(owner)[0];
  }

  onConnection(connectionId: string): Binding[] {
    return this.#resolve(this.#byConnection.get(connectionId));
  }

  /** Adds the binding, or replaces the one of the same session. */
  set(binding: Binding): void {
    this.delete(binding.sessionId);
    this.#bySession.set(binding.sessionId, binding);
    this.#byUser.add(binding);
    this.sources.add(binding);
    if (binding.flow.connectionId !== null) add(this.#byConnection, binding.flow.connectionId, binding.sessionId);
  }

  delete(sessionId: SessionId): Binding | undefined {
    const binding = this.#bySession.get(sessionId);
    if (binding === undefined) return undefined;
    this.#bySession.delete(sessionId);
    this.#byUser.remove(binding);
    this.sources.remove(binding);
    if (binding.flow.connectionId !== null) remove(this.#byConnection, binding.flow.connectionId, sessionId);
    return binding;
  }

  #resolve(ids: ReadonlySet<SessionId> | undefined): Binding[] {
    const found: Binding[] = [];
    for (const id of ids ?? []) {
      const binding = this.#bySession.get(id);
      if (binding !== undefined) found.push(binding);
    }
    return found;
  }
}

function add(index: Map<string, Set<SessionId>>, key: string, id: SessionId): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

function remove(index: Map<string, Set<SessionId>>, key: string, id: SessionId): void {
  const ids = index.get(key);
  if (ids === undefined) return;
  ids.delete(id);
  if (ids.size === 0) index.delete(key);
}
