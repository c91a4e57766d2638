import ipaddr from 'ipaddr.js';

/** A CIDR range as it is kept: the network's address without host bits, `/` and the prefix length. */
export function parseCidr(text: string): string | null {
  const [address = '', bits, ...more] = text.trim().split('/');
  if (more.length > 0 || !isLiteral(address)) return null;
  const width = address.includes(':') ? 128 : 32;
  if (bits === undefined) return `${ipaddr.parse(address).toString()}/${width}`;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > width) return null;
  const prefix = Number(bits);
  const network =
    width === 32
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${prefix}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${prefix}`);
  return `${network.toString()}/${prefix}`;
}

/** True for an IPv4 address of four decimal numbers, or an IPv6 address without brackets or zone. */
export function isLiteral(address: string): boolean {
  return address.includes(':')
    ? !address.includes('%') && ipaddr.IPv6.isValid(address)
    : ipaddr.IPv4.isValidFourPartDecimal(address);
}

/**
 * Answers whether an address lies in one of the ranges. An IPv4 address that came mapped into IPv6
 * (`::ffff:192.0.2.1`) is taken as the IPv4 address it is.
 * @param cidrs  as parseCidr returns them
 */
export function createAddressSet(cidrs: readonly string[]): (address: string) => boolean {
  const ranges = cidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const plain = ipaddr.process(address);
    return ranges.some(([network, prefix]) => network.kind() === plain.kind() && plain.match(network, prefix));
  };
}

/** What no other machine can reach. */
export const loopbackCidrs: readonly string[] = ['127.0.0.0/8', '::1/128'];

/** Loopback, RFC 1918, RFC 3927, RFC 6598 and RFC 4193: addresses that mean nothing on the open Internet. */
export const privateCidrs: readonly string[] = [
  ...loopbackCidrs,
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
];
