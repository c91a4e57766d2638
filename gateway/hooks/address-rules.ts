import { IpRanges } from '../../base/ip-ranges.js';

/**
 * Addresses that no hook may reach unless they are named: link-local (which holds the metadata service of most
 * clouds), the metadata services elsewhere, and what is no host at all.
 */
const deniedByDefault = IpRanges.of([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '::',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::254',
]);

const everything = IpRanges.of(['0.0.0.0/0', '::/0']);

/**
 * Decides by the address a connection really reached, so that neither a name nor its changing answers get around it.
 * `allow` empty: everything except the list above. Otherwise: nothing but `allow`, link-local ones included if named.
 * @param allow  CIDR ranges or single addresses, checked by the configuration
 */
export function createAddressRule(allow: readonly string[]): (address: string) => boolean {
  const allowed = IpRanges.of(allow);
  const reachable = allowed.isEmpty ? everything : allowed;
  return (address) => reachable.contains(address) && !(allowed.isEmpty && deniedByDefault.contains(address));
}
