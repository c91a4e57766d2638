import type { Random } from '../../base/random.js';
import { type SrtpProfileName, srtpProfileNames } from '../srtp/profiles.js';
import { type CryptoAttribute, formatCrypto, keyingOf } from '../srtp/sdes.js';
import { type AgreedCrypto, acceptCrypto, answerCrypto, offerCrypto } from '../srtp/sdes-choice.js';
import type { LegSrtp } from './leg-media.js';
import type { MediaDescription } from './parse.js';

/**
 * Whether a leg uses SRTP with keys in its SDP (RFC 4568). `optional`: our offers say RTP/AVP, with `a=crypto` where
 * suites are named, which who does not know it ignores; what is offered to us is taken either way. `required`: RTP/SAVP,
 * and nothing in the clear.
 */
export const srtpPolicies = ['off', 'optional', 'required'] as const;
export type SrtpPolicy = (typeof srtpPolicies)[number];

/** What our side brings to the choice. */
export interface LocalSrtp {
  readonly policy: SrtpPolicy;
  /**
   * Of our offers, most wanted first; an offer of the peer may have any that we know. None: an optional offer has none, a
   * required one the suite that all have.
   */
  readonly suites: readonly SrtpProfileName[];
  /** Where keys come from; cryptographic in production. */
  readonly random: Random;
}

/** Lines of one m-line that are kept; those beyond are not looked at. */
const MAX_LINES = 32;
const PREFIX = 'a=crypto:';

/** The values of the `a=crypto` lines of a section, as written: they are read where one is chosen. */
export function cryptoValues(lines: readonly string[]): string[] {
  const found = lines.filter((line) => line.startsWith(PREFIX));
  return found.slice(0, MAX_LINES).map((line) => line.slice(PREFIX.length));
}

/** RFC 3551, RFC 4585, RFC 3711, RFC 5124: the RTP profiles that can carry our audio; null for anything else. */
function rtpProfile(protocol: string): { readonly isSecure: boolean } | null {
  const match = /^RTP\/(S?)AVPF?$/i.exec(protocol);
  return match === null ? null : { isSecure: match[1] !== '' };
}

export function isRtp(protocol: string): boolean {
  return rtpProfile(protocol) !== null;
}

/** What is said of security in a description of ours, and what came of it. */
export interface AudioSecurity {
  /** Of the m-line: a session keeps the one that it began with. */
  readonly protocol: string;
  /** `a=crypto` of our last description. */
  readonly lines: readonly CryptoAttribute[];
  /** What both sides use; null: the clear, or nothing yet. */
  readonly agreed: AgreedCrypto | null;
  readonly isRequired: boolean;
}

/**
 * `bad-transport`: SRTP where it is off. `srtp-required`: the clear where it is not allowed. `no-common-crypto`: no line
 * that both can use, or an answer that does not fit the offer.
 */
export type SecurityFault = 'bad-transport' | 'srtp-required' | 'no-common-crypto';

export type SecurityChoice =
  | { readonly ok: true; readonly security: AudioSecurity }
  | { readonly ok: false; readonly fault: SecurityFault; readonly detail: string };

function no(fault: SecurityFault, detail: string): SecurityChoice {
  return { ok: false, fault, detail };
}

const plain = 'RTP/AVP';
const secure = 'RTP/SAVP';

/** Every implementation has this one: RFC 4568 §6.2.1. */
const usual: readonly SrtpProfileName[] = ['AES_CM_128_HMAC_SHA1_80'];

function suitesOf({ policy, suites }: LocalSrtp): readonly SrtpProfileName[] {
  if (policy === 'off') return [];
  return policy === 'required' && suites.length === 0 ? usual : suites;
}

/**
 * What our offer says: RFC 4568 §7.1.1. A later offer says what our last description said, with the same keys, so that
 * it is the same one when nothing else changed, and no counter begins anew.
 */
export function offeredSecurity(before: AudioSecurity | null, srtp: LocalSrtp | undefined): AudioSecurity {
  if (before !== null) return before;
  const policy = srtp?.policy ?? 'off';
  const isRequired = policy === 'required';
  const lines = srtp === undefined ? [] : offerCrypto(suitesOf(srtp), srtp.random);
  return { protocol: isRequired ? secure : plain, lines, agreed: null, isRequired };
}

/**
 * What to offer a peer that refused that, under `optional` with suites of ours: RTP/SAVP to one that wants to hear of
 * nothing else, then RTP/AVP alone to one that does not pass over `a=crypto`. Null: there is no other way. Under
 * `required` nothing but RTP/SAVP keeps a peer from answering in the clear.
 */
export function otherSecurity(refused: AudioSecurity, srtp: LocalSrtp | undefined): AudioSecurity | null {
  if (srtp?.policy !== 'optional' || refused.isRequired || refused.lines.length === 0) return null;
  if (refused.protocol === secure) return { ...refused, protocol: plain, lines: [] };
  return { ...refused, protocol: secure, lines: offerCrypto(suitesOf(srtp), srtp.random) };
}

/**
 * What our answer to that m-line says: RFC 4568 §7.1.2, one of its lines with a key of ours, or none. An unusable line
 * under RTP/AVP was best effort, and the clear is its other half; under RTP/SAVP there is nothing else.
 */
export function answeredSecurity(
  media: Pick<MediaDescription, 'protocol' | 'crypto'>,
  before: AudioSecurity | null,
  srtp: LocalSrtp | undefined,
): SecurityChoice {
  const { protocol, crypto } = media;
  const { policy, random } = srtp ?? { policy: 'off', random: null };
  const isSecure = rtpProfile(protocol)?.isSecure === true;
  const isRequired = policy === 'required';
  const clear: SecurityChoice = { ok: true, security: { protocol, lines: [], agreed: null, isRequired } };
  if (random === null || policy === 'off') return isSecure ? no('bad-transport', neededTransport(srtp)) : clear;
  const chosen = answerCrypto(crypto, srtpProfileNames, { random, before: before?.agreed ?? null });
  if (chosen.ok) {
    return { ok: true, security: { protocol, lines: [chosen.value.send], agreed: chosen.value, isRequired } };
  }
  if (isSecure || (isRequired && crypto.length > 0)) return no('no-common-crypto', chosen.fault);
  return isRequired ? no('srtp-required', neededTransport(srtp)) : clear;
}

/** What an answer to our offer makes of it: RFC 4568 §7.1.3. Lines that nobody asked for mean nothing. */
export function acceptedSecurity(
  media: Pick<MediaDescription, 'protocol' | 'crypto'>,
  offered: AudioSecurity,
): SecurityChoice {
  const { protocol, crypto } = media;
  const isSecure = rtpProfile(protocol)?.isSecure === true;
  if (offered.lines.length === 0) {
    if (isSecure) return no('bad-transport', `${offered.protocol} was offered`);
    return { ok: true, security: { ...offered, agreed: null } };
  }
  if (crypto.length === 0 && !isSecure) {
    if (offered.isRequired) return no('srtp-required', `${offered.protocol} was offered`);
    return { ok: true, security: { ...offered, agreed: null } };
  }
  const accepted = acceptCrypto(offered.lines, crypto);
  if (!accepted.ok) return no('no-common-crypto', accepted.fault);
  return { ok: true, security: { ...offered, agreed: accepted.value } };
}

/** The attributes of our m-line. They carry keys. */
export function writtenCrypto({ lines }: AudioSecurity): string[] {
  return lines.map(formatCrypto);
}

/** What the leg is to use; nothing for the clear. */
export function srtpOf({ agreed }: AudioSecurity): { readonly srtp?: LegSrtp } {
  return agreed === null ? {} : { srtp: { send: keyingOf(agreed.send), receive: keyingOf(agreed.receive) } };
}

/** What a leg is to use while our offer is out: what is not known to be in the clear is not taken for it. */
export function srtpWhileOffered(srtp: LocalSrtp | undefined): { readonly srtp?: LegSrtp } {
  return srtp === undefined || suitesOf(srtp).length === 0 ? {} : { srtp: { send: null, receive: null } };
}

/** Which transports a policy takes, for who offered another. */
export function neededTransport(srtp: LocalSrtp | undefined): string {
  switch (srtp?.policy ?? 'off') {
    case 'off':
      return 'RTP/AVP is needed';
    case 'optional':
      return 'RTP/AVP or RTP/SAVP is needed';
    case 'required':
      return 'RTP/SAVP is needed';
  }
}
