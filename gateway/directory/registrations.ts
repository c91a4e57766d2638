import type { Binding } from '../registrar/bindings.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import type { Pinger } from '../registrar/pinger.js';
import type { Directory } from './directory.js';

export interface RegistrationsOptions {
  readonly directory: Directory;
  readonly keeper: BindingKeeper;
  readonly pinger: Pick<Pinger, 'outstanding'>;
}

const UNREGISTERED = '{"registered":false}';

/** Who of the directory is registered, as GET /reg tells it (contract mediaswitch 1.3): contract/mediaswitch/registrations.ts. */
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
   * The answer as JSON: a `DomainRegistrations`, in the order of the directory. O(users listed), one text and no objects,
   * since a domain may have 10,000 of them.
   * @param username  the one user who is listed; null lists all
   * @returns null for a domain that is not in the directory
   */
  ofDomain(text: string, username: string | null): string | null {
    const domain = this.#options.directory.usersOf(text);
    if (domain === null) return null;
    const { name, users } = domain;
    const listed = username === null ? users.names() : users.has(username) ? [username] : [];
    const { keeper } = this.#options;
    let registered = 0;
    let views = '';
    for (const user of listed) {
      const binding = keeper.firstOfUser({ username: user, domain: name });
      if (binding !== undefined) registered += 1;
      const view = binding === undefined ? UNREGISTERED : this.#viewOf(binding);
      views += `${views === '' ? '' : ','}${JSON.stringify(user)}:${view}`;
    }
    const counts = `"count":${users.size},"registered":${registered}`;
    return `{"domain":${JSON.stringify(name)},${counts},"users":{${views}}}`;
  }

  /** An address of a socket holds nothing that JSON escapes. */
  #viewOf({ sessionId, flow, userAgent, registeredAtMs }: Binding): string {
    const { address, port } = flow.remote;
    const agent = userAgent === null ? '' : `,"agent":${JSON.stringify(userAgent)}`;
    const remote = `{"host":"${address}","port":${port}${agent}}`;
    const outstanding = this.#options.pinger.outstanding(sessionId);
    const epochs = `{"registered":${Math.floor(registeredAtMs / 1000)}}`;
    return `{"registered":true,"outstandingping":${outstanding},"remote":${remote},"epochs":${epochs}}`;
  }
}
