import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SrtpKeying } from './keyed-streams.js';
import { MasterKey } from './master-key.js';
import { type SrtpProfile, srtpProfileNamed } from './profiles.js';

/** One `a=crypto` line: RFC 4568 §4. Its key shows itself to nobody who only prints it. */
export interface CryptoAttribute {
  readonly tag: number;
  readonly profile: SrtpProfile;
  /** The suite as the line spells it, which an answer has to repeat. */
  readonly suite: string;
  readonly key: MasterKey;
  /** How many packets its sender may protect with the key (RFC 4568 §6.1); null where it does not say. */
  readonly lifetimePackets: number | null;
}

/**
 * Why a line cannot be used. `mki`: packets would carry a master key identifier, which we do not have. `several-keys`:
 * likewise. `unsupported-parameter`: one that may not be ignored, such as unencrypted or unauthenticated media.
 */
export type CryptoFault =
  | 'too-long'
  | 'syntax'
  | 'bad-tag'
  | 'unknown-suite'
  | 'unknown-key-method'
  | 'several-keys'
  | 'bad-key'
  | 'bad-lifetime'
  | 'mki'
  | 'unsupported-parameter';

const MAX_CHARACTERS = 1024;
const MAX_LIFETIME_PACKETS = 2 ** 48;

const line = /^(\S+)[ \t]+(\S+)[ \t]+(\S+)((?:[ \t]+\S+)*)[ \t]*$/;

/**
 * Reads the value of one `a=crypto` attribute, what stands behind its colon: RFC 4568 §9.1 and §9.2.
 *
 *     1 AES_CM_128_HMAC_SHA1_80 inline:<base64 of key and salt>|2^20|1:4 WSH=128
 *     tag suite key-params: key [|lifetime] [|MKI:length]                session parameters
 *
 * `at` of a fault is in characters. Never throws.
 */
export function parseCrypto(value: string): Parsed<CryptoAttribute, CryptoFault> {
  if (value.length > MAX_CHARACTERS) return fault('too-long', MAX_CHARACTERS);
  const match = line.exec(value);
  if (match === null) return fault('syntax');
  const [, tag, suite, keyParameters, sessionParameters] = match as unknown as [string, string, string, string, string];
  if (!/^\d{1,9}$/.test(tag)) return fault('bad-tag');
  const suiteAt = value.indexOf(suite, tag.length);
  const profile = srtpProfileNamed(suite);
  if (profile === null) return fault('unknown-suite', suiteAt);
  const keyAt = value.indexOf(keyParameters, suiteAt + suite.length);
  const key = readKey(keyParameters, keyAt, profile);
  if (!key.ok) return key;
  const unsupported = sessionParameters.split(/[ \t]+/).find((word) => word !== '' && !mayStand(word));
  if (unsupported !== undefined) return fault('unsupported-parameter', value.lastIndexOf(unsupported));
  return parsed({ tag: Number(tag), profile, suite, ...key.value });
}

type KeyParts = Pick<CryptoAttribute, 'key' | 'lifetimePackets'>;

/** RFC 4568 §6.1: `inline:` with the key, and what limits it. */
function readKey(text: string, at: number, profile: SrtpProfile): Parsed<KeyParts, CryptoFault> {
  const method = /^inline:/i.exec(text);
  if (method === null) return fault(text.includes(':') ? 'unknown-key-method' : 'syntax', at);
  if (text.includes(';')) return fault('several-keys', at + text.indexOf(';'));
  const [encoded, ...limits] = text.slice(method[0].length).split('|') as [string, ...string[]];
  const bytes = decode(encoded);
  if (bytes?.length !== profile.keyBytes + profile.saltBytes) return fault('bad-key', at + method[0].length);
  const limitsAt = at + method[0].length + encoded.length + 1;
  const [first, second] = limits;
  const lifetime = first === undefined || first.includes(':') ? undefined : first;
  const mki = lifetime === undefined ? first : second;
  if (limits.length > (lifetime === undefined ? 1 : 2)) return fault('syntax', limitsAt);
  const lifetimePackets = lifetime === undefined ? null : readLifetime(lifetime);
  if (lifetimePackets === 0) return fault('bad-lifetime', limitsAt);
  if (mki !== undefined && !/^\d+:\d{1,3}$/.test(mki)) return fault('syntax', limitsAt);
  // A length of 0 is none in the packet, which is what we can do.
  if (mki !== undefined && Number(mki.split(':')[1]) > 0) return fault('mki', limitsAt);
  return parsed({ key: new MasterKey(bytes), lifetimePackets });
}

/** Base64, with its padding or, as some peers write it, without; null for what is none. */
function decode(text: string): Buffer | null {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

/** `2^20` or `1048576`; 0 for what is none or beyond 2⁴⁸, which is all that RFC 3711 §9.2 lets a key do. */
function readLifetime(text: string): number {
  const match = /^(2\^)?(\d{1,15})$/.exec(text);
  if (match === null) return 0;
  const packets = match[1] === undefined ? Number(match[2]) : 2 ** Number(match[2]);
  return packets <= MAX_LIFETIME_PACKETS ? packets : 0;
}

/**
 * RFC 4568 §6.3: a hint for the replay window may stand, as ours is larger than what has to be hinted at, and so may what
 * is marked as optional (§6.3.7). The others change what packets look like, or take their protection away.
 */
function mayStand(parameter: string): boolean {
  return /^WSH=\d{2,}$/i.test(parameter) || /^-[^-]/.test(parameter);
}

/** The value of the attribute; carries the key, so it goes into a description and nowhere else. */
export function formatCrypto(attribute: CryptoAttribute): string {
  const { tag, suite, key, lifetimePackets } = attribute;
  const lifetime = lifetimePackets === null ? '' : `|${lifetimePackets}`;
  return `${tag} ${suite} inline:${Buffer.from(key.bytes()).toString('base64')}${lifetime}`;
}

/** What a context is to be given for the packets of the attribute's sender. */
export function keyingOf(attribute: CryptoAttribute): SrtpKeying {
  const { profile, key, lifetimePackets } = attribute;
  const keying = { profile: profile.name, keyAndSalt: key.bytes() };
  return lifetimePackets === null ? keying : { ...keying, lifetimePackets };
}
