import ipaddr from 'ipaddr.js';

/** A host as domains compare it: RFC 3261 §19.1.4, lower-case, without root dot or brackets, IPv6 in one spelling. */
export function hostKey(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (bare.includes(':') && ipaddr.IPv6.isValid(bare)) return ipaddr.IPv6.parse(bare).toNormalizedString();
  return bare.toLowerCase().replace(/\.$/, '');
}
