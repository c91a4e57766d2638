import ipaddr from 'ipaddr.js';
import { fault, type Parsed, parsed } from './errors.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Answers kept of a set; the next one that is new empties it. */
const MAX_KNOWN = 1024;

/**
 * A set of IPv4 and IPv6 ranges. An IPv4-mapped IPv6 address counts as IPv4. Who asks about one address again and again
 * gets the answer of before: up to MAX_KNOWN are kept.
 */
export class IpRanges {
  readonly #ranges: readonly Range[];
  readonly #known = new Map<string, boolean>();
  /** As written, for people. */
  readonly text: readonly string[];

  private constructor(text: readonly string[], ranges: readonly Range[]) {
    this.text = text;
    this.#ranges = ranges;
  }

  /** CIDR notation or single addresses; `at` of a fault is the index of the entry that is neither. */
  static parse(entries: readonly string[]): Parsed<IpRanges, 'bad-range'> {
    const ranges: Range[] = [];
    for (const [at, entry] of entries.entries()) {
      const range = parseRange(entry.trim());
      if (range === null) return fault('bad-range', at);
      ranges.push(range);
    }
    return parsed(new IpRanges(entries, ranges));
  }

  /** Like parse, for lists that are constants of the program or were checked before. */
  static of(entries: readonly string[]): IpRanges {
    const ranges = IpRanges.parse(entries);
    if (!ranges.ok) throw new TypeError(`not an address range: ${entries[ranges.at]}`);
    return ranges.value;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** False for what is no IP literal. */
  contains(address: string): boolean {
    if (this.#ranges.length === 0) return false;
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const isInside = this.#look(address);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(address, isInside);
    return isInside;
  }

  #look(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsedAddress = ipaddr.process(address);
    return this.#ranges.some(([net, bits]) => net.kind() === parsedAddress.kind() && parsedAddress.match(net, bits));
  }
}

function parseRange(entry: string): Range | null {
  if (!entry.includes('/')) {
    if (!ipaddr.isValid(entry) || (!entry.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(entry))) return null;
    const address = ipaddr.process(entry);
    return [address, address.kind() === 'ipv6' ? 128 : 32];
  }
  try {
    return ipaddr.parseCIDR(entry);
  } catch {
    return null;
  }
}

/** Loopback, private (RFC 1918, RFC 6598, RFC 4193) and link-local addresses: hosts that need no public address for us. */
export const privateRanges = IpRanges.of([
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
]);

export const loopbackRanges = IpRanges.of(['127.0.0.0/8', '::1/128']);

/** What one party may change as it likes counts as one: an IPv4 address, or the /64 of an IPv6 one (RFC 6177). */
export function subscriberOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address;
  const parsedAddress = ipaddr.process(address);
  if (!(parsedAddress instanceof ipaddr.IPv6)) return parsedAddress.toString();
  return `${parsedAddress.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}

/** `address:port`, an IPv6 address in brackets. */
export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** True for an IPv4 or IPv6 literal. */
export function isIpLiteral(text: string): boolean {
  return text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
}
