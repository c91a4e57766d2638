import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { messageOf } from '../base/errors.js';
import { hostPort, loopbackRanges } from '../base/ip-ranges.js';
import type { InterfaceAddress, SocketAddress } from '../base/network.js';
import { type DomainProfile, resolveDomains } from './config/domains.js';
import { helpText } from './config/help.js';
import { pairsIn } from './config/media-settings.js';
import { type Complaint, type HostPort, Noun } from './config/readers.js';
import { resolveRtpHttpListen } from './config/rtp-server-settings.js';
import { keyOf, type SettingName, type SettingValues, settings } from './config/settings.js';
import { resolveListeners, type SipListeners } from './config/sip-listeners.js';
import { type GivenValues, readEnvironment, readFlags, readYamlFile } from './config/sources.js';
import { parseUsers, type Users } from './config/users.js';

export type { DomainPolicy, DomainProfile } from './config/domains.js';
export type { PortRange } from './config/media-settings.js';
export type { Credentials, IpRule, OutboundProfile, Secret, ServerProfile } from './config/profiles.js';
export type { HostPort } from './config/readers.js';
export type { PemFile, SipListeners, TlsFiles } from './config/sip-listeners.js';
export type { UserLookup, Users } from './config/users.js';

type Resolved =
  | 'config'
  | keyof SipListeners
  | 'tlsCert'
  | 'tlsKey'
  | 'httpListen'
  | 'mediaswitchListen'
  | 'rtpHttpListen'
  | 'hooksListen'
  | 'hookUrl'
  | 'hookErrorCode'
  | 'maxConn'
  | 'mediaWorkers'
  | 'users'
  | 'dataDir'
  | 'domains';

/**
 * The frozen settings of one run: those of config/settings.ts under the same names, and what follows from several
 * of them. Parts are given only what they use.
 */
export interface Config extends Omit<SettingValues, Resolved>, SipListeners {
  /** `localhost` is replaced by 127.0.0.1. */
  readonly httpListen: SocketAddress;
  /** Null: nowhere. Where it was not asked for, the start goes on without it when its port is taken. */
  readonly mediaswitchListen: (SocketAddress & { readonly isGiven: boolean }) | null;
  /** Of the RTP server API; null: it is not served. */
  readonly rtpHttpListen: SocketAddress | null;
  /** Where the embedded hook server listens; null when hook_url names another one. */
  readonly embeddedHooks: SocketAddress | null;
  /** Base of the hooks without a trailing slash; that of the embedded server when there is no other; null: no hooks. */
  readonly hookUrl: string | null;
  /** Status codes for a failed hook. */
  readonly hookErrorCode: { readonly auth: 503 | 403; readonly invite: 503 | 486 };
  readonly maxConn: number;
  /** Null: the media nodes of media_url do it all. */
  readonly mediaWorkers: number | null;
  /** Directory of the store; null keeps everything in memory. */
  readonly dataDir: string | null;
  /** Users of the embedded hook server; null: any name, whose password is the name. */
  readonly users: Users | null;
  readonly domains: readonly DomainProfile[];
  /** Passwords are guessable, so REGISTER and INVITE are taken from loopback and private addresses only. */
  readonly privateSourcesOnly: boolean;
}

export interface ConfigSources {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  /** Flags that count for less than all else; none unless told. */
  readonly defaults?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Returns a file's text or throws. */
  readonly readFile?: (file: string) => string;
  /** The machine's addresses, to which interface names in sip_listen refer. */
  readonly interfaces?: readonly InterfaceAddress[];
  readonly cores?: number;
}

export type ConfigResult =
  | { readonly kind: 'config'; readonly config: Config; readonly warnings: readonly string[] }
  /** Each text names its setting, where the value came from, and what is accepted. */
  | { readonly kind: 'problems'; readonly problems: readonly string[] }
  | { readonly kind: 'help'; readonly text: string };

/**
 * Reads flags, environment and YAML file into one frozen Config; a flag wins over a variable, a variable over the
 * file, the file over the default. Never throws; reports everything that is wrong at once.
 */
export function parseConfig(sources: ConfigSources): ConfigResult {
  const { argv, defaults = [], env = process.env, readFile = (file) => readFileSync(file, 'utf8') } = sources;
  if (argv.includes('--help') || argv.includes('-h')) return { kind: 'help', text: helpText() };
  const flags = readFlags(argv);
  const ownDefaults = readFlags(defaults);
  const variables = readEnvironment(env);
  const problems = [...ownDefaults.problems, ...flags.problems, ...variables.problems];
  const warnings = [...flags.warnings, ...variables.warnings];
  const file = (flags.given.config ?? variables.given.config)?.raw;
  let fromFile: GivenValues = {};
  if (typeof file === 'string') {
    const content = tryRead(readFile, file);
    if (content.ok) {
      const source = readYamlFile(file, content.text);
      fromFile = source.given;
      problems.push(...source.problems);
    } else problems.push(`config: ${content.problem}; use the path of a readable YAML file`);
  }
  const values = readValues({ ...ownDefaults.given, ...fromFile, ...variables.given, ...flags.given }, problems);
  const config = resolve(values, sources, problems, warnings, readFile);
  if (problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'config', config: deepFreeze(config), warnings };
}

function tryRead(
  readFile: (file: string) => string,
  file: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string } {
  try {
    return { ok: true, text: readFile(file) };
  } catch (thrown) {
    return { ok: false, problem: `${file} cannot be read (${messageOf(thrown)})` };
  }
}

/** Every setting from what was given or its default; a bad one keeps its default so that the others are judged too. */
function readValues(given: GivenValues, problems: string[]): SettingValues {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const setting = settings[name];
    values[name] = setting.initial;
    const value = given[name];
    if (value === undefined) continue;
    const reading = setting.reader.read(value.raw);
    if (reading.ok) values[name] = reading.value;
    else problems.push(...reading.complaints.map((complaint) => complain(name, value.origin, complaint)));
  }
  return values as SettingValues;
}

/** `rtp_timeout_ms (--rtp-timeout-ms): "soon" is not accepted; use a whole number of milliseconds from 0 to 86400000`. */
function complain(name: SettingName, origin: string, { path, found, accepted }: Complaint): string {
  const isSecret = 'secret' in settings[name] || /\.(?:password|ha1)$/.test(path);
  return `${keyOf(name)}${path} (${origin}): ${isSecret ? 'this value' : describe(found)} is not accepted; use ${accepted}`;
}

function describe(found: unknown): string {
  if (found === undefined || found === null) return 'a missing value';
  if (found instanceof Noun) return found.text;
  if (typeof found !== 'object') return JSON.stringify(String(found).slice(0, 80));
  return Array.isArray(found) ? 'this list' : 'this map';
}

function resolve(
  values: SettingValues,
  sources: ConfigSources,
  problems: string[],
  warnings: string[],
  readFile: (file: string) => string,
): Config {
  const httpListen = withoutName(values.httpListen);
  const mediaswitchListen = mediaswitchAt(values.mediaswitchListen);
  for (const [name, at] of [['http_listen', httpListen] as const, ['mediaswitch_listen', mediaswitchListen] as const]) {
    if (at === null || loopbackRanges.contains(at.address)) continue;
    if (values.apiSecret !== null || values.apiAllow.length > 0) continue;
    problems.push(
      `${name}: ${at.address} can be reached from other machines; set api_secret or api_allow, or use a loopback address such as 127.0.0.1`,
    );
  }
  const hooksListen = withoutName(values.hooksListen);
  if (!loopbackRanges.contains(hooksListen.address)) {
    problems.push(`hooks_listen: ${hooksListen.address} is not accepted; use a loopback address such as 127.0.0.1`);
  }
  const embeddedHooks = values.hookUrl === null ? hooksListen : null;
  if (values.hookUrl !== null && values.users !== null) {
    warnings.push('users is ignored: hook_url names a hook server, which has its own users');
  }
  if (values.mediaWorkers === 0 && values.mediaIsolation === 'process') {
    warnings.push('media_isolation is ignored: media_workers 0 does the media inline');
  }
  warnOfMediaNodes(values, warnings);
  const pairs = pairsIn(values.rtpPorts);
  if (values.maxConn !== null && values.maxConn > pairs) {
    warnings.push(`max_conn ${values.maxConn} is more than the ${pairs} port pairs of rtp_ports`);
  }
  const users =
    values.users === null || embeddedHooks === null ? null : readUsers('users', values.users, readFile, problems);
  const hooksAreOff = values.hookUrl === 'off';
  if (hooksAreOff && values.callEvents) warnings.push('call_events is ignored: hook_url is off');
  if (hooksAreOff && values.roomEvents === 'on') warnings.push('room_events is ignored: hook_url is off');
  const { config: _file, hooksListen: _listen, tlsCert: _cert, tlsKey: _key, ...kept } = values;
  const ours = embeddedHooks === null ? [] : [...loopbackRanges.text, ...ownAddress(httpListen)];
  return {
    ...kept,
    // The embedded hook server calls our API and is called by us, whoever else may.
    apiAllow: values.apiAllow.length === 0 ? [] : [...values.apiAllow, ...ours],
    hookAllow: values.hookAllow.length === 0 ? [] : [...values.hookAllow, ...ours],
    ...resolveListeners(values, {
      interfaces: sources.interfaces ?? [],
      read: (file) => tryRead(readFile, file),
      problems,
    }),
    httpListen,
    mediaswitchListen,
    rtpHttpListen: resolveRtpHttpListen(values, problems),
    embeddedHooks,
    hookUrl: hooksAreOff ? null : (values.hookUrl ?? `http://${hostPort(hooksListen.address, hooksListen.port)}/hooks`),
    hookErrorCode: {
      auth: values.hookErrorCode.includes('403') ? 403 : 503,
      invite: values.hookErrorCode.includes('486') ? 486 : 503,
    },
    maxConn: values.maxConn ?? pairs,
    mediaWorkers: values.mediaWorkers ?? (values.mediaUrl.length > 0 ? null : spareCores(sources)),
    dataDir: values.dataDir === ':memory:' ? null : values.dataDir,
    users,
    callEvents: values.callEvents && !hooksAreOff,
    roomEvents: hooksAreOff ? 'off' : values.roomEvents,
    domains: resolveDomains(values.domains, {
      hooksAreOff,
      readUsers: (file) => readUsers('domains', file, readFile, problems),
      problems,
    }),
    privateSourcesOnly: embeddedHooks !== null && users === null,
  };
}

function spareCores({ cores = availableParallelism() }: ConfigSources): number {
  return Math.max(1, cores - 1);
}

/** Keys of SRTP and the secret itself would pass in the clear. */
function warnOfMediaNodes({ mediaUrl, mediaSecret }: SettingValues, warnings: string[]): void {
  if (mediaSecret !== null && mediaUrl.length === 0) warnings.push('media_secret is ignored: there is no media_url');
  for (const { secure, host, text } of mediaUrl) {
    if (secure || host === 'localhost' || loopbackRanges.contains(host)) continue;
    warnings.push(
      `media_url ${text} is not encrypted: keys of calls and media_secret can be read on the way; use wss://`,
    );
  }
}

function withoutName({ host, port }: HostPort): SocketAddress {
  return { address: host === 'localhost' ? '127.0.0.1' : host, port };
}

function mediaswitchAt(listen: SettingValues['mediaswitchListen']): Config['mediaswitchListen'] {
  if (listen === 'off') return null;
  if (listen === null) return { address: '127.0.0.1', port: 9000, isGiven: false };
  return { ...withoutName(listen), isGiven: true };
}

/** The address that our own connections to the API come from, where it is not loopback. */
function ownAddress({ address }: SocketAddress): readonly string[] {
  return address === '0.0.0.0' || address === '::' ? [] : [address];
}

function readUsers(setting: string, file: string, readFile: (file: string) => string, problems: string[]): Users {
  const content = tryRead(readFile, file);
  if (!content.ok) {
    problems.push(`${setting}: ${content.problem}; use the path of a YAML or JSON file`);
    return new Map();
  }
  const parsed = parseUsers(content.text);
  problems.push(...parsed.problems.map((problem) => `${setting} (in ${file}): ${problem}`));
  return parsed.users;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Map)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
