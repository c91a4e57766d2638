import { AppError } from '../../base/errors.js';
import { IpRanges } from '../../base/ip-ranges.js';
import type { SrtpPolicy } from '../../media/index.js';
import type { RegisterPolicy } from '../../sip/index.js';
import type { DomainProfile, UserLookup } from '../config.js';
import { hostKey } from './host-key.js';

/** A domain ready for look-ups. */
export interface Domain {
  /** Its first name as hosts are compared; part of the key of its users' bindings. */
  readonly name: string;
  readonly auth: 'digest' | 'none';
  /** Null: everybody may come. */
  readonly allow: IpRanges | null;
  /** Null: the hooks know them, or with `auth: none` whoever comes is one. */
  readonly users: UserLookup | null;
  readonly routing: 'hooks' | 'bridge' | 'redirect' | 'control';
  /** Base URL of the control server that hears of its registrations and, with that routing, decides about its calls. */
  readonly control: string | null;
  readonly rooms: ReadonlyMap<string, string>;
  /** Null: the hooks' constant one. */
  readonly realm: string | null;
  readonly qop: 'auth' | 'none' | null;
  /** Null: the usual one. */
  readonly srtp: SrtpPolicy | null;
  readonly policy: RegisterPolicy;
  /**
   * `mediaswitch` (contract mediaswitch 4.2, 4.3): too short an expiry is refused before any challenge, which is MD5 with
   * an opaque, and a user who moves stays registered since his first REGISTER.
   */
  readonly registrar: 'usual' | 'mediaswitch';
  readonly onlyNewest: boolean;
  /** Milliseconds between two OPTIONS to a phone; 0 = none. */
  readonly pingMs: number;
}

/** The hooks are asked for the passwords of its users. */
export function asksHooks(domain: Domain | null): boolean {
  return domain === null || (domain.auth === 'digest' && domain.users === null);
}

/** The application says where a call to that host goes. */
export function isRoutedByHooks(domain: Domain | null): boolean {
  return domain === null || domain.routing === 'hooks';
}

/** The application hears of its registrations: it knows the users, or rings them. */
export function tellsHooks(domain: Domain | null): boolean {
  return asksHooks(domain) || isRoutedByHooks(domain);
}

/** False for a name that is no user of the domain; true where that cannot be known. */
export function mayBeUser(domain: Domain, username: string): boolean {
  return domain.users === null || domain.users.has(username);
}

/** Users who are no more: of which domain (by its `name`), and which of them. */
export interface UsersGone {
  readonly domain: string;
  readonly isGone: (username: string) => boolean;
  /** Where it is one user: who. */
  readonly username?: string;
}

/** A host that another domain of the directory has. */
export class DomainTakenError extends AppError {
  readonly code = 'DOMAIN_TAKEN';
}

/** What hooks are told to grant (contract 4.1), and what domains with users of their own grant unless told. */
export const hookPolicy: RegisterPolicy = { minS: 60, defaultS: 180, maxS: 180, maxContacts: 10 };
const ownPolicy: RegisterPolicy = { minS: 60, defaultS: 3600, maxS: 3600, maxContacts: 10 };

/** Any host that no domain has by name. */
const ANY = '*';

type Layer = Map<string, Domain>;

/**
 * The domains that are decided here, found by host: first those put in at run time, then the configured ones, then
 * the one named `*`. As many as the settings and the owner of the directory make.
 */
export class Domains {
  readonly #configured: Layer = new Map();
  readonly #directory: Layer = new Map();
  /** Every key of a domain of the directory. */
  readonly #names = new WeakMap<Domain, readonly string[]>();
  readonly #listeners: ((gone: UsersGone) => void)[] = [];

  constructor(configured: readonly DomainProfile[] = []) {
    for (const profile of configured) insert(this.#configured, profile);
  }

  /** Every domain once; one that is hidden by the directory is among them. */
  all(): Domain[] {
    return [...new Set([...this.#directory.values(), ...this.#configured.values()])];
  }

  /** Who decides about a host; null: the hooks. Our own addresses are a host like any other. */
  find(host: string): Domain | null {
    if (this.#configured.size === 0 && this.#directory.size === 0) return null;
    const key = hostKey(host);
    return (
      this.#directory.get(key) ??
      this.#configured.get(key) ??
      this.#directory.get(ANY) ??
      this.#configured.get(ANY) ??
      null
    );
  }

  /** The domain whose bindings carry that name; null when there is none (any more). */
  named(name: string): Domain | null {
    return this.#directory.get(name) ?? this.#configured.get(name) ?? null;
  }

  /** Throws a DomainTakenError when a name belongs to another domain of the directory. */
  add(profile: DomainProfile): void {
    const taken = profile.names.find((name) => this.#directory.has(hostKey(name)));
    if (taken !== undefined) throw new DomainTakenError(`${taken} is a domain already`);
    this.#insert(profile);
  }

  /** Takes the place of the domain of the same first name, or adds it. Users that it no longer has are unregistered. */
  replace(profile: DomainProfile): void {
    const name = nameOf(profile);
    const before = this.#directory.get(name);
    const taken = profile.names.find((each) => {
      const other = this.#directory.get(hostKey(each));
      return other !== undefined && other !== before;
    });
    if (taken !== undefined) throw new DomainTakenError(`${taken} is a domain already`);
    if (before !== undefined) {
      const { users } = profile;
      if (users !== null) this.#tell({ domain: before.name, isGone: (username) => !users.has(username) });
      this.#delete(before);
    }
    this.#insert(profile);
  }

  /** False when the directory has no domain of that name. Its users are unregistered while it can still be found. */
  remove(name: string): boolean {
    const domain = this.#directory.get(hostKey(name));
    if (domain === undefined) return false;
    this.#tell({ domain: domain.name, isGone: () => true });
    this.#delete(domain);
    return true;
  }

  /** A user whom the owner of that domain has taken out of its `users`. */
  userGone(name: string, username: string): void {
    this.#tell({ domain: hostKey(name), isGone: (each) => each === username, username });
  }

  onUsersGone(listener: (gone: UsersGone) => void): void {
    this.#listeners.push(listener);
  }

  #insert(profile: DomainProfile): void {
    this.#names.set(insert(this.#directory, profile), profile.names.map(hostKey));
  }

  #delete(domain: Domain): void {
    for (const key of this.#names.get(domain) ?? []) this.#directory.delete(key);
  }

  #tell(gone: UsersGone): void {
    for (const listener of this.#listeners) listener(gone);
  }
}

function nameOf({ names }: DomainProfile): string {
  return hostKey(names[0] ?? '');
}

function insert(layer: Layer, profile: DomainProfile): Domain {
  const domain = createDomain(profile);
  for (const name of profile.names) layer.set(hostKey(name), domain);
  return domain;
}

function createDomain(profile: DomainProfile): Domain {
  const { auth, users, routing, rooms, allow, policy } = profile;
  const usual = auth === 'digest' && users === null ? hookPolicy : ownPolicy;
  const minS = policy.minS ?? Math.min(usual.minS, policy.defaultS ?? usual.minS, policy.maxS ?? usual.minS);
  const maxS = policy.maxS ?? Math.max(usual.maxS, policy.defaultS ?? minS, minS);
  const defaultS = policy.defaultS ?? Math.min(maxS, Math.max(minS, usual.defaultS));
  const name = nameOf(profile);
  return {
    name,
    auth,
    allow: allow.length === 0 ? null : IpRanges.of(allow),
    users,
    routing,
    control: profile.control ?? null,
    rooms,
    realm: profile.realm ?? (users === null || name === ANY ? null : (profile.names[0] ?? null)),
    qop: policy.qop,
    srtp: profile.srtp,
    policy: { minS, defaultS, maxS, maxContacts: usual.maxContacts },
    registrar: profile.registrar ?? 'usual',
    onlyNewest: policy.contacts === 'one',
    pingMs: policy.pingS * 1000,
  };
}
