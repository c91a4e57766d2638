import { hostPort, IpRanges, loopbackRanges, privateRanges } from '../base/ip-ranges.js';
import type { SocketAddress } from '../base/network.js';
import type { Config, DomainProfile } from './config.js';
import { version } from './version.js';
import { openRoomOf } from './web/open-rooms.js';

/** The room of the first steps. */
const ROOM = '9000';

export interface ListeningAt extends SocketAddress {
  /** `udp`, `tcp`, `tls`, `ws`, `wss`, `http`, `mediaswitch`. */
  readonly kind: string;
  readonly path?: string;
}

/** What a person wants to know after the start: where everything listens, who may register, and what to try first. */
export function startLines(
  config: Config,
  listening: readonly ListeningAt[],
  mediaBackend: 'dgram' | 'native' = 'dgram',
): string[] {
  const sip = ['udp', 'tcp', 'tls', 'ws', 'wss']
    .map((kind) => ({ kind, at: listening.filter((each) => each.kind === kind).map(text) }))
    .filter(({ at }) => at.length > 0)
    .map(({ kind, at }) => `${kind} ${at.join(', ')}`);
  const http = listening.find((each) => each.kind === 'http');
  const where =
    config.embeddedHooks === null ? '' : '  (reference hook server in this process; --hook-url to use yours)';
  return [
    `Hookline ${version} is ready.`,
    `  SIP    ${sip.join('; ')}`,
    ...(config.mediaWorkers === null ? [] : [`  RTP    ${rtpOf(config, mediaBackend)}`]),
    ...config.mediaUrl.map((node) => `  media  ${node.text}`),
    ...(http === undefined ? [] : [`  HTTP   ${baseUrl(http)}`]),
    ...(http === undefined ? [] : mediaswitchLine(config, listening)),
    ...listening.flatMap((each) => (each.kind === 'rtp-http' ? [`  RTP server HTTP   ${baseUrl(each)}`] : [])),
    `  hooks  ${config.hookUrl ?? 'off'}${where}`,
    ...config.domains.map((domain) => `  domain ${describe(domain)}`),
    `Who may register: ${whoMayRegister(config)}.`,
    ...(http === undefined ? [] : firstSteps(config, listening, http)),
  ];
}

function mediaswitchLine({ mediaswitchListen: wanted }: Config, listening: readonly ListeningAt[]): string[] {
  const at = listening.find(({ kind }) => kind === 'mediaswitch');
  if (at !== undefined) return [`  /dir   ${baseUrl(at)}  (mediaswitch API)`];
  if (wanted === null) return [];
  return [`  /dir   ${text(wanted)} is in use by another program; --mediaswitch-listen chooses another`];
}

function rtpOf({ rtpPorts }: Config, mediaBackend: 'dgram' | 'native'): string {
  return `udp ${rtpPorts.from}-${rtpPorts.to}${mediaBackend === 'native' ? ' in batches, by the addon' : ''}`;
}

/** The same of a media node. */
export function mediaStartLines(config: Config, listening: readonly ListeningAt[]): string[] {
  const http = listening.find((each) => each.kind === 'rtp-http');
  return [
    `Hookline ${version} is ready, as a media node.`,
    `  RTP    udp ${config.rtpPorts.from}-${config.rtpPorts.to}`,
    ...(http === undefined ? [] : [`  HTTP   ${baseUrl(http)}`]),
    `  sounds ${config.sounds ?? 'none; --sounds names their directory'}`,
  ];
}

/** `example.com: digest, bridge`. */
function describe({ names, auth, allow, users, routing }: DomainProfile): string {
  const who = auth === 'none' ? `anybody from ${allow.join(', ')}` : users === null ? 'digest by hooks' : 'digest';
  return `${names.join(', ')}: ${who}, ${routing}`;
}

function whoMayRegister(config: Config): string {
  if (config.hookUrl === null) return 'the users of the domains';
  if (config.embeddedHooks === null) return `whom ${config.hookUrl}/auth accepts`;
  if (config.users === null) return 'any name, password = same name, from loopback and private addresses only';
  return `the ${config.users.size} users of the users file, from anywhere`;
}

function firstSteps(config: Config, listening: readonly ListeningAt[], http: SocketAddress): string[] {
  const sip = listening.filter((each) => each.kind === 'udp' || each.kind === 'tcp');
  const anybody = config.privateSourcesOnly;
  // Where guessable passwords count, a phone that uses a public address of ours comes from one and is refused.
  const usable = sip.filter((each) => !anybody || privateRanges.contains(each.address));
  const reachable = usable.find((each) => !loopbackRanges.contains(each.address)) ?? usable[0] ?? sip[0];
  const server = reachable === undefined ? '' : text(reachable).replace(/:5060$/, '');
  const user = anybody ? '1001, password 1001' : isOpen(config) ? '1001, no password' : 'and password of yours';
  const dial =
    config.embeddedHooks === null
      ? `a number that your ${config.hookUrl === null ? 'domains know' : 'hook server knows'}`
      : '9000 (a room), echo (your own voice), or a registered user';
  return [
    `1. Register a softphone:  user ${user}, server ${server}`,
    `2. Dial:                  ${dial}`,
    `3. Ring it from here:     ${ringCommand(config, http)}`,
    `4. Talk in a browser:     ${joinLink(config, http)}`,
  ];
}

/**
 * The page /join at a room for which no invitation is needed from this machine; where there is none, a shell line that makes an
 * invitation. No token is printed: what is printed is kept in logs.
 */
function joinLink(config: Config, http: SocketAddress): string {
  const { apiSecret, apiAllow, joinOpen } = config;
  const base = baseUrl(http);
  const ownAddress = new URL(base).hostname.replace(/^\[(.*)\]$/, '$1');
  const mayUseApi = apiAllow.length === 0 ? apiSecret === null : IpRanges.of(apiAllow).contains(ownAddress);
  const open = openRoomOf(joinOpen, ROOM) ?? (mayUseApi ? ROOM : null);
  const link = `${base}/join?room=${encodeURIComponent(open ?? ROOM)}`;
  const hint = loopbackRanges.contains(ownAddress) ? '' : '  (by https: browsers give no microphone to http)';
  if (open !== null) return link + hint;
  const made = `curl -s -H "Authorization: Bearer $API_SECRET" -H 'Content-Type: application/json' ${base}/token/webrtc`;
  const token = `$(${made} -d '{"room":"${ROOM}","ttl":86400}' | grep -o '"token":"[^"]*' | cut -d'"' -f4)`;
  return `echo "${link}&token=${token}"${hint}`;
}

/** Nobody is asked for a password. */
function isOpen({ hookUrl, domains }: Config): boolean {
  return hookUrl === null && domains.every(({ auth, users }) => auth === 'none' && users === null);
}

/** A shell line that rings whoever registered last and puts him into room 9000. */
function ringCommand(config: Config, http: SocketAddress): string {
  const base = baseUrl(http);
  const secret = config.apiSecret === null ? '' : ' -H "Authorization: Bearer $API_SECRET"';
  const newest = `$(curl -s${secret} ${base}/sip/sessions | grep -o '"session_id":"[^"]*' | tail -n 1 | cut -d'"' -f4)`;
  const body = `"{\\"room_id\\":\\"9000\\",\\"from_number\\":\\"100\\",\\"dest_session_id\\":\\"${newest}\\"}"`;
  return `curl -s${secret} -H 'Content-Type: application/json' ${base}/sip/invite/client -d ${body}`;
}

/** The API as this machine reaches it. */
export function baseUrl({ address, port }: SocketAddress): string {
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${hostPort(reachable, port)}`;
}

function text({ address, port, path = '' }: Omit<ListeningAt, 'kind'>): string {
  return hostPort(address, port) + path;
}
