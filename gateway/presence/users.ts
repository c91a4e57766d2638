import type { Flow, Uri } from '../../sip/index.js';
import { type Domain, type Domains, mayBeUser } from '../decide/domains.js';
import { type Binding, identityOf, type Owner, ownerOfIdentity } from '../registrar/bindings.js';
import type { BindingKeeper } from '../registrar/keeper.js';

/** Names a user of the gateway among those of all domains: see identityOf, and the `identity` of a call. */
export type UserKey = string;

export interface UserBookOptions {
  readonly keeper: Pick<BindingKeeper, 'ofUser' | 'sources'>;
  readonly domains: Domains;
  /** False: no host is anybody's but the domains'. */
  readonly hasHooks: boolean;
}

/**
 * Whose an address is, by the rules of REGISTER. The hooks know their users by name alone and are never asked whether
 * one exists, so there every `sip:name@host` is somebody's, whatever its host.
 */
export class UserBook {
  readonly #options: UserBookOptions;

  constructor(options: UserBookOptions) {
    this.#options = options;
  }

  /** Null for what is no address of a user; whether that user exists is another question. */
  find(uri: Uri): UserKey | null {
    if ((uri.scheme !== 'sip' && uri.scheme !== 'sips') || uri.user === undefined || uri.user === '') return null;
    const domain = this.domainOf(uri);
    if (domain === null && !this.#options.hasHooks) return null;
    return identityOf({ username: uri.user, domain: domain?.name ?? null });
  }

  /** Who decides about the users of that host; null: the hooks. */
  domainOf(uri: Uri): Domain | null {
    return 'host' in uri ? this.#options.domains.find(uri.host) : null;
  }

  /** False for one who is known not to exist. */
  mayExist(user: UserKey): boolean {
    const { username, domain } = ownerOfIdentity(user);
    if (domain === null) return true;
    const served = this.#options.domains.named(domain);
    return served !== null && mayBeUser(served, username);
  }

  keyOf(owner: Owner): UserKey {
    return identityOf(owner);
  }

  bindings(user: UserKey): Binding[] {
    return this.#options.keeper.ofUser(ownerOfIdentity(user));
  }

  /** Whether that user has registered over exactly that flow. */
  isAt(user: UserKey, flow: Flow): boolean {
    return this.#options.keeper.sources.isAt(ownerOfIdentity(user), flow);
  }

  /** Whether the one may see the calls and the presence of the other, and write to him: users of one domain may. */
  areNeighbours(one: UserKey, other: UserKey): boolean {
    return ownerOfIdentity(one).domain === ownerOfIdentity(other).domain;
  }
}
