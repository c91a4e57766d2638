import type { DomainRegistrations, RegistrationView } from '../../contract/mediaswitch/registrations.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import type { Pinger } from '../registrar/pinger.js';
import type { Directory } from './directory.js';

export interface RegistrationsOptions {
  readonly directory: Directory;
  readonly keeper: BindingKeeper;
  readonly pinger: Pick<Pinger, 'outstanding'>;
}

const unregistered: RegistrationView = { registered: false };

/** Who of the directory is registered, as GET /reg tells it (contract mediaswitch 1.3). */
export class Registrations {
  readonly #options: RegistrationsOptions;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
  }

  /** All live registrations of this server, those of no domain of the directory among them. */
  count(): number {
    return this.#options.keeper.size;
  }

  /**
   * @param username  the one user who is listed; null lists all
   * @returns null for a domain that is not in the directory
   */
  ofDomain(text: string, username: string | null): DomainRegistrations | null {
    const domain = this.#options.directory.usersOf(text);
    if (domain === null) return null;
    const { name, users } = domain;
    const listed = username === null ? users.names() : users.has(username) ? [username] : [];
    // A user may be called __proto__.
    const views: Record<string, RegistrationView> = Object.create(null);
    let registered = 0;
    for (const user of listed) {
      const view = this.#viewOf(user, name);
      if (view.registered) registered += 1;
      views[user] = view;
    }
    return { domain: name, count: users.size, registered, users: views };
  }

  #viewOf(username: string, domain: string): RegistrationView {
    const { keeper, pinger } = this.#options;
    const [binding] = keeper.ofUser({ username, domain });
    if (binding === undefined) return unregistered;
    const { address: host, port } = binding.flow.remote;
    return {
      registered: true,
      outstandingping: pinger.outstanding(binding.sessionId),
      remote: { host, port, ...(binding.userAgent === null ? {} : { agent: binding.userAgent }) },
      epochs: { registered: Math.floor(binding.registeredAtMs / 1000) },
    };
  }
}
