/** What SDES calls the profiles that we have, in our order of preference where nothing else is asked for. */
export const srtpProfileNames = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
  'AES_CM_128_HMAC_SHA1_32',
] as const;
export type SrtpProfileName = (typeof srtpProfileNames)[number];

/** One row of the table: lengths in bytes. */
export interface SrtpProfile {
  readonly name: SrtpProfileName;
  readonly cipher: 'counter-mode' | 'gcm';
  readonly keyBytes: number;
  readonly saltBytes: number;
  readonly rtpTagBytes: number;
  /** Never shortened: RFC 4568 §6.2.2 and RFC 6188 §4 leave 80 bits to SRTCP where RTP has 32. */
  readonly rtcpTagBytes: number;
  /** The number of DTLS-SRTP (RFC 5764 §4.1.2, RFC 7714 §14.2), null for what has none. */
  readonly dtlsId: number | null;
}

/** What a packet grows by at most: a GCM tag and the SRTCP index. */
export const maxSrtpOverheadBytes = 20;

function counterMode(name: SrtpProfileName, keyBytes: number, rtpTagBytes: number, dtlsId: number | null): SrtpProfile {
  return { name, cipher: 'counter-mode', keyBytes, saltBytes: 14, rtpTagBytes, rtcpTagBytes: 10, dtlsId };
}

function gcm(name: SrtpProfileName, keyBytes: number, dtlsId: number): SrtpProfile {
  return { name, cipher: 'gcm', keyBytes, saltBytes: 12, rtpTagBytes: 16, rtcpTagBytes: 16, dtlsId };
}

/** RFC 4568 §6.2 (AES-CM with 128 bits), RFC 6188 §4 (with 256 bits), RFC 7714 §12 (GCM). */
export const srtpProfiles: Readonly<Record<SrtpProfileName, SrtpProfile>> = {
  AEAD_AES_256_GCM: gcm('AEAD_AES_256_GCM', 32, 0x0008),
  AEAD_AES_128_GCM: gcm('AEAD_AES_128_GCM', 16, 0x0007),
  AES_256_CM_HMAC_SHA1_80: counterMode('AES_256_CM_HMAC_SHA1_80', 32, 10, null),
  AES_CM_128_HMAC_SHA1_80: counterMode('AES_CM_128_HMAC_SHA1_80', 16, 10, 0x0001),
  AES_256_CM_HMAC_SHA1_32: counterMode('AES_256_CM_HMAC_SHA1_32', 32, 4, null),
  AES_CM_128_HMAC_SHA1_32: counterMode('AES_CM_128_HMAC_SHA1_32', 16, 4, 0x0002),
};

/** What older peers call the suites of RFC 6188, after the pattern of RFC 4568. */
const otherNames: Readonly<Record<string, SrtpProfileName>> = {
  AES_CM_256_HMAC_SHA1_80: 'AES_256_CM_HMAC_SHA1_80',
  AES_CM_256_HMAC_SHA1_32: 'AES_256_CM_HMAC_SHA1_32',
};

/** The profile of an SDES suite, in either case (RFC 4568 §9.2); null for one that we do not have. */
export function srtpProfileNamed(suite: string): SrtpProfile | null {
  const name = suite.toUpperCase();
  const known = Object.hasOwn(otherNames, name) ? otherNames[name]! : name;
  return Object.hasOwn(srtpProfiles, known) ? srtpProfiles[known as SrtpProfileName] : null;
}

/** The profile of a DTLS-SRTP number; null for one that we do not have. */
export function srtpProfileOfDtls(dtlsId: number): SrtpProfile | null {
  return Object.values(srtpProfiles).find((profile) => profile.dtlsId === dtlsId) ?? null;
}
