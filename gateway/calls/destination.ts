import { isIpLiteral } from '../../base/ip-ranges.js';

export interface Destination {
  /** An IP literal without brackets, or a host name. */
  readonly host: string;
  /** null: not said; 5060 then. */
  readonly port: number | null;
}

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;

/** True for what may stand as a host in a URI: a name of RFC 1123 labels, or an IP literal. */
export function isHost(text: string): boolean {
  return isIpLiteral(text) || (hostName.test(text) && !/^[\d.]+$/.test(text));
}

/** `ip:port`, `[ipv6]:port`, `host`, `host:port` or a bare IP literal (contract 3.2); null for anything else. */
export function parseDestination(text: string): Destination | null {
  const bracketed = /^\[([0-9a-f:.]+)\](?::(\d{1,5}))?$/i.exec(text);
  if (bracketed !== null) return checked(bracketed[1]!, bracketed[2]);
  if (isIpLiteral(text)) return { host: text, port: null };
  const plain = /^([^:\s]+?)(?::(\d{1,5}))?$/.exec(text);
  return plain === null ? null : checked(plain[1]!, plain[2]);
}

function checked(host: string, portText: string | undefined): Destination | null {
  if (!isHost(host)) return null;
  if (portText === undefined) return { host, port: null };
  const port = Number(portText);
  return port >= 1 && port <= 65535 ? { host, port } : null;
}
