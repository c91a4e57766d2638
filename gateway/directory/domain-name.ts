import { isIpLiteral } from '../../base/ip-ranges.js';
import { hostKey } from '../decide/host-key.js';

/** A name of the directory's tree. */
export interface DomainName {
  /** As hosts are compared; also the realm of its users. */
  readonly name: string;
  /** Topmost first: `com`, `example`, `pbx`. Of an IPv6 address there is one. */
  readonly labels: readonly string[];
}

const MAX_LABELS = 5;
const label = /^[a-z0-9_](?:[a-z0-9_-]{0,62})$/;

/**
 * Reads a domain of a path or a realm; a port behind it does not count. Null for what the directory cannot hold: more
 * than five labels, or no host name.
 */
export function domainNameOf(text: string): DomainName | null {
  const name = hostKey(withoutPort(text));
  if (name.includes(':')) return isIpLiteral(name) ? { name, labels: [name] } : null;
  const labels = name.split('.').reverse();
  if (labels.length > MAX_LABELS || !labels.every((each) => label.test(each))) return null;
  return { name, labels };
}

/** `[::1]:5060` and `example.com:5060`; an IPv6 address without brackets has no port. */
function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.replace(/\]:\d*$/, ']');
  return text.indexOf(':') === text.lastIndexOf(':') ? text.replace(/:\d*$/, '') : text;
}
