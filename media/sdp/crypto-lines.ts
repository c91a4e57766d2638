import type { Random } from '../../base/random.js';
import type { DtlsIdentity } from '../dtls/identity.js';
import { type SrtpProfileName, srtpProfileNames } from '../srtp/profiles.js';
import { type CryptoAttribute, formatCrypto, keyingOf } from '../srtp/sdes.js';
import { type AgreedCrypto, acceptCrypto, answerCrypto, offerCrypto } from '../srtp/sdes-choice.js';
import {
  acceptedDtls,
  answeredDtls,
  type DtlsSecurity,
  legDtlsOf,
  offeredAgain,
  offeredDtls,
  preferredRole,
} from './dtls-lines.js';
import type { LegMedia } from './leg-media.js';
import type { MediaDescription } from './parse.js';

/**
 * Whether a leg uses SRTP, with keys in its SDP (RFC 4568) or from a handshake (RFC 5763). `optional`: our offers say
 * RTP/AVP, with `a=crypto` where suites are named and `a=fingerprint` where DTLS is, which who does not know them ignores
 * (RFC 8643 §3.1); what is offered to us is taken either way. `required`: RTP/SAVP or UDP/TLS/RTP/SAVP, and nothing in
 * the clear.
 */
export const srtpPolicies = ['off', 'optional', 'required'] as const;
export type SrtpPolicy = (typeof srtpPolicies)[number];

/** What stands for DTLS (RFC 5763) where suites are named. */
export const dtlsOffer = 'DTLS';

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
  /** Ours; without one there is no DTLS. */
  readonly identity?: DtlsIdentity | undefined;
  /** DTLS is in our offers too; in a required one it stands alone, because its m-line says so. */
  readonly offersDtls?: boolean;
}

/** Lines of one m-line that are kept; those beyond are not looked at. */
const MAX_LINES = 32;
const PREFIX = 'a=crypto:';

/** The values of the `a=crypto` lines of a section, as written: they are read where one is chosen. */
export function cryptoValues(lines: readonly string[]): string[] {
  const found = lines.filter((line) => line.startsWith(PREFIX));
  return found.slice(0, MAX_LINES).map((line) => line.slice(PREFIX.length));
}

/** RFC 3551, RFC 4585, RFC 3711, RFC 5124, RFC 5764: the profiles that can carry our audio; null for anything else. */
function rtpProfile(protocol: string): { readonly isSecure: boolean; readonly isDtls: boolean } | null {
  const match = /^(?:RTP\/(S?)AVPF?|(UDP\/TLS)\/RTP\/SAVPF?)$/i.exec(protocol);
  return match === null ? null : { isSecure: match[1] !== '', isDtls: match[2] !== undefined };
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
  /** Of our last description; null where it says nothing of DTLS. */
  readonly dtls: DtlsSecurity | null;
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
const overDtls = 'UDP/TLS/RTP/SAVP';
/** RFC 8829 §5.1.2: what a browser says and takes. */
const ofBrowsers = 'UDP/TLS/RTP/SAVPF';

/** Every implementation has this one: RFC 4568 §6.2.1. */
const usual: readonly SrtpProfileName[] = ['AES_CM_128_HMAC_SHA1_80'];

function suitesOf({ policy, suites }: LocalSrtp): readonly SrtpProfileName[] {
  if (policy === 'off') return [];
  return policy === 'required' && suites.length === 0 ? usual : suites;
}

/**
 * What our offer says: RFC 4568 §7.1.1, RFC 5763 §5. A later offer says what our last description said, with the same
 * keys, so that it is the same one when nothing else changed, and no counter begins anew.
 */
export function offeredSecurity(before: AudioSecurity | null, srtp: LocalSrtp | undefined): AudioSecurity {
  if (before !== null) {
    const { dtls } = before;
    return dtls === null ? before : { ...before, dtls: offeredAgain(dtls) };
  }
  const policy = srtp?.policy ?? 'off';
  const isRequired = policy === 'required';
  const dtls = srtp === undefined ? null : dtlsToOffer(srtp);
  if (isRequired && dtls !== null) return { protocol: overDtls, lines: [], agreed: null, dtls, isRequired };
  const lines = srtp === undefined ? [] : offerCrypto(suitesOf(srtp), srtp.random);
  return { protocol: isRequired ? secure : plain, lines, agreed: null, dtls, isRequired };
}

function dtlsToOffer({ policy, identity, offersDtls, random }: LocalSrtp): DtlsSecurity | null {
  if (policy === 'off' || identity === undefined || offersDtls !== true) return null;
  return offeredDtls(identity, random);
}

/** What an offer to a browser says: DTLS and nothing else (RFC 8827 §6.5). Null where we have none. */
export function browserSecurity(srtp: LocalSrtp | undefined): AudioSecurity | null {
  const { policy = 'off', identity, random } = srtp ?? {};
  if (policy === 'off' || identity === undefined || random === undefined) return null;
  return { protocol: ofBrowsers, lines: [], agreed: null, dtls: offeredDtls(identity, random), isRequired: true };
}

type PeerAudio = Pick<MediaDescription, 'protocol' | 'crypto'> &
  Partial<Pick<MediaDescription, 'dtls' | 'connection' | 'rtcpMux'>>;

interface OurSide {
  readonly srtp?: LocalSrtp | undefined;
  /** What our SDP shows. */
  readonly address: string;
  /** The peer checks with ICE: see audioFault. */
  readonly checks?: boolean;
}

/**
 * What to offer a peer that refused that, under `optional` with suites of ours: RTP/SAVP to one that wants to hear of
 * nothing else, then RTP/AVP alone to one that does not pass over `a=crypto`. Null: there is no other way. Under
 * `required` nothing but RTP/SAVP keeps a peer from answering in the clear.
 */
export function otherSecurity(refused: AudioSecurity, srtp: LocalSrtp | undefined): AudioSecurity | null {
  // A phone with a WebSocket is not always a browser.
  if (refused.protocol === ofBrowsers) return srtp?.policy === 'optional' ? offeredSecurity(null, srtp) : null;
  if (srtp?.policy !== 'optional' || refused.isRequired || refused.lines.length === 0) return null;
  if (refused.protocol === secure) return { ...refused, protocol: plain, lines: [] };
  return { ...refused, protocol: secure, lines: offerCrypto(suitesOf(srtp), srtp.random) };
}

/**
 * What our answer to that m-line says: RFC 4568 §7.1.2, one of its lines with a key of ours, or none. An unusable line
 * under RTP/AVP was best effort, and the clear is its other half; under RTP/SAVP there is nothing else. Of DTLS and
 * `a=crypto` in one m-line DTLS is taken, whose keys no proxy reads.
 */
export function answeredSecurity(media: PeerAudio, before: AudioSecurity | null, ours: OurSide): SecurityChoice {
  const { srtp } = ours;
  const { protocol, crypto } = media;
  const { policy, random } = srtp ?? { policy: 'off', random: null };
  const { isSecure, isDtls } = rtpProfile(protocol) ?? { isSecure: false, isDtls: false };
  const isRequired = policy === 'required';
  const none = { protocol, lines: [], agreed: null, dtls: null, isRequired };
  const clear: SecurityChoice = { ok: true, security: none };
  if (srtp === undefined || random === null || policy === 'off') {
    return isSecure || isDtls ? no('bad-transport', neededTransport(srtp)) : clear;
  }
  const handshake = answerOverDtls(media, before, { ...ours, srtp });
  if (handshake?.ok === true) return { ok: true, security: { ...none, dtls: handshake.dtls } };
  if (isDtls) return overDtlsFault(srtp, handshake?.fault);
  const chosen = answerCrypto(crypto, srtpProfileNames, { random, before: before?.agreed ?? null });
  if (chosen.ok) {
    return { ok: true, security: { ...none, lines: [chosen.value.send], agreed: chosen.value } };
  }
  if (isSecure || (isRequired && crypto.length > 0)) return no('no-common-crypto', chosen.fault);
  return isRequired ? no('srtp-required', neededTransport(srtp)) : clear;
}

/** Null where the m-line, or our side, has nothing to do with DTLS. */
function answerOverDtls(
  { dtls, connection }: PeerAudio,
  before: AudioSecurity | null,
  { srtp, address, checks = false }: OurSide & { readonly srtp: LocalSrtp },
): ReturnType<typeof answeredDtls> | null {
  const { identity, random } = srtp;
  if (dtls === null || dtls === undefined || identity === undefined) return null;
  // RFC 8842 §5.3: who is found by checks is reached by us too. What browsers say first as clients may come in several pieces.
  const prefers = checks ? 'active' : preferredRole(connection?.address ?? null, address);
  return answeredDtls(dtls, before?.dtls ?? null, { identity, random, prefers });
}

function overDtlsFault(srtp: LocalSrtp, fault: string | undefined): SecurityChoice {
  if (srtp.identity === undefined) return no('bad-transport', neededTransport(srtp));
  return no('no-common-crypto', fault ?? 'no fingerprint');
}

/**
 * What an answer to our offer makes of it: RFC 4568 §7.1.3, RFC 5763 §5. Lines that nobody asked for mean nothing; of
 * several that we did ask for the fingerprint counts.
 */
export function acceptedSecurity(media: PeerAudio, offered: AudioSecurity): SecurityChoice {
  const { protocol, crypto, dtls } = media;
  const { isSecure, isDtls } = rtpProfile(protocol) ?? { isSecure: false, isDtls: false };
  const without = offered.dtls === null ? null : { ...offered.dtls, agreed: null };
  const clear: AudioSecurity = { ...offered, agreed: null, dtls: without };
  if (offered.dtls !== null && (isDtls || (dtls?.fingerprints.length ?? 0) > 0)) {
    const accepted = dtls === null || dtls === undefined ? null : acceptedDtls(dtls, offered.dtls);
    if (accepted?.ok === true) return { ok: true, security: { ...clear, dtls: accepted.dtls } };
    return no('no-common-crypto', accepted?.fault ?? 'no fingerprint');
  }
  if (offered.lines.length === 0) {
    if (isSecure || isDtls) return no('bad-transport', `${offered.protocol} was offered`);
    if (offered.isRequired && offered.dtls !== null) return no('srtp-required', `${offered.protocol} was offered`);
    return { ok: true, security: clear };
  }
  if (crypto.length === 0 && !isSecure) {
    if (offered.isRequired) return no('srtp-required', `${offered.protocol} was offered`);
    return { ok: true, security: clear };
  }
  const accepted = acceptCrypto(offered.lines, crypto);
  if (!accepted.ok) return no('no-common-crypto', accepted.fault);
  return { ok: true, security: { ...clear, agreed: accepted.value } };
}

/** The attributes of our m-line. They carry keys. */
export function writtenCrypto({ lines }: AudioSecurity): string[] {
  return lines.map(formatCrypto);
}

/** What the leg is to use; nothing for the clear. */
export function srtpOf({ agreed, dtls }: AudioSecurity): Pick<LegMedia, 'srtp' | 'dtls'> {
  const handshake = legDtlsOf(dtls);
  if (handshake !== null) return { srtp: { send: null, receive: null }, dtls: handshake };
  return agreed === null ? {} : { srtp: { send: keyingOf(agreed.send), receive: keyingOf(agreed.receive) } };
}

/** What a leg is to use while our offer is out: what is not known to be in the clear is not taken for it. */
export function srtpWhileOffered(srtp: LocalSrtp | undefined): Pick<LegMedia, 'srtp'> {
  const isNone = srtp === undefined || (suitesOf(srtp).length === 0 && dtlsToOffer(srtp) === null);
  return isNone ? {} : { srtp: { send: null, receive: null } };
}

/** Which transports a policy takes, for who offered another. */
export function neededTransport(srtp: LocalSrtp | undefined): string {
  const { policy, identity } = srtp ?? { policy: 'off' };
  if (policy === 'off') return `${plain} is needed`;
  const taken = [...(policy === 'optional' ? [plain] : []), secure, ...(identity === undefined ? [] : [overDtls])];
  return `${taken.slice(0, -1).join(', ')}${taken.length > 1 ? ' or ' : ''}${taken.at(-1)} is needed`;
}
