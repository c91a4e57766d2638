import ipaddr from 'ipaddr.js';
import type { Random } from '../../base/random.js';
import { type Fingerprint, parseFingerprint } from '../dtls/fingerprint.js';
import type { DtlsIdentity } from '../dtls/identity.js';
import type { LegDtls } from './leg-media.js';

/** RFC 4145 §4, RFC 5763 §5. */
export type Setup = 'actpass' | 'active' | 'passive' | 'holdconn';
/** Who begins the handshake: the active side is the DTLS client. */
export type DtlsRole = 'active' | 'passive';

/** What a section says of DTLS; what is not said in it is taken from the session level. */
export interface DtlsLines {
  /** Those that can be checked; none of them where only hashes are used that we do not have. */
  readonly fingerprints: readonly Fingerprint[];
  readonly setup: Setup | null;
  /** RFC 8842 §4; null without one. */
  readonly tlsId: string | null;
}

/** Fingerprints of one section that are kept; those beyond are not looked at. */
const MAX_FINGERPRINTS = 16;
const setups: readonly string[] = ['actpass', 'active', 'passive', 'holdconn'] satisfies readonly Setup[];

/** Null: no fingerprint on either level, so it is not about DTLS. */
export function readDtls(lines: readonly string[], shared: DtlsLines | null): DtlsLines | null {
  const values = valuesOf(lines, 'fingerprint').slice(0, MAX_FINGERPRINTS);
  const setup = valuesOf(lines, 'setup').find((value) => setups.includes(value)) as Setup | undefined;
  const tlsId = valuesOf(lines, 'tls-id').find((value) => /^[A-Za-z0-9+/_-]{20,255}$/.test(value));
  if (values.length === 0 && setup === undefined && tlsId === undefined) return shared;
  const own = values.flatMap((value) => parseFingerprint(value) ?? []);
  return {
    fingerprints: values.length === 0 ? (shared?.fingerprints ?? []) : own,
    setup: setup ?? shared?.setup ?? null,
    tlsId: tlsId ?? shared?.tlsId ?? null,
  };
}

function valuesOf(lines: readonly string[], name: string): string[] {
  const prefix = `a=${name}:`;
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
}

/** What is said of DTLS in a description of ours, and what came of it. */
export interface DtlsSecurity {
  readonly identity: DtlsIdentity;
  readonly setup: 'actpass' | DtlsRole;
  /** Null where the peer said none in its offer. */
  readonly tlsId: string | null;
  /** The other side of the association; null before there is one. */
  readonly agreed: AgreedDtls | null;
}

interface AgreedDtls {
  readonly role: DtlsRole;
  readonly fingerprints: readonly Fingerprint[];
  readonly tlsId: string | null;
}

/** Why there can be no association; a text for the Warning header. */
export type DtlsFault = 'no fingerprint' | 'no setup that fits';

export type DtlsChoice =
  | { readonly ok: true; readonly dtls: DtlsSecurity }
  | { readonly ok: false; readonly fault: DtlsFault };

/** RFC 5763 §5: an offer leaves the roles to the answerer, also when an association is there already. */
export function offeredDtls(identity: DtlsIdentity, random: Random): DtlsSecurity {
  return { identity, setup: 'actpass', tlsId: newTlsId(random), agreed: null };
}

export function offeredAgain(before: DtlsSecurity): DtlsSecurity {
  return { ...before, setup: 'actpass' };
}

/**
 * RFC 5763 §5 has the answerer begin. A phone behind a NAT that does not know it cannot be reached, so there it is the
 * phone that begins, and its datagrams show where it is.
 */
export function preferredRole(theirs: string | null, ours: string): DtlsRole {
  return theirs !== null && isPrivate(theirs) && !isPrivate(ours) ? 'passive' : 'active';
}

function isPrivate(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ['private', 'carrierGradeNat', 'uniqueLocal', 'linkLocal', 'unspecified'].includes(
    ipaddr.process(address).range(),
  );
}

/**
 * Our answer: RFC 5763 §5, RFC 8842 §5.3. What offers the same fingerprints, tls-id and a role that fits has the
 * association of before, with our role and our tls-id; anything else begins a new one.
 * @param prefers  our role where the offer leaves it open
 */
export function answeredDtls(
  lines: DtlsLines,
  before: DtlsSecurity | null,
  { identity, random, prefers }: { identity: DtlsIdentity; random: Random; prefers: DtlsRole },
): DtlsChoice {
  const { fingerprints, tlsId } = lines;
  if (fingerprints.length === 0) return { ok: false, fault: 'no fingerprint' };
  // RFC 4145 §4: who says nothing in an offer is active.
  const setup = lines.setup ?? 'active';
  if (setup === 'holdconn') return { ok: false, fault: 'no setup that fits' };
  const known = before?.agreed ?? null;
  const isSame = known !== null && setup !== known.role && sameText(known, lines);
  if (before !== null && isSame) return { ok: true, dtls: { ...before, setup: known.role } };
  const role = setup === 'actpass' ? prefers : opposite(setup);
  const ownTlsId = tlsId === null ? null : newTlsId(random);
  return { ok: true, dtls: { identity, setup: role, tlsId: ownTlsId, agreed: { role, fingerprints, tlsId } } };
}

/** What an answer makes of our offer: RFC 5763 §5. An answer takes one of the roles. */
export function acceptedDtls(lines: DtlsLines, offered: DtlsSecurity): DtlsChoice {
  const { fingerprints, tlsId } = lines;
  if (fingerprints.length === 0) return { ok: false, fault: 'no fingerprint' };
  const setup = lines.setup ?? 'passive';
  if (setup !== 'active' && setup !== 'passive') return { ok: false, fault: 'no setup that fits' };
  const role = opposite(setup);
  return { ok: true, dtls: { ...offered, agreed: { role, fingerprints, tlsId } } };
}

function opposite(role: DtlsRole): DtlsRole {
  return role === 'active' ? 'passive' : 'active';
}

function newTlsId(random: Random): string {
  return random.bytes(15).toString('hex');
}

function textOf({ fingerprints, tlsId }: Pick<AgreedDtls, 'fingerprints' | 'tlsId'>): string {
  const values = fingerprints.map(({ hash, value }) => `${hash} ${value}`);
  return [tlsId ?? '', ...values.sort()].join(',');
}

function sameText(a: Pick<AgreedDtls, 'fingerprints' | 'tlsId'>, b: typeof a): boolean {
  return textOf(a) === textOf(b);
}

/** What the leg is to do; RFC 8842 §3.1 says what makes another association. Null before there is one. */
export function legDtlsOf(dtls: DtlsSecurity | null): LegDtls | null {
  if (dtls === null || dtls.agreed === null) return null;
  const { identity, tlsId, agreed } = dtls;
  return {
    association: `${agreed.role} ${tlsId ?? ''} ${textOf(agreed)}`,
    role: agreed.role,
    fingerprints: agreed.fingerprints,
    certificate: identity.certificate,
    privateKey: identity.privateKey(),
  };
}

/** The attributes of our m-line, in order. */
export function writtenDtls(dtls: DtlsSecurity | null): string[] {
  if (dtls === null) return [];
  const { identity, setup, tlsId } = dtls;
  const lines = [`fingerprint:sha-256 ${identity.fingerprint}`, `setup:${setup}`];
  return tlsId === null ? lines : [...lines, `tls-id:${tlsId}`];
}
