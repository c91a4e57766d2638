import ipaddr from 'ipaddr.js';
import { isIpLiteral } from '../../base/ip-ranges.js';

/** A range as settings keep it: the network's address without host bits, `/`, the prefix length. Null for no range. */
export function parseCidr(text: string): string | null {
  const [address = '', bits, ...more] = text.trim().split('/');
  if (more.length > 0 || !isLiteral(address)) return null;
  const width = address.includes(':') ? 128 : 32;
  if (bits === undefined) return `${ipaddr.parse(address).toString()}/${width}`;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > width) return null;
  const family = width === 32 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${family.networkAddressFromCIDR(`${address}/${bits}`).toString()}/${Number(bits)}`;
}

/** An address that a socket can be bound to as it is: no brackets, no zone. */
export function isLiteral(address: string): boolean {
  return isIpLiteral(address) && !address.includes('%');
}
