import { fingerprintOf } from './identity.js';

/** `a=fingerprint` (RFC 8122 §5) with a hash that we compute. */
export interface Fingerprint {
  readonly hash: FingerprintHash;
  /** Upper-case hex with colons. */
  readonly value: string;
}

/** Strongest first. SHA-1 and MD5 are left out: RFC 8122 §5 forbids the one, and the other can be forged. */
export const fingerprintHashes = ['sha-512', 'sha-384', 'sha-256'] as const;
export type FingerprintHash = (typeof fingerprintHashes)[number];

const hexBytes: Readonly<Record<FingerprintHash, number>> = { 'sha-512': 64, 'sha-384': 48, 'sha-256': 32 };

/** The value of `a=fingerprint`; null for a hash that we do not have, or a value of another length. */
export function parseFingerprint(text: string): Fingerprint | null {
  const [name = '', value = '', ...rest] = text.trim().split(/ +/);
  const hash = fingerprintHashes.find((each) => each === name.toLowerCase());
  if (hash === undefined || rest.length > 0 || !/^[0-9a-f]{2}(?::[0-9a-f]{2})*$/i.test(value)) return null;
  if (value.length !== hexBytes[hash] * 3 - 1) return null;
  return { hash, value: value.toUpperCase() };
}

/**
 * Is it the certificate that the SDP speaks of? RFC 8122 §5: of several hashes the strongest is compared, and one of its
 * values must fit.
 * @param certificate  DER
 */
export function isFingerprinted(certificate: Uint8Array, fingerprints: readonly Fingerprint[]): boolean {
  const hash = fingerprintHashes.find((each) => fingerprints.some((fingerprint) => fingerprint.hash === each));
  if (hash === undefined) return false;
  const value = fingerprintOf(hash.replace('-', ''), certificate);
  return fingerprints.some((fingerprint) => fingerprint.hash === hash && fingerprint.value === value);
}
