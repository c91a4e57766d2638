import { familyOf } from '../../base/network.js';
import type { PeerCertificate } from '../../base/tls.js';
import { parseUri } from '../uri.js';
import { commonPrefixBits } from './local-address.js';

/** Where we take more than RFC 5922 does; nothing unless told. */
export interface IdentityRules {
  /** RFC 5922 §7.2 forbids wildcards; certificates made for web servers have them. One label, the leftmost. */
  readonly allowWildcards?: boolean | undefined;
  /** A target that is an address and nothing more is taken with any certificate of an authority we trust. */
  readonly anyNameForAddress?: boolean | undefined;
}

export function isAddress(host: string): boolean {
  return host.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** RFC 5922 §7.1: the host of a SIP URI without a user; null for what names no domain. */
function domainOf(uri: string): string | null {
  const read = parseUri(uri);
  if (!read.ok || read.value.scheme !== 'sip' || read.value.user !== undefined) return null;
  return plainName(read.value.host);
}

/**
 * The SIP domains that a certificate speaks for, lower-case: RFC 5922 §7.1. SIP URIs of the subjectAltName; its DNS
 * names only when there is no such URI; the common name only when there is no subjectAltName at all.
 */
export function sipIdentities(certificate: PeerCertificate): readonly string[] {
  const { altNames, commonName } = certificate;
  if (altNames === null) return commonName === null ? [] : [plainName(commonName)];
  const uris = altNames.flatMap(({ kind, value }) => {
    const domain = kind === 'uri' ? domainOf(value) : null;
    return domain === null ? [] : [domain];
  });
  if (uris.length > 0) return uris;
  return altNames.filter(({ kind }) => kind === 'dns').map(({ value }) => plainName(value));
}

function sameAddress(a: string, b: string): boolean {
  return isAddress(a) && familyOf(a) === familyOf(b) && commonPrefixBits(a, b) === (familyOf(a) === 4 ? 32 : 128);
}

function matches(identity: string, name: string, rules: IdentityRules): boolean {
  if (identity === name) return true;
  if (rules.allowWildcards !== true || !identity.startsWith('*.')) return false;
  const dot = name.indexOf('.');
  // `*.com` would speak for every company of the world.
  return dot > 0 && identity.indexOf('.', 2) > 0 && name.slice(dot) === identity.slice(1);
}

/**
 * Whether a certificate speaks for the domain or address that was asked for: RFC 5922 §7.2, without regard to case.
 * An address needs an entry of its own (iPAddress, or a SIP URI of that host).
 */
export function coversName(certificate: PeerCertificate, wanted: string, rules: IdentityRules = {}): boolean {
  const name = plainName(wanted);
  const identities = sipIdentities(certificate);
  if (!isAddress(name)) return identities.some((identity) => matches(identity, name, rules));
  if (rules.anyNameForAddress === true) return true;
  const { altNames } = certificate;
  if (altNames === null) return false;
  return (
    altNames.some(({ kind, value }) => kind === 'ip' && sameAddress(value, name)) ||
    identities.some((identity) => sameAddress(identity, name))
  );
}
