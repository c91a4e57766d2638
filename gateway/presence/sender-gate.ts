import type { IpRanges } from '../../base/ip-ranges.js';
import type { Flow, SipRequest } from '../../sip/index.js';
import type { DecisionStep } from '../decide/decider.js';
import type { Authenticator, Header } from '../registrar/authenticator.js';
import type { UserBook, UserKey } from './users.js';

/** Who sent a SUBSCRIBE, PUBLISH or MESSAGE. */
export type Sender =
  | { readonly kind: 'user'; readonly user: UserKey }
  /** By its address: it may watch everybody and speak for everybody. */
  | { readonly kind: 'trusted' }
  | {
      readonly kind: 'refused';
      readonly statusCode: number;
      readonly headers: readonly Header[];
      readonly trace: readonly DecisionStep[];
    };

export interface SenderGateOptions {
  readonly users: UserBook;
  readonly authenticator: Authenticator;
  readonly trusted: IpRanges;
}

/**
 * Only users of the gateway have its event server and its messages: who comes over the flow of a live registration is
 * its user, as for INVITE; everybody else proves with digest who the From says he is, where his domain has passwords.
 */
export class SenderGate {
  readonly #options: SenderGateOptions;

  constructor(options: SenderGateOptions) {
    this.#options = options;
  }

  async identify(request: SipRequest, flow: Flow): Promise<Sender> {
    const { users, authenticator, trusted } = this.#options;
    if (trusted.contains(flow.remote.address)) return { kind: 'trusted' };
    const { uri } = request.from;
    const user = users.find(uri);
    if (user === null || !('user' in uri)) return refused('From', 'names no user');
    if (users.isAt(user, flow)) return { kind: 'user', user };
    const domain = users.domainOf(uri);
    if (domain?.auth === 'none') {
      // Admission has asked that too, but not of a request that came within a call.
      if (domain.allow?.contains(flow.remote.address) === false) return refused('domain', 'not in its allow');
      return users.mayExist(user) ? { kind: 'user', user } : refused('domain', 'has no such user');
    }
    const result = await authenticator.verify({
      request,
      sourceAddress: flow.remote.address,
      domain,
      expectedUser: uri.user ?? '',
      known: () => null,
      askDecider: true,
    });
    return result.ok ? { kind: 'user', user } : { kind: 'refused', ...result };
  }
}

function refused(check: string, outcome: string): Sender {
  return { kind: 'refused', statusCode: 403, headers: [], trace: [{ check, outcome, afterMs: 0 }] };
}
