import type { IpRanges } from '../../base/ip-ranges.js';
import type { Flow, ServerTransaction, SipRequest } from '../../sip/index.js';
import type { CallPeer, Foreign } from '../admission/admission.js';
import type { Domains } from '../decide/domains.js';
import type { Authenticator, Header } from '../registrar/authenticator.js';
import { identityOf, type Owner } from '../registrar/bindings.js';

/** Whom a dialog is with. `stranger`: nobody who could prove anything to us, such as a server that we called. */
export type DialogPeer =
  | { readonly kind: 'user'; readonly owner: Owner }
  | { readonly kind: 'server'; readonly alias: string; readonly domain: string | null }
  | { readonly kind: 'trusted'; readonly domain: string | null }
  | { readonly kind: 'stranger'; readonly domain: string | null };

export interface Refused {
  readonly statusCode: number;
  readonly headers: readonly Header[];
}

export interface PeerGuardOptions {
  readonly authenticator: Authenticator;
  readonly domains: Domains;
  /** Who need not prove anything. */
  readonly trusted: IpRanges;
  /** See Admission.admitForeign; what is refused has been answered. */
  admitForeign(transaction: ServerTransaction, peer: CallPeer): Promise<Foreign['kind']>;
  isFlowOf(identity: string, flow: Flow): boolean;
}

/** Whether what comes in a dialog is its peer's. */
export class PeerGuard {
  readonly peer: DialogPeer;
  readonly #options: PeerGuardOptions;
  /** From where a request has proved to be the peer's. */
  #provenAt: string | null = null;

  constructor(options: PeerGuardOptions, peer: DialogPeer) {
    this.#options = options;
    this.peer = peer;
  }

  /** A request from a host that the dialog is not with. */
  async admits(transaction: ServerTransaction): Promise<boolean> {
    const { address } = transaction.flow.remote;
    const verdict = this.#isTrusted(address)
      ? 'proven'
      : await this.#options.admitForeign(transaction, this.#callPeer());
    if (verdict === 'proven') this.#provenAt = address;
    return verdict === 'proven' || verdict === 'admitted';
  }

  /** Whether our requests go there from now on. */
  mayMove(flow: Flow, known: Flow | null): boolean {
    const { address } = flow.remote;
    if (known?.remote.address === address || this.#provenAt === address) return true;
    return this.peer.kind === 'user' && this.#options.isFlowOf(identityOf(this.peer.owner), flow);
  }

  /**
   * RFC 3261 §22.1: a re-INVITE or REFER from where the dialog is with. Credentials of the peer, also ones that answer
   * an older challenge; null where they are right, or where there is nobody to prove to be.
   */
  async challenge(request: SipRequest, flow: Flow | null): Promise<Refused | null> {
    const { peer } = this;
    const { authenticator, domains } = this.#options;
    if (peer.kind === 'trusted' || peer.kind === 'server') return null;
    // Whom we have called as a stranger may change his session, but not have us call others.
    if (peer.kind === 'stranger') return request.method === 'REFER' ? forbidden : null;
    const domain = peer.owner.domain === null ? null : domains.named(peer.owner.domain);
    if (domain === null) return forbidden;
    if (domain.auth === 'none') return null;
    const result = await authenticator.verify({
      request,
      sourceAddress: flow?.remote.address ?? '',
      domain,
      expectedUser: peer.owner.username,
      known: () => null,
      askDecider: true,
    });
    return result.ok ? null : { statusCode: result.statusCode, headers: result.headers };
  }

  #isTrusted(address: string): boolean {
    return this.peer.kind === 'trusted' && this.#options.trusted.contains(address);
  }

  #callPeer(): CallPeer {
    const { peer } = this;
    switch (peer.kind) {
      case 'user':
        return { identity: identityOf(peer.owner), serverAlias: null, domain: peer.owner.domain };
      case 'server':
        return { identity: null, serverAlias: peer.alias, domain: peer.domain };
      case 'trusted':
      case 'stranger':
        return { identity: null, serverAlias: null, domain: peer.domain };
    }
  }
}

const forbidden: Refused = { statusCode: 403, headers: [] };
