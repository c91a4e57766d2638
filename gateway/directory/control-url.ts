import { hostPort, isIpLiteral } from '../../base/ip-ranges.js';
import type { ControlAddress } from '../../contract/mediaswitch/directory.js';

const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})$/;

/** The base URL of a control server without a trailing slash; null for what is no http or https URL, and no host. */
export function controlUrl(address: ControlAddress): string | null {
  if (typeof address !== 'string') {
    const host = address.host.replace(/^\[(.*)\]$/, '$1');
    return isIpLiteral(host) || hostName.test(host) ? `http://${hostPort(host, address.port)}` : null;
  }
  const text = address.trim();
  if (!URL.canParse(text)) return null;
  const { protocol, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  // Paths are put behind it; and a password has no place in an answer of GET /dir.
  if (/[?#\s]/.test(text) || username !== '' || password !== '') return null;
  return text.replace(/\/+$/, '');
}
