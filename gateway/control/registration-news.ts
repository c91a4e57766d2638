import type { RegistrationNewsBody } from '../../contract/mediaswitch/registrations.js';
import type { Domains } from '../decide/domains.js';
import type { Binding } from '../registrar/bindings.js';
import type { BindingListener, EndOfBinding } from '../registrar/keeper.js';
import type { ControlClient } from './control-client.js';

export interface RegistrationNewsOptions {
  readonly domains: Domains;
  readonly control: Pick<ControlClient, 'send'>;
}

/**
 * Tells the control server of a domain who registers there (contract mediaswitch 1.5.1): PUT at every REGISTER that was
 * accepted, refreshes too, and once more after a restart that kept it; DELETE when a registration has ended, however.
 * A phone that moves is told as one PUT. In order per user; what the control server answers does not matter.
 */
export class RegistrationNews implements BindingListener {
  readonly #options: RegistrationNewsOptions;

  constructor(options: RegistrationNewsOptions) {
    this.#options = options;
  }

  onAdded(binding: Binding): void {
    const { address: host, port } = binding.flow.remote;
    const { username, domain, userAgent } = binding;
    const agent = userAgent === null ? {} : { agent: userAgent };
    const body: RegistrationNewsBody = { host, port, ...agent, user: `${username}@${domain}` };
    this.#tell('PUT', binding, body);
  }

  onRefreshed(binding: Binding): void {
    this.onAdded(binding);
  }

  onRestored(binding: Binding): void {
    this.onAdded(binding);
  }

  onUnreachable(): void {
    // Still registered.
  }

  onEnded(binding: Binding, why: EndOfBinding): void {
    if (why !== 'replaced') this.#tell('DELETE', binding, null);
  }

  #tell(method: 'PUT' | 'DELETE', binding: Binding, body: RegistrationNewsBody | null): void {
    const { username, domain, requestHost } = binding;
    const base = domain === null ? null : (this.#options.domains.named(domain)?.control ?? null);
    if (domain === null || base === null) return;
    const url = `${base}/reg/${encodeURIComponent(requestHost ?? domain)}/${encodeURIComponent(username)}`;
    void this.#options.control.send({ method, url, body, lane: `reg ${username}@${domain}` });
  }
}
