import { loopbackRanges } from '../../base/ip-ranges.js';
import type { SocketAddress } from '../../base/network.js';
import { choice, either, type HostPort, hostPort, text } from './readers.js';
import { setting } from './setting.js';

/** The RTP server of mediaswitch, and which part of the program this process is. */
export const rtpServerSettings = {
  role: setting('Start', choice('all', 'gateway', 'media'), 'all', {
    shape: 'all|gateway|media',
    meaning: 'what this process is: everything, the gateway, or a media node that serves rtp_http_listen and no SIP',
  }),
  rtpHttpListen: setting('Media', either('off', hostPort('an IP address or localhost', /^localhost$/, null)), null, {
    shape: 'HOST:PORT|off',
    initialText: 'off; 127.0.0.1:9002 with role media',
    meaning: 'where the RTP server API listens; beyond loopback only with api_secret or api_allow',
  }),
  sounds: setting('Media', text('a path', /^[^\r\n]{1,4096}$/), null, {
    shape: 'DIR',
    initialText: 'none: nothing is played or recorded',
    meaning: 'directory of the sound files that the RTP server plays and records; names cannot lead out of it',
  }),
};

interface Given {
  readonly role: 'all' | 'gateway' | 'media';
  readonly rtpHttpListen: HostPort | 'off' | null;
  readonly apiSecret: string | null;
  readonly apiAllow: readonly string[];
}

const ofMediaRole: HostPort = { host: '127.0.0.1', port: 9002 };

/** Where the RTP server API listens; null: nowhere. The rule of http_listen holds here as well. */
export function resolveRtpHttpListen(values: Given, problems: string[]): SocketAddress | null {
  const listen = values.rtpHttpListen ?? (values.role === 'media' ? ofMediaRole : 'off');
  if (listen === 'off') {
    if (values.role === 'media')
      problems.push('rtp_http_listen: off leaves nothing to do with role media; use HOST:PORT');
    return null;
  }
  const address = listen.host === 'localhost' ? '127.0.0.1' : listen.host;
  if (!loopbackRanges.contains(address) && values.apiSecret === null && values.apiAllow.length === 0) {
    problems.push(
      `rtp_http_listen: ${address} can be reached from other machines; set api_secret or api_allow, or use a loopback address such as 127.0.0.1`,
    );
  }
  return { address, port: listen.port };
}
