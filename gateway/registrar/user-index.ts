import type { Binding, Owner } from './bindings.js';

const nobody: readonly Binding[] = [];

/** Which bindings a user has: by domain, then by name, so that a whole domain is looked through without making keys. */
export class UserIndex {
  readonly #byDomain = new Map<string | null, Map<string, readonly Binding[]>>();

  of({ username, domain }: Owner): readonly Binding[] {
    return this.#byDomain.get(domain)?.get(username) ?? nobody;
  }

  /** Newest last. */
  add(binding: Binding): void {
    const { username, domain } = binding;
    let users = this.#byDomain.get(domain);
    if (users === undefined) {
      users = new Map();
      this.#byDomain.set(domain, users);
    }
    users.set(username, [...(users.get(username) ?? nobody), binding]);
  }

  remove({ username, domain, sessionId }: Binding): void {
    const users = this.#byDomain.get(domain);
    const left = users?.get(username)?.filter((binding) => binding.sessionId !== sessionId);
    if (users === undefined || left === undefined) return;
    if (left.length > 0) users.set(username, left);
    else users.delete(username);
    if (users.size === 0) this.#byDomain.delete(domain);
  }
}
