import type { HeaderList } from '../build.js';
import { type NameAddr, nameAddr } from '../header-values.js';
import {
  assertedIdentities,
  privacy as privacyOf,
  remotePartyIds,
  serializePrivacy,
  serializeRemotePartyId,
} from '../headers/identity.js';
import { writeNameAddr } from '../headers/written.js';
import type { SipMessage } from '../message.js';
import { sipUri } from '../uri.js';

/** Who a message is from, as far as the peer that sent it is to be believed. */
export interface Identity {
  /** In the order of belief; `from` is what the sender calls itself: the To of a response. */
  readonly source: 'asserted' | 'remote-party-id' | 'from';
  /** The first one, a SIP URI before a tel URI. */
  readonly address: NameAddr;
  /** What else was asserted: the tel URI beside the SIP URI (RFC 3325 §9.1). */
  readonly others: readonly NameAddr[];
  /** The user wants it shown to nobody outside the trust domain (RFC 3325 §7, RFC 3323 §4.2). */
  readonly isPrivate: boolean;
}

/**
 * Who really calls, or answers: P-Asserted-Identity (RFC 3325 §5), then Remote-Party-ID, then the From or To. Of a peer
 * that is not trusted the last alone counts, since anybody can write the others.
 */
export function assertedIdentity(message: SipMessage, { trusted }: { readonly trusted: boolean }): Identity {
  const wishes = privacyOf(message);
  const isHidden = wishes.some((wish) => wish === 'id' || wish === 'user' || wish === 'header');
  if (trusted) {
    const asserted = assertedIdentities(message);
    if (asserted.ok && asserted.value.length > 0) {
      const ordered = [...asserted.value].sort(
        (a, b) => Number(a.uri.scheme === 'tel') - Number(b.uri.scheme === 'tel'),
      );
      return { source: 'asserted', address: ordered[0]!, others: ordered.slice(1), isPrivate: isHidden };
    }
    const party = message.kind === 'request' ? 'calling' : 'called';
    const parties = remotePartyIds(message);
    const found = parties.ok ? parties.value.find((one) => one.party === party) : undefined;
    if (found !== undefined) {
      const isPrivate = isHidden || found.privacy.includes('full') || found.privacy.includes('uri');
      return { source: 'remote-party-id', address: found.address, others: [], isPrivate };
    }
  }
  const address = message.kind === 'request' ? message.from : message.to;
  return { source: 'from', address, others: [], isPrivate: isHidden };
}

/** RFC 3323 §4.1.1.3, in the form that RFC 3325 §9.1 shows. The tag is the request's own. */
export function anonymousFrom(): NameAddr {
  return nameAddr(sipUri({ user: 'anonymous', host: 'anonymous.invalid' }), {}, 'Anonymous');
}

export interface IdentityOptions {
  /** Who the request, or the response, is from. */
  readonly address: NameAddr;
  /** `called` for a response: who answers (RFC 3325 §5), of which only `headers` are used. `calling` unless told. */
  readonly party?: 'calling' | 'called' | undefined;
  /** Its tel URI for instance, asserted too. */
  readonly others?: readonly NameAddr[] | undefined;
  /** Nobody outside the trust domain may see it. */
  readonly isPrivate?: boolean | undefined;
  /** Remote-Party-ID besides, for peers that know nothing else. */
  readonly remotePartyId?: boolean | undefined;
}

/**
 * The From and the header fields of a request of ours, or the header fields of a response: RFC 3325 §5, §7. A trusted peer is told who calls; another one
 * sees the From, which is anonymous when that is wanted.
 */
export function identityHeaders(
  options: IdentityOptions,
  { trusted }: { readonly trusted: boolean },
): { readonly from: NameAddr; readonly headers: HeaderList } {
  const { address, others = [], isPrivate = false, remotePartyId = false, party = 'calling' } = options;
  const headers: (readonly [string, string])[] = [];
  if (trusted) {
    for (const { displayName, uri } of [address, ...others]) {
      headers.push(['P-Asserted-Identity', writeNameAddr(nameAddr(uri, {}, displayName))]);
    }
    if (remotePartyId) {
      const { uri, displayName } = address;
      const privacy = isPrivate ? 'full' : 'off';
      headers.push(['Remote-Party-ID', serializeRemotePartyId({ uri, displayName, party, screen: 'yes', privacy })]);
    }
  }
  if (isPrivate) headers.push(['Privacy', serializePrivacy(['id'])]);
  return { from: isPrivate ? anonymousFrom() : address, headers };
}

const claims = ['P-Asserted-Identity', 'Remote-Party-ID', 'P-Preferred-Identity'];

/** Takes out of a message what a peer that is not trusted claims in it, before it goes on: RFC 3325 §5. */
export function dropIdentityClaims(message: SipMessage): void {
  for (const name of claims) message.headers.delete(name);
}

/**
 * Takes out of a message what a peer outside the trust domain must not see: RFC 3325 §5, §7. An identity stays only
 * when its user said `Privacy: none`. The wish `id`, which is then fulfilled, goes too (RFC 3323 §5.1).
 */
export function concealIdentity(message: SipMessage): void {
  const wishes = privacyOf(message);
  message.headers.delete('P-Preferred-Identity');
  if (!wishes.includes('none')) {
    message.headers.delete('P-Asserted-Identity');
    message.headers.delete('Remote-Party-ID');
  }
  if (!wishes.includes('id')) return;
  const left = wishes.filter((wish) => wish !== 'id');
  if (left.every((wish) => wish === 'critical')) message.headers.delete('Privacy');
  else message.headers.set('Privacy', serializePrivacy(left));
}
