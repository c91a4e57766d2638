import type { SocketAddress } from '../../base/network.js';
import { checked, hostPort, list, type Reader, transform } from './readers.js';
import { setting } from './setting.js';

const DNS_PORT = 53;
/** More cannot be asked within the 4 s that one URI has (sip/resolve/locator.ts). */
const MAX_SERVERS = 6;

const nameServer: Reader<SocketAddress> = transform(
  checked(hostPort('an IP address', /^(?!)/, DNS_PORT), ({ port }) =>
    port > 0 ? null : { path: '', found: '0', accepted: 'a port from 1 to 65535' },
  ),
  ({ host, port }) => ({ address: host, port }),
);

const nameServers: Reader<readonly SocketAddress[]> = checked(list(nameServer, 1), (servers) =>
  servers.length <= MAX_SERVERS
    ? null
    : { path: '', found: servers.length, accepted: `at most ${MAX_SERVERS} name servers` },
);

/** Whom names are asked of. */
export const dnsSettings = {
  dnsServers: setting('SIP', nameServers, null, {
    shape: 'ADDR[:PORT],…',
    initialText: 'those of the system',
    repeatable: true,
    meaning: 'name servers that host names in SIP (RFC 3263) are asked of, in this order; port 53 if left out',
  }),
};
