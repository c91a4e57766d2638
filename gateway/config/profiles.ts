import { codecNames, type SrtpPolicy, srtpPolicies } from '../../media/index.js';
import {
  bool,
  type Complaint,
  checked,
  choice,
  cidr,
  hostPort,
  integer,
  list,
  object,
  optional,
  type Reader,
  required,
  text,
  transform,
} from './readers.js';

/** A password, or what digest makes of it: HA1, lowercase hex MD5 of `username:realm:password`. */
export type Secret = { readonly password: string } | { readonly ha1: string };

export interface Credentials {
  readonly username: string;
  readonly secret: Secret;
}

/** How calls leave towards a server. */
export interface OutboundProfile {
  /** Where the INVITE is sent instead of the called host. */
  readonly proxy: { readonly host: string; readonly port: number | null } | null;
  /** Host of the From URI. */
  readonly domain: string | null;
  readonly credentials: Credentials | null;
  /** We register at it, asking for so many seconds (contract 4.5); null: we do not. */
  readonly register: { readonly expiresS: number } | null;
}

/** A PBX or trunk that may call in, register or be called through; elsewhere called a trunk. */
export interface ServerProfile {
  readonly alias: string;
  readonly cidrs: readonly string[];
  /** `none`: trusted by its address. `digest`: challenged, checked here against `credentials`. */
  readonly auth: 'none' | 'digest';
  readonly credentials: Credentials | null;
  readonly outbound: OutboundProfile | null;
  /** Order of codecs in our offers and answers; null: the usual one. */
  readonly codecs: readonly (typeof codecNames)[number][] | null;
  /** Calls at a time, both directions together; null: no limit of its own. */
  readonly maxCalls: number | null;
  /** Null: as the domain or the setting `srtp` says. */
  readonly srtp: SrtpPolicy | null;
}

/** One line of the admission table; the first that fits decides. */
export interface IpRule {
  readonly scope: 'register' | 'call';
  readonly peer: 'client' | 'server' | 'any';
  readonly action: 'allow' | 'deny';
  readonly cidr: string;
}

const name = text('1 to 64 letters, digits and . _ -', /^[\w.-]{1,64}$/);
const word = text('1 to 256 characters', /^[^\r\n]{1,256}$/);
const ha1 = text('32 lowercase hex digits', /^[0-9a-f]{32}$/);
const hostName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252})$/;
const host = text('a host name or IP address', /^(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:]{2,45})$/);

interface RawCredentials {
  readonly username: string | null;
  readonly password: string | null;
  readonly ha1: string | null;
}

function incomplete({ username, password, ha1: hash }: RawCredentials): Complaint | null {
  const accepted = 'username together with either password or ha1';
  if (username === null)
    return password === null && hash === null ? null : { path: '.username', found: null, accepted };
  return (password === null) === (hash === null) ? { path: '.password', found: null, accepted } : null;
}

function credentialsOf({ username, password, ha1: hash }: RawCredentials): Credentials | null {
  if (username === null) return null;
  if (password !== null) return { username, secret: { password } };
  return hash === null ? null : { username, secret: { ha1: hash } };
}

const credentialFields = { username: optional(word), password: optional(word), ha1: optional(ha1) };

/** Without a port its servers are found by RFC 3263. */
function proxyOf(raw: { readonly host: string; readonly port: number } | null): OutboundProfile['proxy'] {
  return raw === null ? null : { host: raw.host, port: raw.port === 0 ? null : raw.port };
}

const outbound: Reader<OutboundProfile> = transform(
  checked(
    object({
      proxy: optional(hostPort('a host name or IP address', hostName, 0)),
      domain: optional(host),
      ...credentialFields,
      register: optional(bool()),
      expires: optional(integer(60, 604_800, 'seconds')),
    }),
    (raw) =>
      raw.register === true && raw.proxy === null && raw.domain === null
        ? { path: '.domain', found: null, accepted: 'domain or proxy, because register is true' }
        : incomplete(raw),
  ),
  (raw) => ({
    proxy: proxyOf(raw.proxy),
    domain: raw.domain,
    credentials: credentialsOf(raw),
    register: raw.register === true ? { expiresS: raw.expires ?? 3600 } : null,
  }),
);

export const serverProfile: Reader<ServerProfile> = transform(
  checked(
    object({
      alias: required(name),
      cidrs: optional(list(cidr())),
      auth: optional(choice('none', 'digest')),
      ...credentialFields,
      outbound: optional(outbound),
      codecs: optional(list(choice(...codecNames), 1)),
      max_calls: optional(integer(1, 1_000_000)),
      srtp: optional(choice(...srtpPolicies)),
    }),
    (raw) => {
      const needed = 'username with password or ha1, because auth is digest';
      if (raw.auth === 'digest' && raw.username === null) return { path: '.username', found: null, accepted: needed };
      const { outbound: out } = raw;
      if (out !== null && out.register !== null && out.credentials === null && raw.username === null) {
        const accepted = 'username with password or ha1, because register is true';
        return { path: '.outbound.username', found: null, accepted };
      }
      return incomplete(raw);
    },
  ),
  (raw) => ({
    alias: raw.alias,
    cidrs: raw.cidrs ?? [],
    auth: raw.auth ?? 'none',
    credentials: credentialsOf(raw),
    outbound: raw.outbound,
    codecs: raw.codecs,
    maxCalls: raw.max_calls,
    srtp: raw.srtp,
  }),
);

export const ipRule: Reader<IpRule> = object({
  scope: required(choice('register', 'call')),
  peer: required(choice('client', 'server', 'any')),
  action: required(choice('allow', 'deny')),
  cidr: required(cidr()),
});
