import { udpBackends } from '../../base/batched-network.js';
import { privateRanges } from '../../base/ip-ranges.js';
import { logLevels } from '../../base/log.js';
import { dnsSettings } from './dns-settings.js';
import { domainList, type RawDomain } from './domains.js';
import { mediaSettings } from './media-settings.js';
import { mediaswitchSettings } from './mediaswitch-settings.js';
import { presenceSettings } from './presence-settings.js';
import { ipRule, serverProfile } from './profiles.js';
import {
  bool,
  checked,
  choice,
  cidr,
  either,
  type HostPort,
  hostPort,
  httpUrl,
  integer,
  ipAddress,
  list,
  type Reader,
  structures,
  text,
  textReader,
} from './readers.js';
import { roomSettings } from './room-settings.js';
import { rtpServerSettings } from './rtp-server-settings.js';
import { type Setting, setting } from './setting.js';
import { soundSettings } from './sound-settings.js';
import { webSettings } from './web-settings.js';

const tokenSecret = textReader('8 to 512 characters, and not the word insecure', (value) =>
  value !== 'insecure' && /^[^\r\n]{8,512}$/.test(value) ? value : null,
);

const profiles = checked(structures('server profiles', serverProfile), (servers) => {
  const aliases = servers.map((server) => server.alias);
  const twice = aliases.findIndex((alias, index) => aliases.indexOf(alias) !== index);
  return twice < 0 ? null : { path: `[${twice}].alias`, found: aliases[twice], accepted: 'an alias of its own' };
});

const secret = text('1 to 512 characters', /^[^\r\n]{1,512}$/);
const path = text('a path', /^[^\r\n]{1,4096}$/);
const interfaceName = /^(?:localhost|[A-Za-z][A-Za-z0-9._-]{0,14})$/;
const webOrigin = /^(?:\*|https?:\/\/[^/\s]+)$/;
const hour = 3_600_000;

function sipHostPort(defaultPort: number | null): Reader<HostPort> {
  return hostPort('an IP address or interface name', interfaceName, defaultPort);
}

/** Every setting of the gateway: the only list; flags, environment, YAML keys, `--help` and Config come from it. */
export const settings = {
  config: setting('Start', path, null, { shape: 'FILE', meaning: 'read settings from this YAML file' }),
  dataDir: setting('Start', path, './data', {
    shape: 'DIR|:memory:',
    meaning: 'where registrations and undelivered hooks outlive a restart; :memory: keeps nothing',
  }),
  logLevel: setting('Start', choice(...logLevels), 'info', {
    shape: 'LEVEL',
    meaning: 'least important log lines to write (trace, debug, info, warn, error)',
  }),
  drainMs: setting('Start', integer(0, 24 * hour, 'milliseconds'), 30_000, {
    shape: 'N',
    unit: 'ms',
    meaning: 'time that calls in progress get after the first SIGTERM',
  }),
  mediaWorkers: setting('Start', integer(0, 256, 'threads'), null, {
    shape: 'N',
    unit: 'threads',
    initialText: 'one per spare core, at least 1',
    meaning: 'media hosts; 0 does the media inline',
  }),
  mediaIsolation: setting('Start', choice('thread', 'process'), 'thread', {
    shape: 'thread|process',
    meaning: 'each media host in a thread of this process, or in a process of its own whose crash ends its calls alone',
  }),
  mediaBackend: setting('Start', choice(...udpBackends), 'auto', {
    shape: 'auto|dgram|native',
    meaning:
      'what carries RTP and SIP over UDP and does SRTP: node:dgram and node:crypto, or the addon; auto: the addon where it loads',
  }),

  sipListen: setting('SIP', list(sipHostPort(5060), 1), [{ host: '0.0.0.0', port: 5060 }], {
    shape: 'HOST:PORT',
    initialText: '0.0.0.0:5060',
    repeatable: true,
    meaning: 'where SIP listens; 0.0.0.0 or [::] is one socket per interface address',
  }),
  sipTransports: setting('SIP', list(choice('udp', 'tcp', 'tls', 'ws'), 1), ['udp', 'tcp', 'tls', 'ws'] as const, {
    shape: 'LIST',
    meaning: 'udp and tcp on each sip_listen; tls where a certificate is set; ws at /sip-ws of http_listen',
  }),
  sipsListen: setting('SIP', list(sipHostPort(5061)), null, {
    shape: 'HOST:PORT',
    initialText: 'the hosts of sip_listen, port 5061, once tls_cert is set',
    repeatable: true,
    meaning: 'where SIP over TLS listens',
  }),
  sipWsListen: setting('SIP', list(sipHostPort(null)), [] as readonly HostPort[], {
    shape: 'HOST:PORT',
    repeatable: true,
    meaning: 'where SIP over WebSocket listens by itself, at any path; it is at /sip-ws of http_listen anyway',
  }),
  sipWssListen: setting('SIP', list(sipHostPort(null)), [] as readonly HostPort[], {
    shape: 'HOST:PORT',
    repeatable: true,
    meaning: 'where SIP over secure WebSocket listens, at any path; needs tls_cert',
  }),
  sipWsOrigins: setting(
    'SIP',
    list(text('an origin such as https://example.com, or *', webOrigin)),
    [] as readonly string[],
    {
      shape: 'ORIGIN,…',
      initialText: 'none: browsers are refused, other clients are not',
      meaning: 'web pages that may speak SIP over WebSocket; * for all',
    },
  ),
  tlsCert: setting('SIP', path, null, {
    shape: 'FILE',
    meaning: 'certificate chain in PEM for TLS and WSS; read again when it changes and at SIGHUP',
  }),
  tlsKey: setting('SIP', path, null, { shape: 'FILE', meaning: 'private key of tls_cert, in PEM' }),
  tlsCa: setting('SIP', path, null, {
    shape: 'FILE',
    initialText: "the system's",
    meaning: 'authorities that the certificates of TLS peers have to lead to, in PEM',
  }),
  tlsClientCert: setting('SIP', choice('none', 'request', 'require'), 'none', {
    shape: 'none|request|require',
    meaning: 'whether TLS clients are asked for a certificate, and refused without one',
  }),
  publicIp: setting('SIP', ipAddress(), null, {
    shape: 'IP',
    meaning: 'address told to peers outside local_net, in Via, Contact and SDP',
  }),
  localNet: setting('SIP', list(cidr()), privateRanges.text, {
    shape: 'CIDR,…',
    initialText: 'private ranges and loopback',
    meaning: 'peers who are told the local address instead of public_ip',
  }),
  realm: setting(
    'SIP',
    text('1 to 128 characters, no quote or backslash', /^[^"\\\r\n]{1,128}$/),
    'sip.media-server.8xff.io',
    {
      shape: 'R',
      meaning: 'digest realm, the same for everybody',
    },
  ),
  digestQop: setting('SIP', choice('auth', 'none'), 'auth', {
    shape: 'auth|none',
    meaning: 'quality of protection offered in challenges',
  }),
  digestUri: setting('SIP', choice('check', 'ignore'), 'check', {
    shape: 'check|ignore',
    meaning:
      'whether credentials made for a call to one user are refused for another, ignore where a proxy in front rewrites numbers',
  }),
  digestAlgorithms: setting('SIP', list(choice('MD5', 'SHA-256', 'SHA-512-256'), 1), ['MD5'] as const, {
    shape: 'LIST',
    meaning: 'digest algorithms offered (MD5, SHA-256, SHA-512-256)',
  }),
  nat: setting('SIP', choice('auto', 'off'), 'auto', {
    shape: 'auto|off',
    meaning: 'auto: requests in a dialog go where its peer really is, when its Contact is private or differs',
  }),
  requestUri: setting('SIP', choice('username', 'contact'), 'username', {
    shape: 'username|contact',
    meaning: 'Request-URI towards a phone: its user name at the destination, or its Contact as registered',
  }),
  ...dnsSettings,
  maxConn: setting('SIP', integer(1, 1_000_000, 'legs'), null, {
    shape: 'N',
    unit: 'legs',
    initialText: 'the RTP port pairs',
    meaning: 'call legs at a time; beyond, INVITE gets 503 and the API MAX_CONN',
  }),

  ...mediaSettings,
  ...roomSettings,
  ...webSettings,
  ...rtpServerSettings,
  ...soundSettings,

  hookUrl: setting('Hooks', either('off', httpUrl()), null, {
    shape: 'URL|off',
    initialText: 'a reference hook server inside this process',
    meaning: 'base of the hooks, as in http://localhost:3000/hooks; off: nobody is asked, domains decide alone',
  }),
  hookSecret: setting('Hooks', secret, null, {
    shape: 'S',
    secret: true,
    meaning: 'sent with each hook as Authorization: Bearer S',
  }),
  hookAllow: setting('Hooks', list(cidr()), [] as readonly string[], {
    shape: 'CIDR,…',
    initialText: 'all but link-local and metadata addresses',
    meaning: 'the only addresses that hooks may reach',
  }),
  hookErrorCode: setting('Hooks', list(choice('503', '403', '486'), 1), ['503'] as const, {
    shape: 'CODE,…',
    meaning: 'answer when a hook fails: 503 with Retry-After; 403 changes it for auth, 486 for invite',
  }),
  callEvents: setting('Hooks', bool(), false, {
    shape: 'true|false',
    meaning: 'post the events of every call to HOOK_URL/event',
  }),
  mediaEvents: setting('Hooks', bool(), false, {
    shape: 'true|false',
    meaning: 'with the events of a call: sound that goes one way only, and at its end how it sounded',
  }),
  roomEvents: setting('Hooks', choice('off', 'on'), 'off', {
    shape: 'off|on',
    meaning: 'post what happens in rooms to HOOK_URL/room',
  }),
  users: setting('Hooks', path, null, {
    shape: 'FILE',
    meaning: 'users of the embedded hook server: a YAML or JSON map of name to password or {ha1}',
  }),
  hooksListen: setting(
    'Hooks',
    hostPort('a loopback address', /^localhost$/, null),
    { host: '127.0.0.1', port: 3000 },
    {
      shape: 'HOST:PORT',
      initialText: '127.0.0.1:3000',
      meaning: 'where the embedded hook server listens',
    },
  ),

  ipRules: setting('Admission', structures('rules', ipRule), [], {
    shape: 'JSON',
    meaning:
      'ordered rules {scope: register|call, peer: client|server|any, action: allow|deny, cidr}; first match decides',
  }),
  denyMode: setting('Admission', choice('reject', 'drop'), 'reject', {
    shape: 'reject|drop',
    meaning: 'a denied request gets 403, or no answer',
  }),
  unknownCall: setting('Admission', choice('hook', 'challenge', 'reject'), 'hook', {
    shape: 'hook|challenge|reject',
    meaning: 'calls from who is neither registered nor a server: ask the hook, ask for digest first, or 403',
  }),
  trusted: setting('Admission', list(cidr()), [] as readonly string[], {
    shape: 'CIDR,…',
    initialText: 'nobody',
    meaning: 'who may call into domains that have a control server without a password; registers nobody',
  }),
  domains: setting('Admission', domainList, [] as readonly RawDomain[], {
    shape: 'JSON',
    initialText: 'none: the hooks decide about every host',
    meaning:
      'domains decided here {name, auth: digest|none, allow, users|users_file, routing: hooks|bridge|redirect, rooms, realm, srtp, policy: {min, default, max, contacts: one|many, qop, ping}}',
  }),
  servers: setting('Admission', profiles, [], {
    shape: 'JSON',
    meaning:
      'server profiles {alias, cidrs, auth: none|digest, username, password|ha1, outbound: {proxy, domain, username, password|ha1, register, expires}, codecs, max_calls, srtp}',
  }),

  maxLatenessMs: setting('Admission', integer(0, hour, 'milliseconds'), 500, {
    shape: 'N',
    unit: 'ms',
    meaning:
      'new calls get 503 while the event loop is later than this, or the mixer (later than 60 at most); 0 = never for that',
  }),

  waitOtherPeersTimeoutMs: setting('Calls', integer(1, 24 * hour, 'milliseconds'), 30_000, {
    shape: 'N',
    unit: 'ms',
    meaning: 'how long a WaitOtherPeers caller waits for somebody',
  }),
  acceptAloneTimeoutMs: setting('Calls', integer(0, 24 * hour, 'milliseconds'), 0, {
    shape: 'N',
    unit: 'ms',
    meaning: 'how long an Accept caller may be alone in its room; 0 = for ever',
  }),
  outgoingAloneTimeoutMs: setting('Calls', integer(0, 24 * hour, 'milliseconds'), 0, {
    shape: 'N',
    unit: 'ms',
    meaning: 'how long a leg called through the API may be alone in its room; 0 = for ever',
  }),
  emptyGraceMs: setting('Calls', integer(0, hour, 'milliseconds'), 0, {
    shape: 'N',
    unit: 'ms',
    meaning: 'how long a leg stays after all others have left its room',
  }),
  ringTimeoutMs: setting('Calls', integer(1, hour, 'milliseconds'), 60_000, {
    shape: 'N',
    unit: 'ms',
    meaning: 'how long a called phone may ring',
  }),
  sessionExpiresS: setting('Calls', integer(0, 24 * 3600, 'seconds'), 1800, {
    shape: 'N',
    unit: 's',
    meaning: 'a call that nobody refreshes for so long is ended (RFC 4028); 0 = no session timers',
  }),
  minSeS: setting('Calls', integer(90, 3600, 'seconds'), 90, {
    shape: 'N',
    unit: 's',
    meaning: 'the shortest session timer that a peer may ask for',
  }),
  sessionRefresher: setting('Calls', choice('peer', 'us'), 'peer', {
    shape: 'peer|us',
    meaning: 'who refreshes a session where we may choose',
  }),
  earlyAudio: setting('Calls', choice('off', 'room'), 'off', {
    shape: 'off|room',
    meaning: 'whether a room hears the ringback or announcement of a phone it calls, before that one answers',
  }),
  duplicatePeer: setting('Calls', choice('rename', 'replace'), 'rename', {
    shape: 'rename|replace',
    meaning: 'a namesake in a room becomes NAME~2, or takes the place of the first',
  }),

  ...presenceSettings,

  httpListen: setting(
    'HTTP',
    hostPort('an IP address or localhost', /^localhost$/, null),
    { host: '127.0.0.1', port: 8002 },
    {
      shape: 'HOST:PORT',
      initialText: '127.0.0.1:8002',
      meaning: 'where the API listens; beyond loopback only with api_secret or api_allow',
    },
  ),
  apiSecret: setting('HTTP', secret, null, {
    shape: 'S',
    secret: true,
    meaning: 'the API asks for Authorization: Bearer S',
  }),
  apiAllow: setting('HTTP', list(cidr()), [] as readonly string[], {
    shape: 'CIDR,…',
    initialText: 'nobody',
    meaning: 'who may use the API without api_secret',
  }),
  corsOrigin: setting('HTTP', text('an origin such as https://example.com, or *', webOrigin), null, {
    shape: 'ORIGIN',
    meaning: 'web pages that may use the API',
  }),
  errorFormat: setting('HTTP', choice('envelope', 'text'), 'envelope', {
    shape: 'envelope|text',
    meaning: 'error answers of the API: a JSON envelope, or its code as plain text',
  }),
  tokenSecret: setting('HTTP', tokenSecret, null, {
    shape: 'S',
    secret: true,
    initialText: 'made at first start, kept in data_dir',
    meaning: 'key that signs tokens',
  }),

  ...mediaswitchSettings,
};

export type Settings = typeof settings;
export type SettingName = keyof Settings;

/** What each setting holds once read. */
export type SettingValues = {
  readonly [K in SettingName]: Settings[K] extends Setting<infer T, infer D> ? (D extends null ? T | null : T) : never;
};

/** `rtpTimeoutMs` → `rtp_timeout_ms`: the YAML key, and how a problem names the setting. */
export function keyOf(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

export function flagOf(name: string): string {
  return `--${keyOf(name).replaceAll('_', '-')}`;
}

export function variableOf(name: string): string {
  return `HOOKLINE_${keyOf(name).toUpperCase()}`;
}
