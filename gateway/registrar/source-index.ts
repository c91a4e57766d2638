import type { BindingFlow, BindingRecord, Owner } from './bindings.js';

/** Username → how many of his bindings. */
type Names = Map<string, number>;

/**
 * Who has registered from each source and over that flow: a datagram with the source address of somebody's connection
 * proves nothing. Thousands may be behind one address (a proxy in front of us, an office), so nothing here looks at them
 * one by one: a look-up costs the domains that are there, not the users. Holds what its table of bindings holds.
 */
export class SourceIndex {
  /** Source → domain → users; the domain is null for users of the hooks. */
  readonly #sources = new Map<string, Map<string | null, Names>>();

  add({ flow, domain, username }: BindingRecord): void {
    const key = keyOf(flow);
    let domains = this.#sources.get(key);
    if (domains === undefined) {
      domains = new Map();
      this.#sources.set(key, domains);
    }
    const names = domains.get(domain);
    if (names === undefined) domains.set(domain, new Map([[username, 1]]));
    else names.set(username, (names.get(username) ?? 0) + 1);
  }

  remove({ flow, domain, username }: BindingRecord): void {
    const key = keyOf(flow);
    const domains = this.#sources.get(key);
    const names = domains?.get(domain);
    const count = names?.get(username);
    if (domains === undefined || names === undefined || count === undefined) return;
    if (count > 1) {
      names.set(username, count - 1);
      return;
    }
    names.delete(username);
    if (names.size > 0) return;
    domains.delete(domain);
    if (domains.size === 0) this.#sources.delete(key);
  }

  isKnown(flow: BindingFlow): boolean {
    return this.#sources.has(keyOf(flow));
  }

  isAt({ username, domain }: Owner, flow: BindingFlow): boolean {
    return this.#sources.get(keyOf(flow))?.get(domain)?.has(username) === true;
  }

  /**
   * The user behind this source, of several the one that the From names (contract 2.4); null when it names none of them.
   * Undefined where nobody has registered whose domain `counts`.
   */
  ownerAt(
    flow: BindingFlow,
    fromUser: string | null,
    counts: (domain: string | null) => boolean,
  ): Owner | null | undefined {
    let users = 0;
    let only: Owner | null = null;
    let named: Owner | null = null;
    for (const [domain, names] of this.#sources.get(keyOf(flow)) ?? []) {
      if (!counts(domain)) continue;
      users += names.size;
      for (const username of names.keys()) {
        only = { username, domain };
        break;
      }
      if (named === null && fromUser !== null && names.has(fromUser)) named = { username: fromUser, domain };
    }
    if (users === 0) return undefined;
    return users === 1 ? only : named;
  }
}

function keyOf({ kind, remote, connectionId }: BindingFlow): string {
  return `${kind} ${remote.address} ${remote.port} ${connectionId ?? ''}`;
}
