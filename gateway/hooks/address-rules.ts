import ipaddr from 'ipaddr.js';

/**
 * Addresses that no hook may reach unless they are named: link-local (which holds the metadata service of most
 * clouds), the metadata services elsewhere, and what is no host at all.
 */
const deniedByDefault = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  '::/128',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254/128',
];

type Range = ReturnType<typeof ipaddr.parseCIDR>;

function parseRange(cidr: string): Range {
  return cidr.includes('/') ? ipaddr.parseCIDR(cidr) : [ipaddr.process(cidr), cidr.includes(':') ? 128 : 32];
}

function contains(ranges: readonly Range[], address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return ranges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/**
 * Decides by the address a connection really reached, so that neither a name nor its changing answers get around it.
 * `allow` empty: everything except the list above. Otherwise: nothing but `allow`, link-local ones included if named.
 * @param allow  CIDR ranges or single addresses; throws on one that is neither
 */
export function createAddressRule(allow: readonly string[]): (address: string) => boolean {
  const allowed = allow.map(parseRange);
  const denied = deniedByDefault.map(parseRange);
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsedAddress = ipaddr.process(address);
    return allowed.length > 0 ? contains(allowed, parsedAddress) : !contains(denied, parsedAddress);
  };
}
