import { getServers } from 'node:dns';
import { isIpLiteral } from './ip-ranges.js';
import type { SocketAddress } from './network.js';

const DNS_PORT = 53;

/** `192.0.2.53`, `2001:db8::53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`; null for anything else. */
export function parseNameServer(text: string): SocketAddress | null {
  if (isIpLiteral(text)) return { address: text, port: DNS_PORT };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  return isIpLiteral(address) && port > 0 && port < 65_536 ? { address, port } : null;
}

/** The name servers that the system is set to, wherever it keeps them: Windows has no resolv.conf. */
export function systemNameServers(): SocketAddress[] {
  return getServers().flatMap((text) => parseNameServer(text) ?? []);
}

/** Where the system keeps its hosts file. */
export function systemHostsFile(platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';
}
