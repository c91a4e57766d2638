import type { Network, SocketAddress } from '../../base/network.js';
import { familyOf } from '../../base/network.js';

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/**
 * The addresses that one setting means: a literal is itself, `0.0.0.0` and `::` are every address of their family
 * (a wildcard socket would answer from whatever address the route prefers), an interface's name is all of its own.
 */
export function expandAddress(address: string, network: Pick<Network, 'interfaces'>): string[] {
  const every = network.interfaces();
  if (address === '0.0.0.0') return every.filter((entry) => entry.family === 4).map((entry) => entry.address);
  if (address === '::') return every.filter((entry) => entry.family === 6).map((entry) => entry.address);
  const named = every.filter((entry) => entry.name === address).map((entry) => entry.address);
  return named.length > 0 ? named : [address];
}

/** The 32 or 128 bits of a literal as numbers of 8 or 16 bits; null when it is none. */
function groupsOf(address: string): number[] | null {
  if (familyOf(address) === 4) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left.map((group) => Number.parseInt(group, 16));
  const right = tail === '' ? [] : tail.split(':');
  const gap = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...gap, ...right].map((group) => Number.parseInt(group, 16));
}

/** How many leading bits two literals of one family share. */
export function commonPrefixBits(a: string, b: string): number {
  const left = groupsOf(a);
  const right = groupsOf(b);
  if (left === null || right === null) return 0;
  const groupBits = familyOf(a) === 4 ? 8 : 16;
  let bits = 0;
  for (let i = 0; i < left.length && i < right.length; i += 1) {
    const different = left[i]! ^ right[i]!;
    if (different === 0) bits += groupBits;
    else return bits + Math.clz32(different) - (32 - groupBits);
  }
  return bits;
}

/** A peer that shares fewer bits than this with all of our addresses is beyond a router: the first address serves. */
const NEIGHBOUR_BITS = 8;

/**
 * The socket, or listener, that a message to `peer` leaves from: same family; `wanted` when given; loopback only to
 * loopback; then the one whose address shares most leading bits with the peer's, which stands in for the routing
 * table. Null when none fits.
 */
export function pickLocal<T extends { readonly local: SocketAddress }>(
  candidates: readonly T[],
  peer: string,
  wanted?: string,
): T | null {
  let best: T | null = null;
  let bestBits = -1;
  for (const candidate of candidates) {
    const { address } = candidate.local;
    if (wanted !== undefined) {
      if (address === wanted) return candidate;
      continue;
    }
    if (familyOf(address) !== familyOf(peer)) continue;
    const shared = commonPrefixBits(address, peer);
    const bits = isLoopback(address) === isLoopback(peer) ? (shared < NEIGHBOUR_BITS ? 1 : shared + 1) : 0;
    if (bits > bestBits) {
      best = candidate;
      bestBits = bits;
    }
  }
  return best;
}
