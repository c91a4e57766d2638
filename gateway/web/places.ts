import { loopbackRanges } from '../../base/ip-ranges.js';
import type { SocketAddress } from '../../base/network.js';

/** Where the leg of a browser is bound. */
export interface WebPlace {
  readonly address: string;
  /** More addresses of this machine at which it is reached, where it has a place at the shared port. */
  readonly alsoAddresses: readonly string[];
}

/** Addresses of one leg: as many as candidates that a page takes without being slowed down by them. */
const MAX_ADDRESSES = 8;

/**
 * Chooses among the addresses of this machine. A page that comes over loopback is one of this machine, or one behind a proxy
 * that stands here: both reach every address but the second no loopback one, so that it comes last then. The rest is
 * found by checks. Null without any address.
 * @param listening  of SIP: what the operator wants to be reached at
 */
export function placeFor(client: string, listening: readonly string[]): WebPlace | null {
  const isLocal = loopbackRanges.contains(client);
  const usable = [...new Set(listening)].filter((address) => isLocal || !loopbackRanges.contains(address));
  const rank = (address: string): number =>
    Number(loopbackRanges.contains(address)) * 4 +
    Number(family(address) !== family(client) && !isLocal) * 2 +
    Number(address.includes(':'));
  const [address, ...others] = (usable.length > 0 ? usable : [...listening]).sort((a, b) => rank(a) - rank(b));
  return address === undefined ? null : { address, alsoAddresses: others.slice(0, MAX_ADDRESSES - 1) };
}

function family(address: string): 4 | 6 {
  return address.includes(':') && !address.startsWith('::ffff:') ? 6 : 4;
}

/**
 * The candidates of a leg, the most wanted first: the address that a NAT in front of us has, then our own, which pages of the same
 * network reach without it.
 */
export function candidatesOf(places: readonly SocketAddress[], publicIp: string | null): SocketAddress[] {
  if (publicIp === null) return [...places];
  const ports = places.filter(({ address }) => family(address) === family(publicIp)).map(({ port }) => port);
  const outer = [...new Set(ports)].map((port) => ({ address: publicIp, port }));
  return [...outer, ...places.filter(({ address }) => address !== publicIp)];
}
